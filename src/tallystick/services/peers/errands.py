"""What this installation has to fetch from others: noted, fetched in turn, tried again at growing waits.

A buyer is to have every delivery that the ledger says waits for it; a lender those that a query gave it and
that a consent covers.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from tallystick.contracts.countersignature import Waiting, inbox_prefix, request_from_state
from tallystick.contracts.shapes import decode_kept
from tallystick.errors import TallystickError
from tallystick.records.models import Awaited, Delivery, Member
from tallystick.services import consortium
from tallystick.services.installation import Installation
from tallystick.services.peers.arriving import arrive, is_here
from tallystick.services.peers.asking import Line

#: Requests that one member's inbox is asked for at once.
MAX_INBOX: Final = 1000
#: Deliveries of one supplier that a buyer has here unanswered; more are fetched once some are answered.
MAX_UNANSWERED: Final = 100
#: Deliveries that are fetched in one round.
MAX_IN_A_ROUND: Final = 20
#: One delivery is given this long; a thread that died lets go of it after as long.
CLAIM: Final = timedelta(minutes=15)
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=10)
#: What the codes begin with by which an owner's installation says that it has no consent.
_NO_CONSENT: Final = "consent_"

_log = logging.getLogger(__name__)


def note_inboxes(installation: Installation) -> None:
    """Note what the ledger says waits for buyers here, and lies with suppliers whose nodes are elsewhere."""
    own = set(installation.keys.addresses())
    for buyer in Member.objects.filter(address__in=own):
        if "enterprise" not in buyer.roles:
            continue
        kept = installation.ledger.scan(inbox_prefix(buyer.address), MAX_INBOX)
        waiting = [decode_kept(key, value, Waiting) for key, value in kept]
        here = Delivery.objects.filter(buyer=buyer, request__in=[each.address for each in waiting])
        known = set(here.values_list("supplier__address", "request"))
        for each in waiting:
            if each.supplier not in own and (each.supplier, each.address) not in known:
                supplier = consortium.recognise(installation, each.supplier)
                Awaited.objects.get_or_create(
                    member=buyer,
                    supplier=supplier,
                    request=each.address,
                    defaults={"again_at": installation.clock.now()},
                )


def note(installation: Installation, member: Member, supplier: Member, requests: Iterable[str]) -> None:
    """Note deliveries (where their requests stand) to be fetched for a member now, unless they are here."""
    for request in requests:
        if not is_here(supplier, request):
            Awaited.objects.update_or_create(
                member=member,
                supplier=supplier,
                request=request,
                defaults={"again_at": installation.clock.now()},
            )


def run(installation: Installation, within: timedelta | None = None, **which: Member) -> int:
    """Fetch what is due, oldest first, and return how many deliveries came.

    Never raises for another installation that does not answer, or answers wrongly: the row says so, and is
    tried again later; one that is refused for want of a consent, when it is asked for again.

    Args:
        within: ask nothing after so long.
        which: ``member`` and ``supplier``, to run their rows alone.
    """
    begun, came = installation.clock.now(), 0
    due = Awaited.objects.filter(again_at__lte=begun, **which).select_related("member", "supplier")
    rows = list(due.order_by("again_at", "pk")[:MAX_IN_A_ROUND])
    for row in rows:
        now = installation.clock.now()
        if within is not None and now - begun > within:
            break
        if _is_crowded(row):
            mine = Awaited.objects.filter(pk=row.pk)
            mine.update(problem="too_many_unanswered", again_at=now + LONGEST_WAIT)
        elif _claimed(installation, row):
            came += _fetch(installation, row, now + CLAIM if within is None else begun + within)
    return came


def refused(member: Member, supplier: Member, request: str) -> bool:
    """Return whether the supplier's installation had no consent to give a delivery to a member."""
    row = Awaited.objects.filter(member=member, supplier=supplier, request=request).first()
    return row is not None and row.problem.startswith(_NO_CONSENT)


def _fetch(installation: Installation, row: Awaited, until: datetime) -> bool:
    mine = Awaited.objects.filter(pk=row.pk)
    try:
        kept = request_from_state(installation.ledger.read, row.supplier.address, row.request)
        if kept is None or kept.status == "withdrawn":
            mine.delete()
            return False
        arrive(Line(installation, row.member, row.supplier.address, until), row.supplier, row.request)
    except TallystickError as problem:
        said = problem.details.get("said", "")
        _log.warning("A delivery of %s was not fetched: %s %s", row.supplier.address, problem.code, said)
        again_at = None
        if not problem.code.startswith(_NO_CONSENT):
            again_at = installation.clock.now() + min(FIRST_WAIT * 2 ** min(row.tries, 10), LONGEST_WAIT)
        mine.update(problem=problem.code, tries=row.tries + 1, again_at=again_at)
        return False
    else:
        mine.delete()
        return True
    finally:
        _same(row).update(claimed_until=None)


def _is_crowded(row: Awaited) -> bool:
    unanswered = Delivery.objects.filter(supplier=row.supplier, buyer=row.member, stage="waiting")
    return unanswered.exclude(named="").count() >= MAX_UNANSWERED


def _claimed(installation: Installation, row: Awaited) -> bool:
    """Take a delivery for this thread, for whichever member it is fetched: its first row stands for all."""
    now = installation.clock.now()
    first = _same(row).order_by("pk").values_list("pk", flat=True)[:1]
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return bool(Awaited.objects.filter(free, pk__in=list(first)).update(claimed_until=now + CLAIM))


def _same(row: Awaited) -> QuerySet[Awaited]:
    found: QuerySet[Awaited] = Awaited.objects.filter(supplier=row.supplier, request=row.request)
    return found
