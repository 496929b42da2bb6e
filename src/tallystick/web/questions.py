"""What is asked before something that cannot be undone, with the very figures that it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext as _

from tallystick.errors import Conflict
from tallystick.records.models import Offer
from tallystick.web.cards.offer import account_tail
from tallystick.web.case import Case
from tallystick.web.wording import called


@dataclass(frozen=True)
class Question:
    """Title, text and the word on the button; ``danger`` when a yes ends something."""

    title: str
    text: str
    action: str
    danger: bool = False


def question(way: str, case: Case) -> Question:
    """Return what to ask before ``way`` is gone.

    Raises:
        Conflict: ``illegal_move`` when it needs an offer and there is none.
    """
    return QUESTIONS[way](case)


def _accept(case: Case) -> Question:
    offer = _offer(case)
    text = _(
        "You sign the offer with the key that was made for this application: %(amount)s over"
        " %(months)s months at %(rate)s%% a year, paid to the account ending in %(tail)s. The digest of"
        " the offer is %(digest)s; your signature goes on the ledger. After that both sides are bound."
    ) % {
        "amount": offer.amount,
        "months": offer.term_months,
        "rate": offer.rate.percent,
        "tail": account_tail(offer),
        "digest": f"{case.anchors['offer'].digest[:12]}…",
    }
    return Question(_("Accept this offer?"), text, _("Accept and sign"))


def _withdraw(case: Case) -> Question:
    text = _(
        "%(lender)s is told that you no longer want this loan. The application is closed and cannot be opened"
        " again; you can make a new one at any time."
    ) % {"lender": called(case.application.lender)}
    return Question(_("Withdraw this application?"), text, _("Withdraw"), danger=True)


def _pay(case: Case) -> Question:
    offer = _offer(case)
    text = _(
        "%(amount)s to %(applicant)s, to the account ending in %(tail)s. The payment is recorded once"
        " and goes on the ledger; interest runs from today. This cannot be undone."
    ) % {
        "amount": offer.amount,
        "applicant": called(case.application.applicant),
        "tail": account_tail(offer),
    }
    return Question(_("Pay out %(amount)s?") % {"amount": offer.amount}, text, _("Pay out"))


def _offer(case: Case) -> Offer:
    if case.offer is None:
        raise Conflict("illegal_move", "There is no offer.")
    return case.offer


#: Way -> what is asked before it is gone.
QUESTIONS: Final[Mapping[str, Callable[[Case], Question]]] = MappingProxyType(
    {"accept": _accept, "withdraw": _withdraw, "pay": _pay}
)
