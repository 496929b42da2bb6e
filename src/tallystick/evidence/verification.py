"""Verification: every check of one delivery record, with its outcome; what fails does not count (E7).

Pure. What the ledger says about the key, and what came of fetching the media, come in as values.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from tallystick.errors import Malformed
from tallystick.evidence.delivery import Medium, delivery_statement, media_hash, record_hash
from tallystick.ledger import keys
from tallystick.policy.wording import Wording


class Delivered(Protocol):
    """A delivery record as the ledger keeps it.

    Attributes:
        address: storage address of the record.
        buyer: account address of who countersigned.
        key: with which the buyer signed, 64 hex digits.
        media: the delivery's files, in their order.
        media_hash: what the buyer signed.
        record_hash: of media hash, signature and address.
        request: storage address of the supplier's request.
        signature: the buyer's, 128 hex digits.
        signed_at: block time of the signature, milliseconds since 1970 UTC.
        supplier: account address of who delivered.
    """

    @property
    def address(self) -> str: ...  # noqa: D102 - described by its name or class
    @property
    def buyer(self) -> str: ...  # noqa: D102 - described by its name or class
    @property
    def key(self) -> str: ...  # noqa: D102 - described by its name or class
    @property
    def media(self) -> Sequence[Medium]: ...  # noqa: D102 - described by its name or class
    @property
    def media_hash(self) -> str: ...  # noqa: D102 - described by its name or class
    @property
    def record_hash(self) -> str: ...  # noqa: D102 - described by its name or class
    @property
    def request(self) -> str: ...  # noqa: D102 - described by its name or class
    @property
    def signature(self) -> str: ...  # noqa: D102 - described by its name or class
    @property
    def signed_at(self) -> int: ...  # noqa: D102 - described by its name or class
    @property
    def supplier(self) -> str: ...  # noqa: D102 - described by its name or class


class KeyOwner(msgspec.Struct, frozen=True):
    """Whose key it is, or was: an account's, or one that a member registered for signing.

    Attributes:
        address: of the member.
        since: from when, block time in milliseconds.
        revoked_at: when it stopped, 0 while it signs or where the ledger does not say.
    """

    address: str
    since: int
    revoked_at: int = 0


class Fetch(StrEnum):
    """What came of fetching one medium."""

    FETCHED = "fetched"
    MISSING = "missing"  # it is gone from where it should lie
    NOT_RELEASED = "not_released"  # its owner has given no consent
    NOT_FETCHED = "not_fetched"  # nobody has tried


class Found(msgspec.Struct, frozen=True):
    """What was found of one medium.

    Attributes:
        fetch: what came of fetching it.
        sha256: of the bytes as they were fetched, 64 hex digits.
        size_bytes: how many there were.
        key_commitment: of the key that was released, 64 hex digits; empty where none was, or none is needed.
    """

    fetch: Fetch
    sha256: str = ""
    size_bytes: int = 0
    key_commitment: str = ""


class Outcome(StrEnum):
    """What came of one check. One that was not made has not passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_MADE = "not_made"


class Check(msgspec.Struct, frozen=True):
    """One check of a record.

    Attributes:
        name: ``signature``, ``signing_key``, ``media_hash``, ``record_hash``, or ``medium:N`` (N from 1),
            followed by what is wrong with it: ``medium:2:changed``.
        text: the sentence for people, in both languages.
    """

    name: str
    outcome: Outcome
    text: Wording


class Verification(msgspec.Struct, frozen=True):
    """Every check of one record, in the order in which they are made."""

    address: str
    checks: tuple[Check, ...]

    @property
    def counts(self) -> bool:
        """Whether a lender may count on the record: every check was made and passed."""
        return all(check.outcome is Outcome.PASSED for check in self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the checks that failed."""
        return tuple(check.name for check in self.checks if check.outcome is Outcome.FAILED)

    @property
    def not_made(self) -> tuple[str, ...]:
        """Names of the checks that could not be made."""
        return tuple(check.name for check in self.checks if check.outcome is Outcome.NOT_MADE)


_TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    # check         when it holds, and when it fails; English and Chinese
    "signature": (
        "The buyer's signature over this delivery holds.",
        "买方对本次交付的签名有效。",
        "The signature is not that of the key over this delivery.",
        "签名与该密钥及本次交付不符。",
    ),
    "signing_key": (
        "The key was the buyer's when it signed.",
        "签名时该密钥属于买方。",
        "The key was not the buyer's when it signed.",
        "签名时该密钥不属于买方。",
    ),
    "media_hash": (
        "The media list has the hash that was signed.",
        "影像清单与所签哈希一致。",
        "The media list does not have the hash that the record names.",
        "影像清单与记录中的哈希不符。",
    ),
    "record_hash": (
        "The record has the hash that the ledger stored.",
        "记录与账本所存哈希一致。",
        "The record does not have the hash that the ledger stored.",
        "记录与账本所存哈希不符。",
    ),
}
_MEDIA_TEXTS: Final[dict[str, tuple[Outcome, str, str]]] = {
    "": (Outcome.PASSED, "File {} is as the ledger names it.", "文件 {} 与账本所载一致。"),
    "missing": (Outcome.FAILED, "File {} is gone.", "文件 {} 已不存在。"),
    "size": (Outcome.FAILED, "File {} has another size than the ledger names.", "文件 {} 的大小与账本不符。"),
    "changed": (Outcome.FAILED, "File {} was changed.", "文件 {} 已被更改。"),
    "key": (
        Outcome.FAILED,
        "The key released for file {} is not the one that the ledger names.",
        "为文件 {} 提供的密钥与账本不符。",
    ),
    "key_not_released": (
        Outcome.NOT_MADE,
        "File {} was fetched, but no key that opens it.",
        "已取得文件 {}，但没有可打开它的密钥。",
    ),
    "not_released": (Outcome.NOT_MADE, "No consent releases file {}.", "文件 {} 未经授权提供。"),
    "not_fetched": (Outcome.NOT_MADE, "File {} was not fetched.", "文件 {} 未取得。"),
}


def verify_record(
    chain_id: str,
    record: Delivered,
    owner: KeyOwner | None,
    found: Sequence[Found] = (),
    stored_hash: str | None = None,
) -> Verification:
    """Return every check of a delivery record, in order; nothing is raised for a wrong one.

    Args:
        chain_id: of the ledger that the record stands on.
        record: as it was read.
        owner: whose ``record.key`` is, as the ledger says; None when it is nobody's.
        found: what was found of each medium, in their order; what is not there was not fetched.
        stored_hash: the record's hash as a qualification query gave it; None to hold the record against
            its own.
    """
    checks = [
        _check("signature", _is_signed(chain_id, record)),
        _check("signing_key", _is_buyers(record, owner)),
        _check("media_hash", _media_hash(record) == record.media_hash),
        _check("record_hash", _is_stored(record, stored_hash)),
        *_media_checks(record.media, found),
    ]
    return Verification(record.address, tuple(checks))


def _check(name: str, holds: bool) -> Check:
    good, good_zh, bad, bad_zh = _TEXTS[name]
    if holds:
        return Check(name, Outcome.PASSED, Wording(en=good, zh=good_zh))
    return Check(name, Outcome.FAILED, Wording(en=bad, zh=bad_zh))


def _is_signed(chain_id: str, record: Delivered) -> bool:
    try:
        key, signature = bytes.fromhex(record.key), bytes.fromhex(record.signature)
        statement = delivery_statement(
            chain_id, record.request, record.supplier, record.buyer, record.media_hash
        )
    except (ValueError, Malformed):
        return False
    # The ledger writes lower-case hex alone: another spelling of the same bytes is another record.
    is_as_written = (key.hex(), signature.hex()) == (record.key, record.signature)
    return is_as_written and keys.verify(key, statement, signature)


def _is_buyers(record: Delivered, owner: KeyOwner | None) -> bool:
    if owner is None or owner.address != record.buyer or record.signed_at < owner.since:
        return False
    return not owner.revoked_at or record.signed_at <= owner.revoked_at


def _media_hash(record: Delivered) -> str | None:
    try:
        return media_hash(record.media) if record.media else None
    except Malformed:
        return None


def _is_stored(record: Delivered, stored_hash: str | None) -> bool:
    try:
        recomputed = record_hash(record.media_hash, record.signature, record.address)
    except Malformed:
        return False
    return recomputed == record.record_hash and stored_hash in (None, recomputed)


def _media_checks(media: Sequence[Medium], found: Sequence[Found]) -> Iterator[Check]:
    for number, medium in enumerate(media, start=1):
        wrong = _wrong(medium, found[number - 1] if number <= len(found) else Found(Fetch.NOT_FETCHED))
        outcome, english, chinese = _MEDIA_TEXTS[wrong]
        name = f"medium:{number}:{wrong}" if wrong else f"medium:{number}"
        yield Check(name, outcome, Wording(en=english.format(number), zh=chinese.format(number)))


def _wrong(medium: Medium, found: Found) -> str:
    if found.fetch is not Fetch.FETCHED:
        return found.fetch.value
    if found.size_bytes != medium.size_bytes:
        return "size"
    if found.sha256 != medium.sha256:
        return "changed"
    if medium.key_commitment and not found.key_commitment:
        return "key_not_released"
    return "" if found.key_commitment in ("", medium.key_commitment) else "key"
