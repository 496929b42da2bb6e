"""Answering another member's installation: who asks is held against the ledger, each time anew.

The buyer that the request on the ledger names may have the files; so may a lender with a consent that the
owner's papers and the ledger both hold to be live. Nobody else learns more than the ledger shows.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from tallystick.capture import key_handover, media_keys
from tallystick.contracts.countersignature import Request, request_from_state
from tallystick.contracts.membership import member_from_state
from tallystick.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from tallystick.ledger import keys
from tallystick.ledger.accounts import account_state_key, decode_account
from tallystick.records.models import Consent, Delivery, MediaFile, MediaReading, Member, PeerQuestion
from tallystick.services import consents
from tallystick.services.installation import Installation
from tallystick.services.peers.questions import (
    MAX_CONSENTS,
    MAX_IN_A_MINUTE,
    MAX_QUESTION_BYTES,
    PIECE_BYTES,
    WINDOW_MS,
    AskConsents,
    Asked,
    AskKey,
    AskNote,
    AskPapers,
    AskPiece,
    Consents,
    Handed,
    Note,
    Paper,
    Papers,
    Signed,
    statement,
)
from tallystick.values import canonical
from tallystick.values.clock import now_ms

JSON: Final = "application/json"
BYTES: Final = "application/octet-stream"
MINUTE: Final = timedelta(minutes=1)
#: A number is remembered for as long as its question could be taken for new.
REMEMBERED: Final = timedelta(milliseconds=3 * WINDOW_MS)


@dataclass(frozen=True)
class Answer:
    """What is told: its media type and bytes."""

    media_type: str
    body: bytes


@dataclass(frozen=True)
class _Release:
    """A delivery, who may have its files, and by which consent (None: as its buyer)."""

    delivery: Delivery
    asker: Member
    consent: Consent | None


def answer(installation: Installation, body: bytes) -> Answer:
    """Return what another member's installation may be told.

    Args:
        body: canonical JSON of ``questions.Signed``.

    Raises:
        TooLarge: ``question_too_large``. Malformed: ``malformed_question``, ``bad_one_time_key``.
        Conflict: ``wrong_chain``, ``question_replayed``.
        Unauthorised: ``unknown_asker``, ``bad_signature``, ``question_out_of_time``.
        Forbidden: ``asker_not_active``, ``not_a_party``; ``consent_missing``, ``consent_expired``,
            ``consent_withdrawn``.
        NotFound: ``not_hosted_here``, ``unknown_delivery``, ``unknown_media``, ``media_missing``,
            ``unknown_note``.
        Unavailable: ``asked_too_often``.
    """
    asked = _genuine(installation, body)
    question = asked.question
    match question:
        case AskPapers():
            return _told(_papers(_release(installation, asked, question.request).delivery))
        case AskPiece():
            file = _file(_release(installation, asked, question.request).delivery, question.sha256)
            return Answer(BYTES, installation.media.piece(file.sha256, question.offset, PIECE_BYTES))
        case AskKey():
            return Answer(BYTES, _key(installation, asked, question))
        case AskNote():
            return _told(_note(installation, asked, question.request))
        case AskConsents():
            return _told(_consents(installation, asked))


def _genuine(installation: Installation, body: bytes) -> Asked:
    """Return the question, once its asker, moment and number hold; it is then used up."""
    if len(body) > MAX_QUESTION_BYTES:
        raise TooLarge("question_too_large", f"A question may have {MAX_QUESTION_BYTES} bytes.")
    try:
        signed = canonical.decode(body, Signed)
    except Malformed as error:
        raise Malformed("malformed_question", error.message) from None
    asked, read = signed.asked, installation.ledger.read
    if asked.chain_id != installation.ledger.chain_id:
        raise Conflict("wrong_chain", "The question is about another ledger.")
    if asked.owner not in installation.keys.addresses():
        raise NotFound("not_hosted_here", "The member that is asked is not of this installation.")
    kept = read(account_state_key(asked.asker))
    standing = member_from_state(read, asked.asker)
    if kept is None or standing is None:
        raise Unauthorised("unknown_asker", "The ledger knows no such member.")
    account = decode_account(kept)
    if not keys.verify(account.public_key, statement(asked), bytes.fromhex(signed.signature)):
        raise Unauthorised("bad_signature", "The question is not signed with the asking member's key.")
    if not account.active or standing.status != "active":
        raise Forbidden("asker_not_active", "The asking member is not active.")
    if abs(asked.at - now_ms(installation.clock)) > WINDOW_MS:
        raise Unauthorised("question_out_of_time", "The question is too old, or one of two clocks is wrong.")
    _use_up(installation, asked)
    return asked


def _use_up(installation: Installation, asked: Asked) -> None:
    now = installation.clock.now()
    PeerQuestion.objects.filter(at__lt=now - REMEMBERED).delete()
    lately = PeerQuestion.objects.filter(asker=asked.asker, at__gt=now - MINUTE)
    if lately.count() >= MAX_IN_A_MINUTE:
        raise Unavailable("asked_too_often", "The member asks too often; try again in a minute.")
    try:
        with transaction.atomic():
            PeerQuestion.objects.create(asker=asked.asker, nonce=asked.nonce, at=now)
    except IntegrityError:
        raise Conflict("question_replayed", "The question was asked before.") from None


def _release(installation: Installation, asked: Asked, request: str) -> _Release:
    """Return the delivery whose files the asker may have now."""
    on_ledger = request_from_state(installation.ledger.read, asked.owner, request)
    row = _row(asked.owner, request)
    asker = Member.objects.filter(address=asked.asker).first()
    if on_ledger is not None and on_ledger.buyer == asked.asker:
        if row is None or asker is None:
            raise NotFound("unknown_delivery", "This installation does not keep the delivery.")
        return _Release(row, asker, None)
    return _Release(*_lent(installation, asked, on_ledger, row, asker))


def _row(owner: str, request: str) -> Delivery | None:
    """Return the supplier's delivery, also one whose row does not say yet where the ledger has put it."""
    height, index = (int(part) for part in request.split("-"))
    just_placed = Q(request="", sent__height=height, sent__index=index)
    rows = Delivery.objects.select_related("supplier", "buyer").filter(supplier__address=owner)
    found: Delivery | None = rows.filter(Q(request=request) | just_placed).first()
    return found


def _lent(
    installation: Installation,
    asked: Asked,
    on_ledger: Request | None,
    row: Delivery | None,
    asker: Member | None,
) -> tuple[Delivery, Member, Consent]:
    standing = member_from_state(installation.ledger.read, asked.asker)
    if standing is None or "lender" not in standing.roles:
        raise Forbidden("not_a_party", "Only the buyer of the delivery, and a lender by consent, may ask.")
    if on_ledger is None or row is None or asker is None:
        raise Forbidden("consent_missing", "The supplier has not consented to let you read this.")
    return row, asker, consents.require_live(installation, row, asker.pk)


def _papers(delivery: Delivery) -> Papers:
    files = tuple(Paper(file.file_name, file.paper_kind) for file in delivery.media.all())
    return Papers(delivery.reference, files)


def _file(delivery: Delivery, sha256: str) -> MediaFile:
    found: MediaFile | None = delivery.media.filter(sha256=sha256).first()
    if found is None or not found.wrapped_key:
        raise NotFound("unknown_media", "The delivery has no such file here.")
    return found


def _key(installation: Installation, asked: Asked, question: AskKey) -> bytes:
    """Return a file's key, sealed; that it was handed over is noted as a reading."""
    release = _release(installation, asked, question.request)
    file = _file(release.delivery, question.sha256)
    sealed = key_handover.seal_to(
        question.to, media_keys.unwrap_key(bytes(file.wrapped_key), installation.secret)
    )
    MediaReading.objects.create(
        media=file, member=release.asker, consent=release.consent, at=installation.clock.now()
    )
    return sealed


def _consents(installation: Installation, asked: Asked) -> Consents:
    now = installation.clock.now()
    given = Consent.objects.select_related("owner", "recipient", "sent").filter(
        owner__address=asked.owner,
        recipient__address=asked.asker,
        purpose=consents.QUALIFICATION,
        withdrawn_at=None,
        until__gt=now,
    )
    live = [row for row in given[: 5 * MAX_CONSENTS] if consents.is_live(installation, row, now)]
    return Consents(tuple(Handed(row.sent.address, consents.document_of(row)) for row in live[:MAX_CONSENTS]))


def _note(installation: Installation, asked: Asked, request: str) -> Note:
    """Return the words of a refusal to the supplier that was refused."""
    on_ledger = request_from_state(installation.ledger.read, asked.asker, request)
    if on_ledger is None or on_ledger.buyer != asked.owner:
        raise Forbidden("not_a_party", "Only the buyer of the delivery, and a lender by consent, may ask.")
    row = Delivery.objects.filter(supplier__address=asked.asker, request=request, stage="refused").first()
    if row is None or not row.note:
        raise NotFound("unknown_note", "There are no words with a refusal of this delivery here.")
    return Note(row.note, row.note_salt)


def _told(document: Papers | Consents | Note) -> Answer:
    return Answer(JSON, canonical.encode(document))
