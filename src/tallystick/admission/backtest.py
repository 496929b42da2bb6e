"""A back-test: a policy's judgements of past enterprises held against what became of them (mission A9).

It ranks by points, so a judgement without points (an input did not hold) is counted and named, and takes
no part in AUC, KS, bands and calibration. ``docs/backtest.md`` says what each number means and what not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tallystick.admission.bands import Band, Rate, bad_rates, cuts, stability_index
from tallystick.admission.calibration import Calibration, calibration
from tallystick.admission.judgement import Judgement, Outcome
from tallystick.admission.outcomes import Outcome as Past
from tallystick.admission.ranking import Auc, Ks, auc, ks, roc, shown
from tallystick.admission.scorecard import Scale
from tallystick.errors import Malformed
from tallystick.policy.exact import decimal_text

JUDGEMENTS: Final[tuple[Outcome, ...]] = ("accept", "refer", "reject")
_NAMED_AT_MOST: Final = 100


@dataclass(frozen=True)
class Judged:
    """What a policy made of one past enterprise; ``points`` are None when an input did not hold."""

    outcome: Outcome
    points: float | None
    reasons: tuple[str, ...]


def judged(judgement: Judgement) -> Judged:
    """Return what a back-test needs of a judgement."""
    points = judgement.decision.points
    return Judged(
        judgement.outcome,
        None if points is None else float(points),
        tuple(reason.code for reason in judgement.decision.reasons),
    )


@dataclass(frozen=True)
class Backtest:
    """What a policy would have done, and how well its points ranked.

    Attributes:
        joined: enterprises with a judgement and an outcome.
        without_outcome, without_books: how many stand on one side only.
        not_scored: those without points, each with its reasons.
        points, bad: of the scored ones, in one order.
        by_outcome: what the policy says, and how many of those defaulted.
        stability: population stability index of the points against an earlier period's; None without one.
        calibration: only where the points have a scale.
    """

    joined: int
    without_outcome: int
    without_books: int
    not_scored: Mapping[str, tuple[str, ...]]
    points: tuple[float, ...]
    bad: tuple[bool, ...]
    auc: Auc
    ks: Ks
    bands: tuple[Band, ...]
    by_outcome: Mapping[Outcome, Rate]
    stability: float | None
    calibration: Calibration | None

    @property
    def curve(self) -> list[tuple[float | None, float, float]]:
        """The ROC curve (see ``ranking.roc``)."""
        return roc(self.points, self.bad)

    def document(self) -> dict[str, object]:
        """Return the back-test as plain data."""
        return {
            "enterprises": {
                "joined": self.joined,
                "bad": sum(rate.bad for rate in self.by_outcome.values()),
                "scored": len(self.points),
                "without_outcome": self.without_outcome,
                "without_books": self.without_books,
            },
            "not_scored": [
                {"enterprise": name, "reasons": list(reasons)}
                for name, reasons in list(self.not_scored.items())[:_NAMED_AT_MOST]
            ],
            "auc": self.auc.document(),
            "ks": {"value": shown(self.ks.value), "at_points": shown(self.ks.at_points)},
            "bands": [band.document() for band in self.bands],
            "by_outcome": {name: rate.document() for name, rate in self.by_outcome.items()},
            "stability": {"psi": shown(self.stability)},
            "calibration": None if self.calibration is None else self.calibration.document(),
        }


def backtest(
    judgements: Mapping[str, Judged],
    outcomes: Mapping[str, Past],
    *,
    earlier: Mapping[str, Judged] | None = None,
    scale: Scale | None = None,
) -> Backtest:
    """Return the back-test of a policy.

    Args:
        judgements: what the policy made of each enterprise, as of a day in the past.
        outcomes: what became of each.
        earlier: the same policy's judgements a period before, to see whether points moved.
        scale: how points speak of odds, for a scorecard.

    Raises:
        Malformed: ``no_joined_outcome`` when no enterprise stands in both, or none of those has points;
            ``one_kind_of_outcome`` when none, or every one, of those defaulted.
    """
    names = sorted(judgements.keys() & outcomes.keys())
    scored = [(name, total) for name in names if (total := judgements[name].points) is not None]
    if not scored:
        raise Malformed(
            "no_joined_outcome",
            f"Of {len(outcomes)} outcomes and {len(judgements)} enterprises with books, {len(names)} are the "
            "same, and the policy gives points to none of them.",
        )
    points, bad = tuple(at for _, at in scored), tuple(outcomes[name].bad for name, _ in scored)
    before = [each.points for each in (earlier or {}).values() if each.points is not None]
    now = [each.points for each in judgements.values() if each.points is not None]
    return Backtest(
        joined=len(names),
        without_outcome=len(judgements) - len(names),
        without_books=len(outcomes) - len(names),
        not_scored={name: judgements[name].reasons for name in names if judgements[name].points is None},
        points=points,
        bad=bad,
        auc=auc(points, bad),
        ks=ks(points, bad),
        bands=tuple(bad_rates(points, bad, cuts(points))),
        by_outcome={kind: _rate(names, judgements, outcomes, kind) for kind in JUDGEMENTS},
        stability=stability_index(before, now),
        calibration=None if scale is None else calibration([scale.probability(at) for at in points], bad),
    )


def _rate(
    names: Sequence[str], judgements: Mapping[str, Judged], outcomes: Mapping[str, Past], kind: Outcome
) -> Rate:
    those = [name for name in names if judgements[name].outcome == kind]
    return Rate(len(those), sum(outcomes[name].bad for name in those))


def swap_set(
    old: Mapping[str, Judged], new: Mapping[str, Judged], outcomes: Mapping[str, Past]
) -> dict[str, object]:
    """Return who would be judged otherwise by ``new`` than by ``old``, and how those turned out.

    Returns:
        ``matrix``, a row for each pair of judgements with counts, defaults and, where the outcomes have
        amounts, their sum as decimal text; ``swapped_in`` (accepted only by the new policy) and
        ``swapped_out`` (only by the old one) the same way.
    """
    names = sorted(old.keys() & new.keys() & outcomes.keys())
    pairs = {name: (old[name].outcome, new[name].outcome) for name in names}

    def cell(those: Sequence[str]) -> dict[str, object]:
        amounts = [amount for name in those if (amount := outcomes[name].amount) is not None]
        rate = Rate(len(those), sum(outcomes[name].bad for name in those))
        return rate.document() | {"amount": decimal_text(sum(amounts, Decimal(0))) if amounts else None}

    return {
        "matrix": [
            {"old": before, "new": after} | cell([name for name in names if pairs[name] == (before, after)])
            for before in JUDGEMENTS
            for after in JUDGEMENTS
        ],
        "swapped_in": cell([name for name in names if "accept" == pairs[name][1] != pairs[name][0]]),
        "swapped_out": cell([name for name in names if "accept" == pairs[name][0] != pairs[name][1]]),
    }
