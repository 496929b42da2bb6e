"""One delivery record, examined for a lender: verified, and placed in a tier (mission E7 to E9)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from tallystick.capture import media_keys
from tallystick.capture.fetching import fetch
from tallystick.contracts.delivery import DeliveryRecord, record_from_state
from tallystick.contracts.membership import key_use_from_state
from tallystick.contracts.qualification import Given
from tallystick.contracts.signing_keys import signing_key_from_state
from tallystick.errors import Conflict, Corruption, Malformed, Rejection, TallystickError, Unavailable
from tallystick.evidence import tiers
from tallystick.evidence.delivery import Medium
from tallystick.evidence.verification import Fetch, Found, KeyOwner, Verification, verify_record
from tallystick.policy.table import Table, parse
from tallystick.records.models import Delivery, MediaFile, Member
from tallystick.services import catalogue, consents, media, policy_versions
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.services.looking import MAX_RAW, Looker
from tallystick.services.peers import releases
from tallystick.values import canonical


@dataclass(frozen=True)
class Examined:
    """What one record came to.

    Attributes:
        counts: whether every check was made and passed.
        tier: 1 is the best; None for none.
        document: all of it, as canonical data.
    """

    counts: bool
    tier: int | None
    document: dict[str, object]


def examined(
    installation: Installation,
    actor: Actor,
    lender: Member,
    supplier: Member,
    given: Given,
    looker: Looker,
) -> Examined:
    """Return what checking and grading one record came to.

    Every file is hashed anew, where the supplier's consent lets this lender read it; the tiers look at what
    papers, pictures and the lender's own grade come to together (``services.looking``). The supplier sees
    that its files were read.

    Args:
        actor: who has it examined, for the lender.
        looker: who looks at the deliveries of the query.

    Raises:
        Corruption: ``record_missing`` when the ledger does not hold what it gave.
    """
    record = record_from_state(installation.ledger.read, supplier.address, given.address)
    if record is None:
        raise Corruption("record_missing", "The ledger gave a record that it does not hold.")
    delivery = Delivery.objects.filter(supplier=supplier, record=given.address).first()
    may_read = _read_by_consent(installation, actor, lender, delivery)
    verified = verify_record(
        installation.ledger.chain_id,
        record,
        _owner_of(installation, record),
        _fetched(installation, record, delivery)
        if may_read
        else _not_released(installation, lender, supplier, record, delivery),
        given.record_hash,
    )
    looked = looker.look(delivery, may_read=may_read)
    graded = tiers.delivery_tier(tier_policy(installation, lender, "delivery-tier"), looked.assessment)
    document: dict[str, object] = {
        "address": record.address,
        "record_hash": record.record_hash,
        "buyer": record.buyer,
        "delivery": delivery.reference if delivery else "",
        "recorded_at": record.recorded_at,
        "checks": _checks(verified),
        "counts": verified.counts,
        "assessment": canonical.decode(canonical.encode(looked.assessment), dict),
        "tier": graded.tier,
        "abstained": dict(graded.abstained),
        "reasons": [reason.document() for reason in graded.reasons],
        "matches": [
            {"tier": match.tier, "rule": match.rule, "degree": str(match.degree)} for match in graded.matches
        ],
    }
    if looked.exchanges:
        document["language_model"] = [
            {"model": each.model, "prompt_sha256": each.prompt_sha256, "raw": each.raw[:MAX_RAW]}
            for each in looked.exchanges
        ]
    return Examined(verified.counts, graded.tier, document)


def _checks(verified: Verification) -> list[dict[str, object]]:
    return [
        {"name": check.name, "outcome": check.outcome.value, "text": check.text.document()}
        for check in verified.checks
    ]


def _owner_of(installation: Installation, record: DeliveryRecord) -> KeyOwner | None:
    read = installation.ledger.read
    registered = signing_key_from_state(read, record.buyer, record.key)
    if registered is not None:
        return KeyOwner(record.buyer, registered.registered_at, registered.revoked_at)
    use = key_use_from_state(read, record.key)
    return None if use is None else KeyOwner(use.address, use.used_from)


def _read_by_consent(
    installation: Installation, actor: Actor, lender: Member, delivery: Delivery | None
) -> bool:
    """Return whether a live consent lets the lender read the delivery's files now, which is then noted."""
    if delivery is None:
        return False
    try:
        consent = consents.require_live(installation, delivery, lender.pk)
    except Rejection:
        return False
    media.note_readings(installation, actor, delivery.media.all(), consent.pk)
    return True


def _not_released(
    installation: Installation,
    lender: Member,
    supplier: Member,
    record: DeliveryRecord,
    delivery: Delivery | None,
) -> list[Found]:
    """Return that no file may be read; of a delivery that may be and is not here, that none was fetched."""
    if delivery is None and not releases.is_withheld(installation, lender, supplier, record.request):
        return []
    return [Found(Fetch.NOT_RELEASED) for _ in record.media]


def _fetched(installation: Installation, record: DeliveryRecord, delivery: Delivery | None) -> list[Found]:
    files = {file.sha256: file for file in delivery.media.all()} if delivery else {}
    return [_found(installation, medium, files.get(medium.sha256)) for medium in record.media]


def _found(installation: Installation, medium: Medium, file: MediaFile | None) -> Found:
    """Return what is there of a medium: its bytes are hashed anew, in the store or at its location."""
    if file is None:
        return Found(Fetch.MISSING)
    commitment = ""
    try:
        if medium.is_open:
            pieces = fetch(medium.location, medium.sha256, installation.media_hosts)
        else:
            pieces = installation.media.ciphertext(medium.sha256)
            key = media_keys.unwrap_key(bytes(file.wrapped_key), installation.secret)
            commitment = media_keys.commitment(key)
        sha256, size = _hashed(pieces)
    except Unavailable:
        return Found(Fetch.NOT_FETCHED)
    except Conflict:  # location_changed
        return Found(Fetch.FETCHED, "", medium.size_bytes)
    except TallystickError:
        return Found(Fetch.MISSING)
    return Found(Fetch.FETCHED, sha256, size, commitment)


def _hashed(pieces: Iterator[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def tier_policy(installation: Installation, lender: Member, name: str) -> Table:
    """Return the lender's own tier policy that is in force now, or the one that comes with the product.

    Raises:
        Malformed: ``unfit_policy`` when the lender's own is no single table.
    """
    row = policy_versions.in_force(lender.pk, name, installation.clock.now())
    found = parse(catalogue.policy_document(name)) if row is None else policy_versions.parsed(row)
    if not isinstance(found, Table):
        raise Malformed("unfit_policy", f"The policy {name} must be one table.", policy=name)
    return found
