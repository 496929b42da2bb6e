"""What became of every rule of a policy table: conditions, the values they read, and which failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallystick.policy.cells import Cell
from tallystick.policy.rules import Rule
from tallystick.policy.table import Table
from tallystick.web.figures import grouped
from tallystick.web.wording import words


@dataclass(frozen=True)
class Condition:
    """One cell of a rule: what it looks at, what it asks, what it read, and whether that held.

    ``held`` is ``None`` for a cell that was not looked at.
    """

    figure: str
    label: str
    asks: str
    read: str
    held: bool | None


@dataclass(frozen=True)
class Verdict:
    """One rule of the table with what became of it: ``matched``, ``not_matched`` or ``not_reached``."""

    code: str
    text: str
    found: str
    conditions: tuple[Condition, ...]
    points: str


def verdicts(table: Table, decision: Mapping[str, Any]) -> list[Verdict]:
    """Return a verdict for every rule, in the table's order, from the document of its decision."""
    labels = {part.name: words(part.label) for part in table.inputs}
    by_code = {each["code"]: each for each in decision["verdicts"]}
    return [_verdict(rule, by_code[rule.code], labels) for rule in table.rules if rule.code in by_code]


def _verdict(rule: Rule, kept: Mapping[str, Any], labels: Mapping[str, str]) -> Verdict:
    return Verdict(
        code=rule.code,
        text=words(rule.text),
        found=kept["found"],
        conditions=tuple(_condition(cell, kept, labels) for cell in rule.cells),
        points="" if kept["points"] is None else grouped(kept["points"]),
    )


def _condition(cell: Cell, kept: Mapping[str, Any], labels: Mapping[str, str]) -> Condition:
    name = cell.input_name
    was_read = name in kept["read"]
    return Condition(
        figure=name,
        label=labels[name],
        asks=cell.text,
        read=grouped(kept["read"][name]) if was_read else "",
        held=(kept["failed_input"] != name) if was_read else None,
    )
