"""Combining: what several assessments of one delivery come to (E8).

Documents decide quantity and value, a person quality; the strongest basis that may decide keeps its value.
What contradicts it halves its confidence and may lower the low end of its range; nothing raises anything.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

import msgspec

from tallystick.errors import Malformed, TooLarge
from tallystick.evidence.assessment import Assessment, Basis, Figure
from tallystick.evidence.figures import grade_of, number_of

MAX_ASSESSMENTS: Final = 20
FULL_CONFIDENCE: Final = 10_000
LABEL: Final = "combined/1"

#: Who may decide a figure, strongest first; everyone else only bears it out or contradicts it.
DECIDES: Final[Mapping[str, tuple[Basis, ...]]] = {
    "quality": (Basis.PERSON, Basis.DOCUMENTS, Basis.MODEL, Basis.LANGUAGE_MODEL),
    "quantity": (Basis.DOCUMENTS, Basis.PERSON),
    "value": (Basis.DOCUMENTS, Basis.PERSON),
}
_READ: Final[Mapping[str, Callable[[str | None], Fraction | None]]] = {
    "quality": grade_of,
    "quantity": number_of,
    "value": number_of,
}
_Said = tuple[str, Figure]


def combine(assessments: Sequence[Assessment]) -> Assessment:
    """Return one assessment; the order in which they come does not matter.

    Raises:
        Malformed: ``nothing_to_combine`` for none; ``currency_mismatch``.
        TooLarge: ``too_many_assessments``.
    """
    if not assessments:
        raise Malformed("nothing_to_combine", "There is no assessment to combine.")
    if len(assessments) > MAX_ASSESSMENTS:
        raise TooLarge("too_many_assessments", f"At most {MAX_ASSESSMENTS} assessments are combined.")
    currencies = {one.currency for one in assessments}
    if len(currencies) > 1:
        raise Malformed("currency_mismatch", "The assessments are in more than one currency.")
    files = {one.model_sha256 for one in assessments} - {""}
    return Assessment(
        LABEL,
        _figure("quality", [(one.model, one.quality) for one in assessments]),
        _figure("quantity", [(one.model, one.quantity) for one in assessments]),
        _figure("value", [(one.model, one.value) for one in assessments]),
        currencies.pop(),
        files.pop() if len(files) == 1 else "",
    )


def _figure(name: str, said: Sequence[_Said]) -> Figure:
    """Return the figure of the strongest basis, marked by what contradicts it."""
    read = _READ[name]
    said = sorted(said, key=lambda one: (one[0], msgspec.json.encode(one[1])))
    deciding = [
        (DECIDES[name].index(one.basis), value, model, one)
        for model, one in said
        if one.basis in DECIDES[name] and (value := read(one.value)) is not None
    ]
    if not deciding:
        return _abstained(name, said)
    _, _, decider, kept = min(deciding, key=lambda one: one[:3])  # of equals the more cautious
    left = list(said)
    left.remove((decider, kept))
    for model, other in left:
        kept = _against(name, kept, model, other)
    return kept


def _against(name: str, kept: Figure, model: str, other: Figure) -> Figure:
    """Return the figure as it stands after hearing another: as before, or with less confidence."""
    read = _READ[name]
    value = read(kept.value)
    low, high = _range(name, other)
    if value is None or ((low is None or low <= value) and (high is None or value <= high)):
        return kept
    confidence = FULL_CONFIDENCE if kept.confidence is None else kept.confidence
    lower = kept.low
    if high is not None and high < value:
        at_most = other.low if read(other.low) is not None else other.value or other.high
        found, before = read(at_most), read(kept.low)
        if found is not None and (before is None or found < before):
            lower = at_most
    sentence = f"{model} says {_words(other)}: {other.because}"
    return msgspec.structs.replace(
        kept, confidence=confidence // 2, low=lower, conflicts=(*kept.conflicts, sentence)
    )


def _range(name: str, figure: Figure) -> tuple[Fraction | None, Fraction | None]:
    """Return what the figure allows: a count from pictures is a lower bound, an abstention allows all."""
    read = _READ[name]
    if figure.basis == Basis.NOTHING:
        return None, None
    value = read(figure.value)
    low, high = (found if (found := read(end)) is not None else value for end in (figure.low, figure.high))
    if name == "quantity" and figure.basis in {Basis.MODEL, Basis.LANGUAGE_MODEL}:
        return low, None
    return low, high


def _abstained(name: str, said: Sequence[_Said]) -> Figure:
    """Return that nobody who may decide it did, and why."""
    reasons = [f"{model}: {one.because}" for model, one in said]
    conflicts = tuple(conflict for _, one in said for conflict in one.conflicts)
    lows = [
        (value, one.low or one.value)
        for _, one in said
        if name == "quantity" and one.basis != Basis.NOTHING and (value := _range(name, one)[0]) is not None
    ]
    low = max(lows)[1] if lows else None
    return Figure(None, Basis.NOTHING, " ".join(reasons), low=low, conflicts=conflicts)


def _words(figure: Figure) -> str:
    if figure.value is not None:
        return figure.value
    return f"at least {figure.low}" if figure.low is not None else f"at most {figure.high}"
