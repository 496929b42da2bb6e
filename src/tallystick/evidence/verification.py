"""Verification of a delivery record: every check by name, in the order of the mission (E7).

The signature by the buyer's key, then the record hash, then each file against its hash. A record counts only
if every check that was made holds, and every check that must be made was made.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from tallystick.evidence.delivery import Medium, delivery_statement, media_hash, record_hash
from tallystick.ledger import keys

#: Checks that need nothing but the record and the ledger; a file's check is named ``medium:N``, from 1.
CHECKS: Final = ("signing_key", "signature", "media_hash", "record_hash")


class Outcome(StrEnum):
    """What a check came to."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_MADE = "not-made"  # a file that may not be read, or was not asked for


class Fetched(StrEnum):
    """What became of a file when it was looked for."""

    SAME = "same"  # it is there, and its bytes have the hash and size of the record
    CHANGED = "changed"
    GONE = "gone"
    WRONG_KEY = "wrong-key"  # the key that was released is not the one that the record commits to
    NO_CONSENT = "no-consent"
    NOT_FETCHED = "not-fetched"


class Record(Protocol):
    """A delivery record as the contract keeps it (``contracts.delivery.DeliveryRecord``)."""

    address: str
    buyer: str
    key: str
    media: tuple[Medium, ...]
    media_hash: str
    record_hash: str
    request: str
    signature: str
    supplier: str


class Checked(msgspec.Struct, frozen=True):
    """One check of one record: its name, what it came to, and one sentence."""

    name: str
    outcome: Outcome
    because: str


class Verified(msgspec.Struct, frozen=True):
    """What verifying one record came to.

    Attributes:
        address: where the record stands.
        counts: whether a lender may rely on the record itself: signature, hashes and every file that was
            fetched hold. A file that nobody let the lender read does not make the record false.
    """

    address: str
    checks: tuple[Checked, ...]

    @property
    def counts(self) -> bool:
        """Whether no check failed."""
        return all(check.outcome is not Outcome.FAILS for check in self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the checks that failed."""
        return tuple(check.name for check in self.checks if check.outcome is Outcome.FAILS)


#: What became of a file -> what its check comes to, and why.
_FILE: Final[Mapping[Fetched, tuple[Outcome, str]]] = {
    Fetched.SAME: (Outcome.HOLDS, "The file is the one that the buyer signed for."),
    Fetched.CHANGED: (Outcome.FAILS, "The file is not the one that the buyer signed for."),
    Fetched.GONE: (Outcome.FAILS, "The file is no longer where the record says."),
    Fetched.WRONG_KEY: (Outcome.FAILS, "The key of the file is not the one that the record commits to."),
    Fetched.NO_CONSENT: (Outcome.NOT_MADE, "The supplier has not consented to let this file be read."),
    Fetched.NOT_FETCHED: (Outcome.NOT_MADE, "The file was not looked at."),
}


def verify(record: Record, chain_id: str, is_buyers_key: bool, fetched: Sequence[Fetched] = ()) -> Verified:
    """Return every check of a record.

    Args:
        record: as the ledger has it.
        chain_id: of the ledger.
        is_buyers_key: whether the ledger says that ``record.key`` was the buyer's to sign with.
        fetched: what became of each file, in the record's order; shorter where files were not looked for.
    """
    statement = delivery_statement(chain_id, record.request, record.supplier, record.buyer, record.media_hash)
    signed = keys.verify(_bytes(record.key), statement, _bytes(record.signature))
    computed = record_hash(record.media_hash, record.signature, record.address)
    checks = [
        _checked("signing_key", is_buyers_key, "The key is the buyer's.", "The key is not the buyer's."),
        _checked(
            "signature",
            signed,
            "The buyer's key has signed this delivery.",
            "The signature is not the key's over this delivery.",
        ),
        _checked(
            "media_hash",
            media_hash(record.media) == record.media_hash,
            "The files are those that the signature speaks of.",
            "The list of files does not give the hash that the signature speaks of.",
        ),
        _checked(
            "record_hash",
            computed == record.record_hash,
            "The record's hash follows from files, signature and storage address.",
            "The record's hash does not follow from files, signature and storage address.",
        ),
    ]
    for number, _medium in enumerate(record.media, 1):
        found = fetched[number - 1] if number <= len(fetched) else Fetched.NOT_FETCHED
        outcome, because = _FILE[found]
        checks.append(Checked(f"medium:{number}", outcome, because))
    return Verified(record.address, tuple(checks))


def _checked(name: str, holds: bool, yes: str, no: str) -> Checked:
    return Checked(name, Outcome.HOLDS if holds else Outcome.FAILS, yes if holds else no)


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
