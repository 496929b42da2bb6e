"""The pages of deliveries: record, countersign, refuse, take back; what each side sees at each stage."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from axes.models import AccessAttempt
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from tallystick.bootstrap import parts
from tallystick.contracts.countersignature import REASONS as KNOWN_REASONS
from tallystick.evidence.papers import Kind
from tallystick.records.models import Delivery, MediaFile, MediaReading
from tallystick.services import consents, deliveries, media
from tallystick.services.access import actor_of
from tallystick.web.delivery_words import MEDIA, PAPERS, REASONS, STAGES
from tests.installation import NOW, PASSWORD
from tests.services.test_qualification import consented, recorded
from tests.web.conftest import at_work
from tests.web.delivering import NAME, added, picture, waiting

NEW = "/deliveries/new/"


def page_of(user, row: Delivery) -> str:
    return at_work(user).get(reverse("web:delivery", args=[row.reference])).text


def post(client: Client, members, then: str, **fields):
    """Send the form for recording a delivery, filled in unless ``fields`` say otherwise."""
    filled = {
        "buyer": members.other_supplier.address,
        "due_on": (NOW + timedelta(days=10)).date().isoformat(),
        "paper_kind": "contract",
        "password": PASSWORD,
    }
    return client.post(NEW, filled | fields | {"then": then})


def jpeg(name: str = "goods.jpg", shade: int = 60) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture(shade), "image/jpeg")


def test_every_stage_reason_and_kind_has_its_words(house, members, tmp_path):
    assert set(REASONS) == set(KNOWN_REASONS)
    assert set(PAPERS) <= set(Kind)
    assert {"picture", "document", "video"} == set(MEDIA)
    assert set(STAGES) >= deliveries.OPEN | {"recorded", "refused", "withdrawn", "failed"}


def test_a_delivery_is_recorded_without_scripts_one_file_at_a_time(house, members):
    clerk = at_work(members.owner)
    assert members.supplier.address in clerk.get(NEW).text
    assert (NOW + timedelta(days=14)).date().isoformat() in clerk.get(NEW).text
    post(clerk, members, "add", goods=jpeg())
    page = post(clerk, members, "add", document=jpeg("contract.jpg", 61)).text
    assert members.other_supplier.address in page  # what was typed is kept
    goods, contract = MediaFile.objects.order_by("pk")
    assert (goods.kind, contract.kind, contract.paper_kind) == ("picture", "document", "contract")
    assert PASSWORD not in page
    sent = post(clerk, members, "send", media=[goods.pk, contract.pk])
    row = Delivery.objects.get()
    assert sent.url == reverse("web:delivery", args=[row.reference])
    shown = clerk.get(sent.url).text
    for text in (row.request, row.media_hash, goods.sha256, goods.key_commitment, contract.sha256):
        assert text in shown
    assert f"storage address {row.request}" in shown


def test_a_film_elsewhere_is_noted_by_address_hash_and_size(house, members):
    clerk = at_work(members.owner)
    film = {"location": "https://films.example/unloading.mp4", "sha256": "ab" * 32, "size_bytes": "9000000"}
    wrong = post(clerk, members, "film", **film | {"sha256": "ab"})
    assert wrong.status_code == 422
    assert "64 digits" in wrong.text
    assert "unloading.mp4" in post(clerk, members, "film", **film).text
    assert MediaFile.objects.get().location == film["location"]


def test_a_file_that_is_refused_is_named_with_the_reason_and_nothing_else_is_lost(house, members, tmp_path):
    clerk, kept = at_work(members.owner), added(house, members, tmp_path)
    for file in (SimpleUploadedFile("x.jpg", b"MZ" + bytes(90)), SimpleUploadedFile("p.pdf", picture())):
        answer = post(clerk, members, "add", goods=file)
        assert answer.status_code == 422
        assert "The file was not kept" in answer.text
        assert f'value="{kept.pk}"' in answer.text
    assert "Add at least one picture" in post(clerk, members, "add").text
    assert MediaFile.objects.count() == 1
    post(clerk, members, f"remove:{kept.pk}")
    assert not MediaFile.objects.exists()


def test_a_wrong_password_sends_nothing_loses_nothing_and_is_counted(house, members, tmp_path):
    clerk, file = at_work(members.owner), added(house, members, tmp_path)
    answer = post(clerk, members, "send", media=[file.pk], password="guessed")
    assert answer.status_code == 422
    assert "The password is not right" in answer.text
    assert members.other_supplier.address in answer.text
    assert f'name="media" value="{file.pk}"' in answer.text
    assert not Delivery.objects.exists()
    assert AccessAttempt.objects.get().username == members.owner.username
    for _each in range(4):
        answer = post(clerk, members, "send", media=[file.pk], password="guessed")
    assert answer.status_code == 429
    assert post(clerk, members, "send", media=[file.pk]).status_code == 429  # also with the right one
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"buyer": "tly1nobody"}, "No enterprise has that account address here."),
        ({"due_on": "2026-11-01"}, "The answer must be due after now"),
        ({"due_on": "2036-11-01"}, "within two years"),
        ({"media": []}, "Add at least one picture"),
        ({"media": ["999"]}, "There is no such file."),
        ({"buyer": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_with_a_delivery_stands_in_the_form(house, members, tmp_path, fields, said):
    file = added(house, members, tmp_path)
    answer = post(at_work(members.owner), members, "send", **{"media": [file.pk]} | fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert MediaFile.objects.get().delivery is None


def test_a_buyer_is_named_while_its_address_is_typed(house, members):
    ask = at_work(members.owner)
    assert members.other_supplier.name in ask.get(f"{NEW}buyer/?buyer={members.other_supplier.address}").text
    assert "No enterprise" in ask.get(f"{NEW}buyer/?buyer={members.lender.address}").text


def test_the_buyer_countersigns_and_both_see_the_record(house, members, tmp_path):
    row, buyer = waiting(house, members, tmp_path), at_work(members.other_owner)
    address = reverse("web:sign", args=[row.reference])
    asked = buyer.get(address).text
    assert row.media_hash in asked
    assert house.ledger.chain_id in asked
    assert "not yet" in page_of(members.owner, row)
    buyer.post(address)
    row.refresh_from_db()
    assert row.stage == "recorded"
    for user in (members.owner, members.other_owner):
        page = page_of(user, row)
        for text in (row.request, row.record, row.record_hash, "Countersigned and recorded"):
            assert text in page
        assert "hx-get" not in page
    assert buyer.post(address).status_code == 409


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_buyer_refuses_for_a_reason_that_the_supplier_reads(house, members, tmp_path, language):
    row, buyer = waiting(house, members, tmp_path), at_work(members.other_owner)
    address = reverse("web:refuse", args=[row.reference])
    assert buyer.post(address, {"reason": ""}).status_code == 422
    assert buyer.post(address, {"reason": "a whim"}).status_code == 422
    buyer.post(address, {"reason": "wrong_quantity", "note": "Two pallets are <missing>."})
    page = at_work(members.owner).get(
        reverse("web:delivery", args=[row.reference]), headers={"accept-language": language}
    )
    said = {"en": "The quantity is wrong.", "zh-hans": "数量不符。"}[language]
    assert said in page.text
    assert "Two pallets are &lt;missing&gt;." in page.text


def test_the_supplier_takes_back_what_nobody_has_answered(house, members, tmp_path):
    row, supplier = waiting(house, members, tmp_path), at_work(members.owner)
    address = reverse("web:take_back", args=[row.reference])
    assert members.other_supplier.name in supplier.get(address).text
    supplier.post(address)
    assert "Taken back" in page_of(members.owner, row)
    assert at_work(members.other_owner).get(reverse("web:sign", args=[row.reference])).status_code == 409


def test_each_side_is_offered_its_own_ways_and_no_other(house, members, tmp_path):
    row = waiting(house, members, tmp_path)
    ways = {name: reverse(f"web:{name}", args=[row.reference]) for name in ("sign", "refuse", "take_back")}
    offered = {"owner": {"take_back"}, "other_owner": {"sign", "refuse"}}
    for name, own in offered.items():
        user = getattr(members, name)
        page = page_of(user, row)
        assert {way for way, address in ways.items() if f'href="{address}"' in page} == own
        for way in ways.keys() - own:
            assert at_work(user).post(ways[way]).status_code == 404
    members.other_owner.roles = ["applicant"]
    members.other_owner.save()
    assert 'href="' + ways["sign"] not in page_of(members.other_owner, row)
    assert at_work(members.other_owner).post(ways["sign"]).status_code == 403
    row.refresh_from_db()
    assert row.stage == "waiting"


def test_a_page_asks_again_until_the_ledger_has_it(house, members, tmp_path, monkeypatch):
    file = added(house, members, tmp_path)
    monkeypatch.setattr(deliveries.outbox, "relay", lambda _house: 0)
    post(at_work(members.owner), members, "send", media=[file.pk])
    row = Delivery.objects.get()
    page = page_of(members.owner, row)
    assert "On its way to the ledger" in page
    part = reverse("web:delivery_standing", args=[row.reference])
    assert f'hx-get="{part}"' in page
    monkeypatch.undo()
    deliveries.outbox.relay(house)
    part_now = at_work(members.owner).get(part).text
    assert "hx-get" not in part_now
    assert "Waits for the buyer" in part_now


def test_a_delivery_that_the_ledger_refuses_says_why_and_frees_its_files(
    house, members, tmp_path, monkeypatch
):
    file = added(house, members, tmp_path)
    monkeypatch.setattr(deliveries.outbox, "relay", lambda _house: 0)
    post(at_work(members.owner), members, "send", media=[file.pk], due_on="2036-01-01")
    monkeypatch.undo()
    deliveries.outbox.relay(house)
    page = page_of(members.owner, Delivery.objects.get())
    assert "The ledger did not take the delivery" in page
    assert "within two years" in page
    assert f'value="{file.pk}"' in at_work(members.owner).get(NEW).text


def test_the_list_and_the_first_page_put_what_is_overdue_first(house, members, tmp_path):
    later, soon = waiting(house, members, tmp_path, 30), waiting(house, members, tmp_path, 5)
    buyer = at_work(members.other_owner)
    with parts.using(replace(house, clock=type(house.clock)(NOW + timedelta(days=6)))):
        for address in ("/", "/deliveries/"):
            page = buyer.get(address).text
            assert page.index(soon.reference) < page.index(later.reference)
            assert "Overdue" in page
            assert "Due later" in page
            assert "Waiting for your countersignature" in page
    assert "Due soon" not in buyer.get("/").text
    assert "Nothing waits for your countersignature" in at_work(members.owner).get("/deliveries/").text
    mine = at_work(members.owner)
    assert later.reference in mine.get("/deliveries/?side=made").text
    assert later.reference not in mine.get("/deliveries/?side=received").text
    assert later.reference in mine.get("/deliveries/?side=nonsense&page=99").text


def test_the_menu_offers_deliveries_and_consents_to_whom_they_concern(house, members):
    for user, is_offered in ((members.owner, True), (members.officer, False)):
        page = at_work(user).get("/").text
        assert ('href="/deliveries/"' in page) == is_offered
        assert ('href="/consents/"' in page) == is_offered


def test_what_was_read_off_a_document_stands_beside_it(house, members, tmp_path):
    row = waiting(house, members, tmp_path)
    paper = {
        "kind": "vat-invoice",
        "fields": {
            "total": {"value": "1200.00", "source": "ocr", "status": "verified", "checks": []},
            "odd_one": {
                "value": "<b>",
                "source": "ocr",
                "status": "needs-review",
                "checks": [{"name": "sums-close", "ok": False}],
            },
        },
    }
    row.media.update(paper_kind="vat-invoice", paper=paper)
    page = page_of(members.other_owner, row)
    for text in ("VAT invoice", "1200.00", "checked", "odd_one", "&lt;b&gt;", "please look", "sums-close"):
        assert text in page


# Files, as a browser gets them -----------------------------------------------------------------------


def test_only_a_file_that_is_given_out_counts_as_read(house, members, tmp_path):
    row = recorded(house, members, tmp_path)
    consented(house, members)
    file, lender = row.media.get(), at_work(members.officer)
    here = reverse("web:media", args=[file.pk])
    assert lender.head(here).status_code == 200
    assert not file.readings.exists()
    assert b"".join(lender.get(here).streaming_content)
    assert file.readings.count() == 1
    house.media.discard(file.sha256)
    assert lender.get(here).status_code == 404
    assert file.readings.count() == 1


def test_a_file_is_given_out_so_that_nothing_in_it_can_run(house, members, tmp_path):
    file = waiting(house, members, tmp_path).media.get()
    for client in (at_work(members.owner), at_work(members.other_owner)):
        for name, size in (("media", (320, 200)), ("thumbnail", None)):
            answer = client.get(reverse(f"web:{name}", args=[file.pk]))
            shown = Image.open(BytesIO(b"".join(answer)))
            assert size is None or shown.size == size
            assert answer["Content-Type"] == "image/jpeg"
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert answer["Cache-Control"] == "no-store"
            assert answer["Content-Disposition"].startswith("inline")
    assert b"".join(client.head(reverse("web:media", args=[file.pk]))) == b""
    assert client.post(reverse("web:media", args=[file.pk])).status_code == 405


@pytest.mark.parametrize("kind", ["application/pdf", "application/xml", "application/ofd", "", "text/html"])
def test_what_is_no_picture_or_film_is_offered_to_be_saved(house, members, tmp_path, kind):
    file = added(house, members, tmp_path)
    MediaFile.objects.update(media_type=kind, file_name='a"b\r\nX-Evil: 1.pdf')
    answer = at_work(members.owner).get(reverse("web:media", args=[file.pk]))
    list(answer)
    assert answer["Content-Disposition"].startswith("attachment")
    assert "X-Evil" not in answer.headers


def test_the_owner_sees_who_has_read_a_file_and_nobody_else_does(house, members, tmp_path):
    row = waiting(house, members, tmp_path)
    file = row.media.get()
    consents.grant(
        house, actor_of(members.owner), recipient=members.lender.address, until=NOW + timedelta(days=9)
    )
    for user in (members.other_owner, members.officer):
        assert b"".join(at_work(user).get(reverse("web:media", args=[file.pk])))
    assert MediaReading.objects.count() == 2
    page = page_of(members.owner, row)
    for text in (members.lender.name, "your consent", "being the buyer"):
        assert text in page
    assert members.officer.username not in page  # of another member's people it is not for us to say
    assert members.lender.name not in page_of(members.other_owner, row)
    assert NAME in page


def test_a_missing_file_is_a_page_and_a_lender_without_consent_is_told_so(house, members, tmp_path):
    file = waiting(house, members, tmp_path).media.get()
    refused = at_work(members.officer).get(reverse("web:media", args=[file.pk]))
    assert refused.status_code == 403
    assert "has not consented" in refused.text
    media.discard(house, actor_of(members.owner), added(house, members, tmp_path).pk)
    assert at_work(members.owner).get(reverse("web:media", args=[file.pk + 1])).status_code == 404
