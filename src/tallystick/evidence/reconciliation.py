"""Reconciliation: contract, delivery note and invoice, line by line; what all three bear out counts (E8).

A line's verified quantity is the least that contract, delivery notes and invoices state of it; its value that
quantity at the contract's price, rounded down. A document that contradicts itself or the contract on a line
counts nothing there. No rule depends on the order of papers or lines.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import msgspec

from tallystick.errors import TooLarge
from tallystick.evidence.lines import MAX_NAME_LENGTH, Goods, goods_of, match, prices_agree
from tallystick.evidence.papers import Kind, Paper
from tallystick.values.currencies import currency as currency_of
from tallystick.values.money import Money
from tallystick.values.rounding import Rounding, round_fraction

MAX_PAPERS: Final = 50
MAX_LINES: Final = 300  # of all papers of a kind together
KINDS: Final = (Kind.CONTRACT, Kind.DELIVERY_NOTE, Kind.VAT_INVOICE)
NAMES: Final[Mapping[Kind, str]] = {
    Kind.CONTRACT: "contract",
    Kind.DELIVERY_NOTE: "delivery note",
    Kind.VAT_INVOICE: "invoice",
}


class ReconciledLine(msgspec.Struct, frozen=True):
    """One line of the contract, and what the other documents bear out of it.

    Attributes:
        agree: the kinds of document that state the line without a contradiction.
        quantity: verified, exact decimal text; ``0`` unless all three kinds agree.
        value: verified quantity at the contract's price, in the currency, rounded down.
        conflicts: one sentence each.
    """

    name: str
    unit: str
    agree: tuple[Kind, ...]
    quantity: str
    value: str
    conflicts: tuple[str, ...]


class Reconciliation(msgspec.Struct, frozen=True):
    """What contract, delivery notes and invoices bear out together.

    Attributes:
        lines: of the contract, in its order; lines of the same goods are one.
        quantity: of all lines; None when nothing is verified, or in more than one unit.
        value: of all lines; None when nothing is verified.
        conflicts: those that belong to no line of the contract.
    """

    lines: tuple[ReconciledLine, ...]
    quantity: str | None
    value: str | None
    currency: str
    conflicts: tuple[str, ...]

    @property
    def all_conflicts(self) -> tuple[str, ...]:
        """Those of the documents and those of their lines."""
        return (*self.conflicts, *(one for line in self.lines for one in line.conflicts))


@dataclass(frozen=True)
class _Stated:
    """A line with the document that states it."""

    document: str
    goods: Goods


#: The lines of one contract that are of the same goods.
_Group = Sequence[Goods]


def reconcile(
    papers: Sequence[Paper], currency: str = "CNY", used_invoices: Collection[str] = ()
) -> Reconciliation:
    """Return what the papers bear out together; papers of other kinds are passed over.

    Args:
        used_invoices: numbers (``invoice_key``) of invoices that already count elsewhere; they count nothing.

    Raises:
        TooLarge: ``too_many_papers``, ``too_many_lines``, ``amount_too_large``.
        Malformed: ``unknown_currency``.
    """
    if len(papers) > MAX_PAPERS:
        raise TooLarge("too_many_papers", f"At most {MAX_PAPERS} papers are reconciled together.")
    if any(sum(len(paper.lines) for paper in papers if paper.kind == kind) > MAX_LINES for kind in KINDS):
        raise TooLarge("too_many_lines", f"At most {MAX_LINES} lines of a kind are reconciled together.")
    conflicts: list[str] = []
    stated = {kind: _stated(kind, papers, frozenset(used_invoices), conflicts) for kind in KINDS}
    groups: dict[tuple[str, str, str], list[Goods]] = {}
    for one in stated[Kind.CONTRACT]:
        groups.setdefault(one.goods.key, []).append(one.goods)
    contract = list(groups.values())
    notes: list[list[str]] = [[] for _ in contract]
    found = {
        kind: _matched(stated[kind], contract, notes, conflicts) for kind in KINDS if kind != Kind.CONTRACT
    }
    lines, total = [], Money.zero(currency)
    quantities: dict[str, Fraction] = {}
    for at, group in enumerate(contract):
        line, quantity, value = _line(
            group, {kind: one.get(at, []) for kind, one in found.items()}, notes[at], currency
        )
        lines.append(line)
        total += value
        if quantity:
            unit = group[0].unit
            quantities[unit] = quantities.get(unit, Fraction(0)) + quantity
    return Reconciliation(
        tuple(lines),
        _text(next(iter(quantities.values()))) if len(quantities) == 1 else None,
        total.text if quantities else None,
        currency,
        tuple(sorted(set(conflicts))),
    )


def invoice_key(paper: Paper) -> str:
    """Return what an invoice is known by: code and number; empty when no number was read."""
    number = _field(paper, "number")
    return f"{_field(paper, 'code')}{number}" if number else ""


def _stated(kind: Kind, papers: Sequence[Paper], used: frozenset[str], conflicts: list[str]) -> list[_Stated]:
    """Return the lines that count of one kind: each document once, each line of it once."""
    found: list[_Stated] = []
    mine = _once([paper for paper in papers if paper.kind == kind], conflicts)
    cancelled = {_field(paper, "red_code") + _field(paper, "red_number") for paper in mine} - {""}
    contracts = {_field(paper, "number") for paper in papers if paper.kind == Kind.CONTRACT} - {""}
    for paper in mine:
        reason = _refused(paper, used, cancelled, contracts)
        if reason:
            conflicts.append(f"The {_document(paper)} {reason}; it counts nothing.")
        else:
            found += _lines(paper, conflicts)
    if not mine:
        conflicts.append(f"There is no {NAMES[kind]}.")
    return found


def _once(papers: Sequence[Paper], conflicts: list[str]) -> list[Paper]:
    """Return each document once: by its number, without one by its content; of two readings the lesser."""
    kept: dict[str, tuple[Fraction, str, Paper]] = {}
    for paper in papers:
        content = msgspec.json.encode(paper, order="deterministic").decode()
        quantity = sum((goods_of(line).quantity or Fraction(0) for line in paper.lines), Fraction(0))
        one = (quantity, content, paper)
        key = invoice_key(paper) or content
        if key in kept:
            conflicts.append(f"The {_document(paper)} is there more than once; it counts once.")
            one = min(one, kept[key], key=lambda each: each[:2])
        kept[key] = one
    return [paper for _, _, paper in kept.values()]


def _refused(
    paper: Paper, used: frozenset[str], cancelled: Collection[str], contracts: Collection[str]
) -> str | None:
    """Return why the whole document counts nothing, if so."""
    failed = [check.name for check in paper.checks if not check.ok]
    failed += [check.name for field in paper.fields.values() for check in field.checks if not check.ok]
    if failed:
        return f"fails its check {min(failed)}"
    if paper.kind == Kind.DELIVERY_NOTE:
        other = _field(paper, "contract_number")
        return f"is for contract {other}" if other and contracts and other not in contracts else None
    if paper.kind != Kind.VAT_INVOICE:
        return None
    key = invoice_key(paper)
    reasons = {
        "has no number": not key,
        "already counts for another delivery": key in used,
        "is a red-letter invoice": bool(_field(paper, "red_number"))
        or _field(paper, "total").startswith("-"),
        "is cancelled by a red-letter invoice": key in cancelled,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _lines(paper: Paper, conflicts: list[str]) -> list[_Stated]:
    found: dict[Goods, _Stated] = {}
    for line in paper.lines:
        goods = goods_of(line)
        at = f"The line {goods.title!r} of the {_document(paper)}"
        faults = [*goods.faults]
        if paper.kind == Kind.CONTRACT and not goods.faults and goods.price is None:
            faults.append("it states no price")
        if faults:
            conflicts += [f"{at} counts nothing: {fault}." for fault in faults]
        elif goods in found:
            conflicts.append(f"{at} is there more than once; it counts once.")
        else:
            found[goods] = _Stated(_document(paper), goods)
    return [*found.values()]


def _matched(
    stated: Sequence[_Stated], contract: Sequence[_Group], notes: list[list[str]], conflicts: list[str]
) -> dict[int, list[Goods]]:
    """Return, by contract line, the lines that belong to it and do not contradict it."""
    found: dict[int, list[Goods]] = {}
    for one in stated:
        goods = one.goods
        places = match(goods, [group[0] for group in contract])
        if len(places) > 1:
            places = [at for at in places if contract[at][0].unit == goods.unit] or places
        at = f"The line {goods.title!r} of the {one.document}"
        if len(places) != 1:
            fits = "several lines of the contract equally well" if places else "no line of the contract"
            conflicts.append(f"{at} fits {fits}; it counts nothing.")
            continue
        group = contract[places[0]]
        if goods.unit and group[0].unit and goods.unit != group[0].unit:
            notes[places[0]].append(f"{at} is in {goods.unit}, the contract's in {group[0].unit}.")
        elif goods.price is not None and not any(
            prices_agree(goods.price, other.price or Fraction(0), goods.tax_rate) for other in group
        ):
            notes[places[0]].append(f"{at} has another price than the contract.")
        else:
            found.setdefault(places[0], []).append(goods)
    return found


def _line(
    group: _Group, others: Mapping[Kind, Sequence[Goods]], notes: Sequence[str], currency: str
) -> tuple[ReconciledLine, Fraction, Money]:
    """Return one line of the contract with its verified quantity and value."""
    stated = {Kind.CONTRACT: _sum(group)} | {kind: _sum(lines) for kind, lines in others.items() if lines}
    conflicts = [*notes]
    conflicts += [
        f"No {NAMES[kind]} bears out the line {group[0].title!r}." for kind in KINDS if kind not in stated
    ]
    prices = {goods.price for goods in group if goods.price is not None}
    if len(prices) > 1:
        conflicts.append(f"The contract states several prices of {group[0].title!r}; the lowest counts.")
    if len({stated.get(kind) for kind in others}) > 1 and len(stated) == len(KINDS):
        conflicts.append(f"Delivery note and invoice state other quantities of {group[0].title!r}.")
    quantity = min(stated.values()) if len(stated) == len(KINDS) else Fraction(0)
    unit = currency_of(currency)
    value = Money(round_fraction(quantity * min(prices) * 10**unit.digits, Rounding.DOWN), unit)
    line = ReconciledLine(
        group[0].title,
        group[0].unit,
        tuple(kind for kind in KINDS if kind in stated),
        _text(quantity),
        value.text,
        tuple(sorted(set(conflicts))),
    )
    return line, quantity, value


def _sum(lines: Sequence[Goods]) -> Fraction:
    return sum((goods.quantity or Fraction(0) for goods in lines), Fraction(0))


def _document(paper: Paper) -> str:
    return f"{NAMES[paper.kind]} {_field(paper, 'number')[:MAX_NAME_LENGTH]}".strip()


def _field(paper: Paper, name: str) -> str:
    field = paper.fields.get(name)
    return field.value if field else ""


def _text(quantity: Fraction) -> str:
    """Return the quantity as decimal text; exact, for every quantity is a sum of decimals."""
    places = 0
    while (quantity * 10**places).denominator != 1:
        places += 1
    whole = str(int(quantity * 10**places)).rjust(places + 1, "0")
    return f"{whole[:-places]}.{whole[-places:]}" if places else whole
