"""A delivery record for who trusts nobody: one file, checked offline against the genesis file (E13).

The file holds four proofs against signed headers and nothing else: what the state holds of the record, of the
request that the buyer signed, and of the key; and the transaction at the record's address. Media list,
signature and record hash are in what is proved, so nothing stands in it twice. It may hold the files too,
as they are kept.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from tallystick.bootstrap import evidence_media
from tallystick.bootstrap.proving import Proved, check_bundle, prove_address, prove_key
from tallystick.capture.media_store import MediaStore
from tallystick.config import Settings
from tallystick.contracts import countersignature, membership, signing_keys
from tallystick.contracts.delivery import DeliveryRecord, Recorded, record_from_state, record_key
from tallystick.contracts.places import in_order, is_place
from tallystick.contracts.shapes import decode_kept
from tallystick.engines.cometbft.proofs import parse_bundle
from tallystick.engines.storage.reading import LedgerFile
from tallystick.errors import Malformed, NotFound, Rejection, TallystickError, TooLarge
from tallystick.evidence.delivery import Medium
from tallystick.evidence.verification import Fetch, Found, KeyOwner, Verification, verify_record
from tallystick.ledger.answers import OK
from tallystick.ledger.proof import MAX_BUNDLE_BYTES, encode_proof, parse_proof
from tallystick.values import canonical

FORMAT: Final = "tallystick/evidence/1"
PROOFS: Final = ("record", "request", "key", "transaction")
MAX_EVIDENCE_BYTES: Final = len(PROOFS) * MAX_BUNDLE_BYTES + evidence_media.MAX_TEXT_BYTES
#: Files of a media folder that are looked at.
MAX_FILES: Final = 1000
_CHUNK: Final = 1 << 20
_CODE: Final = "evidence_does_not_hold"
T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """What a bundle proves: the record, and every check of it.

    Attributes:
        chain_id: of the ledger.
        height: of the header that proves the record.
        record: as the ledger keeps it.
        verification: every check; without a failed one.
    """

    chain_id: str
    height: int
    record: DeliveryRecord
    verification: Verification


def export_evidence(
    settings: Settings, path: Path, supplier: str, address: str, *, with_media: bool = False
) -> bytes:
    """Return the bundle that proves a delivery record: canonical JSON.

    Args:
        settings: as ``proving.prove_key``.
        path: the ledger file.
        supplier: account address.
        address: where the record stands, ``height-index``.
        with_media: whether the files that this installation keeps go in, as they are kept.

    Raises:
        NotFound: ``unknown_record``, ``no_ledger``; ``media_missing``. TooLarge: ``media_too_large``.
        Corruption, Unavailable: as ``proving.prove_key``.
    """
    with closing(LedgerFile(path)) as ledger:
        record = record_from_state(ledger.read, supplier, address)
        if record is None:
            raise NotFound("unknown_record", "The supplier has no delivery record at that address.")
        registered = signing_keys.keys_prefix(record.buyer) + record.key
        key = registered if ledger.read(registered) is not None else membership.KEY_PREFIX + record.key
    height, index = (int(part) for part in address.split("-"))
    proofs = {
        "record": prove_key(settings, path, record_key(supplier, address)),
        "request": prove_key(settings, path, _request_key(record)),
        "key": prove_key(settings, path, key),
        "transaction": prove_address(settings, path, height, index),
    }
    parts = {name: canonical.decode(encode_proof(proof), dict) for name, proof in proofs.items()}
    document: dict[str, Any] = {"format": FORMAT, **parts}
    if with_media:
        document["media"] = evidence_media.gathered(MediaStore(settings.media_path), record.media)
    return canonical.encode({**document, "digest": canonical.digest(document)})


def verify_evidence(data: bytes, genesis: bytes, media: Path | None = None) -> Evidence:
    """Check a bundle offline, and return what it proves; nothing but ``genesis`` is trusted.

    Args:
        data: the bundle as it was written.
        genesis: what every member of the ledger holds.
        media: a folder with the delivery's files, each named by its number (from 1) or its SHA-256, with any
            suffix; without one the files in the bundle are checked, and others not.

    Raises:
        Malformed: ``evidence_does_not_hold``; the detail ``failed`` names the check: ``bundle``, one of
            ``PROOFS``, ``digest``, or one of ``evidence.verification``. ``malformed_genesis``.
        TooLarge: ``evidence_too_large``, ``too_many_files``.
    """
    document = _document(data)
    proved = {name: _proved(name, document[name], genesis) for name in PROOFS}
    if len({one.chain_id for one in proved.values()}) > 1:
        raise _fails("bundle", "its proofs are of different chains")
    record = _record(proved["record"])
    _check_request(record, proved["request"])
    _check_transaction(record, proved["transaction"], document["transaction"])
    owner = _owner(record, proved["key"])
    found = (
        _found(record.media, media) if media is not None else _bundled(document.get("media"), record.media)
    )
    chain_id = proved["record"].chain_id
    verification = verify_record(chain_id, record, owner, found)
    for check in verification.checks:
        if check.name in verification.failed:
            raise _fails(check.name, check.text.en.rstrip("."))
    rest = {name: part for name, part in document.items() if name != "digest"}
    if canonical.digest(rest) != document["digest"]:
        raise _fails("digest", "a part that proves nothing was changed")
    return Evidence(chain_id, proved["record"].height, record, verification)


def _document(data: bytes) -> Mapping[str, Any]:
    if len(data) > MAX_EVIDENCE_BYTES:
        raise TooLarge("evidence_too_large", f"Evidence may have {MAX_EVIDENCE_BYTES} bytes.")
    try:
        document: dict[str, Any] = canonical.decode(data.rstrip(b"\n"), dict)
    except Malformed as error:
        raise _fails("bundle", error.message.rstrip(".")) from None
    if document.keys() - {"media"} != {"format", "digest", *PROOFS} or document["format"] != FORMAT:
        raise _fails("bundle", f"it is not of the format {FORMAT}")
    if canonical.encode(document) not in (data, data.removesuffix(b"\n")):
        raise _fails("bundle", "it is not written as bundles are")
    return document


def _proved(name: str, part: object, genesis: bytes) -> Proved:
    """Return what a proof proves; every byte of it is as proofs are written."""
    written = canonical.encode(part)
    try:
        is_network = b'"tallystick/network-' in written
        if encode_proof(parse_bundle(written) if is_network else parse_proof(written)) != written:
            raise _fails(name, "the proof is not written as proofs are")
    except Malformed as error:
        raise error if error.code == _CODE else _fails(name, error.message.rstrip(".")) from None
    try:
        return check_bundle(written, genesis)
    except Malformed as error:
        if error.code != "proof_does_not_hold":
            raise
        raise _fails(name, error.message.rstrip(".")) from None


def _kept(name: str, proved: Proved, kind: type[T], keys: Sequence[str] | None = None) -> T:
    if keys is not None and proved.subject not in keys:
        raise _fails(name, "the proof is about something else")
    try:
        return decode_kept(proved.subject, (proved.outcome or "").encode(), kind)
    except TallystickError:
        raise _fails(name, "the ledger holds no such thing under the key") from None


def _record(proved: Proved) -> DeliveryRecord:
    record = _kept("record", proved, DeliveryRecord)
    if not is_place(record.address) or proved.subject != record_key(record.supplier, record.address):
        raise _fails("record", "the proof is about something else")
    return record


def _check_request(record: DeliveryRecord, proved: Proved) -> None:
    request = _kept("request", proved, countersignature.Request, [_request_key(record)])
    same = ("buyer", "key", "media", "media_hash", "signature", "supplier")
    is_same = all(getattr(request, name) == getattr(record, name) for name in same)
    if not is_same or (request.status, request.answered_at) != ("signed", record.signed_at):
        raise _fails("request", "it is not the request of the record")


def _check_transaction(record: DeliveryRecord, proved: Proved, proof: Mapping[str, Any]) -> None:
    result = canonical.encode(Recorded(record.address, record.record_hash))
    if (proved.subject, proved.outcome) != (record.address, OK) or _bytes(proof.get("result")) != result:
        raise _fails("transaction", "it is not the one that stored the record")


def _owner(record: DeliveryRecord, proved: Proved) -> KeyOwner:
    account = membership.KEY_PREFIX + record.key
    registered = signing_keys.keys_prefix(record.buyer) + record.key
    if proved.subject == account:
        use = _kept("key", proved, membership.KeyUse)
        return KeyOwner(use.address, use.used_from)
    key = _kept("key", proved, signing_keys.SigningKey, [registered])
    return KeyOwner(record.buyer, key.registered_at, key.revoked_at)


def _request_key(record: DeliveryRecord) -> str:
    return countersignature.requests_prefix(record.supplier) + in_order(record.request)


def _bytes(text: object) -> bytes:
    return base64.b64decode(text) if isinstance(text, str) else b""


def _bundled(part: Any, media: Sequence[Medium]) -> list[Found]:  # noqa: ANN401 - as it was read
    if part is None:
        return []
    if not evidence_media.is_written_well(part, media):
        raise _fails("media", "the files in it are not written as bundles are")
    return evidence_media.found(part, media)


def _found(media: Sequence[Medium], folder: Path) -> list[Found]:
    files: dict[str, Path] = {}
    for count, path in enumerate(sorted(folder.iterdir())):
        if count >= MAX_FILES:
            raise TooLarge("too_many_files", f"A media folder may hold {MAX_FILES} files.")
        if path.is_file():
            files.setdefault(path.name.partition(".")[0], path)
    return [
        _fetched(files.get(str(number)) or files.get(medium.sha256))
        for number, medium in enumerate(media, start=1)
    ]


def _fetched(path: Path | None) -> Found:
    if path is None:
        return Found(Fetch.MISSING)
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Found(Fetch.FETCHED, digest.hexdigest(), size)


def _fails(name: str, why: str) -> Rejection:
    return Malformed(_CODE, f"The evidence does not hold ({name}): {why}.", failed=name)
