"""A traced chain as the officer sees it: the picture, links, levels, ways down, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tallystick.evidence.chain import Chain, End, Level, Sight
from tallystick.services.chain import Traced
from tallystick.values.money import Money
from tallystick.web.chain_picture import chain_picture, hidden_members
from tallystick.web.stages import StageLabel
from tallystick.web.wording import called

#: Ways down that the page shows; the API has them all.
PATHS_AT_MOST: Final = 100
#: Why a way down ends.
ENDS: Final[Mapping[End, StageLabel]] = MappingProxyType(
    {
        End.CORE: StageLabel(gettext_lazy("core enterprise"), "good"),
        End.LAST: StageLabel(gettext_lazy("nobody further down"), "quiet"),
        End.NO_RECORDS: StageLabel(gettext_lazy("missing: no deliveries"), "warn"),
        End.NO_CONSENT: StageLabel(gettext_lazy("missing: no consent"), "warn"),
        End.CYCLE: StageLabel(gettext_lazy("comes back"), "bad"),
        End.TOO_DEEP: StageLabel(gettext_lazy("not followed further"), "warn"),
    }
)
MISSING: Final[Mapping[Sight, str | Promise]] = MappingProxyType(
    {
        Sight.NO_RECORDS: gettext_lazy("no countersigned deliveries in the period"),
        Sight.NO_CONSENT: gettext_lazy("has not consented to let you look at its deliveries"),
    }
)
#: Limit that was reached -> what it means.
LIMITS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "depth": gettext_lazy("ten links down"),
        "members": gettext_lazy("200 members"),
        "links": gettext_lazy("1,000 links"),
        "paths": gettext_lazy("500 ways down"),
        "deliveries": gettext_lazy("2,000 deliveries"),
    }
)


@dataclass(frozen=True)
class LinkRow:
    """One link; shares in percent with one decimal, ``value_share`` empty where it is not known."""

    level: int
    supplier: str
    buyer: str
    deliveries: int
    value: Money | None
    share: str
    value_share: str
    closes_cycle: bool


@dataclass(frozen=True)
class PathRow:
    """One way down, in names."""

    members: Sequence[str]
    share: str
    end: StageLabel


@dataclass(frozen=True)
class ChainCard:
    """A chain to look at; ``choices`` are the members that may be the core enterprise, by address."""

    picture: SafeString
    since: datetime
    links: Sequence[LinkRow]
    levels: Sequence[Level]
    paths: Sequence[PathRow]
    more_paths: int
    cycles: Sequence[Sequence[str]]
    missing: Sequence[tuple[str, str | Promise]]
    limits: Sequence[str | Promise]
    hidden: int
    reaches_core: bool
    choices: Sequence[tuple[str, str]]


def chain_card(traced: Traced) -> ChainCard:
    """Return the card of a traced chain."""
    chain = traced.chain
    names = {address: called(member) for address, member in traced.members.items()}

    def name(address: str) -> str:
        return names.get(address, address)

    return ChainCard(
        picture=chain_picture(
            _("Chain below %(supplier)s") % {"supplier": name(chain.supplier)}, chain, names
        ),
        since=traced.since,
        links=_links(chain, names),
        levels=chain.levels,
        paths=[
            PathRow([name(each) for each in path.members], percent(path.share), ENDS[path.end])
            for path in chain.paths[:PATHS_AT_MOST]
        ],
        more_paths=max(0, len(chain.paths) - PATHS_AT_MOST),
        cycles=[[name(each) for each in (*cycle, cycle[0])] for cycle in chain.cycles],
        missing=[(name(address), MISSING[sight]) for address, sight in chain.missing.items()],
        limits=[LIMITS[each] for each in traced.limits],
        hidden=hidden_members(chain),
        reaches_core=chain.reaches_core,
        choices=[(address, name(address)) for address in chain.members if address != chain.supplier],
    )


def percent(share: Fraction) -> str:
    """Return a share from 0 to 1 in percent, rounded half up to one decimal: ``33.3``."""
    whole, tenths = divmod((share.numerator * 2000 + share.denominator) // (2 * share.denominator), 10)
    return f"{whole}.{tenths}"


def _links(chain: Chain, names: Mapping[str, str]) -> list[LinkRow]:
    return [
        LinkRow(
            level=link.level,
            supplier=names.get(link.supplier, link.supplier),
            buyer=names.get(link.buyer, link.buyer),
            deliveries=link.deliveries,
            value=link.value,
            share=percent(link.share_of_deliveries),
            value_share="" if link.share_of_value is None else percent(link.share_of_value),
            closes_cycle=link.closes_cycle,
        )
        for link in chain.links
    ]
