"""Chain tracing: from a supplier, buyer by buyer, down to the core enterprise, with figures (E11).

A link is what a supplier delivered to one buyer: how often, for how much, and the share that is of what the
supplier delivered. Everything comes in as values; a member is followed once, whatever leads to it.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from tallystick.errors import TooLarge
from tallystick.values.money import Money

MAX_DEPTH: Final = 10
MAX_MEMBERS: Final = 200
MAX_LINKS: Final = 1000
MAX_PATHS: Final = 500


class Sight(StrEnum):
    """What is known of the deliveries of one member."""

    KNOWN = "known"
    NO_RECORDS = "no_records"  # it has delivered nothing that is on the ledger
    NO_CONSENT = "no_consent"  # its records may not be read for this purpose


class End(StrEnum):
    """Why a path ends where it does."""

    CORE = "core"  # a core enterprise
    LAST = "last"  # nobody is known further down, and no core enterprise was named
    NO_RECORDS = "no_records"  # a link is missing: nothing on the ledger leads further down
    NO_CONSENT = "no_consent"  # a link is missing: what leads further down may not be read
    CYCLE = "cycle"  # the next buyer is on the path already
    TOO_DEEP = "too_deep"  # a limit was reached; ``Chain.limits`` names it


@dataclass(frozen=True)
class Sales:
    """What a supplier delivered to one buyer in the period; ``value`` None where it is not known."""

    buyer: str
    deliveries: int
    value: Money | None


@dataclass(frozen=True)
class Downstream:
    """What is known of one member's deliveries; ``sales`` is empty unless ``sight`` is ``KNOWN``."""

    sight: Sight
    sales: tuple[Sales, ...] = ()


@dataclass(frozen=True)
class Link:
    """Deliveries from ``supplier`` to ``buyer``.

    Attributes:
        level: 1 for the first link from the traced supplier.
        share_of_deliveries: of the supplier's deliveries, 0 to 1.
        share_of_value: of their value; None where one value is not known, or currencies differ.
        closes_cycle: whether a path that leads here has passed the buyer already.
    """

    supplier: str
    buyer: str
    level: int
    deliveries: int
    value: Money | None
    share_of_deliveries: Fraction
    share_of_value: Fraction | None
    closes_cycle: bool = False


@dataclass(frozen=True)
class Path:
    """One way down: account addresses from the supplier on; ``share`` is the product of the links' shares."""

    members: tuple[str, ...]
    end: End
    share: Fraction


@dataclass(frozen=True)
class Level:
    """Figures of the links of one level; ``values`` by currency, ``unvalued`` counts links without one."""

    level: int
    members: int
    deliveries: int
    values: tuple[Money, ...]
    unvalued: int


@dataclass(frozen=True)
class Chain:
    """A traced chain.

    Attributes:
        members: how far down each member stands, 0 for the supplier; the shortest way counts.
        links: each once, level by level.
        paths: every way down, in the order of the links.
        missing: members whose deliveries are not known, and why.
        limits: which limits cut it short: ``depth``, ``members``, ``links``, ``paths``; then it is not whole.
    """

    supplier: str
    members: Mapping[str, int]
    cores: tuple[str, ...]
    links: tuple[Link, ...]
    paths: tuple[Path, ...]
    levels: tuple[Level, ...]
    missing: Mapping[str, Sight]
    limits: tuple[str, ...]

    @property
    def reaches_core(self) -> bool:
        """Whether a path leads to a core enterprise."""
        return any(path.end is End.CORE for path in self.paths)

    @property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """The circles, each once, from the member that stands nearest to the supplier."""
        places = {address: place for place, address in enumerate(self.members)}
        found: dict[tuple[str, ...], None] = {}
        for path in self.paths:
            if path.end is End.CYCLE:
                again = path.members[-1]
                circle = path.members[path.members.index(again) : -1]
                first = min(range(len(circle)), key=lambda at: places[circle[at]])
                found[circle[first:] + circle[:first]] = None
        return tuple(found)


def trace(supplier: str, known: Mapping[str, Downstream], cores: Set[str] = frozenset()) -> Chain:
    """Return the chain from ``supplier`` down to the core enterprises.

    Args:
        supplier: account address to start from.
        known: what is known of each member's deliveries; a member that is not there has no records.
        cores: account addresses where a path ends; with none, a path ends where nobody is known further down.

    Raises:
        TooLarge: ``too_many_buyers`` when one member has more than ``MAX_LINKS`` buyers.
    """
    limits: dict[str, None] = {}
    members, links = _spread(supplier, known, cores, limits)
    follow: dict[str, list[Link]] = {}
    for link in links:
        follow.setdefault(link.supplier, []).append(link)
    walker = _Walk(known, cores, follow, limits)
    paths = tuple(walker.paths((supplier,), Fraction(1)))
    closing = {path.members[-2:] for path in paths if path.end is End.CYCLE}
    links = [_closing(link) if (link.supplier, link.buyer) in closing else link for link in links]
    return Chain(
        supplier=supplier,
        members=members,
        cores=tuple(address for address in members if address in cores),
        links=tuple(links),
        paths=paths,
        levels=tuple(_levels(links, members)),
        missing={
            address: _sight(known, address)
            for address in members
            if address not in cores and _sight(known, address) is not Sight.KNOWN
        },
        limits=tuple(limits),
    )


def _spread(
    supplier: str, known: Mapping[str, Downstream], cores: Set[str], limits: dict[str, None]
) -> tuple[dict[str, int], list[Link]]:
    """Return the members by level, and their links, each member followed once, nearest first."""
    members, links, waiting = {supplier: 0}, list[Link](), [supplier]
    for address in waiting:
        if address in cores and address != supplier:
            continue
        level = members[address] + 1
        sold = list(_links(address, level, known.get(address, Downstream(Sight.NO_RECORDS))))
        if sold and level > MAX_DEPTH:
            limits["depth"] = None
            continue
        for link in sold:
            if len(links) >= MAX_LINKS:
                limits["links"] = None
                return members, links
            if link.buyer not in members:
                if len(members) >= MAX_MEMBERS:
                    limits["members"] = None
                    continue
                members[link.buyer] = level
                waiting.append(link.buyer)
            links.append(link)
    return members, links


def _links(supplier: str, level: int, down: Downstream) -> Iterator[Link]:
    if len(down.sales) > MAX_LINKS:
        raise TooLarge("too_many_buyers", f"A chain follows {MAX_LINKS} buyers of one member at most.")
    deliveries = sum(one.deliveries for one in down.sales)
    currencies = {None if one.value is None else one.value.currency for one in down.sales}
    total = sum(one.value.amount_minor for one in down.sales if one.value is not None)
    has_shares = len(currencies) == 1 and None not in currencies and total > 0
    for one in sorted(down.sales, key=lambda each: (-each.deliveries, each.buyer)):
        if one.deliveries > 0:
            yield Link(
                supplier=supplier,
                buyer=one.buyer,
                level=level,
                deliveries=one.deliveries,
                value=one.value,
                share_of_deliveries=Fraction(one.deliveries, deliveries),
                share_of_value=Fraction(one.value.amount_minor, total) if has_shares and one.value else None,
            )


@dataclass(frozen=True)
class _Walk:
    """Follows the links down every path; no member twice on one path."""

    known: Mapping[str, Downstream]
    cores: Set[str]
    follow: Mapping[str, Sequence[Link]]
    limits: dict[str, None]

    def paths(self, start: tuple[str, ...], share: Fraction) -> Iterator[Path]:
        """Yield every path on from ``start``, until there are ``MAX_PATHS``."""
        stack, count = [(start, share, End.LAST)], 0
        while stack:
            members, share, end = stack.pop()
            onward = () if end is End.CYCLE else self._onward(members)
            if onward and len(members) <= MAX_DEPTH:
                stack.extend(self._step(members, share, link) for link in reversed(onward))
                continue
            if count >= MAX_PATHS:
                self.limits["paths"] = None
                return
            count += 1
            if onward:
                self.limits["depth"] = None
            yield Path(members, self._end(members, end, bool(onward)), share)

    def _onward(self, members: tuple[str, ...]) -> Sequence[Link]:
        is_end = members[-1] in self.cores and len(members) > 1
        return () if is_end else self.follow.get(members[-1], ())

    @staticmethod
    def _step(members: tuple[str, ...], share: Fraction, link: Link) -> tuple[tuple[str, ...], Fraction, End]:
        end = End.CYCLE if link.buyer in members else End.LAST
        return (*members, link.buyer), share * link.share_of_deliveries, end

    def _end(self, members: tuple[str, ...], end: End, goes_on: bool) -> End:
        last = members[-1]
        if end is End.CYCLE:
            return end
        if last in self.cores:
            return End.CORE
        sight = _sight(self.known, last)
        if goes_on or (sight is Sight.KNOWN and last not in self.follow):
            return End.TOO_DEEP
        if sight is Sight.NO_CONSENT:
            return End.NO_CONSENT
        return End.NO_RECORDS if self.cores else End.LAST


def _sight(known: Mapping[str, Downstream], address: str) -> Sight:
    down = known.get(address)
    if down is None or (down.sight is Sight.KNOWN and not any(one.deliveries > 0 for one in down.sales)):
        return Sight.NO_RECORDS
    return down.sight


def _closing(link: Link) -> Link:
    return Link(**{**link.__dict__, "closes_cycle": True})


def _levels(links: Sequence[Link], members: Mapping[str, int]) -> Iterator[Level]:
    for level in sorted({link.level for link in links}):
        here = [link for link in links if link.level == level]
        values: dict[str, Money] = {}
        for link in here:
            if link.value is not None:
                code = link.value.currency.code
                before = values.get(code)
                values[code] = link.value if before is None else before + link.value
        yield Level(
            level=level,
            members=sum(1 for place in members.values() if place == level),
            deliveries=sum(link.deliveries for link in here),
            values=tuple(values[code] for code in sorted(values)),
            unvalued=sum(1 for link in here if link.value is None),
        )
