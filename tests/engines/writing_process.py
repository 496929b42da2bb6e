"""A process that writes to a ledger until it is killed, and prints what was answered as committed."""

import sys
from pathlib import Path

from tests.engines.embedded import reopen
from tests.ledger.notebook import ANNE, BERT


def main(path: Path, who) -> None:
    engine = reopen(path, block_period_ms=2)
    while True:
        first = engine.next_sequence(who.address)
        answers = engine.submit_many([who.call(first + place) for place in range(8)])
        for answer in answers:
            if isinstance(answer, str):
                receipt = engine.wait(answer)
                print(receipt.transaction_hash, receipt.address, receipt.code, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), {"anne": ANNE, "bert": BERT}[sys.argv[2]])
