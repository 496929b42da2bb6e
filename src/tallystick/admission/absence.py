"""What becomes of a figure that is absent: the policy says it, or the request is referred (mission A7).

A table that reads only ``change_count`` is referred, by name, when there is no such figure. A table that
also has the boolean input ``change_count_known`` says itself what follows: the figure is then stood in for
by a number that no rule may look at, because every rule that looks at ``change_count`` must ask for
``change_count_known = true`` too. A table with a rule that does not is refused, so that a stand-in is never
taken for a figure.
"""

from collections.abc import Mapping
from typing import Final

from tallystick.errors import Malformed
from tallystick.policy.document import Input
from tallystick.policy.table import Table

KNOWN: Final = "_known"
"""How the name of the boolean input ends that says whether a figure is there."""


def with_absences(table: Table, figures: Mapping[str, object]) -> dict[str, object]:
    """Return ``figures`` with an answer for each ``_known`` input of ``table``, and stand-ins.

    Raises:
        Malformed: ``unguarded_input`` when a rule looks at a figure without asking whether it is known.
    """
    parts = {part.name: part for part in table.inputs}
    asked = {
        name.removesuffix(KNOWN): parts[name.removesuffix(KNOWN)]
        for name, part in parts.items()
        if name.endswith(KNOWN) and part.type == "boolean" and name.removesuffix(KNOWN) in parts
    }
    _require_guards(table, asked)
    given = dict(figures)
    for name, part in asked.items():
        known = given.get(name) is not None
        given[f"{name}{KNOWN}"] = known
        if not known:
            given[name] = _stand_in(part)
    return given


def _require_guards(table: Table, asked: Mapping[str, Input]) -> None:
    for rule in table.written.rules:
        for name in asked.keys() & rule.when.keys():
            if rule.when.get(f"{name}{KNOWN}", "").replace(" ", "") != "=true":
                raise Malformed(
                    "unguarded_input",
                    f"Rule {rule.code} of the policy {table.name} looks at {name} and must ask for "
                    f"{name}{KNOWN} = true.",
                    rule=rule.code,
                    input=name,
                )


def _stand_in(part: Input) -> object:
    if part.type == "boolean":
        return False
    if part.type == "text":
        return part.choices[0] if part.choices else "-"
    nearest = part.min if part.min is not None else part.max if part.max is not None else "0"
    return nearest if part.type == "decimal" else int(nearest)
