"""What one member's installation asks another's, and what it is told: shapes, limits, and what is signed.

A question is canonical JSON under the signature of the asking member's account key. It names the chain, both
members, a moment and a random number, so that it serves once, there, and then.
"""

from typing import Annotated, Final

import msgspec

from tallystick.contracts.consent import Document
from tallystick.contracts.places import Place
from tallystick.contracts.shapes import Address, Digest, PublicKey, Signature
from tallystick.evidence.delivery import MAX_MEDIA, MAX_MEDIUM_BYTES
from tallystick.services.deliveries import MAX_NOTE
from tallystick.values import canonical

MAX_QUESTION_BYTES: Final = 4096
#: How far the clocks of two installations may lie apart, in milliseconds.
WINDOW_MS: Final = 120_000
#: Questions of one member that are answered in a minute.
MAX_IN_A_MINUTE: Final = 600
#: What is told of a delivery or of consents, and the ciphertext that one answer carries.
MAX_TOLD_BYTES: Final = 1024 * 1024
PIECE_BYTES: Final = 4 * 1024 * 1024
#: Live consents that are handed over at once, the newest.
MAX_CONSENTS: Final = 20


class AskPapers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="papers", tag_field="ask"):
    """What is there of the delivery whose request stands at a storage address; answer: ``Papers``."""

    request: Place


class AskPiece(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="piece", tag_field="ask"):
    """A file's ciphertext from ``offset`` on; answer: at most ``PIECE_BYTES`` as they are kept."""

    request: Place
    sha256: Digest
    offset: Annotated[int, msgspec.Meta(ge=0, le=MAX_MEDIUM_BYTES)]


class AskKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="key", tag_field="ask"):
    """A file's key, sealed to the one-time key ``to`` (X25519, 64 hex digits); answer: the sealed box."""

    request: Place
    sha256: Digest
    to: PublicKey


class AskConsents(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="consents", tag_field="ask"):
    """The live consents that the asked member gave to the asker; answer: ``Consents``."""


class AskNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="note", tag_field="ask"):
    """What the asked member, as buyer, said when it refused the asker's request; answer: ``Note``."""

    request: Place


Question = AskPapers | AskPiece | AskKey | AskConsents | AskNote


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question with all that ties it down.

    Attributes:
        asker: account address of the member whose key signs.
        at: when, milliseconds since 1970 UTC by the asker's clock.
        chain_id: of the ledger that both share.
        nonce: 32 random bytes, 64 hex digits.
        owner: account address of the member that is asked.
    """

    asker: Address
    at: Annotated[int, msgspec.Meta(ge=0, le=canonical.MAX_INTEGER)]
    chain_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    nonce: Digest
    owner: Address
    question: Question


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What goes over the line."""

    asked: Asked
    signature: Signature


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What only the supplier's installation knows of a file: its name, and which paper it says it is."""

    file_name: Annotated[str, msgspec.Meta(max_length=200)]
    paper_kind: Annotated[str, msgspec.Meta(max_length=20)]


class Papers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A delivery's papers; hashes, sizes and parties the asker takes from the ledger.

    Attributes:
        named: the supplier's own reference, which its consents name.
        files: in the order in which the ledger names them.
    """

    named: Annotated[str, msgspec.Meta(pattern=r"\A[A-Z0-9-]{1,20}\Z")]
    files: Annotated[tuple[Paper, ...], msgspec.Meta(max_length=MAX_MEDIA)]


class Handed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A consent and where it stands on the ledger, which holds the digest of ``document``."""

    address: Place
    document: Document


class Consents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The consents that were handed over, newest first."""

    consents: Annotated[tuple[Handed, ...], msgspec.Meta(max_length=MAX_CONSENTS)]


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The buyer's words with a refusal, and the salt of their digest on the ledger."""

    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE)]
    salt: Annotated[str, msgspec.Meta(max_length=64)]


def statement(asked: Asked) -> bytes:
    """Return what the asking member's account key signs."""
    return canonical.encode({"asked": asked, "purpose": "tallystick/peer/1"})
