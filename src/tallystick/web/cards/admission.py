"""The admission card: points against the acceptable range, verdicts, indicators, data quality, months."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tallystick.admission.indicators import ALL_INDICATORS
from tallystick.policy.table import Table
from tallystick.values.money import Money, currency
from tallystick.web.cards.verdicts import Verdict, verdicts
from tallystick.web.case import Case
from tallystick.web.charts import MONTHS_AT_MOST, Month, monthly_bars
from tallystick.web.figures import rounded, with_unit
from tallystick.web.stages import Tone
from tallystick.web.wording import words

#: Outcome of admission -> its word and tone.
OUTCOMES: Final[Mapping[str, tuple[str | Promise, Tone]]] = MappingProxyType(
    {
        "accept": (gettext_lazy("Accepted"), "good"),
        "refer": (gettext_lazy("Referred to an officer"), "warn"),
        "reject": (gettext_lazy("Not accepted"), "bad"),
    }
)
#: What was done with the rows that a data-quality finding counts.
TREATMENTS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "left_out": gettext_lazy("left out"),
        "excluded_from_amounts": gettext_lazy("amounts not counted"),
        "kept": gettext_lazy("kept"),
        "trimmed": gettext_lazy("trimmed"),
        "absent": gettext_lazy("not handed in"),
    }
)


@dataclass(frozen=True)
class Indicator:
    """One indicator with how it is worked out."""

    name: str
    label: str
    shown: str
    formula: str
    period: str


@dataclass(frozen=True)
class Quality:
    """How many rows of the books had one blemish, and what was done with them."""

    text: str
    count: int
    treatment: str | Promise


@dataclass(frozen=True)
class AdmissionCard:
    """What the lender sees of an admission.

    ``points`` is empty for a table without points or when an input did not hold; ``why`` then says which.
    """

    word: str | Promise
    tone: Tone
    points: str
    approve_up_to: str
    refer_up_to: str
    why: tuple[str, ...]
    document: Mapping[str, Any]
    table: Table
    verdicts: list[Verdict]
    indicators: list[Indicator]
    quality: list[Quality]
    months: list[Month]
    chart: SafeString | str


def admission_card(case: Case) -> AdmissionCard | None:
    """Return the card, or ``None`` before the assessment and for a side that may not see it."""
    document = case.findings.get("admission")
    if document is None or case.rules is None or "admission" not in case.cards:
        return None
    programme = case.rules.programme
    table = case.rules.tables[programme.admission_policy]
    word, tone = OUTCOMES[document["outcome"]]
    months = _months(document["monthly"], programme.currency)
    limits = table.acceptable
    return AdmissionCard(
        word=word,
        tone=tone,
        points="" if document["points"] is None else rounded(document["points"]),
        approve_up_to=f"{limits.approve_up_to}" if limits else "",
        refer_up_to=f"{limits.refer_up_to}" if limits else "",
        why=tuple(words(reason["text"]) for reason in document["reasons"]),
        document=document,
        table=table,
        verdicts=verdicts(table, document["decision"]),
        indicators=_indicators(document["indicators"]),
        quality=[
            Quality(words(each["text"]), each["count"], TREATMENTS[each["treatment"]])
            for each in document["data_quality"]
        ],
        months=months,
        chart=monthly_bars(_("Net sales and purchases by month"), months) if months else "",
    )


def _indicators(kept: Mapping[str, Mapping[str, Any]]) -> list[Indicator]:
    return [
        Indicator(
            each.name,
            words(each.label),
            with_unit(kept[each.name]["value"], kept[each.name]["unit"]),
            words(each.formula),
            words(each.period),
        )
        for each in ALL_INDICATORS
        if each.name in kept
    ]


def _months(rows: list[tuple[str, int, int]], code: str) -> list[Month]:
    unit = currency(code)
    return [
        Month(label, Money(sales, unit), Money(purchases, unit))
        for label, sales, purchases in rows[-MONTHS_AT_MOST:]
    ]
