"""Applying on the pages: drafts, problems beside their fields, books, refusal for now, submission."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from tallystick.analytics.mappings import TAX, mapping_names
from tallystick.lending.items import Problem
from tallystick.lending.terms import Method
from tallystick.records.models import Application
from tallystick.services.installation import Installation
from tallystick.services.programmes import rulebook
from tallystick.services.sample_books import STRONG, sample_books
from tallystick.web.forms import ItemsForm
from tallystick.web.mappings import MAPPING_LABELS
from tests.installation import FULL_FORM, NOW, Consortium
from tests.web import scenes
from tests.web.conftest import at_work

HTMX = {"HX-Request": "true"}


@pytest.fixture
def owner(members: Consortium) -> Client:
    return at_work(members.owner)


@pytest.fixture
def application(house: Installation, members: Consortium) -> Application:
    return scenes.draft(house, members)


@pytest.fixture
def form(application: Application) -> str:
    return reverse("web:form", args=[application.reference])


def _book(application: Application, item: str) -> str:
    return reverse("web:book", args=[application.reference, item])


def _upload(content: bytes, mapping: str = "tallystick", name: str = "sales.csv") -> dict[str, object]:
    return {"file": SimpleUploadedFile(name, content), "mapping": mapping, "enterprise": ""}


def test_choosing_a_programme_begins_a_draft(house: Installation, members: Consortium) -> None:
    programme = members.lender.programmes.get()
    response = at_work(members.owner).post(reverse("web:apply"), {"programme": programme.pk})
    begun = Application.objects.get()
    assert response["Location"] == reverse("web:form", args=[begun.reference])
    assert (begun.stage, begun.programme_id) == ("draft", programme.pk)


def test_choosing_only_a_lender_asks_for_a_programme(house: Installation, members: Consortium) -> None:
    client = at_work(members.owner)
    response = client.post(reverse("web:apply"), {"lender": members.lender.pk})
    assert Application.objects.get().stage == "unassigned"
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize("sent", [{}, {"programme": "x"}, {"programme": "999999"}, {"lender": "-1"}])
def test_a_choice_of_nothing_begins_nothing(owner: Client, sent: dict[str, str]) -> None:
    assert owner.post(reverse("web:apply"), sent).status_code in (400, 404)
    assert not Application.objects.exists()


def test_staff_cannot_apply(house: Installation, members: Consortium) -> None:
    assert at_work(members.officer).get(reverse("web:apply")).status_code == 403


def test_a_draft_is_saved_as_typed_with_problems_beside_their_fields(
    owner: Client, application: Application, form: str
) -> None:
    response = owner.post(form, {"credit_code": "91330201MA2AF0B270", "staff_count": "46", "unknown": "x"})
    assert response.status_code == 422
    assert 'id="item-credit_code_error"' in response.text
    assert 'href="#item-credit_code"' in response.text
    kept = scenes.fresh(application).items
    assert kept == {"credit_code": "91330201MA2AF0B270", "staff_count": "46"}
    assert 'value="91330201MA2AF0B270"' in owner.get(form).text


def test_a_draft_without_problems_says_that_it_is_saved(owner: Client, form: str) -> None:
    response = owner.post(form, {"staff_count": "46"}, follow=True)
    assert response.redirect_chain == [(form, 302)]
    assert "Saved." in response.text


def test_htmx_gets_the_card_and_the_progress(owner: Client, form: str) -> None:
    part = owner.post(form, {"amount": "x"}, headers=HTMX)
    assert part.status_code == 200  # what was typed is kept, so nothing was refused
    assert "<html" not in part.text
    assert 'id="items-card"' in part.text
    assert 'id="completeness" hx-swap-oob="true"' in part.text
    assert "error-summary" in part.text


def test_markup_that_was_typed_stays_text(owner: Client, form: str) -> None:
    owner.post(form, {"enterprise_name": '"><script>alert(1)</script>'})
    assert "<script>alert" not in owner.get(form).text


def test_every_kind_of_item_has_its_input(application: Application, owner: Client, form: str) -> None:
    page = owner.get(form).text
    assert re.search(r'name="amount"[^>]*inputmode="decimal"', page)
    assert re.search(r'name="account"[^>]*inputmode="numeric"', page)
    assert re.search(r'type="date"[^>]*name="founded_on"|name="founded_on"[^>]*type="date"', page)
    assert page.count('type="radio" name="term_months"') == 3
    assert page.count('type="radio" name="repayment_method"') == len(Method)
    assert not re.search(r"<(input|select)[^>]* required", page)  # a draft may lack anything


def test_a_problem_is_told_in_the_readers_language(application: Application) -> None:
    assert application.programme is not None
    programme = rulebook(application.programme).programme
    with override("zh-hans"):
        made = ItemsForm(programme, {"staff_count": "x"}, (Problem("staff_count", "bad_whole_number", "E"),))
        assert made.errors["staff_count"] == ["请用数字填写整数。"]
        assert made.fields["staff_count"].label == "员工人数"


def test_a_book_is_kept_and_can_be_replaced(owner: Client, application: Application, form: str) -> None:
    books = sample_books(STRONG, "Example Rubber Co., Ltd.", "Example Tyre Group", NOW.date(), seed=7)
    address = _book(application, "sales_book")
    page = owner.post(address, _upload(books["sales"], name="七月 sales.csv"), follow=True).text
    book = application.books.get(item="sales_book")
    assert book.file_name in page
    assert book.sha256 in page
    part = owner.post(address, _upload(books["sales"] + b"", name="again.csv"), headers=HTMX)
    assert part.status_code == 200
    assert 'id="item-sales_book"' in part.text
    assert "again.csv" in part.text
    assert application.books.count() == 1


def test_a_kept_book_can_be_taken_away_as_it_came(owner: Client, application: Application) -> None:
    books = sample_books(STRONG, "Example Rubber Co., Ltd.", "Example Tyre Group", NOW.date(), seed=7)
    owner.post(_book(application, "sales_book"), _upload(books["sales"]))
    response = owner.get(reverse("web:book_file", args=[application.reference, "sales_book"]))
    assert b"".join(response) == books["sales"]
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (_upload(b"number,when\n1,2026-01-05\n"), "sales.csv has no column"),
        (_upload(b"\x00\x01", name="sales.exe"), "cannot be read"),
        ({"mapping": "tallystick"}, "This field is required"),
        (_upload(b"a\n1\n", mapping="/etc/passwd"), "not one of the available choices"),
    ],
    ids=["columns", "no table", "no file", "no such form"],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_what_is_wrong_with_a_book_stands_beside_its_field(
    owner: Client, application: Application, sent: dict[str, object], said: str, headers: dict[str, str]
) -> None:
    file = sent.get("file")
    if isinstance(file, SimpleUploadedFile):
        file.seek(0)
    response = owner.post(_book(application, "sales_book"), sent, headers=headers)
    assert response.status_code == 422
    assert said in response.text
    assert not application.books.exists()


def test_a_book_for_an_item_that_is_not_asked_for_is_refused(owner: Client, application: Application) -> None:
    response = owner.post(_book(application, "diary"), _upload(b"a\n1\n"), headers=HTMX)
    assert response.status_code == 400


@pytest.mark.parametrize("item", ["sales_book", "purchase_book"])
def test_our_template_can_be_handed_in_again(owner: Client, application: Application, item: str) -> None:
    template = owner.get(reverse("web:book_template", args=[item]))
    assert template["Content-Disposition"].startswith("attachment")
    response = owner.post(_book(application, item), _upload(template.content))
    assert response.status_code == 302, response.text
    assert application.books.get().size_bytes == len(template.content)


def test_there_is_no_template_for_what_is_no_book(owner: Client) -> None:
    assert owner.get(reverse("web:book_template", args=["diary"])).status_code == 404


def test_too_little_is_refused_for_now_with_links_to_what_is_missing(
    owner: Client, application: Application, form: str
) -> None:
    response = owner.post(reverse("web:submit", args=[application.reference]), follow=True)
    assert response.redirect_chain == [(form, 302)]
    assert "Refused for now. Add these and submit again:" in response.text
    for item in ("account", "sales_book"):
        assert f'href="#item-{item}"' in response.text
        assert f'id="item-{item}"' in response.text


def test_a_whole_application_goes_from_the_form_to_the_lender(
    owner: Client, application: Application, form: str
) -> None:
    check = reverse("web:check", args=[application.reference])
    books = sample_books(STRONG, "Example Rubber Co., Ltd.", "Example Tyre Group", NOW.date(), seed=7)
    for item, side in (("sales_book", "sales"), ("purchase_book", "purchases")):
        owner.post(_book(application, item), _upload(books[side]))
    assert owner.post(form, {**FULL_FORM, "then": "check"})["Location"] == check
    page = owner.get(check).text
    assert "样例姓名" in page
    assert "Not complete yet" not in page
    response = owner.post(reverse("web:submit", args=[application.reference]), follow=True)
    assert "Submitted. The lender can now see" in response.text
    assert scenes.fresh(application).stage == "submitted"
    assert owner.get(form).status_code == 409


def test_every_mapping_has_words_for_applicants() -> None:
    assert set(MAPPING_LABELS) == {*mapping_names(), *mapping_names(TAX)}
