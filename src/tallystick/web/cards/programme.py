"""A programme to read: what it lends, what it asks for, how it weighs the risk, and its policy tables."""

from dataclasses import dataclass

from tallystick.lending.programme import METHOD_LABELS, Programme
from tallystick.policy.exact import decimal_text
from tallystick.policy.rules import Rule, Scale
from tallystick.policy.table import Table
from tallystick.records.models import Programme as ProgrammeRow
from tallystick.services.programmes import rulebook
from tallystick.web.figures import grouped
from tallystick.web.wording import words


@dataclass(frozen=True)
class ProgrammeCard:
    """A published version of a programme, parsed."""

    row: ProgrammeRow
    programme: Programme
    methods: list[str]

    @property
    def terms(self) -> str:
        """The terms on offer in months: ``3 · 6 · 12``."""
        return " · ".join(str(months) for months in self.programme.terms_months)

    @property
    def required(self) -> list[str]:
        """What must be handed in, in words."""
        return [words(item.label) for item in self.programme.items if item.required]


@dataclass(frozen=True)
class RuleRow:
    """One row of a policy table as it is written."""

    code: str
    text: str
    cells: list[str]
    gives: list[str]


@dataclass(frozen=True)
class PolicyCard:
    """A policy table as a table: a column for each input, and what each rule gives.

    ``outputs`` names the columns of a table that gives values; it is empty for one that gives points.
    """

    table: Table
    role: str
    outputs: list[str]
    rules: list[RuleRow]


def programme_card(row: ProgrammeRow) -> ProgrammeCard:
    """Return the card of a published version."""
    programme = rulebook(row).programme
    return ProgrammeCard(row, programme, [words(METHOD_LABELS[method]) for method in programme.methods])


def policy_cards(row: ProgrammeRow) -> list[PolicyCard]:
    """Return every policy table of the programme, admission first and offer last."""
    rules = rulebook(row)
    return [_policy(name, rules.programme, rules.tables[name]) for name in rules.programme.policies]


def _policy(name: str, programme: Programme, table: Table) -> PolicyCard:
    roles = {programme.admission_policy: "admission", programme.offer_policy: "offer"}
    return PolicyCard(
        table=table,
        role=roles.get(name, "dimension"),
        outputs=[words(output.label) for output in table.outputs],
        rules=[_rule(table, rule) for rule in table.rules],
    )


def _rule(table: Table, rule: Rule) -> RuleRow:
    cells = {cell.input_name: cell.text for cell in rule.cells}
    gives = [grouped(rule.outputs.get(output.name, "")) for output in table.outputs]
    return RuleRow(
        code=rule.code,
        text=words(rule.text),
        cells=[cells.get(part.name, "") for part in table.inputs],
        gives=[_points(rule.scale)] if rule.scale is not None else gives,
    )


def _points(scale: Scale) -> str:
    """Return the points as a formula: ``min(50, 10 + 0.00008 × excess)``."""
    base = decimal_text(scale.base)
    if scale.excess_of is None or scale.limit is None:
        return base
    excess = f"|{scale.excess_of} − {decimal_text(scale.limit)}|"
    grown = f"{base} + {decimal_text(scale.per_unit)} × {excess}"
    return grown if scale.cap is None else f"min({decimal_text(scale.cap)}, {grown})"
