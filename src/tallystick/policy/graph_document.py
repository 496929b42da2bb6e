"""The shape of a decision graph on paper: its nodes, what feeds them, and which one answers."""

from typing import Annotated, Literal

import msgspec

from tallystick.policy.document import DateText, DecimalText, Input, Name, Output, TableDocument, TableName
from tallystick.policy.wording import Wording

MAX_NODES = 50

#: ``node.output``: what feeds an input.
Feed = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,59}\.[a-z][a-z0-9_]{0,59}\Z")]
Digits = Annotated[int, msgspec.Meta(ge=0, le=12)]


class IndexDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A weighted sum: ``plus`` and weight × input for every input, exact, rounded half up to ``round_to``."""

    title: Wording
    inputs: Annotated[tuple[Input, ...], msgspec.Meta(min_length=1, max_length=200)]
    output: Output
    weights: dict[Name, DecimalText]
    plus: DecimalText = "0"
    round_to: Digits | None = None


class NodeDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One node: a table or an index, and which of its inputs are fed by which output of another node."""

    name: Name
    table: TableDocument | None = None
    index: IndexDocument | None = None
    feeds: dict[Name, Feed] = {}


class GraphDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole decision graph as it is written; inputs that nothing feeds come from outside, by their name."""

    format: Literal["tallystick/decision-graph/1"]
    name: TableName
    title: Wording
    effective_from: DateText
    nodes: Annotated[tuple[NodeDocument, ...], msgspec.Meta(min_length=1, max_length=MAX_NODES)]
    answer: Name
