"""The shape of a JDM document as far as our policies meet it, and what each of its nodes can see.

A node sees the outputs of those that lead to it, and what came in where they pass it on. From that it
follows whether a field is fed by a node or comes from outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tallystick.errors import Malformed, TooLarge
from tallystick.policy.document import MAX_DOCUMENT_BYTES, Input, Output
from tallystick.policy.jdm_text import not_in_policy
from tallystick.policy.wording import Wording

_TYPES = ("inputNode", "outputNode", "decisionTableNode", "expressionNode")


class Column(msgspec.Struct, rename="camel"):
    """An input or output column; ``id`` is its key in the rows."""

    id: str
    name: str = ""
    field: str | None = None
    default_value: str | None = None


class Expression(msgspec.Struct):
    """One value of an expression node."""

    key: str
    value: str


class Content(msgspec.Struct, rename="camel"):
    """What a table or expression node holds."""

    hit_policy: str = "first"
    inputs: list[Column] = []
    outputs: list[Column] = []
    rules: list[dict[str, str | None]] = []
    expressions: list[Expression] = []
    pass_through: bool = False
    input_field: str | None = None
    output_path: str | None = None
    execution_mode: str = "single"


class JdmNode(msgspec.Struct):
    """One node."""

    id: str
    type: str
    name: str = ""
    content: Any = None


class Edge(msgspec.Struct, rename="camel"):
    """One line between nodes."""

    source_id: str
    target_id: str


class OursNode(msgspec.Struct):
    """What JDM has no place for in one of our tables or indices; ``zh`` has each rule's words by its code."""

    format: str | None = None
    name: str | None = None
    title: Wording | None = None
    effective_from: str | None = None
    hit: str | None = None
    inputs: list[Input] = []
    outputs: list[Output] = []
    output: Output | None = None
    zh: dict[str, str] = {}


class Ours(msgspec.Struct):
    """What JDM has no place for in one of our policies."""

    format: str
    nodes: dict[str, OursNode]
    name: str | None = None
    title: Wording | None = None
    effective_from: str | None = None
    answer: str | None = None
    order: list[str] = []


class JdmDocument(msgspec.Struct):
    """A whole document; ``tallystick`` holds what JDM has no place for, where we wrote it."""

    nodes: list[JdmNode]
    edges: list[Edge]
    tallystick: Ours | None = None


def read_document(data: bytes) -> JdmDocument:
    """Return the JDM document in ``data`` (JSON, UTF-8, at most 1 MiB).

    Raises:
        Malformed: ``malformed_jdm``; ``not_in_policy`` for a kind of node that policies do not have.
        TooLarge: ``policy_too_large``.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise TooLarge("policy_too_large", f"A policy document may have {MAX_DOCUMENT_BYTES} bytes at most.")
    try:
        document = msgspec.json.decode(data, type=JdmDocument)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed_jdm(f"{error!s:.200}") from error
    for node in document.nodes:
        if node.type not in _TYPES:
            raise not_in_policy(f"the node {node.name or node.id!r:.60} is a {node.type}")
    ids = [node.id for node in document.nodes]
    known = set(ids)
    if len(known) < len(ids) or any({e.source_id, e.target_id} - known for e in document.edges):
        raise malformed_jdm("a node is given twice, or an edge leads to no node")
    return document


def malformed_jdm(why: str) -> Malformed:
    """Return the error for what is no JDM document."""
    return Malformed("malformed_jdm", f"The JDM document is not valid: {why}.")


def read_content(node: JdmNode) -> Content:
    """Return what a table or expression node holds.

    Raises:
        Malformed: ``malformed_jdm``; ``not_in_policy`` for loops, an input field and default values.
    """
    try:
        content = msgspec.convert(node.content, Content)
    except msgspec.ValidationError as error:
        raise malformed_jdm(f"node {node.id}: {error!s:.200}") from error
    columns = [*content.inputs, *content.outputs]
    if content.input_field or content.execution_mode != "single" or any(c.default_value for c in columns):
        raise not_in_policy(f"the node {node.id} loops, reads an inner field or has default values")
    if content.hit_policy not in ("first", "collect"):
        raise not_in_policy(f"the node {node.id} has the hit policy {content.hit_policy!r:.40}")
    return content


#: What a node sees: by path, the node and the output that give it.
Seen = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class View:
    """What a node sees: the outputs of others by path, and whether it sees what comes from outside."""

    seen: Seen
    outside: bool

    def source(self, field: str, where: str) -> tuple[str, str] | None:
        """Return the node and output that give ``field``, or ``None`` when it comes from outside.

        Raises:
            Malformed: ``not_in_policy`` when nothing gives it.
        """
        if field in self.seen:
            return self.seen[field]
        if self.outside and "." not in field:
            return None
        raise not_in_policy(f"{where} reads {field!r:.60}, which nothing gives it")


def view_of(sources: Sequence[View]) -> View:
    """Return what a node sees to which nodes lead that give ``sources``.

    Raises:
        Malformed: ``not_in_policy`` when two give the same path.
    """
    seen: dict[str, tuple[str, str]] = {}
    for source in sources:
        for path, origin in source.seen.items():
            if seen.setdefault(path, origin) != origin:
                raise not_in_policy(f"two nodes give {path!r:.60}")
    return View(seen, any(source.outside for source in sources))


def in_order(document: JdmDocument) -> list[tuple[JdmNode, list[str]]]:
    """Return the nodes, each with those that lead to it, after them.

    Raises:
        Malformed: ``policy_cycle``.
    """
    leading: dict[str, list[str]] = {node.id: [] for node in document.nodes}
    for edge in document.edges:
        leading[edge.target_id].append(edge.source_id)
    waiting = list(document.nodes)
    ordered: list[tuple[JdmNode, list[str]]] = []
    done: set[str] = set()
    while waiting:
        ready = next((node for node in waiting if done.issuperset(leading[node.id])), None)
        if ready is None:
            names = ", ".join(sorted(node.id for node in waiting))
            raise Malformed("policy_cycle", f"These nodes wait for each other in a circle: {names}.")
        waiting.remove(ready)
        done.add(ready.id)
        ordered.append((ready, leading[ready.id]))
    return ordered
