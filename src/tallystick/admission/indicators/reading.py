"""Reading a definition: which measures an indicator is made of, told by its expression itself."""

from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from tallystick.admission.indicators.definition import Indicator


class _Row:
    """A row of measures that notes which ones it is asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> ir.IntegerColumn:
        self.asked.add(name)
        return ibis.table({name: "int64"}, name="row")[name]

    __getattr__ = __getitem__


def reads(indicator: Indicator) -> frozenset[str]:
    """Return the names of the measures that the indicator's expression reads."""
    row: Any = _Row()
    indicator.whole(row)
    return frozenset(row.asked)


def plain_measure(indicator: Indicator) -> str | None:
    """Return the measure that the indicator is, nothing added; None for one that is worked out."""
    row: Any = _Row()
    operation = indicator.whole(row).op()
    return operation.name if isinstance(operation, ops.Field) else None
