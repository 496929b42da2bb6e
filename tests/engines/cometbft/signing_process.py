"""A signer in a process of its own, for tests that kill it: signs votes and says each afterwards."""

import sys
from pathlib import Path

from nacl.signing import SigningKey

from tallystick.engines.cometbft.signer_state import SignerState
from tallystick.engines.wire.messages_pb2 import PREVOTE, CanonicalVote


def main(path: str) -> None:
    key = SigningKey(bytes(32))
    with SignerState.open(Path(path)) as state:
        for height in range(1, 1_000_000):
            vote = CanonicalVote(type=PREVOTE, height=height, chain_id=state.chain_id)
            state.sign(vote, lambda message: key.sign(message).signature)
            sys.stdout.write(f"{height}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
