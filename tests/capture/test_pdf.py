"""A PDF document is rendered within its limits, whatever its pages claim."""

import pytest

from tallystick.capture import pdf
from tallystick.errors import Rejection
from tests.capture import files


def refusal(data: bytes) -> str:
    with pytest.raises(Rejection) as refused:
        pdf.render(data)
    return refused.value.code


def test_every_page_is_rendered_at_the_stated_resolution() -> None:
    first, second = pdf.render(files.pdf((72, 144), (36, 36)))
    assert (first.width, first.height) == (200, 400)
    assert (second.width, second.height) == (100, 100)
    assert first.pixels == b"\xff" * (200 * 400 * 3)


def test_a_page_of_two_hundred_inches_is_scaled_from_its_size() -> None:
    (page,) = pdf.render(files.pdf((14_400, 14_400)))
    assert 19_000_000 < page.width * page.height <= 20_200_000


def test_many_large_pages_share_one_budget() -> None:
    data = files.pdf(*[(14_400, 14_400)] * pdf.MAX_PAGES)
    first, count = pdf.check(data)
    assert count == pdf.MAX_PAGES
    assert first.width * first.height <= pdf.MAX_DOCUMENT_PIXELS / pdf.MAX_PAGES * 1.01


def test_a_strip_is_no_longer_than_a_side_may_be() -> None:
    (page,) = pdf.render(files.pdf((14_400, 3)))
    assert page.width <= pdf.MAX_SIDE


def test_a_document_of_too_many_pages_is_refused() -> None:
    assert refusal(files.pdf(*[(9, 9)] * (pdf.MAX_PAGES + 1))) == "too_many_pages"


@pytest.mark.parametrize("password", [b"", b"open sesame"])
def test_an_encrypted_document_is_refused_even_if_it_opens_without_a_password(password: bytes) -> None:
    assert refusal(files.encrypted_pdf(password)) == "encrypted_document"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n%%EOF", b"%PDF-1.7\n" + bytes(5000), files.picture()])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    assert refusal(data) == "file_not_readable"
