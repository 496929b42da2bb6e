"""The file in which a signer keeps what it signed last: how it reads, and how it gets onto the disk."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from google.protobuf.message import DecodeError

from tallystick.engines.wire.framing import Frames, frame
from tallystick.engines.wire.messages_pb2 import (
    PRECOMMIT,
    PREVOTE,
    PROPOSAL,
    CanonicalProposal,
    CanonicalVote,
)
from tallystick.errors import Conflict, Corruption, Malformed, NotFound, Unavailable
from tallystick.ledger import keys
from tallystick.values import canonical

MAX_CHAIN_ID_LENGTH: Final = 50  # CometBFT's own (types/genesis.go)
MAX_SIGN_BYTES: Final = 1024
MAX_STATE_BYTES: Final = 4096
MAX_ROUND: Final = 2**31 - 1
# The kinds of message in the order in which a round asks for them.
STEPS: Final = {PROPOSAL: 1, PREVOTE: 2, PRECOMMIT: 3}
LAST_STEP: Final = 3

Signable = CanonicalVote | CanonicalProposal
Step = tuple[int, int, int]

_Hex = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{2})*\Z")]


class SignerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file; ``sign_bytes`` and ``signature`` are empty until something was signed."""

    chain_id: str
    format: Literal["tallystick/signer-state/1"]
    height: Annotated[int, msgspec.Meta(ge=0, le=canonical.MAX_INTEGER)]
    public_key: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    round: Annotated[int, msgspec.Meta(ge=0, le=MAX_ROUND)]
    sign_bytes: _Hex
    signature: _Hex
    step: Annotated[int, msgspec.Meta(ge=0, le=LAST_STEP)]

    @property
    def place(self) -> Step:
        """Where the last thing signed stands."""
        return self.height, self.round, self.step

    def message(self) -> Signable:
        """Return what was signed; raises as protobuf and ``Frames`` do when the file is damaged."""
        kind = CanonicalProposal if self.step == STEPS[PROPOSAL] else CanonicalVote
        framed = Frames(MAX_SIGN_BYTES).feed(bytes.fromhex(self.sign_bytes))
        return kind.FromString(framed[0] if len(framed) == 1 else b"")


def step_of(message: Signable) -> Step:
    """Return where a message stands: height, round, and 1 for a proposal, 2 for a prevote, 3 for a precommit.

    Raises:
        Malformed: ``malformed_vote`` for a kind or a number that consensus does not have.
    """
    kinds = (PROPOSAL,) if isinstance(message, CanonicalProposal) else (PREVOTE, PRECOMMIT)
    height, round_ = message.height, message.round
    if message.type not in kinds or not (1 <= height <= canonical.MAX_INTEGER and 0 <= round_ <= MAX_ROUND):
        raise Malformed("malformed_vote", "The kind, height or round of what is to be signed cannot be.")
    return height, round_, STEPS[message.type]


def sign_bytes_of(message: Signable) -> bytes:
    """Return the bytes that are signed.

    Raises:
        Malformed: ``malformed_vote`` when they are more than ``MAX_SIGN_BYTES``.
    """
    data = frame(message.SerializeToString(deterministic=True))
    if len(data) > MAX_SIGN_BYTES:
        raise Malformed("malformed_vote", f"What is to be signed has over {MAX_SIGN_BYTES} bytes.")
    return data


def end_of(height: int) -> tuple[int, int]:
    """Return the round and step after which nothing more of ``height`` is signed; of height 0, nothing is."""
    return (MAX_ROUND, LAST_STEP) if height else (0, 0)


def _holds(document: SignerFile) -> bool:
    """Return whether the parts of a file fit together: what is named was signed, by this key."""
    if not document.sign_bytes and not document.signature:
        return document.place[1:] == end_of(document.height)
    message = document.message()
    return (
        step_of(message) == document.place
        and message.chain_id == document.chain_id
        and sign_bytes_of(message).hex() == document.sign_bytes
        and keys.verify(*map(bytes.fromhex, (document.public_key, document.sign_bytes, document.signature)))
    )


def read(path: Path) -> SignerFile:
    """Return what the file says.

    Raises:
        NotFound: ``no_signer_state``; Corruption: ``damaged_signer_state``.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_STATE_BYTES + 1)
        document = canonical.decode(data, SignerFile)
        if canonical.encode(document) == data and _holds(document):
            return document
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, Malformed, DecodeError) as error:
        raise _damaged(path) from error
    raise _damaged(path)


def _missing(path: Path) -> NotFound:
    return NotFound("no_signer_state", f"There is no state of a signer at {path}.")


def _damaged(path: Path) -> Corruption:
    return Corruption(
        "damaged_signer_state", f"{path} is damaged: signing on could contradict what was signed."
    )


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Lend a descriptor of the file's folder that holds its lock, to be kept; an error inside gives it back.

    Raises:
        Conflict: ``signer_in_use``; NotFound: ``no_signer_state``; Unavailable: ``signer_state_unavailable``.
    """
    with usable(path):
        try:
            lock = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            raise _missing(path) from None
    try:
        with usable(path):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock
    except BaseException:
        os.close(lock)
        raise


def write(path: Path, data: bytes, folder: int) -> None:
    """Put ``data`` in place of the file, for its owner only; it is durable when this returns.

    Raises:
        Unavailable: ``signer_state_unavailable``.
    """
    draft = path.with_name(f".{path.name}.new")
    with usable(path):
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        os.fsync(folder)


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Turn what the disk may refuse into errors of ours: Conflict or Unavailable, as ``locked`` says."""
    try:
        yield
    except BlockingIOError:
        raise Conflict("signer_in_use", f"Another signer holds {path.parent}.") from None
    except OSError as error:
        raise Unavailable("signer_state_unavailable", f"{path} cannot be used: {error.strerror}.") from error
