"""A decision table as a value: read strictly from its document, versioned by the content's digest.

Rules are tried in order. A ``first`` table gives the outputs of the first rule that matches, ``unique`` of
the only one, ``any`` of all that agree, ``list`` of each; a ``sum`` table adds the points of every rule that
matches and holds the total against the acceptable range (mission row A7).
``tallystick.policy.evaluate`` decides; ``docs/policies.md`` is the analyst's manual.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from tallystick.errors import Malformed, TooLarge
from tallystick.policy.document import MAX_DOCUMENT_BYTES, HitPolicy, Input, Output, TableDocument
from tallystick.policy.exact import parse_decimal
from tallystick.policy.plan import Plan, make_plan
from tallystick.policy.rules import (
    JUDGEMENTS,
    OUTCOME,
    Outcome,
    Rule,
    a_table,
    malformed,
    optional_decimal,
    read_rule,
)
from tallystick.policy.wording import Wording
from tallystick.values import canonical


@dataclass(frozen=True)
class Range:
    """The acceptable range of a total: approve up to the first, refer up to the second, else decline."""

    approve_up_to: Decimal
    refer_up_to: Decimal

    def outcome(self, total: Decimal) -> Outcome:
        """Return ``approve``, ``refer`` or ``decline`` for a total of points."""
        if total <= self.approve_up_to:
            return "approve"
        return "refer" if total <= self.refer_up_to else "decline"


@dataclass(frozen=True)
class Table:
    """A decision table.

    Attributes:
        name: what programmes call it by.
        version: 64 hex digits, the digest of the canonical document: the same content, the same version.
        title: for people, in both languages.
        effective_from: the first day on which it may decide.
        hit: how the rules that match make one answer.
        inputs: what it reads, in the order in which a rule's cells are looked at.
        outputs: what a rule gives, in every table but a ``sum`` table.
        rules: the rows in order.
        acceptable: the range of the total of a ``sum`` table, where it judges.
        points_max: the total of a ``sum`` table is never more than this.
        written: the document as it was read.
        plan: the rules made ready to be tried.
    """

    name: str
    version: str
    title: Wording
    effective_from: datetime.date
    hit: HitPolicy
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    acceptable: Range | None
    points_max: Decimal | None
    written: TableDocument = field(repr=False)
    plan: Plan = field(repr=False, compare=False)


def parse(document: bytes) -> Table:
    """Return the table that ``document`` (JSON, UTF-8, at most 1 MiB) states.

    Raises:
        Malformed: ``malformed_policy`` for a document of the wrong shape or with rules that contradict
            the table; ``bad_cell`` for a condition that cannot be read, with rule and input named.
        TooLarge: ``policy_too_large``.
    """
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TooLarge("policy_too_large", f"A policy document may have {MAX_DOCUMENT_BYTES} bytes at most.")
    try:
        written = canonical.decode(document, TableDocument)
    except Malformed as error:
        raise malformed(f"The policy document is not valid: {error}") from error
    # Of the document as written, not of its parsed form: a default added to the format later
    # must not change the version of a document that is already in force.
    return build(written, canonical.digest(msgspec.json.decode(document)))


def build(written: TableDocument, version: str) -> Table:
    """Return the table that a document states whose content has the digest ``version``.

    Raises:
        Malformed: ``malformed_policy``, ``bad_cell`` as ``parse``.
    """
    effective_from = read_date(written.effective_from)
    _check(written)
    rules = tuple(read_rule(written, row) for row in written.rules)
    return Table(
        name=written.name,
        version=version,
        title=written.title,
        effective_from=effective_from,
        hit=written.hit,
        inputs=written.inputs,
        outputs=written.outputs,
        rules=rules,
        acceptable=_range(written),
        points_max=optional_decimal(written.points_max),
        written=written,
        plan=make_plan(written.inputs, rules, stops=written.hit == "first"),
    )


def read_date(text: str) -> datetime.date:
    """Return the day from which a document is in force.

    Raises:
        Malformed: ``malformed_policy``.
    """
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise malformed(f"The policy document is not valid: {error}") from error


def _check(written: TableDocument) -> None:
    refuse_repeats("input", (part.name for part in written.inputs))
    refuse_repeats("output", (part.name for part in written.outputs))
    refuse_repeats("rule", (row.code for row in written.rules))
    for part in written.inputs:
        _check_input(part)
    for output in written.outputs:
        if output.name == OUTCOME and not (output.choices and set(output.choices) <= set(JUDGEMENTS)):
            raise malformed("The output outcome must have its choices from approve, refer and decline.")
    if written.hit == "sum" and written.outputs:
        raise malformed("A sum table gives points and has no outputs.")
    if written.hit != "sum" and (not written.outputs or written.acceptable or written.points_max):
        kind = a_table(written.hit).capitalize()
        raise malformed(f"{kind} has outputs, and neither acceptable nor points_max.")


def refuse_repeats(what: str, names: Iterable[str]) -> None:
    """Refuse a document in which ``names`` has one twice.

    Raises:
        Malformed: ``malformed_policy``.
    """
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise malformed(f"The {what} {repeated[0]} is given more than once.")


def _check_input(part: Input) -> None:
    low, high = optional_decimal(part.min), optional_decimal(part.max)
    if part.type in ("text", "boolean") and (low is not None or high is not None):
        raise malformed(f"The input {part.name} is {part.type} and has no min or max.")
    if part.type != "text" and part.choices:
        raise malformed(f"The input {part.name} is {part.type} and has no choices.")
    if low is not None and high is not None and low > high:
        raise malformed(f"The input {part.name} has a min above its max.")


def _range(written: TableDocument) -> Range | None:
    if written.acceptable is None:
        return None
    limits = Range(
        parse_decimal(written.acceptable.approve_up_to), parse_decimal(written.acceptable.refer_up_to)
    )
    if not 0 <= limits.approve_up_to <= limits.refer_up_to:
        raise malformed("acceptable must have 0 <= approve_up_to <= refer_up_to.")
    return limits
