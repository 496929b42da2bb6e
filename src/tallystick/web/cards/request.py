"""What the applicant asks for and has handed in: items in words, and books with their hashes."""

from dataclasses import dataclass
from typing import Any

from tallystick.lending.items import ItemValue, read_items
from tallystick.lending.programme import Programme
from tallystick.lending.programme_document import Item
from tallystick.records.models import Application, Book
from tallystick.services.programmes import rulebook
from tallystick.values.money import Money
from tallystick.web.case import Case
from tallystick.web.mappings import mapping_label
from tallystick.web.wording import words


@dataclass(frozen=True)
class ItemRow:
    """One item of the information page as it was filled in; ``value`` is ``None`` where it is missing."""

    name: str
    label: str
    value: Any
    is_readable: bool


@dataclass(frozen=True)
class BookRow:
    """One invoice book, or the place where it is missing."""

    item: str
    label: str
    help: str
    is_required: bool
    book: Book | None

    @property
    def mapping(self) -> str:
        """In which form the file came, in words."""
        return "" if self.book is None else str(mapping_label(self.book.mapping))


def item_rows(case: Case) -> list[ItemRow]:
    """Return every item that was filled in, in the programme's order; nothing for who may not see them."""
    if case.rules is None or "request" not in case.cards:
        return []
    return written(case.rules.programme, case.application)


def written(programme: Programme, application: Application) -> list[ItemRow]:
    """Return every item of the page but the books, readable or as typed."""
    items = read_items(programme, application.items)
    return [
        ItemRow(
            item.name,
            words(item.label),
            _in_words(item, items.values[item.name])
            if item.name in items.values
            else application.items.get(item.name) or None,
            item.name in items.values,
        )
        for item in programme.items
        if item.kind != "books"
    ]


def book_rows(case: Case) -> list[BookRow]:
    """Return a row for every book that the programme asks for; nothing for who may not see them."""
    if case.rules is None or "documents" not in case.cards:
        return []
    return [
        BookRow(item.name, words(item.label), words(item.help), item.required, case.books.get(item.name))
        for item in case.rules.programme.items
        if item.kind == "books"
    ]


def requested_amount(application: Application) -> Money | None:
    """Return the amount asked for, of an application that was submitted; ``None`` where there is none."""
    if application.programme is None or application.submitted_at is None:
        return None
    amount = read_items(rulebook(application.programme).programme, application.items).values.get("amount")
    return amount if isinstance(amount, Money) else None


def _in_words(item: Item, value: ItemValue) -> Any:  # noqa: ANN401 - a template shows each kind in its way
    labels = {choice.value: words(choice.label) for choice in item.choices}
    return labels.get(value, value) if isinstance(value, str) else value
