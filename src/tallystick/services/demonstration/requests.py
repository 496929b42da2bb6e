"""What the demonstration's suppliers ask for: one with sound books, one with weak ones."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from tallystick.errors import Malformed
from tallystick.records.models import Member
from tallystick.services.demonstration.consortium import CORE_BUYER
from tallystick.services.demonstration.journey import Request
from tallystick.services.sample_books import STRONG, WEAK, Profile, sample_books

#: supplier, lender, amount, months, what its books are like, seed
_WANTED: Final = (
    ("rubber", "harbour", "600000.00", "12", STRONG, 7),
    ("castings", "river", "300000.00", "6", WEAK, 11),
)


#: Days on which the demonstration judges: a two-year history before each of them can be written.
EARLIEST_DAY: Final = date(2000, 1, 1)
LATEST_DAY: Final = date(2099, 12, 31)


def check_day(day: date) -> date:
    """Return ``day`` if the demonstration can judge books as of it.

    Raises:
        Malformed: ``bad_date``.
    """
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise Malformed("bad_date", f"The day of judgement lies from {EARLIEST_DAY} to {LATEST_DAY}.")
    return day


def sample_requests(members: Mapping[str, Member], today: date) -> list[Request]:
    """Return the suppliers' requests to the lenders that are here, with sample books, judged on ``today``."""
    return [
        Request(
            applicant=members[supplier],
            lender=members[lender],
            amount=amount,
            term_months=months,
            books=_books(profile, members[supplier].name, members[CORE_BUYER].name, today, seed),
            enterprise=members[supplier].name,
            as_of=today,
        )
        for supplier, lender, amount, months, profile, seed in _WANTED
        if {supplier, lender} <= members.keys()
    ]


def _books(
    profile: Profile, enterprise: str, core_buyer: str, today: date, seed: int
) -> dict[str, tuple[str, bytes]]:
    made = sample_books(profile, enterprise, core_buyer, today, seed)
    return {side: (f"{side}.csv", content) for side, content in made.items()}
