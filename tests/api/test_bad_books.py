"""Books and items that cannot be read are refused with one sentence, and nothing is half-saved."""

import pytest

from tallystick.records.models import Application, Book
from tallystick.services.sample_books import STRONG, sample_books
from tests.api.callers import good, problem
from tests.api.conftest import Callers
from tests.installation import NOW


@pytest.fixture
def sales() -> bytes:
    return sample_books(STRONG, "Example Rubber Co., Ltd.", "Example Tyre Group", NOW.date(), 7)["sales"]


def refused(
    callers: Callers, draft: Application, content: bytes, status: int, code: str, **form: str
) -> None:
    """Check that the book is refused and that the one handed in before still stands."""
    before = list(Book.objects.order_by("item").values())
    fields = {"item": "sales_book"} | form
    answer = callers.owner.upload(f"/applications/{draft.reference}/books", "sales.csv", content, **fields)
    problem(answer, status, code)
    assert list(Book.objects.order_by("item").values()) == before


def test_an_unknown_column_is_refused(callers: Callers, draft: Application, sales: bytes) -> None:
    refused(callers, draft, sales.replace(b"issued_on", b"issued", 1), 422, "unknown_column")


def test_a_wrong_type_is_refused(callers: Callers, draft: Application, sales: bytes) -> None:
    head, first, rest = sales.split(b"\n", 2)
    cells = first.split(b",")
    wrong = [b"the other day" if cell.startswith(b"20") and b"-" in cell else cell for cell in cells]
    assert wrong != cells
    refused(callers, draft, b"\n".join([head, b",".join(wrong), rest]), 422, "bad_date")


@pytest.mark.parametrize("content", [b"\x00\x01\x02\xff" * 100, b"\x89PNG\r\n\x1a\n", b"\n\n\n"])
def test_a_file_that_is_no_book_is_refused(callers: Callers, draft: Application, content: bytes) -> None:
    answer = callers.owner.upload(
        f"/applications/{draft.reference}/books", "sales.csv", content, item="sales_book"
    )
    problem(answer, 422, answer.json()["code"])


def test_an_empty_file_is_refused(callers: Callers, draft: Application) -> None:
    refused(callers, draft, b"", 422, "empty_file")


def test_an_item_or_mapping_that_does_not_exist_is_refused(
    callers: Callers, draft: Application, sales: bytes
) -> None:
    refused(callers, draft, sales, 422, "unknown_item", item="tax_book")
    refused(callers, draft, sales, 422, "malformed_request", item="../x")
    refused(callers, draft, sales, 404, "unknown_mapping", mapping="nobody")
    refused(callers, draft, sales, 422, "malformed_request", enterprise="x" * 61)


def test_items_are_kept_as_typed_and_each_mistake_is_named(callers: Callers, draft: Application) -> None:
    here = f"/applications/{draft.reference}"
    wrong = {"credit_code": "91330201MA2AF0B270", "amount": "6e5", "founded_on": "2017-13-01"}
    read = good(callers.owner.patch(f"{here}/items", {"items": wrong}))
    assert {each["item"]: each["code"] for each in read["problems"]} == {
        "credit_code": "bad_credit_code",
        "founded_on": "bad_date",
        "amount": "bad_amount",
    }
    assert good(callers.owner.get(here))["items"]["amount"] == "6e5"


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ({"colour": "red"}, "unknown_item"),
        ({"amount": 600000}, "malformed_request"),
        ({"amount": "x" * 501}, "malformed_request"),
        ({"amount": "6\x00"}, "malformed_request"),
        ({f"item_{number}": "x" for number in range(201)}, "malformed_request"),
    ],
)
def test_items_that_cannot_be_meant_are_refused_whole(
    callers: Callers, draft: Application, items: dict[str, object], code: str
) -> None:
    before = callers.owner.get(f"/applications/{draft.reference}").content
    both = items | {"staff_count": "47"} if code == "unknown_item" else items
    problem(callers.owner.patch(f"/applications/{draft.reference}/items", {"items": both}), 422, code)
    assert callers.owner.get(f"/applications/{draft.reference}").content == before


def test_a_submitted_application_takes_no_more_items_or_books(
    callers: Callers, draft: Application, sales: bytes
) -> None:
    good(callers.owner.post(f"/applications/{draft.reference}/submission"))
    answer = callers.owner.patch(f"/applications/{draft.reference}/items", {"items": {"amount": "1.00"}})
    problem(answer, 409, "not_editable")
    refused(callers, draft, sales, 409, "not_editable")
    problem(callers.owner.post(f"/applications/{draft.reference}/submission"), 409, "not_editable")
