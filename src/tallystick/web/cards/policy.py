"""A policy to work on: what may be done with a version, its grid, its problems, its cases and its effect."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.errors import Rejection
from tallystick.policy.diff import Change, compare
from tallystick.policy.graph import Graph, parse_policy
from tallystick.policy.grid import POINTS, Problem, is_grid, problems
from tallystick.records.models import PolicyVersion
from tallystick.services import policy_versions
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.web.graph_picture import graph_picture, node_words
from tallystick.web.sentences import sentence
from tallystick.web.wording import words

#: Stage -> tone and word; a version in force, and one that was, have words of their own.
STAGES: Final[Mapping[str, tuple[str, str | Promise]]] = MappingProxyType(
    {
        "draft": ("quiet", _("draft")),
        "submitted": ("warn", _("waits for approval")),
        "approved": ("info", _("approved")),
        "in_force": ("good", _("in force")),
        "superseded": ("quiet", _("superseded")),
        "rejected": ("bad", _("rejected")),
        "withdrawn": ("quiet", _("withdrawn")),
    }
)
WEIGHTS: Final[Mapping[str, tuple[str, str | Promise]]] = MappingProxyType(
    {"fault": ("bad", _("fault")), "warning": ("warn", _("warning")), "note": ("info", _("note"))}
)
HEADINGS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "code": _("Rule"),
        "text.en": _("Reason in English"),
        "text.zh": _("Reason in Chinese"),
        "title.en": _("Title in English"),
        "title.zh": _("Title in Chinese"),
        "effective_from": _("In force from"),
        "acceptable.approve_up_to": _("Approve up to"),
        "acceptable.refer_up_to": _("Refer up to"),
        "points_max": _("At most points"),
        "base": _("Points"),
        "excess_of": _("grow with the excess of"),
        "per_unit": _("for each unit"),
        "cap": _("at most"),
    }
)


_MISFIT: Final = _("“%(field)s” is missing or not written as it must be.")
_PLACE = re.compile(
    r"(?:required field `(?P<missing>\w+)`)?[^`]*at `\$\.?(?:rules\[\d+\]\.?)?(?P<field>[^`]*)`"
)


@dataclass(frozen=True)
class VersionCard:
    """One version as a list shows it, and what the asker may do with it."""

    row: PolicyVersion
    tone: str
    word: str
    editable: bool
    decidable: bool
    withdrawable: bool
    can_ask_out: bool
    keepable: bool


@dataclass(frozen=True)
class Said:
    """One problem in the reader's language, with the place of its rows from 1."""

    tone: str
    word: str
    text: str
    rows: tuple[int, ...]
    example: str


@dataclass(frozen=True)
class Field:
    """One cell of the grid: the name in the form, a label, and what is typed."""

    name: str
    label: str
    value: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class GridRow:
    """One rule of the grid."""

    place: int
    code: str
    en: str
    zh: str
    cells: list[Field]
    gives: list[Field]
    problems: list[Said]


def version_card(installation: Installation, actor: Actor, row: PolicyVersion) -> VersionCard:
    """Return a version with its stage in words and what may be done with it."""
    stage = row.stage
    now = installation.clock.now()
    if stage == "approved" and row.in_force_from is not None and row.in_force_from <= now:
        held = policy_versions.in_force(row.member_id, row.name, now)
        stage = "in_force" if held == row else "superseded"
    tone, word = STAGES[stage]
    own = row.author_id == actor.user_id
    decides = row.stage == "approved" and actor.may("decide_policy")
    asked_by = row.withdrawal_asked_by_id
    return VersionCard(
        row=row,
        tone=tone,
        word=str(word),
        editable=own and row.stage == "draft" and actor.may("draft_policy"),
        decidable=not own and row.stage == "submitted" and actor.may("decide_policy"),
        withdrawable=(own and row.stage in ("draft", "submitted") and actor.may("draft_policy"))
        or (decides and asked_by not in (None, actor.user_id)),
        can_ask_out=decides and asked_by is None,
        keepable=decides and asked_by is not None,
    )


def said(problem: Problem) -> Said:
    """Return a problem as the reader is told it."""
    tone, word = WEIGHTS[problem.weight]
    rows = tuple(place + 1 for place in problem.rows)
    if problem.finding is not None:
        witness = problem.finding.witness
        example = "" if witness is None else ", ".join(f"{name} = {value}" for name, value in witness.items())
        return Said(tone, str(word), words(problem.finding.text), rows, example)
    return Said(tone, str(word), "" if problem.error is None else _misfit(problem.error), rows, "")


def _misfit(error: Rejection) -> str:
    """Return which field is not of its form, where the error says it by its place in the document."""
    place = _PLACE.search(error.message)
    if error.code != "malformed_policy" or place is None:
        return sentence(error)
    field = ".".join(part for part in (place["field"], place["missing"]) if part)
    return str(_MISFIT) % {"field": HEADINGS.get(field.removeprefix("points."), field)}


def grid_context(row: PolicyVersion) -> dict[str, Any]:
    """Return what the grid of a version shows; ``rows`` is ``None`` for what does not fit a grid."""
    document = msgspec.json.decode(row.document)
    found = [said(each) for each in problems(document)]
    context: dict[str, Any] = {"problems": found, "document": document, "rows": None}
    if is_grid(document):
        context["rows"] = [
            _grid_row(document, place, rule, found) for place, rule in enumerate(document.get("rules", []))
        ]
        context["head"] = _head(document)
    return context


def graph_context(row: PolicyVersion) -> dict[str, Any]:
    """Return the picture and the parts of a version that is a graph; ``graph`` is ``None`` for another."""
    try:
        policy = policy_versions.parsed(row)
    except Rejection:
        return {"graph": None}
    if not isinstance(policy, Graph):
        return {"graph": None}
    parts = [
        {
            "name": node.name,
            "words": node_words(node),
            "fed": ", ".join(f"{name} = {source}.{output}" for name, (source, output) in node.feeds.items()),
            "outside": ", ".join(name for name, _read in node.outside),
        }
        for node in policy.nodes
    ]
    picture = graph_picture(_("The parts of the graph"), policy)
    return {"graph": {"picture": picture, "parts": parts, "answer": policy.answer}}


def _head(document: Mapping[str, Any]) -> list[Field]:
    title = _part(document, "title")
    fields = [
        Field("title.en", str(_("Title in English")), _typed(title.get("en"))),
        Field("title.zh", str(_("Title in Chinese")), _typed(title.get("zh"))),
        Field("effective_from", str(_("In force from")), _typed(document.get("effective_from"))),
    ]
    if document.get("hit") != "sum":
        return fields
    limits = _part(document, "acceptable")
    return [
        *fields,
        Field("acceptable.approve_up_to", str(_("Approve up to")), _typed(limits.get("approve_up_to"))),
        Field("acceptable.refer_up_to", str(_("Refer up to")), _typed(limits.get("refer_up_to"))),
        Field("points_max", str(_("At most points")), _typed(document.get("points_max"))),
    ]


def _grid_row(document: Mapping[str, Any], place: int, rule: Mapping[str, Any], found: list[Said]) -> GridRow:
    when, text = _part(rule, "when"), _part(rule, "text")
    cells = [
        Field(f"{place}.when.{each['name']}", _label(each), _typed(when.get(each["name"])))
        for each in document.get("inputs", [])
    ]
    if document.get("hit") == "sum":
        points = _part(rule, "points")
        numeric = tuple(
            each["name"] for each in document.get("inputs", []) if each.get("type") in ("integer", "decimal")
        )
        gives = [
            Field(
                f"{place}.points.{name}",
                str(HEADINGS[name]),
                _typed(points.get(name)),
                ("", *numeric) if name == "excess_of" else (),
            )
            for name in POINTS
        ]
    else:
        then = _part(rule, "then")
        gives = [
            Field(f"{place}.then.{each['name']}", _label(each), _typed(then.get(each["name"])))
            for each in document.get("outputs", [])
        ]
    own = [each for each in found if place + 1 in each.rows]
    return GridRow(
        place, _typed(rule.get("code")), _typed(text.get("en")), _typed(text.get("zh")), cells, gives, own
    )


def _label(part: Mapping[str, Any]) -> str:
    label = part.get("label")
    return words(label) if isinstance(label, dict) and {"en", "zh"} <= label.keys() else str(part["name"])


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _typed(value: object) -> str:
    return "" if value is None else str(value)


def changes(row: PolicyVersion, base: bytes | None) -> list[Change] | None:
    """Return what changes from the text in force to the version; ``None`` where either cannot be read."""
    if base is None:
        return None
    try:
        return list(compare(parse_policy(base), policy_versions.parsed(row)))
    except Rejection:
        return None
