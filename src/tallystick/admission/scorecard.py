"""A scorecard: points for the bin that each indicator falls into, and how points speak of odds (mission A9).

More points are worse, as in every table of ours. The odds of default double every ``pdo`` points and are
one to one at ``even_points``. ``tallystick.analytics.scorecards`` fits one to past outcomes; ``policy``
writes it as a sum table, which the policy room then evaluates like any other.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tallystick.admission.absence import KNOWN
from tallystick.admission.binning import Bin, Binning
from tallystick.admission.indicators import FRACTIONS, INDICATORS, Indicator, absent_row
from tallystick.admission.shares import TEN_THOUSANDTHS
from tallystick.errors import Malformed
from tallystick.policy.evaluate import decide
from tallystick.policy.exact import decimal_text
from tallystick.policy.table import Table
from tallystick.values.money import Currency

_BY_NAME: Mapping[str, Indicator] = {indicator.name: indicator for indicator in INDICATORS}


@dataclass(frozen=True)
class Scale:
    """How points speak of the odds of default: one to one at ``even_points``, doubled by ``pdo`` more."""

    even_points: int
    pdo: int

    def probability(self, points: float) -> float:
        """Return the probability of default that ``points`` stand for."""
        return float(1 / (1 + 2.0 ** ((self.even_points - points) / self.pdo)))

    def points_at(self, probability: float) -> int:
        """Return the most whole points that stand for ``probability`` at most; 0 at the least."""
        return max(math.floor(self.even_points + self.pdo * math.log2(probability / (1 - probability))), 0)

    def document(self) -> dict[str, int]:
        """Return the scale as plain data."""
        return {"even_points": self.even_points, "pdo": self.pdo}


@dataclass(frozen=True)
class Variable:
    """One indicator of a scorecard.

    Attributes:
        weight: the coefficient of the badness of its bins in the logistic regression; never negative.
        points: whole points of each bin in order, the best bin's being 0.
        missing_points: of an enterprise without the indicator.
    """

    name: str
    binning: Binning
    weight: float
    points: tuple[int, ...]
    missing_points: int

    def points_of(self, value: int | None) -> int:
        """Return the points of the indicator's whole number, or of None where it is missing."""
        found = self.binning.bin_of(value)
        return self.missing_points if value is None else self.points[self.binning.bins.index(found)]


@dataclass(frozen=True)
class Scorecard:
    """A fitted scorecard; ``count`` and ``bad`` say on how many enterprises and defaults."""

    name: str
    variables: tuple[Variable, ...]
    scale: Scale
    count: int
    bad: int
    months: int
    currency: Currency

    def points(self, row: Mapping[str, int | None] | None) -> int:
        """Return the total for a row of whole numbers by indicator; None is an enterprise without any."""
        known = absent_row(self.months) if row is None else row
        return sum(variable.points_of(known[variable.name]) for variable in self.variables)

    def document(self) -> dict[str, object]:
        """Return the scorecard as plain data: every bin with its counts, weight of evidence and points."""
        return {
            "name": self.name,
            "enterprises": self.count,
            "defaults": self.bad,
            "months": self.months,
            "currency": self.currency.code,
            "scale": self.scale.document(),
            "variables": [_variable_document(variable, self.currency) for variable in self.variables],
        }


def _variable_document(variable: Variable, currency: Currency) -> dict[str, object]:
    binning = variable.binning
    rows = [*zip(binning.bins, variable.points, strict=True), (binning.missing, variable.missing_points)]
    return {
        "name": variable.name,
        "default_share": binning.direction,
        "information_value": round(binning.information_value, 4),
        "weight": round(variable.weight, 4),
        "bins": [_bin_document(variable.name, each, points, currency) for each, points in rows[:-1]],
        "missing": _bin_document(variable.name, *rows[-1], currency),
    }


def _bin_document(name: str, each: Bin, points: int, currency: Currency) -> dict[str, object]:
    return {
        "from": None if each.low is None else written(name, each.low, currency),
        "below": None if each.high is None else written(name, each.high, currency),
        "count": each.count,
        "bad": each.bad,
        "woe": round(each.woe, 4),
        "badness": round(each.badness, 4),
        "points": points,
    }


def written(name: str, whole: int, currency: Currency) -> str:
    """Return an indicator's whole number as a cell of a table writes it."""
    unit = _BY_NAME[name].unit
    steps = TEN_THOUSANDTHS if unit in FRACTIONS else 10**currency.digits if unit == "amount" else 1
    return decimal_text(Decimal(whole) / steps)


def policy(
    card: Scorecard, title: Mapping[str, str], effective_from: str, accept: int, refer: int
) -> dict[str, object]:
    """Return the document of a sum table that gives the scorecard's points to every enterprise.

    Since the points only rise or only fall with an indicator, each limit between two bins is one rule that
    adds what the worse bin costs more. An indicator that may be missing has its ``_known`` input beside it
    (see ``admission.absence``), and a rule for the missing bin.

    Args:
        title: in both languages; it should say what the scorecard was fitted on.
        effective_from: first day of force, ``YYYY-MM-DD``.
        accept, refer: the acceptable range: the most points that are accepted, and referred.

    Raises:
        Malformed: ``bad_scorecard`` for one that tells nothing: no rule would give a point.
    """
    inputs, rules = [], []
    for variable in card.variables:
        indicator = _BY_NAME[variable.name]
        inputs.append(_input(indicator, card.currency))
        absent = indicator.missing is not None
        if absent:
            label = {"en": f"{indicator.label.en}: known", "zh": f"{indicator.label.zh}：已知"}
            inputs.append({"name": f"{variable.name}{KNOWN}", "label": label, "type": "boolean"})
        rules += _rules(variable, indicator, card.currency, absent=absent)
    if not rules:
        raise Malformed("bad_scorecard", "No indicator tells who defaults; there is no scorecard.")
    return {
        "format": "tallystick/decision-table/1",
        "name": card.name,
        "title": dict(title),
        "effective_from": effective_from,
        "hit": "sum",
        "inputs": inputs,
        "acceptable": {"approve_up_to": str(accept), "refer_up_to": str(refer)},
        "rules": rules,
    }


def _input(indicator: Indicator, currency: Currency) -> dict[str, object]:
    decimal = indicator.unit == "amount" or indicator.unit in FRACTIONS
    return {
        "name": indicator.name,
        "label": indicator.label.document(),
        "type": "decimal" if decimal else "integer",
        "unit": currency.code if indicator.unit == "amount" else indicator.unit,
    }


def _rules(
    variable: Variable, indicator: Indicator, currency: Currency, *, absent: bool
) -> list[dict[str, object]]:
    guard = {f"{variable.name}{KNOWN}": "= true"} if absent else {}
    bins, points, code = variable.binning.bins, variable.points, variable.name.upper()[:30]
    rules: list[dict[str, object]] = []
    for at, (left, right) in enumerate(itertools.pairwise(points), 1):
        limit = written(variable.name, bins[at].low or 0, currency)
        worse, sign, en, zh = (
            (right - left, ">=", "is at least", "不低于")
            if variable.binning.direction == "rises"
            else (left - right, "<", "is below", "低于")
        )
        if worse:
            text = {"en": f"{indicator.label.en} {en} {limit}.", "zh": f"{indicator.label.zh}{zh} {limit}。"}
            rules.append(
                {
                    "code": f"{code}_{at}",
                    "text": text,
                    "when": guard | {variable.name: f"{sign} {limit}"},
                    "points": {"base": str(worse)},
                }
            )
    if absent and variable.missing_points:
        text = {"en": f"{indicator.label.en}: no figure.", "zh": f"{indicator.label.zh}：无数据。"}
        when = {f"{variable.name}{KNOWN}": "= false"}
        points_lost = {"base": str(variable.missing_points)}
        rules.append({"code": f"{code}_MISSING", "text": text, "when": when, "points": points_lost})
    return rules


def cases(card: Scorecard, table: Table) -> dict[str, object]:
    """Return cases for the table: every enterprise in its best bins, and each worse or missing bin alone.

    ``working`` gives the points by the scorecard; the test of the cases is that the table gives the same.
    """
    usual: dict[str, object] = {}
    for variable in card.variables:
        best = variable.points.index(0) if 0 in variable.points else 0
        usual |= _figure(variable, _inside(variable.binning.bins[best]), card.currency)
    found = [_case(table, usual, "the best bin of every indicator", {}, 0)]
    for variable in card.variables:
        marks: list[tuple[str, int | None, int]] = [
            (f"bin {at} of {variable.name}", _inside(each), points)
            for at, (each, points) in enumerate(zip(variable.binning.bins, variable.points, strict=True), 1)
            if points
        ]
        if _BY_NAME[variable.name].missing is not None:
            marks.append((f"no {variable.name}", None, variable.missing_points))
        for title, whole, points in marks:
            found.append(_case(table, usual, title, _figure(variable, whole, card.currency), points))
    return {"policy": card.name, "usual": usual, "cases": found}


def _inside(each: Bin) -> int:
    if each.low is not None:
        return each.low
    return 0 if each.high is None else each.high - 1


def _figure(variable: Variable, whole: int | None, currency: Currency) -> dict[str, object]:
    indicator = _BY_NAME[variable.name]
    text = written(variable.name, whole or 0, currency)
    decimal = indicator.unit == "amount" or indicator.unit in FRACTIONS
    figure: dict[str, object] = {variable.name: text if decimal else int(text)}
    if indicator.missing is not None:
        figure[f"{variable.name}{KNOWN}"] = whole is not None
    return figure


def _case(
    table: Table, usual: Mapping[str, object], title: str, change: Mapping[str, object], points: int
) -> dict[str, object]:
    decision = decide(table, {**usual, **change})
    outcome = "approve" if table.acceptable is None else table.acceptable.outcome(Decimal(points))
    return {
        "name": title,
        "change": dict(change),
        "working": f"{points} points by the scorecard",
        "outcome": outcome,
        "points": str(points),
        "reasons": [reason.code for reason in decision.reasons],
    }
