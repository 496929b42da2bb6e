"""Pages of a list: rows in the order of their ids, continued by a cursor and not by an offset."""

from typing import Annotated, Any, Final, TypeVar

from django.db.models import Model, QuerySet
from ninja import Field, Schema

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 100

Row = TypeVar("Row", bound=Model)


class PageOf(Schema):
    """Where a page begins and how long it is."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,15}$")] | None = Field(
        None, description="`next` of the page before."
    )


def page(rows: QuerySet[Row], asked: PageOf, *, descending: bool = False) -> tuple[list[Row], str | None]:
    """Return the rows of one page, and the cursor of the next or ``None``."""
    after: dict[str, Any] = {}
    if asked.cursor is not None:
        after["pk__lt" if descending else "pk__gt"] = int(asked.cursor)
    found = list(rows.filter(**after).order_by("-pk" if descending else "pk")[: asked.limit + 1])
    more = len(found) > asked.limit
    shown = found[: asked.limit]
    return shown, str(shown[-1].pk) if more else None
