"""Every page renders for those it is made for, in both languages, and says what it should."""

import re

import pytest
from django.urls import reverse

from tallystick.records.models import Application, Transmission, User
from tallystick.services.installation import Installation
from tests.installation import Consortium
from tests.web import scenes
from tests.web.conftest import at_work

LANGUAGES = ("en", "zh-hans")
#: What a template shows when something is not there; no page should.
HOLES = re.compile(r">\s*None\s*<|\{\{|\{%|\[\]|<django")


def _read(user: User, address: str, status: int = 200) -> dict[str, str]:
    """Return the page in each language, checked for holes."""
    client, pages = at_work(user), {}
    for language in LANGUAGES:
        response = client.get(address, headers={"accept-language": language})
        assert response.status_code == status, (address, language)
        pages[language] = response.text
        assert f'<html lang="{language}">' in pages[language]
        assert not HOLES.search(pages[language]), (address, language, HOLES.search(pages[language]))
    assert pages["en"] != pages["zh-hans"]
    return pages


def _of(application: Application, name: str, *more: object) -> str:
    return reverse(f"web:{name}", args=[application.reference, *more])


def test_every_role_has_a_first_page(house: Installation, members: Consortium) -> None:
    assert "Loans on offer" in _read(members.owner, "/")["en"]
    desk = _read(members.officer, "/")["en"]
    assert "No applications yet" in desk
    assert "No request waits for a programme" in desk
    operator = _read(members.node_operator, "/")["en"]
    assert "Nothing was refused" in operator


def test_the_first_pages_list_what_there_is(house: Installation, members: Consortium) -> None:
    waiting, application = scenes.unassigned(house, members), scenes.submitted(house, members)
    own = _read(members.owner, "/")
    assert "The lender assesses the application" in own["en"]
    assert "贷款机构正在评估" in own["zh-hans"]
    desk = _read(members.officer, "/")["en"]
    assert _of(waiting, "assign") in desk
    assert desk.index(application.reference) > 0
    assert "CNY" in desk


def test_an_operator_sees_what_the_ledger_refused(house: Installation, members: Consortium) -> None:
    Transmission.objects.create(
        signer=members.lender.address,
        contract="anchoring",
        action="anchor",
        arguments={},
        created_at=house.clock.now(),
        code="step_out_of_order",
        message="Out of order.",
    )
    assert "step_out_of_order" in _read(members.node_operator, "/")["en"]


def test_pages_of_applying(house: Installation, members: Consortium) -> None:
    application = scenes.draft(house, members)
    assert "Ask for a programme" in _read(members.owner, reverse("web:apply"))["en"]
    form = _read(members.owner, _of(application, "form"))
    assert "Unified social credit code" in form["en"]
    assert "统一社会信用代码" in form["zh-hans"]
    assert "Not complete yet" in _read(members.owner, _of(application, "check"))["en"]
    assert "Fill in and submit" in _read(members.owner, _of(application, "application"))["en"]


def test_a_submitted_application_for_both_sides(house: Installation, members: Consortium) -> None:
    application = scenes.submitted(house, members)
    assert "nothing to do for you now" in _read(members.owner, _of(application, "application"))["en"]
    desk = _read(members.officer, _of(application, "application"))["en"]
    assert _of(application, "assess") in desk
    assert "Not assessed yet" in desk
    for name in ("decline",):
        _read(members.officer, _of(application, name))
    _read(members.owner, _of(application, "withdraw"))


def test_an_offered_application_for_both_sides(house: Installation, members: Consortium) -> None:
    application = scenes.offered(house, members)
    owner = _read(members.owner, _of(application, "application"))
    assert "Total interest" in owner["en"]
    assert _of(application, "accept") in owner["en"]
    assert "贷款方案" in owner["zh-hans"]
    digest = application.anchors.get(step="offer").digest
    assert digest[:12] in _read(members.owner, _of(application, "accept"))["en"]
    desk = _read(members.officer, _of(application, "application"))["en"]
    assert "Why this amount" in desk
    assert _of(application, "accept") not in desk


def test_a_paid_application_for_both_sides(house: Installation, members: Consortium) -> None:
    application = scenes.paid(house, members)
    for user in (members.owner, members.officer):
        page = _read(user, _of(application, "application"))["en"]
        assert page.count("On the ledger") >= 6  # the card's title and its five steps
        assert "counted from the day of payment" in page
        assert "600,000.00" in page
    desk = _read(members.officer, _of(application, "application"))
    for shown in ("Why grade A", "BUYERS_CONCENTRATED", "<svg", "does not hold", "figure-buyer_hhi"):
        assert shown in desk["en"]
    assert "有效销项发票不含税金额合计，红字冲减" in desk["zh-hans"]


def test_a_declined_application_gives_its_reasons_in_plain_words(
    house: Installation, members: Consortium
) -> None:
    application = scenes.declined(house, members)
    owner = _read(members.owner, _of(application, "application"))
    assert "Purchases exceed sales by more than 10 %." in owner["en"]
    assert "采购支出超过销售收入 10% 以上。" in owner["zh-hans"]
    assert "SPENDING_ABOVE_REVENUE" not in owner["en"]
    _read(members.officer, _of(application, "application"))


def test_pages_of_a_referred_and_of_an_unassigned_application(
    house: Installation, members: Consortium
) -> None:
    application, waiting = scenes.referred(house, members), scenes.unassigned(house, members)
    _read(members.officer, _of(application, "application"))
    _read(members.officer, _of(application, "admit"))
    _read(members.officer, _of(waiting, "assign"))
    _read(members.officer, _of(waiting, "application"))
    _read(members.owner, _of(waiting, "application"))


def test_pages_of_programmes(house: Installation, members: Consortium) -> None:
    row = members.lender.programmes.get()
    _read(members.officer, reverse("web:programmes"))
    page = _read(members.officer, reverse("web:programme", args=[row.pk]))
    for shown in ("VOID_SHARE_HIGH", "&gt; 0.15", "4 + 80 × excess, at most 30", "0.0485"):
        assert shown in page["en"]
    assert "销项发票作废率超过 15%。" in page["zh-hans"]


@pytest.mark.parametrize("who", ["owner", "officer", "node_operator"])
def test_pages_of_the_ledger(house: Installation, members: Consortium, who: str) -> None:
    user = getattr(members, who)
    head = house.ledger.head().height
    overview = _read(user, reverse("web:ledger"))["en"]
    assert f'/ledger/blocks/{head}/"' in overview
    assert house.ledger.status().app_hash in overview
    assert "No transaction in this block" in _read(user, reverse("web:block", args=[0]))["en"]
    block = house.ledger.block(head)
    page = _read(user, reverse("web:block", args=[head]))
    assert "membership.join" in page["en"]
    assert "1 of 1 validators signed, with 100.0% of the power." in page["en"]
    assert "已最终确认" in page["zh-hans"]
    _read(user, reverse("web:transaction", args=[block.entries[0].data_hash]))
    assert "There is no such block." in _read(user, reverse("web:block", args=[head + 1]), 404)["en"]
    assert "No block holds" in _read(user, reverse("web:transaction", args=["0" * 64]), 404)["en"]
