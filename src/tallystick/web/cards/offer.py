"""The offer card: what is offered, the whole schedule, and what the amount was held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.lending.programme import METHOD_LABELS
from tallystick.lending.terms import Method
from tallystick.records.models import Instalment, Offer
from tallystick.values.money import Money
from tallystick.values.rates import Rate
from tallystick.web.case import Case
from tallystick.web.wording import words

#: What the amount was held against, in words.
LIMITS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "requested": _("Asked for"),
        "programme": _("Greatest amount of the programme"),
        "grade": _("Greatest amount of the grade"),
        "sales": _("Share of twelve-month sales"),
        "qualification": _("Granted by the qualification"),
    }
)


@dataclass(frozen=True)
class Limit:
    """One limit; ``binds`` when no other is lower."""

    label: str | Promise
    amount: Money
    binds: bool


@dataclass(frozen=True)
class OfferCard:
    """An offer to check. ``limits``, ``rules``, ``qualified`` and ``policy_rate`` (what the rate would be by
    the grade alone) are the lender's and empty for the applicant."""

    offer: Offer
    method: str
    instalments: list[Instalment]
    total_interest: Money
    total_payment: Money
    account_tail: str
    digest: str
    limits: list[Limit]
    rules: list[str]
    qualified: dict[str, str] | None
    policy_rate: Rate | None

    @property
    def first(self) -> Instalment:
        """The first instalment."""
        return self.instalments[0]


def offer_card(case: Case) -> OfferCard | None:
    """Return the card, or ``None`` when no offer was made."""
    offer = case.offer
    if offer is None:
        return None
    rows = list(offer.instalments.select_related("offer"))
    interest = sum((row.interest for row in rows), offer.amount * 0)
    shows_limits = "limits" in case.cards
    return OfferCard(
        offer=offer,
        method=words(METHOD_LABELS[Method.parse(offer.method)]),
        instalments=rows,
        total_interest=interest,
        total_payment=offer.amount + interest,
        account_tail=account_tail(offer),
        digest=case.anchors["offer"].digest if "offer" in case.anchors else "",
        limits=_limits(offer) if shows_limits else [],
        rules=[words(reason["text"]) for reason in offer.document["decision"]["reasons"]]
        if shows_limits
        else [],
        qualified=offer.document.get("qualification") if shows_limits else None,
        policy_rate=_policy_rate(offer) if shows_limits else None,
    )


def account_tail(offer: Offer) -> str:
    """Return the last four digits of the account that the offer is paid to."""
    return str(offer.document["account"])[-4:]


def _limits(offer: Offer) -> list[Limit]:
    amounts = {name: Money.parse(text, offer.currency) for name, text in offer.document["limits"].items()}
    least = min(amounts.values())
    return [
        Limit(label, amounts[name], amounts[name] == least)
        for name, label in LIMITS.items()
        if name in amounts
    ]


def _policy_rate(offer: Offer) -> Rate:
    return Rate.parse(offer.document["decision"]["outputs"]["annual_rate"])
