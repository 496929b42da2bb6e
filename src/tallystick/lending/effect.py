"""What a change of policy does to applications decided before: counted by outcome, grade and amount.

The count is plain data that grows application by application, so that it can be kept between two steps of a
long run. Amounts are minor units by currency; what would be offered before and after.
"""

from typing import Any, Final

from tallystick.lending.again import Course
from tallystick.lending.offer import Offer

#: Applications that are listed one by one; all are counted.
MAX_LISTED: Final = 500
#: What is compared; the reasons alone are no change to the applicant.
COMPARED: Final = ("outcome", "grade", "currency", "amount_minor", "annual_rate", "term_months")
#: Stands for applications without a grade.
NO_GRADE: Final = ""

Plain = dict[str, Any]


def nothing_counted() -> Plain:
    """Return the count of no application."""
    return {
        "decided": 0,
        "changed": 0,
        "outcomes": {},  # before -> after -> applications
        "grades": {},  # grade -> {"before", "after": applications; "amounts": {currency: [before, after]}}
        "amounts": {},  # currency -> [before, after]
        "rows": [],
        "undecided": [],
        "undecided_count": 0,  # also beyond those listed
    }


def count(so_far: Plain, reference: str, applicant: str, before: Course, after: Course) -> None:
    """Add one application to the count."""
    one, other = side(before), side(after)
    so_far["decided"] += 1
    outcomes = so_far["outcomes"].setdefault(one["outcome"], {})
    outcomes[other["outcome"]] = outcomes.get(other["outcome"], 0) + 1
    for place, each in enumerate((one, other)):
        grades = so_far["grades"].setdefault(each["grade"], {"before": 0, "after": 0, "amounts": {}})
        grades["after" if place else "before"] += 1
        if each["currency"]:
            for amounts in (so_far["amounts"], grades["amounts"]):
                amounts.setdefault(each["currency"], [0, 0])[place] += each["amount_minor"]
    if any(one[part] != other[part] for part in COMPARED):
        so_far["changed"] += 1
        if len(so_far["rows"]) < MAX_LISTED:
            so_far["rows"].append(
                {"reference": reference, "applicant": applicant, "before": one, "after": other}
            )


def count_undecided(so_far: Plain, reference: str, code: str) -> None:
    """Add an application that cannot be decided again; ``code`` says why."""
    so_far["undecided_count"] += 1
    if len(so_far["undecided"]) < MAX_LISTED:
        so_far["undecided"].append({"reference": reference, "code": code})


def side(course: Course) -> Plain:
    """Return what an application came to, as far as a change of it is an effect."""
    offer = course.offer if isinstance(course.offer, Offer) else None
    return {
        "outcome": course.outcome,
        "grade": course.grade or NO_GRADE,
        "currency": offer.amount.currency.code if offer else "",
        "amount_minor": offer.amount.amount_minor if offer else 0,
        "annual_rate": offer.rate.text if offer else "",
        "term_months": offer.term_months if offer else 0,
        "reasons": [reason.code for reason in course.reasons],
    }
