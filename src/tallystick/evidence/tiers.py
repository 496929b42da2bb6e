"""Tiers: a delivery against the limits that a lender has set, and a supplier by its deliveries (E9).

The lender's limits are policy: a decision table that reads ``DELIVERY_INPUTS`` and gives a ``tier``, 1 the
best, 0 none; and one that reads what ``supplier_inputs`` counts. The tables decide; what stands here prepares
their inputs and says how far each limit is met. Everything is an exact fraction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tallystick.errors import Malformed
from tallystick.evidence.assessment import Assessment, Figure, Quality
from tallystick.policy.cells import Cell
from tallystick.policy.decision import Decision, Reason
from tallystick.policy.evaluate import decide
from tallystick.policy.exact import decimal_text, parse_decimal
from tallystick.policy.rules import OutputValue, Rule
from tallystick.policy.table import Table

DELIVERY_INPUTS: Final = ("quality", "quantity_pieces", "value")
TIER: Final = "tier"
MAX_TIERS: Final = 20
#: Digits after the point of a share; it is rounded down, so that no limit is met by rounding.
SHARE_DIGITS: Final = 6


@dataclass(frozen=True)
class LimitMatch:
    """How far one limit of a tier is met.

    Attributes:
        input_name: what the limit is on.
        limit: as the policy writes it, ``> 10000``.
        found: the figure; None where the assessment abstains, which meets no limit.
        is_met: whether the policy's condition holds.
        degree: 0 to 1; see ``degree_of``.
    """

    input_name: str
    limit: str
    found: str | None
    is_met: bool
    degree: Fraction


@dataclass(frozen=True)
class TierMatch:
    """How far a delivery meets the limits of one tier.

    Attributes:
        degree: the smallest of its limits' degrees: a tier is as near as its farthest limit; 1 where it has
            none.
    """

    tier: int
    rule: str
    limits: tuple[LimitMatch, ...]
    degree: Fraction


@dataclass(frozen=True)
class DeliveryTier:
    """The tier of one delivery.

    Attributes:
        tier: 1 is the best; None where no tier's limits are met, or a figure is not known.
        reasons: the rule that answered, or the figures that are not known, in both languages.
        abstained: the inputs that are not known, each with why.
        matches: every tier of the policy, as the policy orders them.
        decision: what the policy decided, for the record.
    """

    tier: int | None
    reasons: tuple[Reason, ...]
    abstained: Mapping[str, str]
    matches: tuple[TierMatch, ...]
    decision: Decision


@dataclass(frozen=True)
class SupplierTier:
    """The tier of a supplier, and the counts that the policy read; fields as in ``DeliveryTier``."""

    tier: int | None
    reasons: tuple[Reason, ...]
    inputs: Mapping[str, object]
    decision: Decision


def delivery_tier(table: Table, assessment: Assessment) -> DeliveryTier:
    """Return the tier of a delivery under the lender's policy ``table``, with reasons and degrees of match.

    Raises:
        Malformed: ``unfit_policy`` when the table gives no tier, or reads what no assessment says.
    """
    _check_fit(table)
    inputs, abstained = _figures(table, assessment)
    decision = decide(table, inputs)
    matches = tuple(_match(rule, tier, inputs) for rule in table.rules if (tier := _tier(rule.outputs)))
    return DeliveryTier(_tier(decision.outputs), decision.reasons, abstained, matches, decision)


def supplier_tier(table: Table, tiers: Sequence[int | None], not_counting: int) -> SupplierTier:
    """Return the tier of a supplier by the tiers of its records in the period asked for.

    Args:
        table: the lender's policy, which reads what ``supplier_inputs`` counts.
        tiers: of each record that counts; None for one that is in no tier.
        not_counting: records of the period that failed a check, or could not be checked.

    Raises:
        Malformed: ``unfit_policy`` when the table gives no tier.
    """
    if not any(output.name == TIER and output.type == "integer" for output in table.outputs):
        raise _unfit(table, "must give a tier, a whole number")
    inputs = supplier_inputs(tiers, not_counting)
    decision = decide(table, inputs)
    return SupplierTier(_tier(decision.outputs), decision.reasons, inputs, decision)


def supplier_inputs(tiers: Sequence[int | None], not_counting: int) -> dict[str, object]:
    """Return what a supplier's policy may read.

    Returns:
        ``records`` (all of the period), ``records_not_counting``, and for each N from 1 to ``MAX_TIERS``
        ``share_tier_N``: the share of all records that are in tier N or better, ``SHARE_DIGITS`` digits,
        rounded down; 0 without records.
    """
    records = len(tiers) + not_counting
    inputs: dict[str, object] = {"records": records, "records_not_counting": not_counting}
    for number in range(1, MAX_TIERS + 1):
        good = sum(1 for tier in tiers if tier is not None and tier <= number)
        parts = good * 10**SHARE_DIGITS // records if records else 0
        inputs[f"share_tier_{number}"] = Decimal(parts).scaleb(-SHARE_DIGITS)
    return inputs


def degree_of(cell: Cell, value: Decimal | str | bool | None) -> Fraction:
    """Return how far a figure meets a limit, from 0 (not at all, or not known) to 1 (met, or just reached).

    Above a limit L (``> L``, ``>= L``, the lower end of a range) it is value / L; below one (``< L``,
    ``<= L``, the upper end) L / value; never less than 0 or more than 1. A limit that is met is met to 1. Of
    a limit on words, and of one at 0 or below, nothing can be met in part.
    """
    if value is None:
        return Fraction(0)
    if cell.test(value):
        return Fraction(1)
    if not isinstance(value, Decimal) or cell.sign in ("=", "in"):
        return Fraction(0)
    low, high = _ends(cell)
    if low is not None and value <= low:
        return _part(Fraction(value), Fraction(low))
    return Fraction(0) if high is None else _part(Fraction(high), Fraction(value))


def _ends(cell: Cell) -> tuple[Decimal | None, Decimal | None]:
    """Return the lower and the upper end of what an ordering or a range lets through."""
    if cell.sign == "..":
        low, high = cell.operands
        return (low if isinstance(low, Decimal) else None, high if isinstance(high, Decimal) else None)
    return (cell.limit, None) if cell.sign in (">", ">=") else (None, cell.limit)


def _part(of: Fraction, whole: Fraction) -> Fraction:
    return min(max(of / whole, Fraction(0)), Fraction(1)) if whole > 0 else Fraction(0)


def _match(rule: Rule, tier: int, inputs: Mapping[str, Decimal | str | None]) -> TierMatch:
    limits = tuple(_limit(cell, inputs.get(cell.input_name)) for cell in rule.cells)
    degree = min((limit.degree for limit in limits), default=Fraction(1))
    return TierMatch(tier, rule.code, limits, degree)


def _limit(cell: Cell, value: Decimal | str | None) -> LimitMatch:
    is_met = value is not None and cell.test(value)
    found = decimal_text(value) if isinstance(value, Decimal) else value
    return LimitMatch(cell.input_name, cell.text, found, is_met, degree_of(cell, value))


def _figures(table: Table, assessment: Assessment) -> tuple[dict[str, Decimal | str | None], dict[str, str]]:
    """Return what the assessment says of each input, None where it abstains; and why it does."""
    abstained: dict[str, str] = {}
    quality = assessment.quality.value
    inputs: dict[str, Decimal | str | None] = {
        "quality": None if quality == Quality.UNKNOWN else quality,
        "quantity_pieces": _number(assessment.quantity),
        "value": _number(assessment.value),
    }
    figures = (assessment.quality, assessment.quantity, assessment.value)
    for name, figure in zip(DELIVERY_INPUTS, figures, strict=True):
        if inputs[name] is None:
            abstained[name] = figure.because
    units = {part.name: part.unit for part in table.inputs}
    if inputs["value"] is not None and units.get("value", assessment.currency) != assessment.currency:
        inputs["value"] = None
        abstained["value"] = f"The value is in {assessment.currency}; the policy's limits are in another one."
    return inputs, abstained


def _number(figure: Figure) -> Decimal | None:
    try:
        return None if figure.value is None else parse_decimal(figure.value)
    except Malformed:
        return None


def _tier(outputs: Mapping[str, OutputValue]) -> int | None:
    tier = outputs.get(TIER)
    return tier if isinstance(tier, int) and tier > 0 else None


def _check_fit(table: Table) -> None:
    if not any(output.name == TIER and output.type == "integer" for output in table.outputs):
        raise _unfit(table, "must give a tier, a whole number")
    unknown = [part.name for part in table.inputs if part.name not in DELIVERY_INPUTS]
    if unknown:
        raise _unfit(table, f"reads {unknown[0]}, which no assessment says")


def _unfit(table: Table, what: str) -> Malformed:
    return Malformed("unfit_policy", f"The policy {table.name} {what}.", policy=table.name)
