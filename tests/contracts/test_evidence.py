"""Countersignature, delivery, qualification and consent, rule by rule, as the ledger executes them."""

import json

import pytest

from tallystick.contracts import consent, countersignature, delivery, qualification, signing_keys
from tallystick.contracts.qualification import DAY_MS, MAX_RECORDS
from tallystick.evidence.delivery import Medium, delivery_statement, media_hash, record_hash
from tallystick.ledger.keys import verify
from tests.contracts.chain import CHAIN, Chain, Key, founder, rotation

OPERATOR, LENDER, SUPPLIER, BUYER, OTHER, BROWSER = (Key(number) for number in range(1, 7))
NEXT = Key(50)
DAY = 24 * 3600 * 1000
MEDIA = (
    Medium("picture", "aa" * 32, "bb" * 32, 1000),
    Medium("document", "cc" * 32, "dd" * 32, 2000),
    Medium("video", "ee" * 32, "", 3000, "https://media.example/clip.mp4"),
)


@pytest.fixture
def chain() -> Chain:
    return Chain(
        [
            founder(OPERATOR, "operator"),
            founder(LENDER, "lender"),
            founder(SUPPLIER, "enterprise"),
            founder(BUYER, "enterprise"),
            founder(OTHER, "enterprise", "lender"),
        ]
    )


def ask(chain, buyer=BUYER, media=MEDIA, sender=SUPPLIER, due_at=None):
    asked = countersignature.Ask(buyer.address, media, chain.time + DAY if due_at is None else due_at)
    return chain.send(sender, "countersignature", "request", asked)


def placed(chain, **how):
    result = ask(chain, **how)
    assert result.code == "ok", result.message
    return json.loads(result.data)["address"]


def signing(request, key=BUYER, media=MEDIA, supplier=SUPPLIER, buyer=BUYER, chain_id=CHAIN):
    statement = delivery_statement(chain_id, request, supplier.address, buyer.address, media_hash(media))
    return countersignature.Sign(supplier.address, request, key.public, key.sign(statement))


def sign(chain, request, sender=BUYER, **how):
    return chain.send(sender, "countersignature", "sign", signing(request, **how)).code


def refuse(chain, request, sender=BUYER):
    refused = countersignature.Refuse(SUPPLIER.address, request, "damaged", "ab" * 32)
    return chain.send(sender, "countersignature", "refuse", refused).code


def record(chain, request, sender=LENDER):
    return chain.send(sender, "delivery", "record", delivery.Record(SUPPLIER.address, request))


def recorded(chain):
    request = placed(chain)
    assert sign(chain, request) == "ok"
    return json.loads(record(chain, request).data)


def test_a_request_waits_in_the_inbox_of_its_buyer_until_it_is_answered(chain):
    request = placed(chain)
    inbox = list(chain.state.scan(countersignature.inbox_prefix(BUYER.address)))
    assert len(inbox) == 1
    kept = countersignature.request_from_state(chain.get, SUPPLIER.address, request)
    assert (kept.status, kept.buyer, kept.media_hash) == ("waiting", BUYER.address, media_hash(MEDIA))
    assert sign(chain, request) == "ok"
    assert not list(chain.state.scan(countersignature.inbox_prefix(BUYER.address)))
    kept = countersignature.request_from_state(chain.get, SUPPLIER.address, request)
    assert (kept.status, kept.key, kept.answered_at) == ("signed", BUYER.public, chain.time)


def test_a_request_names_an_active_enterprise_other_than_the_supplier_and_a_day_to_come(chain):
    assert ask(chain, buyer=LENDER).code == "unknown_buyer"
    assert ask(chain, buyer=Key(77)).code == "unknown_buyer"
    assert ask(chain, buyer=SUPPLIER).code == "own_buyer"
    assert ask(chain, sender=LENDER).code == "role_required"
    assert ask(chain, due_at=chain.time).code == "bad_due_date"
    assert ask(chain, due_at=chain.time + 3 * 366 * DAY).code == "bad_due_date"
    assert ask(chain, media=(MEDIA[0], MEDIA[0])).code == "repeated_medium"
    chain.send(BUYER, "membership", "leave", {})
    assert ask(chain).code == "buyer_not_active"


def test_a_buyer_who_left_signs_no_more(chain):
    request = placed(chain)
    chain.send(BUYER, "membership", "leave", {})
    assert sign(chain, request) != "ok"
    assert countersignature.request_from_state(chain.get, SUPPLIER.address, request).status == "waiting"


def test_only_the_buyer_answers_and_only_once(chain):
    request = placed(chain)
    assert sign(chain, request, sender=OTHER, key=OTHER) == "not_your_request"
    assert refuse(chain, request, sender=SUPPLIER) == "not_your_request"
    assert sign(chain, "9-9") == "unknown_request"
    assert sign(chain, request) == "ok"
    assert sign(chain, request) == "already_answered"
    assert refuse(chain, request) == "already_answered"
    other = placed(chain)
    assert refuse(chain, other) == "ok"
    kept = countersignature.request_from_state(chain.get, SUPPLIER.address, other)
    assert (kept.status, kept.reason, kept.note_digest, kept.signature) == (
        "refused",
        "damaged",
        "ab" * 32,
        "",
    )
    assert sign(chain, other) == "already_answered"


def test_a_supplier_takes_back_its_own_waiting_request_alone(chain):
    request = placed(chain)
    taken = countersignature.Withdraw(request)
    assert chain.send(OTHER, "countersignature", "withdraw", taken).code == "unknown_request"
    assert chain.send(SUPPLIER, "countersignature", "withdraw", taken).code == "ok"
    assert sign(chain, request) == "already_answered"


@pytest.mark.parametrize(
    "change",
    [
        {"media": MEDIA[:2]},
        {"supplier": OTHER},
        {"buyer": OTHER},
        {"chain_id": "another-consortium"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_signature_over_anything_else_does_not_count(chain, change):
    request = placed(chain)
    wrong = signing(request, **change)
    offered = countersignature.Sign(SUPPLIER.address, request, wrong.key, wrong.signature)
    assert chain.send(BUYER, "countersignature", "sign", offered).code == "countersignature_invalid"


def test_a_signature_serves_one_request_only(chain):
    first, second = placed(chain), placed(chain)
    copied = countersignature.Sign(SUPPLIER.address, second, BUYER.public, signing(first).signature)
    assert chain.send(BUYER, "countersignature", "sign", copied).code == "countersignature_invalid"


def registering(key=BROWSER, holder=BUYER):
    statement = signing_keys.key_statement(CHAIN, holder.address, key.public)
    return signing_keys.Register(key.public, key.sign(statement))


def test_a_registered_key_signs_until_it_is_revoked(chain):
    first, second = placed(chain), placed(chain)
    assert sign(chain, first, key=BROWSER) == "not_your_key"
    assert chain.send(BUYER, "signing_keys", "register", registering()).code == "ok"
    assert sign(chain, first, key=BROWSER) == "ok"
    assert chain.send(BUYER, "signing_keys", "revoke", signing_keys.Revoke(BROWSER.public)).code == "ok"
    assert sign(chain, second, key=BROWSER) == "not_your_key"
    assert record(chain, first).code == "ok"


def test_a_signing_key_proves_that_it_is_held_and_is_nobodys_account_key(chain):
    stolen = registering(holder=OTHER)
    assert chain.send(BUYER, "signing_keys", "register", stolen).code == "possession_not_proven"
    assert chain.send(BUYER, "signing_keys", "register", registering(OTHER)).code == "signing_key_known"
    low = signing_keys.Register("00" * 32, "00" * 64)
    assert chain.send(BUYER, "signing_keys", "register", low).code == "bad_public_key"
    assert chain.send(BUYER, "signing_keys", "register", registering()).code == "ok"
    assert chain.send(BUYER, "signing_keys", "register", registering()).code == "signing_key_registered"
    assert chain.send(OTHER, "signing_keys", "revoke", signing_keys.Revoke(BROWSER.public)).code == (
        "unknown_signing_key"
    )


def test_a_member_registers_a_limited_number_of_keys(chain, monkeypatch):
    monkeypatch.setattr(signing_keys, "MAX_KEYS", 1)
    assert chain.send(BUYER, "signing_keys", "register", registering()).code == "ok"
    assert chain.send(BUYER, "signing_keys", "register", registering(NEXT)).code == "too_many_signing_keys"


def test_after_a_rotation_the_new_key_countersigns_and_the_old_one_does_not(chain):
    request = placed(chain)
    chain.send(BUYER, "membership", "rotate_key", rotation(BUYER.address, NEXT))
    statement = delivery_statement(CHAIN, request, SUPPLIER.address, BUYER.address, media_hash(MEDIA))
    old = countersignature.Sign(SUPPLIER.address, request, BUYER.public, BUYER.sign(statement))
    new = countersignature.Sign(SUPPLIER.address, request, NEXT.public, NEXT.sign(statement))
    assert chain.send(NEXT, "countersignature", "sign", old, BUYER.address).code == "not_your_key"
    assert chain.send(NEXT, "countersignature", "sign", new, BUYER.address).code == "ok"


def test_the_record_hash_covers_media_signature_and_the_records_own_address(chain):
    request = placed(chain)
    assert record(chain, request).code == "not_signed"
    assert record(chain, "7-7").code == "unknown_request"
    assert sign(chain, request) == "ok"
    answer = json.loads(record(chain, request).data)
    kept = delivery.record_from_state(chain.get, SUPPLIER.address, answer["address"])
    assert kept.record_hash == answer["record_hash"]
    assert kept.record_hash == record_hash(media_hash(kept.media), kept.signature, kept.address)
    assert kept.record_hash != record_hash(kept.media_hash, kept.signature, request)
    statement = delivery_statement(CHAIN, kept.request, kept.supplier, kept.buyer, kept.media_hash)
    assert verify(bytes.fromhex(kept.key), statement, bytes.fromhex(kept.signature))


def test_a_delivery_is_recorded_once(chain):
    request = placed(chain)
    sign(chain, request)
    first = record(chain, request)
    again = record(chain, request, sender=OTHER)
    assert again.code == "already_recorded"
    assert (
        delivery.record_of_request(chain.get, SUPPLIER.address, request) == json.loads(first.data)["address"]
    )


def publish(chain, days=365, records=10, sender=LENDER):
    return chain.send(sender, "qualification", "publish", qualification.Publish(days, records))


def query(chain, contract, supplier=SUPPLIER, sender=LENDER):
    asked = qualification.Query(contract, supplier.address)
    return chain.send(sender, "qualification", "query", asked)


def test_a_query_gives_the_records_of_its_period_and_stays_on_the_ledger(chain):
    old = recorded(chain)
    chain.time += 400 * DAY_MS
    new = [recorded(chain), recorded(chain)]
    contract = json.loads(publish(chain).data)["contract"]
    answer = json.loads(query(chain, contract).data)
    assert answer["records"] == new
    assert old not in answer["records"]
    assert answer["left_out"] == 0
    assert answer["since"] == chain.time - 365 * DAY_MS
    ((_, value),) = chain.state.scan(qualification.queries_prefix(SUPPLIER.address))
    asked = json.loads(value)
    assert (asked["lender"], asked["count"], asked["contract"]) == (LENDER.address, 2, contract)
    given = [qualification.Given(**each) for each in new]
    assert asked["digest"] == qualification.given_digest(given)


def test_a_query_gives_the_newest_records_up_to_its_number_and_says_how_many_it_left_out(chain):
    made = [recorded(chain) for _ in range(3)]
    contract = json.loads(publish(chain, records=2).data)["contract"]
    answer = json.loads(query(chain, contract).data)
    assert answer["records"] == made[1:]
    assert answer["left_out"] == 1


def test_a_query_runs_only_under_the_senders_own_terms(chain):
    contract = json.loads(publish(chain).data)["contract"]
    assert query(chain, contract, sender=OTHER).code == "unknown_query_contract"
    assert query(chain, contract, sender=SUPPLIER).code == "role_required"
    assert query(chain, contract, supplier=Key(99)).code == "unknown_supplier"
    assert publish(chain).code == "already_published"
    assert publish(chain, sender=SUPPLIER).code == "role_required"


def test_the_largest_answer_fits_a_receipt(chain):
    given = tuple(qualification.Given("9999999999999999-999999", "ab" * 32) for _ in range(MAX_RECORDS))
    answer = qualification.Answer("9999999999999999-999999", chain.time, given, 10**9)
    assert len(qualification.canonical.encode(answer)) < 64 * 1024


def test_a_consent_lives_until_its_day_or_until_it_is_withdrawn(chain):
    until = chain.time + 10 * DAY
    granted = chain.send(SUPPLIER, "consent", "grant", consent.Grant("ab" * 32, until))
    address = json.loads(granted.data)["address"]
    kept = consent.consent_from_state(chain.get, SUPPLIER.address, address)
    assert kept.is_live(until - 1)
    assert not kept.is_live(until)
    taken = consent.Withdraw(address)
    assert chain.send(OTHER, "consent", "withdraw", taken).code == "unknown_consent"
    assert chain.send(SUPPLIER, "consent", "withdraw", taken).code == "ok"
    assert not consent.consent_from_state(chain.get, SUPPLIER.address, address).is_live(chain.time)
    assert chain.send(SUPPLIER, "consent", "withdraw", taken).code == "already_withdrawn"
    past = consent.Grant("ab" * 32, chain.time)
    assert chain.send(SUPPLIER, "consent", "grant", past).code == "bad_consent_period"
    long = consent.Grant("ab" * 32, chain.time + 6 * 366 * DAY)
    assert chain.send(SUPPLIER, "consent", "grant", long).code == "bad_consent_period"


def test_the_consents_document_covers_the_whole_or_a_part_by_name():
    document = consent.Document("a", "b", "loan", ("invoices", "evidence/DL-1"), 1, "5a" * 16)
    assert document.covers("invoices")
    assert document.covers("invoices/2025")
    assert document.covers("evidence/DL-1")
    assert not document.covers("evidence/DL-2")
    assert not document.covers("evidence")
