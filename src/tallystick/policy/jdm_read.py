"""Reading a policy from JDM: decision tables, weighted sums, and graphs of them; all else is refused by name.

What we wrote comes back as it was. In a document from elsewhere the types follow from the cells: a column
of numbers is decimal, quoted words are text. Its figures are then held to those types, and a figure that
is missing or mistyped refers, where ZEN would pass it over.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tallystick.errors import Malformed
from tallystick.policy.graph import POINTS, Graph, parse_policy
from tallystick.policy.jdm_document import (
    Content,
    JdmDocument,
    JdmNode,
    View,
    in_order,
    read_content,
    read_document,
    view_of,
)
from tallystick.policy.jdm_rules import Part, index_part, sum_part, table_part
from tallystick.policy.jdm_text import not_in_policy
from tallystick.policy.jdm_write import HITS
from tallystick.policy.rules import OUTCOME
from tallystick.policy.table import Table
from tallystick.policy.writing import PlainData, plain

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")


@dataclass
class _Reading:
    """What is known while the nodes are read in order."""

    ours: Mapping[str, Any]
    gives: dict[str, View] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    hits: dict[str, tuple[Content, View]] = field(default_factory=dict)


def read_jdm(data: bytes, name: str = "imported", effective_from: str | None = None) -> Table | Graph:
    """Return the policy that a JDM document states.

    Args:
        data: JSON, UTF-8, at most 1 MiB.
        name: the policy's name, where the document was not written by us.
        effective_from: the first day on which it may decide, where the document does not say it.

    Raises:
        Malformed: ``malformed_jdm``; ``not_in_policy`` with what a policy cannot say; ``policy_cycle``;
            ``missing_effective_from``; and as ``parse_policy``.
        TooLarge: ``policy_too_large``.
    """
    document = read_document(data)
    ours = document.tallystick.nodes if document.tallystick else {}
    reading = _Reading({key: plain(each) for key, each in ours.items()})
    ends: list[str] = []
    for node, leading in in_order(document):
        view = view_of([reading.gives[each] for each in leading])
        if node.type == "inputNode":
            _check_schema(document, node)
            reading.gives[node.id] = View({}, outside=True)
        elif node.type == "outputNode":
            ends += leading
        elif node.type == "decisionTableNode":
            _read_table(reading, node, read_content(node), view)
        else:
            _read_expressions(reading, node, read_content(node), view)
    _check_ends(document)
    left = reading.hits.keys() - {part.hits for part in reading.parts.values()}
    if left or not reading.parts:
        raise not_in_policy(f"the points of {min(left)} are not added up" if left else "it has no table")
    usual = {"name": name, "effective_from": effective_from}
    policy = _policy(document, reading, ends, usual)
    return parse_policy(msgspec.json.encode(policy))


def _check_schema(document: JdmDocument, node: JdmNode) -> None:
    if document.tallystick is None and isinstance(node.content, dict) and node.content.get("schema"):
        raise not_in_policy("its input node has a schema")


def _check_ends(document: JdmDocument) -> None:
    """Refuse nodes that do not lead to an output: they would decide here, and not there."""
    leading = {node.id for node in document.nodes if node.type == "outputNode"}
    while more := {edge.source_id for edge in document.edges if edge.target_id in leading} - leading:
        leading |= more
    left = [node for node in document.nodes if node.id not in leading]
    if left:
        raise not_in_policy(f"the node {left[0].name or left[0].id!r:.60} leads to no output")


def _read_table(reading: _Reading, node: JdmNode, content: Content, view: View) -> None:
    if content.output_path and content.output_path.endswith(HITS):
        reading.hits[content.output_path] = (content, view)
        passed = view.seen if content.pass_through else {}
        rows = {content.output_path: (node.id, HITS)}
        reading.gives[node.id] = View({**passed, **rows}, view.outside and content.pass_through)
        return
    name = _name(reading, node)
    part = reading.parts[name] = table_part(name, content, view, reading.ours.get(name, {}), reading.parts)
    outputs = [] if content.hit_policy == "collect" else [each["name"] for each in part.outputs]
    reading.gives[node.id] = _gives(name, outputs, content, view)


def _read_expressions(reading: _Reading, node: JdmNode, content: Content, view: View) -> None:
    name = _name(reading, node)
    values = {each.key: each.value for each in content.expressions}
    ours = reading.ours.get(name, {})
    total = values.get(POINTS.name, "")
    hits = next((hits for hits in reading.hits if hits in view.seen and f"map({hits}," in total), None)
    if hits is not None:
        table, seen = reading.hits[hits]
        part = sum_part(name, (hits, table), values, seen, ours, reading.parts)
        outputs = [POINTS.name, OUTCOME] if len(values) > 1 else [POINTS.name]
    else:
        part = index_part(name, values, view, ours, reading.parts)
        outputs = list(values)
    reading.parts[name] = part
    reading.gives[node.id] = _gives(name, outputs, content, view)


def _gives(name: str, outputs: list[str], content: Content, view: View) -> View:
    prefix = f"{content.output_path}." if content.output_path else ""
    own = {f"{prefix}{output}": (name, output) for output in outputs}
    passed = view.seen if content.pass_through else {}
    return View({**passed, **own}, view.outside and content.pass_through)


def _name(reading: _Reading, node: JdmNode) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", node.name.lower()).strip("_")[:60]
    for name in (node.id, slug, f"node{len(reading.parts) + 1}"):
        if _NAME.match(name) and name not in reading.parts:
            return name
    raise not_in_policy(f"the name of the node {node.id!r:.60}")


def _policy(
    document: JdmDocument, reading: _Reading, ends: list[str], usual: Mapping[str, str | None]
) -> PlainData:
    ours = plain(document.tallystick) if document.tallystick else {}
    alone = len(reading.parts) == 1 and "answer" not in ours
    names = [name for name in ours.get("order", []) if name in reading.parts]
    names += [name for name in reading.parts if name not in names]
    documents = {name: _dated(reading.parts[name], usual) for name in names}
    if alone and reading.parts[names[0]].kind == "table":
        return documents[names[0]]
    by_id = {node.id: node for node in document.nodes}
    answers = [name for name in names if ends and _answers(name, by_id[ends[-1]])]
    head = {
        "format": "tallystick/decision-graph/1",
        "name": ours.get("name", usual["name"]),
        "title": ours.get("title", {"en": usual["name"], "zh": usual["name"]}),
        "effective_from": ours.get("effective_from") or _date(usual["effective_from"]),
        "answer": ours.get("answer") or (answers or names[-1:])[0],
    }
    nodes = []
    for name in names:
        part = reading.parts[name]
        node = {"name": name, part.kind: documents[name]}
        nodes.append(node | ({"feeds": part.feeds} if part.feeds else {}))
    return head | {"nodes": nodes}


def _answers(name: str, end: JdmNode) -> bool:
    slug = re.sub(r"[^a-z0-9]+", "_", end.name.lower()).strip("_")
    return name in (end.id, slug)


def _dated(part: Part, usual: Mapping[str, str | None]) -> PlainData:
    if part.kind == "index":
        return part.document
    head = {"name": usual["name"], "effective_from": part.document.get("effective_from")}
    if head["effective_from"] is None:
        head["effective_from"] = _date(usual["effective_from"])
    return head | {key: value for key, value in part.document.items() if value is not None}


def _date(given: str | None) -> str:
    if given is None:
        raise Malformed(
            "missing_effective_from",
            "The document does not say from which day it is in force; say it (--effective-from).",
        )
    return given
