"""Whether policy tables fit the programme that names them; asked when a programme is published.

A table that cannot play its part is refused here, with its name, so that no application meets it first.
"""

import datetime
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from tallystick.errors import Conflict, Malformed
from tallystick.lending.grading import LEVEL
from tallystick.lending.offer import OFFER_INPUTS, OFFER_OUTPUTS
from tallystick.lending.programme import Programme
from tallystick.lending.programme_document import INDEX_MAX
from tallystick.policy.exact import decimal_text
from tallystick.policy.rules import OUTCOME, OutputValue
from tallystick.policy.table import Table
from tallystick.values.money import Money


def check_policies(programme: Programme, tables: Mapping[str, Table], on: datetime.date) -> None:
    """Check that ``tables`` has every table of ``programme``, fit for its part and in force on ``on``.

    Raises:
        Malformed: ``missing_policy`` or ``unfit_policy``, with the table named.
        Conflict: ``policy_not_effective`` for a table that starts later than ``on``.
    """
    for name in programme.policies:
        table = tables.get(name)
        if table is None or table.name != name:
            raise Malformed("missing_policy", f"The programme needs a policy named {name}.", policy=name)
        if table.hit == "list":
            raise _unfit(name, "must give one answer, and not a list of them")
        if table.effective_from > on:
            raise Conflict(
                "policy_not_effective", f"The policy {name} starts on {table.effective_from}.", policy=name
            )
    if not _judges(tables[programme.admission_policy]):
        raise _unfit(programme.admission_policy, "must give an outcome: an acceptable range or an output")
    for dimension in programme.dimensions:
        if not _gives_level(tables[dimension.policy]):
            raise _unfit(dimension.policy, f"must give a level from 0 to {INDEX_MAX} and no outcome")
    _check_offer_policy(programme, tables[programme.offer_policy])


def _unfit(name: str, what: str) -> Malformed:
    return Malformed("unfit_policy", f"The policy {name} {what}.", policy=name)


def _judges(table: Table) -> bool:
    return table.acceptable is not None or any(output.name == OUTCOME for output in table.outputs)


def _gives_level(table: Table) -> bool:
    if _judges(table):
        return False
    if table.hit == "sum":
        return table.points_max is not None and table.points_max <= INDEX_MAX
    levels = [rule.outputs.get(LEVEL) for rule in table.rules]
    types = {output.name: output.type for output in table.outputs}
    return types.get(LEVEL) == "decimal" and all(
        not isinstance(level, str) and level is not None and 0 <= level <= INDEX_MAX for level in levels
    )


def _check_offer_policy(programme: Programme, table: Table) -> None:
    types = {output.name: output.type for output in table.outputs}
    if any(types.get(name) != wanted for name, wanted in OFFER_OUTPUTS.items()):
        raise _unfit(table.name, f"must give {', '.join(OFFER_OUTPUTS)}, whole months and decimal numbers")
    for part in table.inputs:
        if part.name not in OFFER_INPUTS:
            raise _unfit(table.name, f"reads {part.name}, but an offer knows only the grade and risk_index")
        missing = {band.grade for band in programme.bands} - set(part.choices)
        if part.choices and missing:
            raise _unfit(table.name, f"does not know the grade {min(missing)} of the programme")
    for rule in table.rules:
        for name, possible in _POSSIBLE.items():
            value = rule.outputs.get(name)
            if value is not None and not possible(programme, value):
                raise _unfit(table.name, f"gives an impossible {name} in rule {rule.code}")


def _is_share(_programme: Programme, value: OutputValue) -> bool:
    return not isinstance(value, str) and 0 <= value <= 1


def _is_amount(programme: Programme, value: OutputValue) -> bool:
    if isinstance(value, int | str) or value < 0:
        return False
    try:
        Money.parse(decimal_text(value), programme.currency)
    except Malformed:
        return False
    return True


def _is_term(_programme: Programme, value: OutputValue) -> bool:
    return isinstance(value, int) and value >= 1


_POSSIBLE: Final[Mapping[str, Callable[[Programme, OutputValue], bool]]] = MappingProxyType(
    {
        "annual_rate": _is_share,
        "max_sales_share": _is_share,
        "max_amount": _is_amount,
        "max_term_months": _is_term,
    }
)
