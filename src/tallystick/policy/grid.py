"""A draft of a table as a grid of text: fields in, a document out, and what is wrong with it row by row.

A draft may hold what no table may hold, so the grid works on the document as plain data and keeps what was
typed. Nothing is guessed: text that is no number stays text, and is a problem of its row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tallystick.errors import Malformed, Rejection
from tallystick.policy.analysis import analyse
from tallystick.policy.findings import Finding
from tallystick.policy.graph import parse_policy
from tallystick.policy.table import Table

#: Rows that are edited as a grid; a longer table travels as a sheet.
MAX_ROWS: Final = 100
#: Fields of one grid, as far as a form is taken.
MAX_FIELDS: Final = 450
POINTS: Final = ("base", "excess_of", "per_unit", "cap")
_WHOLE = re.compile(r"(0|-?[1-9][0-9]{0,14})\Z")
_STEPS: Final[Mapping[str, int]] = {"up": -1, "down": 1}

Plain = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """What is wrong: a finding of the analysis, or an error of reading; and in which row.

    ``rows`` are places from 0; empty for the table as a whole.
    """

    rows: tuple[int, ...]
    finding: Finding | None = None
    error: Rejection | None = None

    @property
    def weight(self) -> str:
        """``fault``, ``warning`` or ``note``; what cannot be read is a fault."""
        return "fault" if self.finding is None else self.finding.weight


def is_grid(document: object) -> bool:
    """Return whether a draft has the shape of a table that fits the grid."""
    if not isinstance(document, dict) or "nodes" in document:  # a graph
        return False
    rules, inputs, outputs = (document.get(part, []) for part in ("rules", "inputs", "outputs"))
    parts = (rules, inputs, outputs)
    if not all(isinstance(part, list) and all(isinstance(each, dict) for each in part) for part in parts):
        return False
    width = 3 + len(inputs) + (len(POINTS) if document.get("hit") == "sum" else len(outputs))
    named = all(isinstance(each.get("name"), str) for each in [*inputs, *outputs])
    return named and len(rules) < MAX_ROWS and (len(rules) + 1) * width <= MAX_FIELDS


def filled_in(document: Plain, fields: Mapping[str, str]) -> Plain:
    """Return the document with what was typed: ``0.code``, ``0.en``, ``0.when.changes``, ``0.then.rate`` ...

    Head fields are those of ``title`` and ``acceptable``, ``effective_from`` and ``points_max``; what is not
    among the fields stays as it is.

    Raises:
        Malformed: ``not_a_grid`` for a document that does not have the shape of one.
    """
    if not is_grid(document):
        raise Malformed("not_a_grid", "The draft is not a table that fits the grid; upload it as a file.")
    made = dict(document)
    for name in ("effective_from", "points_max"):
        if name in fields:
            _put(made, name, fields[name])
    for group, names in (("title", ("en", "zh")), ("acceptable", ("approve_up_to", "refer_up_to"))):
        if any(f"{group}.{name}" in fields for name in names):
            _put(made, group, {name: fields.get(f"{group}.{name}", "").strip() for name in names})
    limits = made.get("acceptable")
    if not isinstance(limits, dict) or not any(limits.values()):
        made.pop("acceptable", None)
    count = int(fields["rows"]) if _WHOLE.match(fields.get("rows", "")) else 0
    made["rules"] = [_row(made, place, fields) for place in range(max(0, min(count, MAX_ROWS)))]
    return made


def _put(into: Plain, name: str, value: object) -> None:
    given = value.strip() if isinstance(value, str) else value
    if given:
        into[name] = given
    else:
        into.pop(name, None)


def _row(document: Plain, place: int, fields: Mapping[str, str]) -> Plain:
    def typed(name: str) -> str:
        return fields.get(f"{place}.{name}", "").strip()

    row: Plain = {"code": typed("code"), "text": {"en": typed("en"), "zh": typed("zh")}}
    when = {each["name"]: typed(f"when.{each['name']}") for each in document.get("inputs", [])}
    _put(row, "when", {name: cell for name, cell in when.items() if cell})
    if document.get("hit") == "sum":
        row["points"] = {name: text for name in POINTS if (text := typed(f"points.{name}"))}
        return row
    row["then"] = {
        each["name"]: _value(each.get("type"), text)
        for each in document.get("outputs", [])
        if (text := typed(f"then.{each['name']}"))
    }
    return row


def _value(kind: object, text: str) -> str | int:
    return int(text) if kind == "integer" and _WHOLE.match(text) else text


def rearranged(document: Plain, do: str) -> Plain:
    """Return the document with a row added (``add``), taken away (``remove-2``) or moved (``up-2``)."""
    rules = list(document.get("rules", []))
    what, _dash, place = do.partition("-")
    at = int(place) if _WHOLE.match(place) else -1
    if what == "add" and len(rules) < MAX_ROWS:
        gives: Plain = {"points": {"base": "0"}} if document.get("hit") == "sum" else {"then": {}}
        rules.append({"code": "", "text": {"en": "", "zh": ""}, **gives})
    elif what == "remove" and 0 <= at < len(rules):
        del rules[at]
    elif what in _STEPS and 0 <= at < len(rules) and 0 <= at + _STEPS[what] < len(rules):
        rules.insert(at + _STEPS[what], rules.pop(at))
    return {**document, "rules": rules}


def problems(document: Plain) -> tuple[Problem, ...]:
    """Return all that is wrong with a draft: what cannot be read, or else what the analysis finds."""
    try:
        policy = parse_policy(msgspec.json.encode(document))
    except Rejection as error:
        return _unreadable(document, error)
    places = (
        {rule.code: place for place, rule in enumerate(policy.rules)} if isinstance(policy, Table) else {}
    )
    return tuple(
        Problem(tuple(places[code] for code in found.rules if code in places), finding=found)
        for found in analyse(policy)
    )


def _unreadable(document: Plain, whole: Rejection) -> tuple[Problem, ...]:
    """Each row is read by itself, so that every mistake is named and not only the first."""
    rules = document.get("rules", [])
    if not is_grid(document) or not rules:
        return (Problem((), error=whole),)
    found = []
    for place, row in enumerate(rules):
        try:
            parse_policy(msgspec.json.encode({**document, "rules": [row]}))
        except Malformed as error:
            found.append(Problem((place,), error=error))
    messages = {each.error.message for each in found if each.error is not None}
    if len(found) == len(rules) and len(messages) == 1:
        return (Problem((), error=whole),)
    return tuple(found) or (Problem((), error=whole),)
