"""A programme document on paper: what each part is called, its limits, and what must agree within it.

A field that is not named here is refused. ``tallystick.lending.programme`` gives the document its meaning;
``docs/programmes.md`` explains it to those who write it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec

from tallystick.errors import Malformed
from tallystick.policy.document import Choice, DecimalText, Name, TableName
from tallystick.policy.exact import parse_decimal
from tallystick.policy.wording import Wording

MAX_DOCUMENT_BYTES: Final = 1 << 20

AmountText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?\Z")]
Weight = Annotated[int, msgspec.Meta(ge=0, le=100)]
Months = Annotated[int, msgspec.Meta(ge=1, le=360)]
GradeName = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9+-]{0,7}\Z")]

ItemKind = Literal[
    "text", "money", "whole", "credit_code", "bank_card", "identity_number", "date", "choice", "books"
]


#: Items that every programme asks for, because an offer and its payment are made from them.
AMOUNT: Final = "amount"
TERM_MONTHS: Final = "term_months"
METHOD: Final = "repayment_method"
ACCOUNT: Final = "account"
NEEDED_ITEMS: Final[Mapping[str, ItemKind]] = MappingProxyType(
    {AMOUNT: "money", TERM_MONTHS: "choice", METHOD: "choice", ACCOUNT: "bank_card"}
)
#: Levels and the index are percentages of the greatest risk.
INDEX_MAX: Final = Decimal(100)


class ItemChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One value that a choice item may take."""

    value: Choice
    label: Wording


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One standard item of the information page.

    ``weight`` is its part in the missing degree; a ``required`` item must be there whatever the degree.
    """

    name: Name
    kind: ItemKind
    label: Wording
    help: Wording
    required: bool
    weight: Weight
    choices: Annotated[tuple[ItemChoice, ...], msgspec.Meta(max_length=200)] = ()


class Dimension(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One side of the risk: the policy table that gives its level (0–100), and its weight in per cent."""

    name: Name
    label: Wording
    weight: Weight
    policy: TableName


class Grade(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A band of the risk index: the grade of an index up to ``index_max`` and above the band before."""

    grade: GradeName
    label: Wording
    index_max: DecimalText


class AmountRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be asked for; an offered amount is rounded down to a multiple of ``step``."""

    min: AmountText
    max: AmountText
    step: AmountText


class QualificationNeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether an offer rests on a qualification of the supplier (``tallystick.lending.qualification``).

    ``none`` looks at none; ``optional`` takes one that is live as cap and rate; ``required`` makes no offer
    without one. A decision is live for ``valid_days`` days.
    """

    need: Literal["none", "optional", "required"]
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 90


class ProgrammeDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole loan programme as it is written."""

    format: Literal["tallystick/programme/1"]
    id: TableName
    names: Wording
    descriptions: Wording
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
    amount: AmountRange
    terms_months: Annotated[tuple[Months, ...], msgspec.Meta(min_length=1, max_length=60)]
    methods: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=10)]
    day_count: str
    period_months: Annotated[int, msgspec.Meta(ge=1, le=60)]
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=100)]
    missing_threshold_per_mille: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    dimensions: Annotated[tuple[Dimension, ...], msgspec.Meta(min_length=1, max_length=20)]
    grades: Annotated[tuple[Grade, ...], msgspec.Meta(min_length=1, max_length=20)]
    admission_policy: TableName
    offer_policy: TableName
    offer_valid_days: Annotated[int, msgspec.Meta(ge=1, le=365)]
    qualification: QualificationNeed = QualificationNeed(need="none")


def malformed(sentence: str) -> Malformed:
    """Return the error for a programme document that cannot be meant."""
    return Malformed("malformed_programme", sentence)


def check_agreement(written: ProgrammeDocument) -> None:
    """Check what the shape alone cannot say: names once, weights and bands that add up, the needed items.

    Raises:
        Malformed: ``malformed_programme`` with a sentence that names the part.
    """
    for what, names in (
        ("item", [part.name for part in written.items]),
        ("dimension", [part.name for part in written.dimensions]),
        ("grade", [part.grade for part in written.grades]),
        ("method", list(written.methods)),
    ):
        _refuse_repeats(what, names)
    if list(written.terms_months) != sorted(set(written.terms_months)):
        raise malformed("terms_months must rise, each term once.")
    if sum(part.weight for part in written.dimensions) != INDEX_MAX:
        raise malformed("The weights of the dimensions must sum to 100.")
    if not any(part.weight for part in written.items):
        raise malformed("At least one item must have a weight above 0.")
    _check_bands([parse_decimal(part.index_max) for part in written.grades])
    _check_items(written.items)


def _refuse_repeats(what: str, names: Iterable[str]) -> None:
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise malformed(f"The {what} {repeated[0]} is given more than once.")


def _check_bands(limits: list[Decimal]) -> None:
    if limits[0] < 0 or limits[-1] != INDEX_MAX or any(low >= high for low, high in pairwise(limits)):
        raise malformed("index_max of the grades must rise from 0 or more to exactly 100.")


def _check_items(items: tuple[Item, ...]) -> None:
    by_name = {item.name: item for item in items}
    for name, kind in NEEDED_ITEMS.items():
        item = by_name.get(name)
        if item is None or item.kind != kind or not item.required:
            raise malformed(f"The programme must require an item {name} of kind {kind}.")
    for item in items:
        filled_in = item.name in (TERM_MONTHS, METHOD)
        if bool(item.choices) != (item.kind == "choice" and not filled_in):
            raise malformed(f"The item {item.name} must have choices exactly when it is a choice of its own.")
        _refuse_repeats(f"choice of {item.name}", [choice.value for choice in item.choices])
