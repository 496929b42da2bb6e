"""The chain below a supplier that a lender has asked about, as far as its members let that lender see (E11).

The first links are what the lender's query gave. Further down, a member's deliveries are known where its own
live consent covers them, and only those; without one the link is missing, whether or not there are any.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from tallystick.contracts.delivery import record_from_state
from tallystick.errors import Conflict, Malformed, NotFound, TallystickError
from tallystick.evidence import chain as tracing
from tallystick.evidence.assessment import Assessment
from tallystick.evidence.chain import Chain, Downstream, Link, Sales, Sight
from tallystick.records.models import Delivery, Member, Qualification
from tallystick.services import consents
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.services.looking import Looker
from tallystick.services.qualification import find
from tallystick.values import canonical
from tallystick.values.money import Money

#: Deliveries of members further down that one tracing looks at.
MAX_DELIVERIES: Final = 2000
#: Core enterprises that may be named.
MAX_CORES: Final = 20


@dataclass(frozen=True)
class Traced:
    """A traced chain.

    Attributes:
        members: by account address, those that are known here; every member knows who is a member.
        since: from when on deliveries count; the query's period.
        limits: as ``Chain.limits``, and ``deliveries`` where ``MAX_DELIVERIES`` cut it short.
    """

    chain: Chain
    members: Mapping[str, Member]
    since: datetime
    limits: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """Return it as plain data: shares as exact fractions, money as text with its currency."""
        found = self.chain
        return {
            "supplier": found.supplier,
            "since": self.since.isoformat(),
            "reaches_core": found.reaches_core,
            "members": [
                {
                    "address": address,
                    "name": self.members[address].name if address in self.members else "",
                    "level": level,
                    "missing": found.missing[address].value if address in found.missing else None,
                }
                for address, level in found.members.items()
            ],
            "links": [_link(link) for link in found.links],
            "paths": [
                {"members": list(path.members), "end": path.end.value, "share": str(path.share)}
                for path in found.paths
            ],
            "levels": [
                {
                    "level": level.level,
                    "members": level.members,
                    "deliveries": level.deliveries,
                    "values": [_money(value) for value in level.values],
                    "unvalued": level.unvalued,
                }
                for level in found.levels
            ],
            "cycles": [list(cycle) for cycle in found.cycles],
            "limits": list(self.limits),
        }


def latest(actor: Actor, supplier: str) -> Qualification:
    """Return the actor's latest answered query about the supplier at an account address.

    Raises:
        Forbidden: ``not_permitted``. NotFound: ``unknown_qualification``.
    """
    actor.require("qualify")
    rows = Qualification.objects.visible_to(actor.member_id).select_related("lender", "supplier", "sent")
    row = rows.filter(supplier__address=supplier, findings__isnull=False).first()
    if row is None:
        raise NotFound("unknown_qualification", "Your institution has asked nothing about that supplier yet.")
    return row


def trace(installation: Installation, actor: Actor, reference: str, cores: Sequence[str] = ()) -> Traced:
    """Return the chain below the supplier of one of the lender's queries.

    Args:
        cores: account addresses of the core enterprises, where a path ends; may be empty.

    Raises:
        Forbidden: ``not_permitted``. NotFound: ``unknown_qualification``, ``unknown_core``.
        Conflict: ``not_examined``. Malformed: ``too_many_cores``. TooLarge: ``too_many_buyers``.
    """
    actor.require("qualify")
    row = find(actor, reference)
    if row.findings is None:
        raise Conflict("not_examined", "The ledger has not answered the query yet.")
    if len(cores) > MAX_CORES:
        raise Malformed("too_many_cores", f"At most {MAX_CORES} core enterprises can be named.")
    if Member.objects.filter(address__in=cores).count() != len(set(cores)):
        raise NotFound("unknown_core", "A core enterprise that was named is no member here.")
    walk = _Walk(installation, row, row.findings)
    known = walk.known(frozenset(cores))
    found = tracing.trace(row.supplier.address, known, frozenset(cores))
    limits = (*found.limits, *(("deliveries",) if walk.is_cut else ()))
    members = {each.address: each for each in Member.objects.filter(address__in=list(found.members))}
    since = datetime.fromtimestamp(row.findings["since"] / 1000, UTC)
    return Traced(found, members, since, limits)


def _link(link: Link) -> dict[str, object]:
    return {
        "supplier": link.supplier,
        "buyer": link.buyer,
        "level": link.level,
        "deliveries": link.deliveries,
        "value": None if link.value is None else _money(link.value),
        "share_of_deliveries": str(link.share_of_deliveries),
        "share_of_value": None if link.share_of_value is None else str(link.share_of_value),
        "closes_cycle": link.closes_cycle,
    }


def _money(amount: Money) -> dict[str, str]:
    return {"amount": amount.text, "currency": amount.currency.code}


class _Walk:
    """Gathers what is known of each member, buyer by buyer from the supplier on."""

    def __init__(self, installation: Installation, row: Qualification, findings: Mapping[str, Any]) -> None:
        self.installation, self.row, self.findings = installation, row, findings
        # Papers and grades by hand alone: no model looks at the deliveries of a whole chain.
        self.looker = Looker(replace(installation, language_model=None), row.lender, "")
        self.left = MAX_DELIVERIES
        self.is_cut = False

    def known(self, cores: frozenset[str]) -> dict[str, Downstream]:
        """Return what is known of every member that the chain may lead to."""
        supplier = self.row.supplier.address
        known = {supplier: _downstream(_of_findings(self.findings))}
        waiting = [one.buyer for one in known[supplier].sales]
        for address in waiting:
            if address in known or address in cores or len(known) >= tracing.MAX_MEMBERS:
                continue
            known[address] = self._of_member(address)
            waiting += [one.buyer for one in known[address].sales]
        return known

    def _of_member(self, address: str) -> Downstream:
        member = Member.objects.filter(address=address).first()
        live = consents.live_documents(self.installation, member, self.row.lender_id) if member else []
        if member is None or not live:
            return Downstream(Sight.NO_CONSENT)
        rows = Delivery.objects.filter(supplier=member).exclude(record="").select_related("supplier", "buyer")
        covered = [
            row
            for row in rows.prefetch_related("media")
            if any(each.covers(consents.scope_of(row)) for each in live)
        ]
        return _downstream(self._sold(covered))

    def _sold(self, rows: Sequence[Delivery]) -> Iterator[tuple[str, Money | None]]:
        for row in rows:
            record = record_from_state(self.installation.ledger.read, row.supplier.address, row.record)
            if record is None or record.recorded_at < self.findings["since"]:
                continue
            if self.left == 0:
                self.is_cut = True
                return
            self.left -= 1
            yield record.buyer, _value(self.looker.look(row, may_read=True).assessment)


def _of_findings(findings: Mapping[str, Any]) -> Iterator[tuple[str, Money | None]]:
    for found in findings["records"]:
        yield found["buyer"], _value(canonical.decode(canonical.encode(found["assessment"]), Assessment))


def _value(seen: Assessment) -> Money | None:
    try:
        return None if seen.value.value is None else Money.parse(seen.value.value, seen.currency)
    except TallystickError:
        return None


def _downstream(sold: Iterator[tuple[str, Money | None]]) -> Downstream:
    """Return the sales by buyer; a value is known where each of its deliveries has one, in one currency."""
    values: dict[str, list[Money | None]] = {}
    for buyer, value in sold:
        values.setdefault(buyer, []).append(value)
    if not values:
        return Downstream(Sight.NO_RECORDS)
    return Downstream(
        Sight.KNOWN, tuple(Sales(buyer, len(all_), _sum(all_)) for buyer, all_ in values.items())
    )


def _sum(values: Sequence[Money | None]) -> Money | None:
    known = [each for each in values if each is not None]
    if len(known) < len(values) or len({each.currency for each in known}) != 1:
        return None
    return sum(known[1:], known[0])
