"""A delivery from its files to the countersigned record, and who may read what of it on the way."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from nacl.signing import SigningKey
from PIL import Image

from tallystick.contracts.countersignature import request_from_state
from tallystick.contracts.delivery import record_from_state
from tallystick.contracts.signing_keys import key_statement
from tallystick.errors import Conflict, Corruption, Forbidden, Malformed, NotFound, Rejection
from tallystick.evidence.delivery import media_hash, record_hash
from tallystick.evidence.papers import Kind
from tallystick.records.models import Delivery, MediaFile, MediaReading
from tallystick.services import consents, deliveries, media
from tallystick.services.access import actor_of
from tallystick.services.installation import Installation
from tests.capture import specimens
from tests.installation import NOW, Consortium

DUE = NOW + timedelta(days=7)


def picture(shade: int = 90) -> bytes:
    made = BytesIO()
    Image.effect_noise((320, 200), shade).convert("RGB").save(made, "JPEG")
    return made.getvalue()


def uploaded(house: Installation, members: Consortium, folder: Path, shade: int = 90) -> MediaFile:
    path = folder / "arriving"
    path.write_bytes(picture(shade))
    return media.keep(house, actor_of(members.owner), path, "goods.jpg")


def sent(house: Installation, members: Consortium, folder: Path, count: int = 2) -> Delivery:
    rows = [uploaded(house, members, folder, 60 + each) for each in range(count)]
    return deliveries.submit(
        house,
        actor_of(members.owner),
        buyer=members.other_supplier.address,
        media_ids=[row.pk for row in rows],
        due_at=DUE,
    )


def read(house: Installation, user, row: MediaFile, **how) -> bytes:
    return b"".join(media.content(house, actor_of(user), row.pk, **how).pieces)


def test_a_countersigned_delivery_becomes_a_record_whose_hash_anyone_can_compute(house, members, tmp_path):
    row = sent(house, members, tmp_path)
    assert row.stage == "waiting"
    files = tuple(media.as_medium(each) for each in row.media.all())
    kept = request_from_state(house.ledger.read, members.supplier.address, row.request)
    assert kept.media == files
    row = deliveries.sign(house, actor_of(members.other_owner), row.reference)
    assert row.stage == "recorded"
    record = record_from_state(house.ledger.read, members.supplier.address, row.record)
    assert record.key == house.keys.public_key(members.other_supplier.address).hex()
    assert row.record_hash == record_hash(media_hash(files), record.signature, record.address)


def test_the_ledger_and_the_store_hold_no_content(house, members, tmp_path):
    row = sent(house, members, tmp_path, 1)
    file = row.media.get()
    content = read(house, members.owner, file)
    assert Image.open(BytesIO(content)).size == (320, 200)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "media").rglob("*") if path.is_file())
    assert content[200:260] not in stored
    assert file.size_bytes != len(content)


def test_the_buyer_reads_what_it_is_asked_to_sign_and_others_do_not_even_learn_that_it_is_there(
    house, members, tmp_path
):
    file = sent(house, members, tmp_path, 1).media.get()
    assert read(house, members.other_owner, file) == read(house, members.owner, file)
    for stranger in (members.node_operator,):
        with pytest.raises(NotFound) as caught:
            read(house, stranger, file)
        assert caught.value.code == "unknown_media"
    with pytest.raises(NotFound):
        read(house, members.other_owner, uploaded(house, members, tmp_path))  # in no delivery of the buyer's
    assert MediaReading.objects.filter(media=file, member=members.other_supplier).exists()


def test_a_lender_reads_by_the_owners_consent_until_it_is_taken_back_or_ends(house, members, tmp_path):
    row = sent(house, members, tmp_path, 1)
    file, owner = row.media.get(), actor_of(members.owner)

    def refusal(by: Installation = house) -> str:
        with pytest.raises(Forbidden) as caught:
            read(by, members.officer, file)
        return caught.value.code

    assert refusal() == "consent_missing"
    given = consents.grant(
        house, owner, recipient=members.lender.address, until=DUE, scope=[consents.scope_of(row)]
    )
    content = read(house, members.officer, file)
    assert content == read(house, members.owner, file)
    reading = MediaReading.objects.filter(member=members.lender).get()
    assert (reading.consent, reading.user) == (given, members.officer)
    with pytest.raises(Forbidden):
        read(house, members.other_officer, file)
    late = replace(house, clock=type(house.clock)(DUE))
    assert refusal(late) == "consent_expired"
    consents.withdraw(house, owner, given.pk)
    assert refusal() == "consent_withdrawn"
    assert consents.on_ledger(house, given).withdrawn_at


def test_a_consent_to_one_delivery_covers_no_other(house, members, tmp_path):
    row, other = sent(house, members, tmp_path, 1), sent(house, members, tmp_path, 1)
    consents.grant(
        house,
        actor_of(members.owner),
        recipient=members.lender.address,
        until=DUE,
        scope=[consents.scope_of(row)],
    )
    assert read(house, members.officer, row.media.get())
    with pytest.raises(Forbidden):
        read(house, members.officer, other.media.get())


def test_a_key_that_never_leaves_the_buyers_browser_signs_once_it_is_registered(house, members, tmp_path):
    row, buyer = sent(house, members, tmp_path, 1), actor_of(members.other_owner)
    browser = SigningKey(bytes(range(32)))
    key = bytes(browser.verify_key).hex()
    signature = browser.sign(deliveries.statement(house, buyer, row.reference)).signature.hex()
    with pytest.raises(Rejection) as caught:
        deliveries.sign(house, buyer, row.reference, key=key, signature=signature)
    assert caught.value.code == "not_your_key"
    held = browser.sign(key_statement(house.ledger.chain_id, members.other_supplier.address, key))
    deliveries.register_key(house, buyer, key, held.signature.hex())
    row = deliveries.sign(house, buyer, row.reference, key=key, signature=signature)
    assert row.stage == "recorded"


def test_a_refusal_carries_its_reason_and_its_note_reaches_the_supplier_alone(house, members, tmp_path):
    row = sent(house, members, tmp_path, 1)
    buyer = actor_of(members.other_owner)
    with pytest.raises(Malformed) as caught:
        deliveries.refuse(house, buyer, row.reference, "no reason at all")
    assert caught.value.code == "unknown_reason"
    deliveries.refuse(house, buyer, row.reference, "wrong_quantity", "Two pallets are missing.")
    seen = deliveries.find(actor_of(members.owner), row.reference)
    assert (seen.stage, seen.reason, seen.note) == ("refused", "wrong_quantity", "Two pallets are missing.")
    block = house.ledger.block(seen.answer.height)
    assert b"pallets" not in b"".join(entry.data for entry in block.entries)
    for answer in (
        lambda: deliveries.sign(house, buyer, row.reference),
        lambda: deliveries.withdraw(house, actor_of(members.owner), row.reference),
    ):
        with pytest.raises(Conflict) as conflict:
            answer()
        assert conflict.value.code == "not_waiting"


def test_a_supplier_takes_back_what_nobody_has_answered(house, members, tmp_path):
    row = sent(house, members, tmp_path, 1)
    assert deliveries.withdraw(house, actor_of(members.owner), row.reference).stage == "withdrawn"


def test_nobody_but_the_two_parties_sees_a_delivery(house, members, tmp_path):
    row = sent(house, members, tmp_path, 1)
    for user in (members.officer, members.other_officer, members.node_operator):
        with pytest.raises(NotFound):
            deliveries.find(actor_of(user), row.reference)
    with pytest.raises(NotFound):
        deliveries.sign(house, actor_of(members.owner), row.reference)


def test_a_delivery_needs_files_of_its_suppliers_own_a_buyer_and_a_day_to_come(house, members, tmp_path):
    file, owner = uploaded(house, members, tmp_path), actor_of(members.owner)
    good = {"buyer": members.other_supplier.address, "media_ids": [file.pk], "due_at": DUE}
    for change, code in (
        ({"media_ids": []}, "no_media"),
        ({"media_ids": [file.pk] * 21}, "too_many_media"),
        ({"media_ids": [file.pk, file.pk]}, "unknown_media"),
        ({"media_ids": [file.pk + 1000]}, "unknown_media"),
        ({"buyer": members.lender.address}, "unknown_buyer"),
        ({"buyer": members.supplier.address}, "own_buyer"),
        ({"due_at": NOW}, "bad_due_date"),
    ):
        with pytest.raises(Rejection) as caught:
            deliveries.submit(house, owner, **{**good, **change})
        assert caught.value.code == code
    with pytest.raises(Forbidden):
        deliveries.submit(house, actor_of(members.officer), **good)
    assert not Delivery.objects.exists()
    with pytest.raises(NotFound):
        deliveries.submit(house, actor_of(members.other_owner), **{**good, "buyer": members.supplier.address})
    assert deliveries.submit(house, owner, **good).stage == "waiting"


def test_a_request_that_the_ledger_refuses_gives_its_files_back(house, members, tmp_path):
    file = uploaded(house, members, tmp_path)
    from_far = NOW + timedelta(days=4 * 366)
    with pytest.raises(Rejection) as caught:
        deliveries.submit(
            house,
            actor_of(members.owner),
            buyer=members.other_supplier.address,
            media_ids=[file.pk],
            due_at=from_far,
        )
    assert caught.value.code == "bad_due_date"
    file.refresh_from_db()
    assert file.delivery is None


def test_a_file_whose_ciphertext_was_changed_is_not_shown(house, members, tmp_path):
    file = sent(house, members, tmp_path, 1).media.get()
    (stored,) = [path for path in (tmp_path / "media").rglob("*") if path.name.startswith(file.sha256)]
    stored.write_bytes(stored.read_bytes()[:-1] + b"\0")
    with pytest.raises(Corruption) as caught:
        read(house, members.owner, file)
    assert caught.value.code == "media_changed"


def test_a_file_is_removed_until_a_delivery_holds_it(house, members, tmp_path):
    file = uploaded(house, members, tmp_path)
    with pytest.raises(NotFound):
        media.discard(house, actor_of(members.other_owner), file.pk)
    media.discard(house, actor_of(members.owner), file.pk)
    assert not house.media.holds(file.sha256)
    held = sent(house, members, tmp_path, 1).media.get()
    with pytest.raises(NotFound):
        media.discard(house, actor_of(members.owner), held.pk)


def test_a_film_elsewhere_is_noted_by_its_address_and_hash(house, members):
    owner = actor_of(members.owner)
    film = media.keep_location(
        house, owner, location="https://films.example/unloading.mp4", sha256="ab" * 32, size_bytes=5
    )
    assert media.as_medium(film).is_open
    for change in ({"location": ""}, {"location": "file:///etc/passwd"}, {"sha256": "ab"}, {"size_bytes": 0}):
        said = {"location": "https://films.example/a.mp4", "sha256": "ab" * 32, "size_bytes": 5} | change
        with pytest.raises(Malformed) as caught:
            media.keep_location(house, owner, **said)
        assert caught.value.code == "bad_location"


def test_a_document_is_read_as_it_comes_in_and_one_that_cannot_be_read_says_why(house, members, tmp_path):
    path = tmp_path / "arriving"
    path.write_bytes(picture())
    noise = media.keep(house, actor_of(members.owner), path, "contract.jpg", paper_kind=Kind.CONTRACT)
    assert noise.paper is None
    assert noise.paper_problem in ("no_text_found", "not_this_kind")
    path.write_bytes(specimens.photograph(specimens.specimen("delivery-note", 1)))
    note = media.keep(house, actor_of(members.owner), path, "note.jpg", paper_kind=Kind.DELIVERY_NOTE)
    assert note.paper_problem == ""
    assert len(note.paper["lines"]) > 1
