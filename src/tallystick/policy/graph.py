"""A decision graph as a value: tables and indices that feed each other, checked when it is read.

A node's input is fed by another node's output, or comes from outside by its name. What feeds and what is
fed must be of one type and one unit; no node may feed itself by any way round.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec

from tallystick.errors import Malformed, TooLarge
from tallystick.policy.document import MAX_DOCUMENT_BYTES, Input, Output
from tallystick.policy.graph_document import GraphDocument, NodeDocument
from tallystick.policy.index import Index, read_index
from tallystick.policy.inputs import Read
from tallystick.policy.rules import JUDGEMENTS, OUTCOME, malformed
from tallystick.policy.table import Table, build, parse, read_date, refuse_repeats
from tallystick.policy.wording import Wording
from tallystick.values import canonical

#: What a ``sum`` table gives to other nodes.
POINTS: Final = Output(name="points", label=Wording(en="Points", zh="分数"), type="decimal", unit="points")
_JUDGEMENT: Final = Output(
    name=OUTCOME, label=Wording(en="Outcome", zh="结论"), type="text", choices=JUDGEMENTS
)
_GRAPH: Final = "tallystick/decision-graph/"


@dataclass(frozen=True)
class Node:
    """One node of a graph.

    Attributes:
        part: the table or index.
        feeds: by input, the node and the output that feed it.
        outside, fed: the readers of the inputs that come from outside, and of those that are fed.
    """

    name: str
    part: Table | Index
    feeds: Mapping[str, tuple[str, str]]
    outside: tuple[tuple[str, Read], ...]
    fed: tuple[tuple[str, Read], ...]


@dataclass(frozen=True)
class Graph:
    """A decision graph.

    Attributes:
        version: 64 hex digits, the digest of the canonical document.
        nodes: in the order in which they are worked out: each after what feeds it.
        answer: the node whose answer is the graph's.
        names: of the nodes, in that order.
        inputs: what comes from outside, by name, as the first node that reads it declares it.
    """

    name: str
    version: str
    title: Wording
    effective_from: datetime.date
    nodes: tuple[Node, ...]
    names: tuple[str, ...]
    answer: str
    inputs: Mapping[str, Input]
    written: GraphDocument


def parse_policy(document: bytes) -> Table | Graph:
    """Return the table or the graph that ``document`` (JSON, UTF-8, at most 1 MiB) states.

    Raises:
        Malformed: ``malformed_policy``, ``bad_cell`` as ``table.parse``; ``policy_cycle`` when nodes feed
            each other in a circle, ``missing_output`` when what should feed an input is not there,
            ``unfit_feed`` when an output and the input it feeds differ in type, unit or choices.
        TooLarge: ``policy_too_large``.
    """
    # Only the format says which of the two it is; everything else is checked by the one or the other.
    return parse_graph(document) if _is_graph(document) else parse(document)


def _is_graph(document: bytes) -> bool:
    try:
        found = msgspec.json.decode(document[: MAX_DOCUMENT_BYTES + 1])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and str(found.get("format")).startswith(_GRAPH)


def parse_graph(document: bytes) -> Graph:
    """Return the graph that ``document`` states.

    Raises:
        Malformed, TooLarge: as ``parse_policy``.
    """
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TooLarge("policy_too_large", f"A policy document may have {MAX_DOCUMENT_BYTES} bytes at most.")
    try:
        written = canonical.decode(document, GraphDocument)
    except Malformed as error:
        raise malformed(f"The policy document is not valid: {error}") from error
    raw: dict[str, Any] = msgspec.json.decode(document)
    return build_graph(written, raw)


def build_graph(written: GraphDocument, raw: Mapping[str, Any]) -> Graph:
    """Return the graph of a document, given as read and as plain data (whose digest is the version)."""
    refuse_repeats("node", (node.name for node in written.nodes))
    parts = {node.name: _part(node, given) for node, given in zip(written.nodes, raw["nodes"], strict=True)}
    for node in written.nodes:
        _check_feeds(node, parts)
    if written.answer not in parts:
        raise Malformed("missing_output", f"The graph answers by {written.answer}, which is not a node.")
    order = _in_order(written.nodes)
    nodes = tuple(_node(node, parts[node.name]) for node in order)
    return Graph(
        name=written.name,
        version=canonical.digest(raw),
        title=written.title,
        effective_from=read_date(written.effective_from),
        nodes=nodes,
        names=tuple(node.name for node in nodes),
        answer=written.answer,
        inputs=MappingProxyType(_outside(nodes)),
        written=written,
    )


def outputs_of(part: Table | Index) -> Mapping[str, Output]:
    """Return what a node can feed to others, by name; a ``list`` table gives no single value."""
    if isinstance(part, Index):
        return {part.output.name: part.output}
    if part.hit == "sum":
        given = (POINTS, _JUDGEMENT) if part.acceptable else (POINTS,)
        return {output.name: output for output in given}
    return {} if part.hit == "list" else {output.name: output for output in part.outputs}


def _part(node: NodeDocument, raw: Mapping[str, Any]) -> Table | Index:
    if node.index is not None and node.table is None:
        return read_index(node.name, node.index)
    if node.table is None or node.index is not None:
        raise malformed(f"The node {node.name} must be either a table or an index.")
    try:
        return build(node.table, canonical.digest(raw["table"]))
    except Malformed as error:
        raise Malformed(error.code, f"Node {node.name}: {error.message}", node=node.name) from error


def _check_feeds(node: NodeDocument, parts: Mapping[str, Table | Index]) -> None:
    inputs = {part.name: part for part in parts[node.name].inputs}
    for name, feed in node.feeds.items():
        if name not in inputs:
            raise malformed(f"The node {node.name} has no input {name} that {feed} could feed.")
        source, _, output_name = feed.partition(".")
        output = outputs_of(parts[source]).get(output_name) if source in parts else None
        if output is None:
            raise Malformed(
                "missing_output", f"Nothing gives {feed}, which should feed {node.name}.{name}.", feed=feed
            )
        _check_fit(feed, output, f"{node.name}.{name}", inputs[name])


def _check_fit(feed: str, output: Output, fed: str, part: Input) -> None:
    pairs = (("type", output.type, part.type), ("unit", output.unit, part.unit))
    for what, given, wanted in pairs:
        if given != wanted:
            raise _unfit(f"{feed} has the {what} {given or 'none'} but feeds {fed}, of {wanted or 'none'}.")
    if part.choices and not (output.choices and set(output.choices) <= set(part.choices)):
        raise _unfit(f"{feed} may give what is not among the choices of {fed}, which it feeds.")


def _unfit(sentence: str) -> Malformed:
    return Malformed("unfit_feed", sentence)


def _in_order(nodes: Sequence[NodeDocument]) -> list[NodeDocument]:
    """Return the nodes, each after those that feed it, else as they are written."""
    ordered: list[NodeDocument] = []
    waiting = list(nodes)
    while waiting:
        done = {node.name for node in ordered}
        ready = next((n for n in waiting if {f.partition(".")[0] for f in n.feeds.values()} <= done), None)
        if ready is None:
            names = ", ".join(sorted(node.name for node in waiting))
            raise Malformed("policy_cycle", f"These nodes wait for each other in a circle: {names}.")
        waiting.remove(ready)
        ordered.append(ready)
    return ordered


def _node(node: NodeDocument, part: Table | Index) -> Node:
    readers = part.readers if isinstance(part, Index) else part.plan.readers
    feeds = {name: (feed.partition(".")[0], feed.partition(".")[2]) for name, feed in node.feeds.items()}
    return Node(
        name=node.name,
        part=part,
        feeds=MappingProxyType(feeds),
        outside=tuple(reader for reader in readers if reader[0] not in feeds),
        fed=tuple(reader for reader in readers if reader[0] in feeds),
    )


def _outside(nodes: Sequence[Node]) -> dict[str, Input]:
    names = {node.name for node in nodes}
    found: dict[str, tuple[str, Input]] = {}
    for node in nodes:
        for part in node.part.inputs:
            if part.name in node.feeds:
                continue
            if part.name in names:
                raise malformed(f"The input {part.name} of {node.name} has the name of a node.")
            first, known = found.setdefault(part.name, (node.name, part))
            if (known.type, known.unit) != (part.type, part.unit):
                raise _unfit(
                    f"{first}.{part.name} and {node.name}.{part.name} read one figure in two types or units."
                )
    return {name: part for name, (_, part) in found.items()}
