"""Filling in from a paper: what it says is offered with what speaks for it, and kept once confirmed."""

import re
from collections.abc import Sequence

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tallystick.errors import Malformed
from tallystick.evidence.papers import Check, Field, Kind, Paper, Source, Status
from tallystick.records.models import Application
from tallystick.services import suggesting
from tallystick.services.installation import Installation
from tests.capture.specimens import photograph, specimen
from tests.installation import FULL_FORM, Consortium
from tests.web import scenes
from tests.web.conftest import at_work

HTMX = {"HX-Request": "true"}
CODE = FULL_FORM["credit_code"]
FITS = (Check("credit-code-check-digit", True),)
LICENCE = Paper(
    Kind.BUSINESS_LICENCE,
    {
        "credit_code": Field(CODE, Source.OCR, Status.VERIFIED, score=9_871, checks=FITS),
        "name": Field('<b>"样例橡胶', Source.OCR, Status.NEEDS_REVIEW, score=9_012),
        "founded_on": Field("2017-03-15", Source.OCR, Status.NEEDS_REVIEW),
        "legal_representative": Field("", Source.OCR, Status.MISSING),
    },
)


@pytest.fixture
def owner(members: Consortium) -> Client:
    return at_work(members.owner)


@pytest.fixture
def application(house: Installation, members: Consortium) -> Application:
    return scenes.draft(house, members)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[bytes]]:
    """The reader says ``LICENCE`` of whatever it is shown."""
    shown: list[Sequence[bytes]] = []

    def read_paper(kind: Kind, files: Sequence[bytes]) -> Paper:
        shown.append(files)
        if kind is not Kind.BUSINESS_LICENCE:
            raise Malformed("not_this_kind", "The words of this kind are not on the document.")
        return LICENCE

    monkeypatch.setattr(suggesting, "read_paper", read_paper)
    return shown


def sent(kind: str = "business-licence", content: bytes = b"a picture") -> dict[str, object]:
    return {"kind": kind, "file": SimpleUploadedFile("licence.jpg", content)}


def show(client: Client, application: Application, htmx: bool = False, **how: str):
    address = reverse("web:paper", args=[application.reference])
    return client.post(address, sent(**how), headers=HTMX if htmx else {})


@pytest.mark.parametrize("htmx", [False, True])
def test_what_a_paper_says_is_offered_with_what_speaks_for_it_and_nothing_is_kept(
    owner: Client, application: Application, read: list[Sequence[bytes]], htmx: bool
) -> None:
    before = application.items
    response = show(owner, application, htmx)
    assert response.status_code == 200
    assert read == [[b"a picture"]]
    assert re.search(rf'name="credit_code" id="read-credit_code" value="{CODE}"', response.text)
    assert "the check digit fits" in response.text
    assert "the reader is 98.7% sure" in response.text
    assert "nothing confirms it" in response.text
    assert "<b>" not in response.text
    assert ("<html" in response.text) is not htmx
    assert scenes.fresh(application).items == before
    assert not application.books.exists()


def test_only_what_is_ticked_is_taken_over_as_the_applicant_corrected_it(
    owner: Client, application: Application
) -> None:
    form = reverse("web:form", args=[application.reference])
    owner.post(form, {"enterprise_name": "As it was"})
    typed = {"credit_code": CODE, "enterprise_name": "As it was read", "founded_on": "2017-03-16"}
    owner.post(form, {"from_paper": "1", "use": ["credit_code", "founded_on"], **typed})
    items = scenes.fresh(application).items
    assert (items["credit_code"], items["founded_on"]) == (CODE, "2017-03-16")
    assert items["enterprise_name"] == "As it was"


def test_what_the_form_holds_already_is_shown_and_not_ticked(
    owner: Client, application: Application, read: list[Sequence[bytes]]
) -> None:
    owner.post(reverse("web:form", args=[application.reference]), {"founded_on": "2016-01-01"})
    page = show(owner, application).text
    assert "the form says 2016-01-01" in page
    assert re.search(r'value="credit_code" id="use-credit_code" checked', page)
    assert re.search(r'value="founded_on" id="use-founded_on">', page)


def test_a_paper_that_cannot_be_read_says_why_beside_the_field(
    owner: Client, application: Application, read: list[Sequence[bytes]]
) -> None:
    response = show(owner, application, kind="bank-card")
    assert response.status_code == 422
    assert "is it another kind?" in response.text
    assert 'href="#paper-file"' in response.text


def test_nothing_is_read_for_an_application_that_was_submitted(
    owner: Client, application: Application, read: list[Sequence[bytes]]
) -> None:
    Application.objects.filter(pk=application.pk).update(stage="submitted")
    assert show(owner, application).status_code == 409
    assert not read


@pytest.mark.slow
def test_a_photographed_licence_fills_in_the_form(owner: Client, application: Application) -> None:
    made = specimen("business-licence", 3)
    address = reverse("web:paper", args=[application.reference])
    page = owner.post(address, sent(content=photograph(made, "phone"))).text
    for item, name in (("enterprise_name", "name"), ("credit_code", "credit_code")):
        assert f'id="read-{item}" value="{made.truth[name]}"' in page
