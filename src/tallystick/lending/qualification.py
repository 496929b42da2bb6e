"""What an officer decided on a supplier's delivery records, as an offer is held against it (mission row E10).

A programme says whether it asks for one. A grant caps the amount and sets the rate; a decline ends the
request. It comes in as a value, so that the same offer can be made again for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from tallystick.errors import Malformed
from tallystick.policy.decision import Reason
from tallystick.policy.wording import Wording
from tallystick.values.money import Money
from tallystick.values.rates import Rate

QUALIFICATION_DECLINED: Final = Reason(
    "qualification_declined",
    Wording(
        en="The supplier's delivery records were looked at, and the qualification was declined.",
        zh="已审查供应商的交付记录，资格审查未通过。",
    ),
)
QUALIFICATION_REQUIRED: Final = Reason(
    "qualification_required",
    Wording(
        en="The programme asks for a qualification of the supplier, and none is live.",
        zh="本产品要求先对供应商进行资格审查，目前没有有效的审查决定。",
    ),
)


@dataclass(frozen=True)
class Qualification:
    """An officer's decision on a supplier's delivery records.

    Attributes:
        reference: by which the lender finds it.
        outcome: ``grant`` comes with an amount and a yearly rate, ``decline`` with neither.
        decided_on: the day of the decision (UTC).
        findings: digest of the records, checks and tiers that it rests on, 64 hexadecimal digits.
    """

    reference: str
    outcome: Literal["grant", "decline"]
    amount: Money | None
    rate: Rate | None
    decided_on: date
    findings: str

    def document(self) -> dict[str, object]:
        """Return it as canonical data; ``read_qualification`` reads it back."""
        return {
            "reference": self.reference,
            "outcome": self.outcome,
            "amount": None if self.amount is None else self.amount.text,
            "annual_rate": None if self.rate is None else self.rate.text,
            "decided_on": self.decided_on.isoformat(),
            "findings": self.findings,
        }


def read_qualification(document: Mapping[str, Any], currency: str) -> Qualification:
    """Return the qualification that ``document`` states, with its amount in ``currency``.

    Raises:
        Malformed: ``bad_paper`` when it states none; ``bad_amount`` and ``bad_rate`` of its figures.
    """
    try:
        outcome, amount, rate = document["outcome"], document["amount"], document["annual_rate"]
        fits = outcome in ("grant", "decline") and (amount is None) == (rate is None) == (
            outcome == "decline"
        )
        if not fits:
            raise Malformed("bad_paper", "The kept qualification names amount and rate without a grant.")
        return Qualification(
            reference=document["reference"],
            outcome=outcome,
            amount=None if amount is None else Money.parse(amount, currency),
            rate=None if rate is None else Rate.parse(rate),
            decided_on=date.fromisoformat(document["decided_on"]),
            findings=document["findings"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("bad_paper", "The kept paper of the qualification lacks its figures.") from error
