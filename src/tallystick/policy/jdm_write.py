"""Writing a policy as JDM, the decision model of GoRules and its ZEN engine.

Tables become decision table nodes and indices expression nodes, in a chain in which each node passes on
what came in and adds its own outputs. ZEN guesses at figures that are missing or mistyped, so the input
node carries a JSON schema that refuses them. What JDM has no place for (labels, units, the second
language) stands under the key ``tallystick``, which ZEN passes over.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import msgspec

from tallystick.policy.analysis import analyse
from tallystick.policy.cells import Cell
from tallystick.policy.document import Input, Points
from tallystick.policy.graph import POINTS, Graph
from tallystick.policy.index import Index
from tallystick.policy.jdm_text import (
    Growth,
    not_in_jdm,
    write_cell,
    write_points,
    write_sum,
    write_value,
)
from tallystick.policy.rules import OUTCOME, Rule
from tallystick.policy.table import Table
from tallystick.policy.writing import PlainData, plain, plain_table

#: The key of what JDM has no place for.
OURS: Final = "tallystick"
#: The node of a table or index that stands alone.
ALONE: Final = "decision"
HITS: Final = "_hits"
_INPUT: Final = "request"
_OUTPUT: Final = "response"
_JSON_TYPES: Final[Mapping[str, str]] = {
    "integer": "integer",
    "decimal": "number",
    "text": "string",
    "boolean": "boolean",
}


def write_jdm(policy: Table | Graph) -> PlainData:
    """Return the JDM document of ``policy``; figures are JSON numbers there, decimals too.

    Raises:
        Malformed: ``not_in_jdm``, with what JDM cannot say named: rules of a ``unique`` or ``any`` table
            that meet and differ (or may), text with both kinds of quotation marks.
    """
    nodes: list[PlainData] = [
        _node(_INPUT, "inputNode", {"schema": msgspec.json.encode(_schema(policy)).decode()})
    ]
    if isinstance(policy, Table):
        nodes += _table_nodes(ALONE, policy, {}, alone=True)
        ours = {"format": policy.written.format, "nodes": {ALONE: _ours(policy)}}
    else:
        for node in policy.nodes:
            feeds = {name: ".".join(feed) for name, feed in node.feeds.items()}
            if isinstance(node.part, Index):
                nodes.append(_index_node(node.name, node.part, feeds))
            else:
                nodes += _table_nodes(node.name, node.part, feeds, alone=False)
        document = plain(policy.written)
        ours = {key: document[key] for key in ("format", "name", "title", "effective_from", "answer")}
        ours["order"] = [node.name for node in policy.written.nodes]
        ours["nodes"] = {node.name: _ours(node.part) for node in policy.nodes}
    nodes.append(_node(_OUTPUT, "outputNode", {}))
    edges = [
        {"id": f"edge{at}", "type": "edge", "sourceId": one["id"], "targetId": other["id"]}
        for at, (one, other) in enumerate(pairwise(nodes), 1)
    ]
    for at, placed in enumerate(nodes):
        placed["position"] = {"x": 80 + 320 * at, "y": 120}
    return {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges, OURS: ours}


def _node(name: str, kind: str, content: PlainData) -> PlainData:
    return {"id": name, "name": name, "type": kind, "content": content}


def _ours(part: Table | Index) -> PlainData:
    if isinstance(part, Index):
        document = plain(part.written)
        return {key: document[key] for key in ("title", "inputs", "output")}
    document = plain_table(part)
    kept = ("format", "name", "title", "effective_from", "hit", "inputs", "outputs")
    chinese = {rule.code: rule.text.zh for rule in part.rules}
    return {key: document[key] for key in kept if key in document} | {"zh": chinese}


def _schema(policy: Table | Graph) -> PlainData:
    inputs = policy.inputs if isinstance(policy, Table) else tuple(policy.inputs.values())
    return {
        "type": "object",
        "required": [part.name for part in inputs],
        "properties": {part.name: _property(part) for part in inputs},
    }


def _property(part: Input) -> PlainData:
    found: PlainData = {"type": _JSON_TYPES[part.type]}
    # As whole numbers where they are, so that no binary fraction stands in the document.
    for key, limit in (("minimum", part.min), ("maximum", part.max)):
        if limit is not None and "." not in limit:
            found[key] = int(limit)
    return found | ({"enum": list(part.choices)} if part.choices else {})


def _table_nodes(name: str, table: Table, feeds: Mapping[str, str], alone: bool) -> list[PlainData]:
    _refuse_disputes(table)
    is_sum = table.hit == "sum"
    outputs = (POINTS.name,) if is_sum else tuple(output.name for output in table.outputs)
    path = f"{name}{HITS}" if is_sum else None if alone else name
    content = {
        "hitPolicy": "collect" if table.hit in ("sum", "list") else "first",
        "inputs": [
            {"id": f"in_{part.name}", "name": part.label.en, "field": feeds.get(part.name, part.name)}
            for part in table.inputs
        ],
        "outputs": [{"id": f"out_{each}", "name": each, "field": each} for each in outputs],
        "rules": [
            _row(table, rule, written.points, feeds)
            for rule, written in zip(table.rules, table.written.rules, strict=True)
        ],
        "executionMode": "single",
        "inputField": None,
        "outputPath": path,
        "passThrough": is_sum or not alone,
    }
    if not is_sum:
        return [_node(name, "decisionTableNode", content)]
    return [
        _node(f"{name}{HITS}", "decisionTableNode", content),
        _expressions(name, _totals(table, f"{name}{HITS}"), alone),
    ]


def _refuse_disputes(table: Table) -> None:
    if table.hit not in ("unique", "any"):
        return
    for each in analyse(table):
        if each.kind == "conflict" or (each.kind == "not_decided" and not each.rules):
            raise not_in_jdm(f"the table {table.name} ({table.hit}): {each.text.en.rstrip('.')}")


def _row(table: Table, rule: Rule, points: Points | None, feeds: Mapping[str, str]) -> PlainData:
    cells = {cell.input_name: cell for cell in rule.cells}
    row = {"_id": rule.code, "_description": rule.text.en}
    row |= {f"in_{part.name}": write_cell(cells.get(part.name)) for part in table.inputs}
    if points is not None:
        return row | {f"out_{POINTS.name}": write_points(_growth(points, cells, feeds))}
    given = rule.outputs
    return row | {
        f"out_{output.name}": write_value(given[output.name]) if output.name in given else ""
        for output in table.outputs
    }


def _growth(written: Points, cells: Mapping[str, Cell], feeds: Mapping[str, str]) -> Growth:
    if written.excess_of is None:
        return Growth(written.base)
    cell = cells[written.excess_of]
    limit = None if cell.limit is None else f"{cell.limit:f}"
    field = feeds.get(written.excess_of, written.excess_of)
    return Growth(written.base, field, limit, written.per_unit, written.cap, cell.sign in ("<", "<="))


def _totals(table: Table, hits: str) -> dict[str, str]:
    total = f"sum(map({hits}, #.{POINTS.name}))"
    if table.written.points_max is not None:
        total = f"min([{total}, {table.written.points_max}])"
    totals = {POINTS.name: total}
    if table.acceptable is not None and table.written.acceptable is not None:
        bounds = table.written.acceptable
        totals[OUTCOME] = (
            f'$.{POINTS.name} <= {bounds.approve_up_to} ? "approve" : '
            f'$.{POINTS.name} <= {bounds.refer_up_to} ? "refer" : "decline"'
        )
    return totals


def _expressions(name: str, values: Mapping[str, str], alone: bool) -> PlainData:
    content = {
        "expressions": [{"id": f"{name}_{key}", "key": key, "value": value} for key, value in values.items()],
        "inputField": None,
        "outputPath": None if alone else name,
        "passThrough": not alone,
    }
    return _node(name, "expressionNode", content)


def _index_node(name: str, index: Index, feeds: Mapping[str, str]) -> PlainData:
    weights = {feeds.get(part, part): index.written.weights[part] for part in index.weights}
    plus = "0" if not index.plus else index.written.plus
    return _expressions(
        name, {index.output.name: write_sum(weights, plus, index.written.round_to)}, alone=False
    )
