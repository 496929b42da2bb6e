"""A programme to read: what it lends, what it asks for, how it weighs the risk, and its policy tables."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tallystick.lending.programme import METHOD_LABELS, Programme
from tallystick.policy.exact import decimal_text
from tallystick.policy.rules import Rule, Scale
from tallystick.policy.table import Table
from tallystick.records.models import Programme as ProgrammeRow
from tallystick.services.programmes import rulebook
from tallystick.web.cards.qualified import NEEDS
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
    def qualification(self) -> str | Promise:
        """What the programme asks of a qualification, in words."""
        return NEEDS[self.programme.qualification.need]

    @property
    def required(self) -> list[str]:
        """What must be handed in, in words."""
        return [words(item.label) for item in self.programme.items if item.required]


@dataclass(frozen=True)
class RuleRow:
    """One row of a policy table: what it asks of which figure, and what it gives under each heading."""

    code: str
    text: str
    asks: list[tuple[str, str]]
    gives: list[tuple[str, str]]


@dataclass(frozen=True)
class PolicyCard:
    """A policy table to read; ``headings`` are over what its rules give: outputs, or points."""

    table: Table
    headings: list[str]
    rules: list[RuleRow]


def programme_card(row: ProgrammeRow) -> ProgrammeCard:
    """Return the card of a published version."""
    programme = rulebook(row).programme
    return ProgrammeCard(row, programme, [words(METHOD_LABELS[method]) for method in programme.methods])


def policy_cards(row: ProgrammeRow) -> list[PolicyCard]:
    """Return every policy table of the programme, admission first and offer last."""
    rules = rulebook(row)
    return [_policy(rules.tables[name]) for name in rules.programme.policies]


def _policy(table: Table) -> PolicyCard:
    headings = [words(output.label) for output in table.outputs] or [_("Points")]
    return PolicyCard(table, headings, [_rule(table, rule, headings) for rule in table.rules])


def _rule(table: Table, rule: Rule, headings: list[str]) -> RuleRow:
    labels = {part.name: words(part.label) for part in table.inputs}
    values = [grouped(rule.outputs.get(output.name)) for output in table.outputs]
    gives = [_points(rule.scale)] if rule.scale is not None else values
    return RuleRow(
        code=rule.code,
        text=words(rule.text),
        asks=[(labels[cell.input_name], cell.text) for cell in rule.cells],
        gives=list(zip(headings, gives, strict=True)),
    )


def _points(scale: Scale) -> str:
    """Return the points in words: ``10 + 0.00008 × excess, at most 50``."""
    base = decimal_text(scale.base)
    if scale.excess_of is None:
        return base
    grown = _("%(base)s + %(per_unit)s × excess") % {
        "base": base,
        "per_unit": decimal_text(scale.per_unit),
    }
    if scale.cap is None:
        return grown
    return _("%(points)s, at most %(cap)s") % {"points": grown, "cap": decimal_text(scale.cap)}
