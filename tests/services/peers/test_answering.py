"""Who may ask an installation, how often, and what each gets to hear: every refusal by its code."""

import secrets
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tallystick.capture.key_handover import OneTimeKey
from tallystick.capture.media_keys import unwrap_key
from tallystick.errors import Conflict, Forbidden, TallystickError
from tallystick.evidence.delivery import MAX_MEDIUM_BYTES
from tallystick.records.models import MediaReading, Member, PeerQuestion
from tallystick.services import consents, consortium, deliveries, rotation
from tallystick.services.access import actor_of
from tallystick.services.peers import answering
from tallystick.services.peers.answering import answer
from tallystick.services.peers.questions import (
    MAX_IN_A_MINUTE,
    MAX_QUESTION_BYTES,
    WINDOW_MS,
    AskConsents,
    Asked,
    AskKey,
    AskNote,
    AskPapers,
    AskPiece,
    Consents,
    Note,
    Papers,
    Question,
    Signed,
    statement,
)
from tallystick.values import canonical
from tallystick.values.clock import now_ms
from tests.installation import CHAIN
from tests.services.test_deliveries import DUE, sent


@pytest.fixture
def row(house, members, tmp_path):
    """A delivery of the supplier's to the other supplier, with one picture."""
    return sent(house, members, tmp_path, 1)


def asked(house, asker: Member, owner: Member, question: Question, /, **changed) -> Asked:
    whole = Asked(asker.address, now_ms(house.clock), CHAIN, secrets.token_hex(32), owner.address, question)
    return msgspec.structs.replace(whole, **changed)


def signed(house, question: Asked, signer: str = "") -> bytes:
    by = signer or question.asker
    return canonical.encode(Signed(question, house.keys.sign(by, statement(question)).hex()))


def ask(house, asker: Member, owner: Member, question: Question, /, signer: str = "", **changed) -> bytes:
    return answer(house, signed(house, asked(house, asker, owner, question, **changed), signer)).body


def code(house, *args, **changed) -> str:
    with pytest.raises(TallystickError) as caught:
        ask(house, *args, **changed)
    return caught.value.code


def test_the_buyer_gets_papers_ciphertext_and_a_key_that_opens_it_and_the_reading_is_noted(
    house, members, row
):
    buyer, file, one_time = members.other_supplier, row.media.get(), OneTimeKey()
    papers = canonical.decode(ask(house, buyer, members.supplier, AskPapers(row.request)), Papers)
    assert (papers.named, [each.file_name for each in papers.files]) == (row.reference, ["goods.jpg"])
    piece = ask(house, buyer, members.supplier, AskPiece(row.request, file.sha256, 0))
    assert piece == b"".join(house.media.ciphertext(file.sha256))
    assert ask(house, buyer, members.supplier, AskPiece(row.request, file.sha256, 100)) == piece[100:]
    assert ask(house, buyer, members.supplier, AskPiece(row.request, file.sha256, MAX_MEDIUM_BYTES)) == b""
    assert not MediaReading.objects.exists()
    sealed = ask(house, buyer, members.supplier, AskKey(row.request, file.sha256, one_time.public))
    key = unwrap_key(bytes(file.wrapped_key), house.secret)
    assert key not in sealed
    assert one_time.open_(sealed, file.key_commitment) == key
    assert MediaReading.objects.get().member == buyer


def test_an_answer_carries_no_more_of_a_file_than_its_limit(house, members, row, monkeypatch):
    monkeypatch.setattr(answering, "PIECE_BYTES", 1000)
    question = AskPiece(row.request, row.media.get().sha256, 0)
    assert len(ask(house, members.other_supplier, members.supplier, question)) == 1000


def test_a_key_sealed_to_another_question_does_not_open(house, members, row):
    file = row.media.get()
    question = AskKey(row.request, file.sha256, OneTimeKey().public)
    sealed = ask(house, members.other_supplier, members.supplier, question)
    with pytest.raises(Forbidden) as caught:
        OneTimeKey().open_(sealed, file.key_commitment)
    assert caught.value.code == "wrong_media_key"


def test_nothing_is_sealed_to_a_point_that_anybody_could_open(house, members, row):
    question = AskKey(row.request, row.media.get().sha256, "00" * 32)
    assert code(house, members.other_supplier, members.supplier, question) == "bad_one_time_key"
    assert not MediaReading.objects.exists()


def test_only_the_asking_members_own_current_key_signs(house, members, row):
    question, buyer = AskPapers(row.request), members.other_supplier
    forged = code(house, buyer, members.supplier, question, signer=members.lender.address)
    assert forged == "bad_signature"
    old = asked(house, buyer, members.supplier, question)
    by_old_key = signed(house, old)
    rotation.rotate_key(house, buyer)
    with pytest.raises(TallystickError) as caught:
        answer(house, by_old_key)
    assert caught.value.code == "bad_signature"
    assert ask(house, buyer, members.supplier, question)


def test_a_question_holds_for_one_moment_one_chain_and_one_owner(house, members, row):
    question, pair = AskPapers(row.request), (members.other_supplier, members.supplier)
    now = now_ms(house.clock)
    assert code(house, *pair, question, at=now - WINDOW_MS - 1) == "question_out_of_time"
    assert code(house, *pair, question, at=now + WINDOW_MS + 1) == "question_out_of_time"
    assert code(house, *pair, question, chain_id="another") == "wrong_chain"
    stranger = members.operator.address[:-1] + ("q" if members.operator.address[-1] != "q" else "p")
    assert code(house, *pair, question, owner=stranger) == "not_hosted_here"
    # Moved to another owner who is hosted here too, the signature does not hold any more.
    meant = asked(house, *pair, question)
    moved = msgspec.structs.replace(meant, owner=members.lender.address)
    body = canonical.encode(Signed(moved, house.keys.sign(meant.asker, statement(meant)).hex()))
    with pytest.raises(TallystickError) as caught:
        answer(house, body)
    assert caught.value.code == "bad_signature"


def test_a_question_that_was_taken_is_not_taken_again_even_if_it_was_refused(house, members, row):
    body = signed(house, asked(house, members.other_supplier, members.supplier, AskPapers(row.request)))
    assert answer(house, body)
    refused = signed(house, asked(house, members.officer.member, members.supplier, AskPapers(row.request)))
    with pytest.raises(Forbidden):
        answer(house, refused)
    for again in (body, refused):
        with pytest.raises(Conflict) as caught:
            answer(house, again)
        assert caught.value.code == "question_replayed"


def test_numbers_are_forgotten_only_when_their_question_is_out_of_time(house, members, row):
    ahead = now_ms(house.clock) + WINDOW_MS
    body = signed(house, asked(house, members.other_supplier, members.supplier, AskConsents(), at=ahead))
    assert answer(house, body)
    for step in (WINDOW_MS, WINDOW_MS):
        house.clock.advance(timedelta(milliseconds=step))
        assert ask(house, members.other_supplier, members.supplier, AskConsents())
        with pytest.raises(Conflict):
            answer(house, body)
    house.clock.advance(timedelta(milliseconds=WINDOW_MS + 1))
    assert ask(house, members.other_supplier, members.supplier, AskConsents())
    assert PeerQuestion.objects.count() < 4
    with pytest.raises(TallystickError) as caught:
        answer(house, body)
    assert caught.value.code == "question_out_of_time"


def test_a_member_that_asks_too_often_waits_and_holds_up_nobody_else(house, members, row):
    now, buyer = house.clock.now(), members.other_supplier
    PeerQuestion.objects.bulk_create(
        PeerQuestion(asker=buyer.address, nonce=str(each), at=now) for each in range(MAX_IN_A_MINUTE)
    )
    assert code(house, buyer, members.supplier, AskConsents()) == "asked_too_often"
    assert ask(house, members.lender, members.supplier, AskConsents())
    house.clock.advance(timedelta(minutes=1))
    assert ask(house, buyer, members.supplier, AskConsents())


def test_a_member_that_the_ledger_does_not_know_or_has_suspended_is_refused(house, members, row):
    question, buyer = AskPapers(row.request), members.other_supplier
    unknown = Member(address=house.keys.create())
    assert code(house, unknown, members.supplier, question) == "unknown_asker"
    consortium.change_standing(house, members.operator.address, buyer.address, "suspend")
    assert code(house, buyer, members.supplier, question) == "asker_not_active"


def test_what_is_no_question_is_refused_before_anything_is_looked_up(house, members):
    good = signed(house, asked(house, members.lender, members.supplier, AskConsents()))
    for bad in (b"", b"{", b"[]", good[:-1], good.replace(b'"ask":"consents"', b'"ask":"keys"'), b"\xff"):
        with pytest.raises(TallystickError) as caught:
            answer(house, bad)
        assert caught.value.code == "malformed_question"
    with pytest.raises(TallystickError) as caught:
        answer(house, good + b" " * MAX_QUESTION_BYTES)
    assert caught.value.code == "question_too_large"
    assert not PeerQuestion.objects.exists()


def test_nobody_but_the_buyer_and_a_lender_by_consent_gets_anything(house, members, row):
    file = row.media.get()
    questions = (
        AskPapers(row.request),
        AskPiece(row.request, file.sha256, 0),
        AskKey(row.request, file.sha256, OneTimeKey().public),
    )
    for question in questions:
        assert code(house, members.operator, members.supplier, question) == "not_a_party"
        assert code(house, members.lender, members.supplier, question) == "consent_missing"
    given = consents.grant(
        house,
        actor_of(members.owner),
        recipient=members.lender.address,
        until=DUE,
        scope=[consents.scope_of(row)],
    )
    for question in questions:
        assert ask(house, members.lender, members.supplier, question)
        assert code(house, members.other_lender, members.supplier, question) == "consent_missing"
    reading = MediaReading.objects.get()
    assert (reading.member, reading.consent, reading.user) == (members.lender, given, None)
    late = replace(house, clock=type(house.clock)(DUE))
    assert code(late, members.lender, members.supplier, questions[0]) == "consent_expired"
    consents.withdraw(house, actor_of(members.owner), given.pk)
    for question in questions:
        assert code(house, members.lender, members.supplier, question) == "consent_withdrawn"
    assert MediaReading.objects.count() == 1


def test_a_file_of_another_delivery_is_not_given_under_this_one(house, members, row, tmp_path):
    other = sent(house, members, tmp_path, 1).media.get()
    question = AskKey(row.request, other.sha256, OneTimeKey().public)
    assert code(house, members.other_supplier, members.supplier, question) == "unknown_media"


def test_the_words_of_a_refusal_go_to_the_supplier_alone(house, members, row):
    buyer = members.other_supplier
    assert code(house, members.supplier, buyer, AskNote(row.request)) == "unknown_note"
    deliveries.refuse(house, actor_of(members.other_owner), row.reference, "damaged", "Two pallets are wet.")
    told = canonical.decode(ask(house, members.supplier, buyer, AskNote(row.request)), Note)
    assert told.note == "Two pallets are wet."
    for other in (members.lender, members.operator, buyer):
        assert code(house, other, buyer, AskNote(row.request)) == "not_a_party"
    assert code(house, members.supplier, members.lender, AskNote(row.request)) == "not_a_party"


def test_consents_are_handed_to_the_lender_they_were_given_to_and_while_they_are_live(house, members, row):
    def handed(lender: Member) -> list[str]:
        told = canonical.decode(ask(house, lender, members.supplier, AskConsents()), Consents)
        return [each.address for each in told.consents]

    given = consents.grant(house, actor_of(members.owner), recipient=members.lender.address, until=DUE)
    assert handed(members.lender) == [given.sent.address]
    assert handed(members.other_lender) == handed(members.other_supplier) == []
    consents.withdraw(house, actor_of(members.owner), given.pk)
    assert handed(members.lender) == []
