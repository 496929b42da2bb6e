"""A policy as a document again: the plain form, which leaves out what says nothing and spells cells one way.

A document that is in this form already keeps its version when it is read and written, here or through a
spreadsheet or JDM.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tallystick.policy.cells import Cell, Value
from tallystick.policy.graph import Graph
from tallystick.policy.table import Table

PlainData = dict[str, Any]


def plain_policy(policy: Table | Graph) -> PlainData:
    """Return the document of ``policy`` in its plain form."""
    return plain_table(policy) if isinstance(policy, Table) else _plain_graph(policy)


def policy_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a policy's document as it is written to a file: JSON, indented, UTF-8."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def plain_table(table: Table) -> PlainData:
    """Return the document of ``table`` in its plain form."""
    document = plain(table.written)
    for rule, row in zip(table.rules, document["rules"], strict=True):
        row.pop("when", None)
        if rule.cells:
            row["when"] = {cell.input_name: cell_text(cell) for cell in rule.cells}
    return document


def _plain_graph(graph: Graph) -> PlainData:
    tables = {node.name: node.part for node in graph.nodes if isinstance(node.part, Table)}
    document = plain(graph.written)
    for node in document["nodes"]:
        if node["name"] in tables:
            node["table"] = plain_table(tables[node["name"]])
    return document


def plain(part: msgspec.Struct) -> PlainData:
    """Return a part of a document as plain data, without the fields that have their usual value."""
    found: PlainData = {}
    for each in msgspec.structs.fields(part):
        value = getattr(part, each.name)
        usual = each.default if each.default_factory is msgspec.NODEFAULT else each.default_factory()
        if value != usual:
            found[each.name] = _plain_value(value)
    return found


def _plain_value(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return plain(value)
    if isinstance(value, tuple | list):
        return [_plain_value(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain_value(each) for name, each in value.items()}
    return value


def cell_text(cell: Cell) -> str:
    """Return the one spelling of a condition: ``> 5``, ``2..5``, ``= A``, ``in A, B``."""
    operands = [operand_text(each) for each in cell.operands]
    if cell.sign == "in" and len(operands) == 1:
        return f"= {operands[0]}"
    return "..".join(operands) if cell.sign == ".." else f"{cell.sign} {', '.join(operands)}"


def operand_text(value: Value) -> str:
    """Return what a cell compares with, as it was written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else value
