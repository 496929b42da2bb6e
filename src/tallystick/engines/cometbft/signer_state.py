"""What a validator signed last, kept so that it never signs two different things for one step of consensus.

The rules are those of CometBFT's own key file (``privval/file.go`` of v0.38). A step is height, round and
kind of message. What was signed is on the disk before the signature leaves; a step before the last one is
refused, and for the last one there is the signature that was given already, or none.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec

from tallystick.engines.cometbft.signer_file import (
    MAX_CHAIN_ID_LENGTH,
    Signable,
    SignerFile,
    Step,
    end_of,
    locked,
    read,
    sign_bytes_of,
    step_of,
    usable,
    write,
)
from tallystick.errors import Conflict, Corruption, Malformed, Unavailable
from tallystick.ledger import keys
from tallystick.values import canonical

_REFUSED: Final = "Asked for (height, round, step) {asked}; {last} was signed last, and not over the same."


@dataclass(frozen=True)
class Signed:
    """What was signed, and the signature of it.

    Attributes:
        message: its timestamp is the one that was signed, which may be before the one asked for.
        signature: 64 bytes.
    """

    message: Signable
    signature: bytes


class SignerState:
    """The state file of one validator, held by this object alone until it is closed.

    The file has its folder to itself: the folder is what is locked, since a lock on the file would be lost
    with every new version of it. Safe to use from several threads.

    Attributes:
        chain_id: the only chain that is signed for.
        public_key: of the consensus key, 32 bytes.
    """

    def __init__(self, path: Path, lock: int, document: SignerFile) -> None:
        """Use ``create`` or ``open``."""
        self._path, self._lock, self._document = path, lock, document
        self._mutex = threading.Lock()
        self._saved = False  # a file that is seen may still be on its way to the disk
        self._closed = False
        self.chain_id = document.chain_id
        self.public_key = bytes.fromhex(document.public_key)

    @classmethod
    def create(cls, path: Path, *, chain_id: str, public_key: bytes, after_height: int = 0) -> Self:
        """Begin the state of a validator that has signed nothing above ``after_height``, and hold it.

        Who has lost a state file stops the validator, waits until the chain is past every height that it may
        have signed for, and begins again after that height.

        Raises:
            Conflict: ``signer_state_exists``, ``signer_in_use``.
            Malformed: ``malformed_signer_state`` for a key or a height that cannot be.
            Unavailable: ``signer_state_unavailable`` when the folder cannot be used.
        """
        if not keys.is_public_key(public_key) or not 0 <= after_height <= canonical.MAX_INTEGER:
            raise Malformed("malformed_signer_state", "The public key or the height cannot be.")
        if not 1 <= len(chain_id) <= MAX_CHAIN_ID_LENGTH:
            raise Malformed("malformed_signer_state", f"A chain's id has 1 to {MAX_CHAIN_ID_LENGTH} letters.")
        path, (round_, step) = path.resolve(), end_of(after_height)
        document = SignerFile(
            chain_id=chain_id,
            format="tallystick/signer-state/1",
            height=after_height,
            public_key=public_key.hex(),
            round=round_,
            sign_bytes="",
            signature="",
            step=step,
        )
        with usable(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(path) as lock:
            if path.exists():
                raise Conflict("signer_state_exists", f"There is a state of a signer already at {path}.")
            write(path, canonical.encode(document), lock)
            return cls(path, lock, document)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Hold the state that is at ``path``.

        Raises:
            NotFound: ``no_signer_state``; a missing file is never begun anew, since it may have been lost.
            Corruption: ``damaged_signer_state`` when it cannot be read or contradicts itself.
            Conflict: ``signer_in_use`` when somebody else holds it.
            Unavailable: ``signer_state_unavailable`` when the folder cannot be used.
        """
        path = path.resolve()
        with locked(path) as lock:
            return cls(path, lock, read(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go; nothing is signed afterwards."""
        with self._mutex:
            if not self._closed:
                self._closed = True
                os.close(self._lock)

    def sign(self, message: Signable, sign: Callable[[bytes], bytes]) -> Signed:
        """Return the signature of ``message``, or the one given before if only the time differs.

        Args:
            message: a vote or proposal for this chain, with nothing in it but what is signed.
            sign: signs bytes with the consensus key (Ed25519); called for a step after the last one only.

        Raises:
            Conflict: ``double_sign_refused``; ``wrong_chain``.
            Malformed: ``malformed_vote`` for a kind, height, round or size that cannot be.
            Corruption: ``false_signature`` when ``sign`` does not give the key's signature.
            Unavailable: ``signer_state_unsaved`` when the disk does not take it; ``signer_closed``.
        """
        if message.chain_id != self.chain_id:
            raise Conflict("wrong_chain", f"This signer signs for the chain {self.chain_id} only.")
        step, sign_bytes = step_of(message), sign_bytes_of(message)
        with self._mutex:
            if self._closed:
                raise Unavailable("signer_closed", "The state of this signer has been closed.")
            last = self._document
            if step > last.place:
                self._document = self._sign_next(step, sign_bytes, sign)
                self._saved = False
            elif not _same_but_for_time(last, message):  # as every step before the last is not
                raise Conflict("double_sign_refused", _REFUSED.format(asked=step, last=last.place))
            self._save()
            return Signed(self._document.message(), bytes.fromhex(self._document.signature))

    def _sign_next(self, step: Step, sign_bytes: bytes, sign: Callable[[bytes], bytes]) -> SignerFile:
        signature = sign(sign_bytes)
        if not keys.verify(self.public_key, sign_bytes, signature):
            raise Corruption("false_signature", "What the key gave is not its signature.")
        height, round_, kind = step
        signed = {"sign_bytes": sign_bytes.hex(), "signature": signature.hex()}
        return msgspec.structs.replace(self._document, height=height, round=round_, step=kind, **signed)

    def _save(self) -> None:
        if self._saved:
            return
        try:
            write(self._path, canonical.encode(self._document), self._lock)
        except Unavailable as error:
            raise Unavailable("signer_state_unsaved", error.message) from error
        self._saved = True


def _same_but_for_time(last: SignerFile, message: Signable) -> bool:
    return bool(last.sign_bytes) and _timeless(last.message()) == _timeless(message)


def _timeless(message: Signable) -> bytes:
    copy = type(message).FromString(message.SerializeToString())
    copy.ClearField("timestamp")
    return copy.SerializeToString(deterministic=True)
