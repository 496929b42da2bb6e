"""Deciding by a graph: node after node, failing closed, every node's verdicts kept.

All that comes from outside is read first; a figure that does not hold refers the whole, before any rule
of any node. Then the nodes are worked out in order. The first that refers or declines ends it, with its
reasons; if none does, the graph answers as its answering node does.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from tallystick.policy.decision import Decision, Reason, inputs_document, outputs_document
from tallystick.policy.evaluate import decide, decide_read
from tallystick.policy.exact import decimal_text
from tallystick.policy.graph import POINTS, Graph, Node
from tallystick.policy.index import Index, IndexDecision, work_out
from tallystick.policy.inputs import Figures, read_all, read_more
from tallystick.policy.rules import OUTCOME, Outcome, OutputValue
from tallystick.policy.table import Table
from tallystick.policy.trail import Kept

NodeDecision = Decision | IndexDecision
_NO_OUTPUTS: Final[Mapping[str, OutputValue]] = MappingProxyType({})


class GraphDecision(msgspec.Struct, frozen=True, gc=False):
    """What a graph decided on one set of inputs.

    Attributes:
        graph, version: which graph, in which content.
        outcome: approve, refer or decline; ``found`` when the answering node only holds values.
        answer: the answering node's decision, or of the node that ended it; ``None`` when none was reached.
        decided_by: that node's name, or ``None``.
        reasons: why.
        nodes: the decision of each node by name, in order; ``None`` for one that was not reached.
        inputs: what was read from outside, so that the same inputs decide the same way again.
    """

    graph: str
    version: str
    outcome: Outcome
    answer: NodeDecision | None
    decided_by: str | None
    reasons: tuple[Reason, ...]
    nodes: Mapping[str, NodeDecision | None]
    inputs: Mapping[str, Kept]

    @property
    def outputs(self) -> Mapping[str, OutputValue]:
        """What the answering node gave; empty when it gave none or was not reached."""
        return _NO_OUTPUTS if self.answer is None else self.answer.outputs

    def document(self) -> dict[str, object]:
        """Return the decision as canonical data, ready for a digest."""
        answer = self.answer
        points = answer.points if isinstance(answer, Decision) else None
        return {
            "graph": self.graph,
            "version": self.version,
            "outcome": self.outcome,
            "points": None if points is None else decimal_text(points),
            "outputs": outputs_document(self.outputs),
            "decided_by": self.decided_by,
            "reasons": [reason.document() for reason in self.reasons],
            "nodes": [
                {"name": name, "decision": None if each is None else each.document()}
                for name, each in self.nodes.items()
            ],
            "inputs": inputs_document(self.inputs),
        }


def decide_policy(policy: Table | Graph, inputs: Mapping[str, object]) -> Decision | GraphDecision:
    """Return the decision of a table or a graph on ``inputs``; it never raises for what an input holds."""
    return decide(policy, inputs) if isinstance(policy, Table) else decide_graph(policy, inputs)


def decide_graph(graph: Graph, inputs: Mapping[str, object]) -> GraphDecision:
    """Return the decision of ``graph`` on ``inputs``; figures that no node reads are left out."""
    read = [read_all(node.outside, inputs) for node in graph.nodes]
    kept: dict[str, Kept] = {}
    problems: dict[str, Reason] = {}
    for figures in read:
        kept.update(figures.kept)
        for problem in figures.problems:
            problems.setdefault(problem.code, problem)
    decided: dict[str, NodeDecision | None] = dict.fromkeys(graph.names)
    if problems:
        reasons = tuple(problems.values())
        return GraphDecision(graph.name, graph.version, "refer", None, None, reasons, decided, kept)
    given: dict[str, Mapping[str, OutputValue]] = {}
    found: dict[str, NodeDecision] = {}
    for node, figures in zip(graph.nodes, read, strict=True):
        decision = found[node.name] = decided[node.name] = _decide_node(node, figures, given)
        if decision.outcome in ("refer", "decline"):
            return _ended(graph, node.name, decision, decided, kept)
        given[node.name] = _given(node, decision)
    return _ended(graph, graph.answer, found[graph.answer], decided, kept)


def _ended(
    graph: Graph,
    name: str,
    decision: NodeDecision,
    decided: Mapping[str, NodeDecision | None],
    kept: Mapping[str, Kept],
) -> GraphDecision:
    return GraphDecision(
        graph.name, graph.version, decision.outcome, decision, name, decision.reasons, decided, kept
    )


def _decide_node(
    node: Node, figures: Figures, given: Mapping[str, Mapping[str, OutputValue]]
) -> NodeDecision:
    if node.fed:
        fed = {name: given[source][output] for name, (source, output) in node.feeds.items()}
        read_more(figures, node.fed, fed)
    part = node.part
    return work_out(part, figures) if isinstance(part, Index) else decide_read(part, figures)


def _given(node: Node, decision: NodeDecision) -> Mapping[str, OutputValue]:
    if isinstance(decision, Decision) and decision.points is not None:
        return {POINTS.name: decision.points, OUTCOME: decision.outcome}
    return decision.outputs
