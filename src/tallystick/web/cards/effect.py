"""The effect of a version as a page shows it: how far it is, the picture, the counts, one by one."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tallystick.records.models import PolicyVersion
from tallystick.services import policy_effect
from tallystick.services.installation import Installation
from tallystick.values.money import Money, currency
from tallystick.values.rates import Rate
from tallystick.web.effect_chart import OUTCOMES, effect_bars


def effect_context(installation: Installation, row: PolicyVersion) -> dict[str, Any]:
    """Return what the card of the effect shows; ``effect`` is ``None`` before the first step."""
    effect = policy_effect.current(installation, row)
    context: dict[str, Any] = {"row": row, "effect": effect}
    if effect is None:
        return context
    document, names = effect.document, _names()
    return context | {
        "complete": policy_effect.is_complete(effect),
        "found": document,
        "picture": effect_bars(document["outcomes"]),
        "names": [names[one] for one in OUTCOMES],
        "matrix": [
            (names[one], [document["outcomes"].get(one, {}).get(other, 0) for other in OUTCOMES])
            for one in OUTCOMES
        ],
        "grades": [
            (grade or _("no grade"), each["before"], each["after"], _amounts(each["amounts"]))
            for grade, each in sorted(document["grades"].items(), key=lambda pair: (not pair[0], pair[0]))
        ],
        "amounts": _amounts(document["amounts"]),
        "changed": [
            {**each, "before": _side(each["before"], names), "after": _side(each["after"], names)}
            for each in document["rows"]
        ],
    }


def _names() -> dict[str, str]:
    return {"approve": _("approved"), "refer": _("referred"), "decline": _("declined")}


def _amounts(amounts: Mapping[str, list[int]]) -> list[tuple[Money, Money]]:
    return [
        (Money(before, currency(code)), Money(after, currency(code)))
        for code, (before, after) in amounts.items()
    ]


def _side(side: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    priced = bool(side["currency"])
    return {
        "outcome": names[side["outcome"]],
        "tone": {"approve": "good", "refer": "warn", "decline": "bad"}[side["outcome"]],
        "grade": side["grade"],
        "amount": Money(side["amount_minor"], currency(side["currency"])) if priced else None,
        "rate": Rate.parse(side["annual_rate"]) if priced else None,
        "term_months": side["term_months"],
        "reasons": side["reasons"],
    }
