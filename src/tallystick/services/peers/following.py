"""What members elsewhere have done with deliveries on the ledger: brought into the rows, unasked."""

from typing import Final

from django.db.models import Q

from tallystick.contracts.countersignature import request_from_state
from tallystick.records.models import Delivery
from tallystick.services import deliveries
from tallystick.services.installation import Installation

#: Deliveries, taken at random, that one round asks the ledger about.
MAX_LOOKED_AT: Final = 50


def follow(installation: Installation) -> int:
    """Bring deliveries up to what the other party has done with them; return how many had moved.

    A supplier here learns of an answer that its buyer gave elsewhere; a buyer here, that a delivery from
    elsewhere was taken back. What is done here is saved where it is done.
    """
    own, moved = installation.keys.addresses(), 0
    made_here = Q(supplier__address__in=own) & ~Q(buyer__address__in=own)
    rows = Delivery.objects.filter(made_here | ~Q(named=""), stage__in=("waiting", "signed"))
    for row in rows.exclude(request="").select_related("supplier").order_by("?")[:MAX_LOOKED_AT]:
        kept = request_from_state(installation.ledger.read, row.supplier.address, row.request)
        status = "waiting" if kept is None else kept.status
        if status == "withdrawn" or (status != "waiting" and row.supplier.address in own):
            deliveries.follow(installation, row)
            moved += 1
    return moved
