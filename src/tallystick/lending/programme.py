"""A loan programme (贷款流程) as a value: read strictly from its document, versioned by the content's digest.

A programme says what may be borrowed, what the applicant must hand in, which policy tables judge it,
and how a risk index becomes a grade (mission rows O1–O5). ``docs/programmes.md`` is the business
manager's manual.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from tallystick.errors import Malformed, TooLarge
from tallystick.lending.programme_document import (
    MAX_DOCUMENT_BYTES,
    METHOD,
    TERM_MONTHS,
    AmountRange,
    Dimension,
    Item,
    ItemChoice,
    ProgrammeDocument,
    QualificationNeed,
    check_agreement,
    malformed,
)
from tallystick.lending.terms import Method
from tallystick.policy.exact import parse_decimal
from tallystick.policy.wording import Wording
from tallystick.values import canonical
from tallystick.values.money import Money
from tallystick.values.rates import DayCount

METHOD_LABELS: Final[Mapping[Method, Wording]] = MappingProxyType(
    {
        Method.EQUAL_INSTALMENTS: Wording(en="equal instalments", zh="等额本息"),
        Method.EQUAL_PRINCIPAL: Wording(en="equal principal", zh="等额本金"),
        Method.INTEREST_ONLY: Wording(en="interest only, principal at the end", zh="先息后本"),
        Method.SINGLE_REPAYMENT: Wording(en="single repayment at the end", zh="到期一次还本付息"),
    }
)


@dataclass(frozen=True)
class Band:
    """A grade and the highest risk index that still has it."""

    grade: str
    label: Wording
    index_max: Decimal


@dataclass(frozen=True)
class Programme:
    """A loan programme.

    Attributes:
        id: what a loan request names it by.
        version: 64 hex digits, the digest of the canonical document.
        names, descriptions: for people, in both languages.
        amount_min, amount_max: what may be asked for and offered.
        amount_step: an offered amount is rounded down to a multiple of it.
        terms_months: terms on offer, ascending.
        methods: repayment methods on offer.
        day_count: how interest days are counted.
        period_months: whole months of the books that the indicators describe.
        items: the standard items, in the order of the page; choices of term and method filled in.
        missing_threshold_per_mille: an application with a greater missing degree is refused for now.
        dimensions: sides of the risk; their weights sum to 100.
        bands: grades by rising risk index; the last reaches 100.
        admission_policy, offer_policy: names of policy tables.
        offer_valid_days: an offer can be confirmed for so many days after the day it is made.
        qualification: whether an offer rests on a qualification of the supplier.
    """

    id: str
    version: str
    names: Wording
    descriptions: Wording
    amount_min: Money
    amount_max: Money
    amount_step: Money
    terms_months: tuple[int, ...]
    methods: tuple[Method, ...]
    day_count: DayCount
    period_months: int
    items: tuple[Item, ...]
    missing_threshold_per_mille: int
    dimensions: tuple[Dimension, ...]
    bands: tuple[Band, ...]
    admission_policy: str
    offer_policy: str
    offer_valid_days: int
    qualification: QualificationNeed

    @property
    def currency(self) -> str:
        """The ISO 4217 code of every amount in the programme."""
        return self.amount_min.currency.code

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of all policy tables that the programme needs, each once, admission first and offer last."""
        named = [self.admission_policy, *(part.policy for part in self.dimensions), self.offer_policy]
        return tuple(dict.fromkeys(named))


def parse_programme(document: bytes) -> Programme:
    """Return the programme that ``document`` (JSON, UTF-8, at most 1 MiB) states.

    Raises:
        Malformed: ``malformed_programme`` with a sentence that names the part.
        TooLarge: ``programme_too_large``.
    """
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TooLarge("programme_too_large", f"A programme may have {MAX_DOCUMENT_BYTES} bytes at most.")
    try:
        written = canonical.decode(document, ProgrammeDocument)
        lowest, highest, step = _amounts(written.amount, written.currency)
        methods = tuple(Method.parse(name) for name in written.methods)
        day_count = DayCount.parse(written.day_count)
    except Malformed as error:
        raise malformed(f"The programme document is not valid: {error.message}") from error
    check_agreement(written)
    return Programme(
        id=written.id,
        version=canonical.digest(msgspec.json.decode(document)),
        names=written.names,
        descriptions=written.descriptions,
        amount_min=lowest,
        amount_max=highest,
        amount_step=step,
        terms_months=written.terms_months,
        methods=methods,
        day_count=day_count,
        period_months=written.period_months,
        items=tuple(_with_choices(item, written.terms_months, methods) for item in written.items),
        missing_threshold_per_mille=written.missing_threshold_per_mille,
        dimensions=written.dimensions,
        bands=tuple(Band(part.grade, part.label, parse_decimal(part.index_max)) for part in written.grades),
        admission_policy=written.admission_policy,
        offer_policy=written.offer_policy,
        offer_valid_days=written.offer_valid_days,
        qualification=written.qualification,
    )


def _amounts(amount: AmountRange, code: str) -> tuple[Money, Money, Money]:
    lowest, highest, step = (Money.parse(text, code) for text in (amount.min, amount.max, amount.step))
    if not Money.zero(code) < step <= lowest <= highest:
        raise malformed("amount must have 0 < step <= min <= max.")
    return lowest, highest, step


def _with_choices(item: Item, terms_months: tuple[int, ...], methods: tuple[Method, ...]) -> Item:
    if item.name == TERM_MONTHS:
        months = [
            ItemChoice(value=str(n), label=Wording(en=f"{n} months", zh=f"{n} 个月")) for n in terms_months
        ]
        return msgspec.structs.replace(item, choices=tuple(months))
    if item.name == METHOD:
        named = [ItemChoice(value=method.value, label=METHOD_LABELS[method]) for method in methods]
        return msgspec.structs.replace(item, choices=tuple(named))
    return item
