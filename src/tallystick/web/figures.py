"""How figures of documents look on a page: with separators and units, shares in per cent."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.policy.exact import decimal_text

#: Shown where there is no figure.
NONE: Final = "—"
_MINUS: Final = "\N{MINUS SIGN}"

#: Units that people count in; a unit that is not listed is shown as it is written (a currency code).
UNITS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "invoices": _("invoices"),
        "months": _("months"),
        "buyers": _("buyers"),
        "suppliers": _("suppliers"),
        "days": _("days"),
        "parties": _("counterparties"),
        "changes": _("changes"),
        "declarations": _("declarations"),
        "violations": _("violations"),
        "share": "",
        "index": "",
        "ratio": "",
    }
)


def grouped(value: object) -> str:
    """Return a number, given as text or whole, with thousands separated: ``16369413.37`` as 16,369,413.37."""
    if value is None:
        return NONE
    text = str(value)
    try:
        shown = f"{Decimal(text):,f}"
    except ArithmeticError:
        return text
    return shown.replace("-", _MINUS)


def with_unit(value: object, unit: str) -> str:
    """Return an indicator's figure in its unit; a share in per cent."""
    if value is None:
        return NONE
    if unit == "share":
        return f"{grouped(decimal_text(Decimal(str(value)) * 100))}%"
    return f"{grouped(value)} {UNITS.get(unit, unit)}".strip()


def to_places(value: str | Decimal | None, places: int) -> str:
    """Return a decimal rounded half up for the eye; the exact one stands in the document."""
    if value is None:
        return NONE
    return grouped(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def rounded(points: str) -> str:
    """Return points with one decimal at most: ``47.757`` as 47.8, ``0`` as 0."""
    return to_places(points, 1).removesuffix(".0")


def per_mille_as_percent(value: int) -> str:
    """Return ``125`` as ``12.5%``."""
    return f"{value // 10}.{value % 10}%"
