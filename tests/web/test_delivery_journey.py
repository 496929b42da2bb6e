"""A delivery through real browsers: a supplier on a phone over a bad line, a buyer with a key of its own."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Error, Route, expect

from tallystick.contracts.signing_keys import keys_prefix
from tallystick.records.models import Delivery, MediaFile
from tallystick.services import consents
from tallystick.services.access import actor_of
from tests.installation import NOW, PASSWORD
from tests.web.conftest import signed_in
from tests.web.delivering import picture, waiting
from tests.web.test_journey import DESK, PHONE, Visitor

NEW = "/deliveries/new/"


#: A file is opened in a process that may have to start first, on a machine that does other work.
SLOW_MS = 30_000


class Sender(Visitor):
    """A visitor whose line may break: what the browser says of broken lines is no complaint."""

    def _hear(self, said) -> None:
        if "Failed to load resource" not in said.text:
            super()._hear(said)

    def look(self) -> None:
        with suppress(Error):  # the next page came before this one could be looked at
            super().look()


@pytest.fixture
def visitors(chromium, live_server, house, members):
    cache.clear()  # other tests have used up the tries of this address
    both = [Sender(chromium, live_server.url, options) for options in (PHONE, DESK)]
    yield both
    for each in both:
        each.context.close()


def fill_in(supplier: Visitor, members, password: str = PASSWORD) -> None:
    supplier.page.fill("#id_buyer", members.other_supplier.address)
    supplier.page.locator("#buyer-name").get_by_text(members.other_supplier.name).wait_for()
    supplier.page.fill("#id_password", password)


def kept(supplier: Visitor, count: int) -> None:
    """Wait until the page names so many files."""
    expect(supplier.page.locator("[name=media]")).to_have_count(count, timeout=SLOW_MS)
    supplier.look()


def send(supplier: Visitor) -> None:
    supplier.page.locator("button[value=send]").click()


@pytest.mark.django_db(transaction=True)
def test_a_delivery_goes_from_a_phone_over_a_bad_line_to_a_record_signed_in_a_browser(
    visitors, house, members, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("tallystick.web.views.new_delivery.PIECE_BYTES", 4000)
    supplier, buyer = visitors
    supplier.sign_in(members.owner)
    _record_over_a_bad_line(supplier, members, tmp_path)
    row = Delivery.objects.get()
    assert [file.paper_kind for file in row.media.all()] == ["", "", "contract"]
    supplier.says(row.media_hash)

    buyer.sign_in(members.other_owner)
    buyer.says("Waiting for your countersignature")
    buyer.press(f"Look and answer · {row.reference}")
    buyer.page.locator("[data-opens=sign]").click()
    buyer.page.get_by_role("button", name="Sign with this browser's key").click()
    buyer.says("Countersigned and recorded")
    row.refresh_from_db()
    assert row.stage == "recorded"
    registered = list(house.ledger.scan(keys_prefix(members.other_supplier.address)))
    assert len(registered) == 1
    assert registered[0][0].rpartition("/")[2] in buyer.page.content()
    exported = (
        "async () => { const open = indexedDB.open('tallystick'); await new Promise(r => open.onsuccess = r);"
    )
    exported += " const all = open.result.transaction('signing-keys').objectStore('signing-keys').getAll();"
    exported += " await new Promise(r => all.onsuccess = r);"
    exported += (
        " return crypto.subtle.exportKey('pkcs8', all.result[0].pair.privateKey).catch(e => e.name); }"
    )
    assert buyer.page.evaluate(exported) == "InvalidAccessError"  # not even this page can take it out

    _second_is_refused(supplier, buyer, members, tmp_path)
    assert [each.complaints for each in visitors] == [[], []]


def _record_over_a_bad_line(supplier: Visitor, members, folder: Path) -> None:
    """Send two pictures and a document; the line breaks within the first picture, once in each direction."""
    page, broken = supplier.page, []
    page.goto(f"{supplier.site}{NEW}")

    def breaks(route: Route) -> None:
        if route.request.method == "PUT" and "offset=4000" in route.request.url and len(broken) < 2:
            broken.append(route.request.url)
            if len(broken) == 2:
                route.fetch()  # it arrives; only the answer is lost
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/media/uploads/**", breaks)
    for number in (1, 2):
        (folder / f"goods {number}.jpg").write_bytes(picture(50 + number))
    (folder / "contract.jpg").write_bytes(picture(80))
    (folder / "notes.txt").write_bytes(b"neither a picture nor a document")
    page.set_input_files("#goods", [folder / "goods 1.jpg", folder / "goods 2.jpg"])
    page.get_by_text("连接中断").wait_for()
    kept(supplier, 2)
    assert len(broken) == 2
    page.select_option("#id_paper_kind", "contract")
    page.set_input_files("#document", [folder / "contract.jpg", folder / "notes.txt"])
    kept(supplier, 3)
    supplier.says("也不是可读取的文件")
    page.locator("li.file", has_text="notes.txt").get_by_role("button", name="移除").click()
    fill_in(supplier, members, "not my password")
    send(supplier)
    supplier.says("密码不正确")
    kept(supplier, 3)
    page.fill("#id_password", PASSWORD)
    send(supplier)
    supplier.says("已入账")
    assert MediaFile.objects.count() == 3


def _second_is_refused(supplier: Visitor, buyer: Visitor, members, folder: Path) -> None:
    supplier.page.goto(f"{supplier.site}{NEW}")
    supplier.page.set_input_files("#camera", folder / "goods 1.jpg")
    kept(supplier, 1)
    supplier.page.locator("li.file").get_by_role("button", name="移除").click()
    kept(supplier, 0)
    supplier.page.set_input_files("#camera", folder / "goods 2.jpg")
    kept(supplier, 1)
    fill_in(supplier, members)
    send(supplier)
    supplier.says("等待买方答复")
    second = Delivery.objects.order_by("pk").last()
    buyer.page.goto(f"{buyer.site}{reverse('web:delivery', args=[second.reference])}")
    buyer.press("Refuse…")
    buyer.page.get_by_label("The quantity is wrong.").check()
    buyer.page.fill("textarea", "Two pallets are missing.")
    buyer.press("Refuse")
    buyer.says("Refused. The supplier sees your reason.")
    supplier.page.reload()
    supplier.says("数量不符。")
    supplier.says("Two pallets are missing.")


@pytest.mark.django_db(transaction=True)
def test_a_file_that_was_half_sent_when_the_page_closed_goes_on_when_it_is_chosen_again(
    visitors, house, members, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("tallystick.web.views.new_delivery.PIECE_BYTES", 4000)
    supplier, offsets = visitors[0], []
    supplier.sign_in(members.owner)
    page, goods = supplier.page, tmp_path / "goods.jpg"
    goods.write_bytes(picture(50))

    def stops_half_way(route: Route) -> None:
        offsets.append(int(route.request.url.partition("offset=")[2]))
        route.abort("connectionreset") if offsets[-1] >= 8000 else route.continue_()

    page.goto(f"{supplier.site}{NEW}")
    page.route("**/api/v1/media/uploads/*?offset=*", stops_half_way)
    page.set_input_files("#goods", goods)
    page.get_by_text("连接中断").wait_for()
    page.reload()  # while the line is broken still: nobody tries any more
    page.unroute_all()
    offsets.clear()
    page.on("request", lambda sent: offsets.append(sent.url) if "offset=" in sent.url else None)
    page.set_input_files("#goods", goods)
    kept(supplier, 1)
    assert offsets[0].endswith("?offset=8000")
    assert page.evaluate("localStorage.length") == 0
    assert MediaFile.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_browser_without_such_keys_says_so_and_offers_the_other_way(
    visitors, house, members, tmp_path
) -> None:
    row = waiting(house, members, tmp_path)
    buyer = visitors[1]
    buyer.context.add_init_script("crypto.subtle.generateKey = () => Promise.reject(new Error('unknown'))")
    buyer.sign_in(members.other_owner)
    buyer.page.goto(f"{buyer.site}{reverse('web:sign', args=[row.reference])}")
    buyer.says("This browser cannot make Ed25519 keys")
    assert not buyer.page.is_visible("[data-signs]")
    buyer.press("Sign with our institution's key")
    buyer.says("Countersigned and recorded")


@pytest.mark.parametrize("options", [PHONE | {"color_scheme": "dark"}, DESK], ids=["phone, dark", "desk"])
@pytest.mark.django_db(transaction=True)
def test_every_page_of_deliveries_and_consents_fits_and_nothing_is_refused(
    chromium, live_server, house, members, tmp_path, options
) -> None:
    row = waiting(house, members, tmp_path)
    until = NOW + timedelta(days=9)
    consents.grant(house, actor_of(members.owner), recipient=members.lender.address, until=until)
    of_both = ["/", "/deliveries/", "/deliveries/new/", "/consents/"]
    here = f"/deliveries/{row.reference}/"
    for user, own in (
        (members.owner, [here, f"{here}take-back/"]),
        (members.other_owner, [here, f"{here}sign/", f"{here}refuse/"]),
    ):
        visitor = Sender(chromium, live_server.url, options)
        session = signed_in(user).cookies["sessionid"].value
        visitor.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        for address in (*of_both, *own):
            visitor.page.goto(live_server.url + address)
            visitor.look()
        assert visitor.complaints == []
        visitor.context.close()
