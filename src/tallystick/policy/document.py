"""The shape of a policy document on paper: what each part is called, its type and its limits.

A field that is not named here is refused. Meaning (cells, points, outputs that fit) is checked in
``tallystick.policy.table``; ``docs/policies.md`` explains the document to those who write it.
"""

from typing import Annotated, Literal

import msgspec

from tallystick.policy.exact import DECIMAL_PATTERN
from tallystick.policy.wording import Wording

MAX_DOCUMENT_BYTES = 1 << 20

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,59}\Z")]
TableName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,59}\Z")]
RuleCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9_]{0,39}\Z")]
DecimalText = Annotated[str, msgspec.Meta(pattern=DECIMAL_PATTERN)]
DateText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
CellText = Annotated[str, msgspec.Meta(max_length=400)]
Choice = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^,\s]([^,]*[^,\s])?\Z")]
Unit = Annotated[str, msgspec.Meta(max_length=40)]

InputType = Literal["integer", "decimal", "text", "boolean"]
OutputType = Literal["integer", "decimal", "text"]
#: ``first``: the first rule that matches answers. ``unique``: one may match. ``any``: several may, if they
#: say the same. ``sum`` and ``list`` collect: the points, or the outputs, of every rule that matches.
HitPolicy = Literal["first", "unique", "any", "sum", "list"]


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One figure that the table reads; ``min`` and ``max`` are inclusive, ``choices`` for text only."""

    name: Name
    label: Wording
    type: InputType
    unit: Unit = ""
    min: DecimalText | None = None
    max: DecimalText | None = None
    choices: Annotated[tuple[Choice, ...], msgspec.Meta(max_length=200)] = ()


class Output(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One value that a rule gives, in every table but a ``sum`` table."""

    name: Name
    label: Wording
    type: OutputType
    unit: Unit = ""
    choices: Annotated[tuple[Choice, ...], msgspec.Meta(max_length=200)] = ()


class Points(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Points of a rule in a ``sum`` table: ``base``, and ``per_unit`` for each unit of excess, up to ``cap``.

    ``excess_of`` names the input whose cell in the same rule states the limit.
    """

    base: DecimalText
    excess_of: Name | None = None
    per_unit: DecimalText | None = None
    cap: DecimalText | None = None


class Acceptable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The acceptable range of a total: approve up to the first, refer up to the second, else decline."""

    approve_up_to: DecimalText
    refer_up_to: DecimalText


class RuleDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row: its code and words, a cell per input that it looks at, and what it gives."""

    code: RuleCode
    text: Wording
    when: dict[Name, CellText] = {}
    then: dict[Name, str | int] | None = None
    points: Points | None = None


class TableDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole decision table as it is written."""

    format: Literal["tallystick/decision-table/1"]
    name: TableName
    title: Wording
    effective_from: DateText
    hit: HitPolicy
    inputs: Annotated[tuple[Input, ...], msgspec.Meta(min_length=1, max_length=200)]
    outputs: Annotated[tuple[Output, ...], msgspec.Meta(max_length=50)] = ()
    acceptable: Acceptable | None = None
    points_max: DecimalText | None = None
    rules: Annotated[tuple[RuleDocument, ...], msgspec.Meta(min_length=1, max_length=10_000)]
