"""A decision in words, rule by rule and in both languages: what was read, what held, what it came to."""

from collections.abc import Mapping, Sequence
from typing import Final

from tallystick.policy.decision import Decision
from tallystick.policy.document import Input
from tallystick.policy.exact import decimal_text
from tallystick.policy.graph import Graph, Node
from tallystick.policy.graph_decide import GraphDecision, NodeDecision
from tallystick.policy.index import Index, IndexDecision
from tallystick.policy.table import Table
from tallystick.policy.trail import Kept, Verdict
from tallystick.policy.wording import Wording

_NOT_REACHED: Final = Wording(en="not reached", zh="未执行")
_ALWAYS: Final = Wording(en="matched: it has no condition", zh="命中：没有条件")


def explain_verdict(verdict: Verdict, inputs: Sequence[Input], cells: Mapping[str, str]) -> Wording:
    """Return what became of a rule; ``cells`` are its conditions by input, ``inputs`` those of its table."""
    if verdict.found == "not_reached":
        return _NOT_REACHED
    labels = {part.name: part for part in inputs}
    if verdict.found == "not_matched" and verdict.failed_input is not None:
        part, value = labels[verdict.failed_input], verdict.read[verdict.failed_input]
        return Wording(
            en=f"not matched: {_figure(part, value)} is not {_quoted(verdict.failed_cell)}",
            zh=f"未命中：{part.label.zh}（{part.name}）为 {_shown(value)}，不满足“{verdict.failed_cell}”",
        )
    if not verdict.read:
        english, chinese = _ALWAYS.en, _ALWAYS.zh
    else:
        english = "matched: " + ", ".join(
            f"{_figure(labels[name], value)} is {_quoted(cells.get(name))}"
            for name, value in verdict.read.items()
        )
        chinese = "命中：" + "，".join(
            f"{labels[name].label.zh}（{name}）为 {_shown(value)}，满足“{cells.get(name)}”"
            for name, value in verdict.read.items()
        )
    if verdict.points is not None:
        english += f"; {decimal_text(verdict.points)} points"
        chinese += f"；{decimal_text(verdict.points)} 分"
    return Wording(en=english, zh=chinese)


def explain_rules(table: Table, decision: Decision) -> tuple[tuple[str, Wording], ...]:
    """Return each rule's code and what became of it, in the table's order."""
    return tuple(
        (
            verdict.code,
            explain_verdict(verdict, table.inputs, {cell.input_name: cell.text for cell in rule.cells}),
        )
        for rule, verdict in zip(table.rules, decision.verdicts, strict=True)
    )


def explain_index(index: Index, decision: IndexDecision) -> tuple[tuple[str, Wording], ...]:
    """Return each input of an index and its part in it."""
    return tuple(
        (
            term.input_name,
            Wording(
                en=f"{decimal_text(term.weight)} × {decimal_text(term.value)} = {decimal_text(term.part)}",
                zh=f"{decimal_text(term.weight)} × {decimal_text(term.value)} = {decimal_text(term.part)}",
            ),
        )
        for term in decision.terms
    )


def explain(
    policy: Table | Graph, decision: Decision | GraphDecision
) -> tuple[tuple[str | None, tuple[tuple[str, Wording], ...]], ...]:
    """Return the explanation node by node, ``None`` naming the one table of a policy without nodes.

    A node that was not reached is explained by no line at all.
    """
    if isinstance(policy, Table) and isinstance(decision, Decision):
        return ((None, explain_rules(policy, decision)),)
    if isinstance(policy, Graph) and isinstance(decision, GraphDecision):
        return tuple((node.name, _explain_node(node, decision.nodes[node.name])) for node in policy.nodes)
    raise TypeError("A decision is explained by the policy that made it.")


def _explain_node(node: Node, decision: NodeDecision | None) -> tuple[tuple[str, Wording], ...]:
    if isinstance(node.part, Index) and isinstance(decision, IndexDecision):
        return explain_index(node.part, decision)
    if isinstance(node.part, Table) and isinstance(decision, Decision):
        return explain_rules(node.part, decision)
    return ()


def _figure(part: Input, value: Kept) -> str:
    unit = f" {part.unit}" if part.unit else ""
    return f"{part.name} = {_shown(value)}{unit}"


def _shown(value: Kept) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _quoted(cell: str | None) -> str:
    return f"“{cell}”"
