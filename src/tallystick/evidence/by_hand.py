"""A grade by hand: what a person who looked at the media makes of a delivery (E8)."""

from fractions import Fraction
from typing import Final

from tallystick.errors import Malformed
from tallystick.evidence.assessment import Assessment, Basis, Figure, Quality
from tallystick.evidence.figures import number_of

MAX_REASON_LENGTH: Final = 1000
NOT_SAID: Final = Figure(None, Basis.NOTHING, "The person who graded said nothing of it.")


def grade_by_hand(
    grader: str, quality: Quality, because: str, quantity: str = "", value: str = "", currency: str = "CNY"
) -> Assessment:
    """Return a person's grade as an assessment; quantity and value are left out when empty.

    Args:
        grader: who graded, as the installation calls them; stands in ``model`` as ``person/GRADER``.
        because: the reason, one sentence or a few; recorded with the grade.

    Raises:
        Malformed: ``reason_missing`` without a reason or with too long a one; ``bad_figure`` when quantity or
            value is no decimal number of zero or more.
    """
    reason = because.strip()
    if not reason or len(reason) > MAX_REASON_LENGTH:
        raise Malformed(
            "reason_missing", f"A grade by hand needs a reason of at most {MAX_REASON_LENGTH} characters."
        )
    known = quality != Quality.UNKNOWN
    return Assessment(
        f"person/{grader}",
        Figure(quality.value if known else None, Basis.PERSON if known else Basis.NOTHING, reason),
        _said(quantity, reason),
        _said(value, reason),
        currency,
    )


def _said(text: str, reason: str) -> Figure:
    if not text:
        return NOT_SAID
    number = number_of(text)
    if number is None or number < Fraction(0):
        raise Malformed("bad_figure", f"{text!r:.40} is no decimal number of zero or more.")
    return Figure(text, Basis.PERSON, reason)
