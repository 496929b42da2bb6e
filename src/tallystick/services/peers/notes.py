"""The buyer's words with a refusal: fetched from its installation, believed for the digest on the ledger."""

import logging
from datetime import timedelta
from typing import Final

from tallystick.contracts.countersignature import request_from_state
from tallystick.errors import TallystickError
from tallystick.records.models import Delivery
from tallystick.services.installation import Installation
from tallystick.services.peers.asking import Line
from tallystick.values import canonical

#: Refused deliveries, the newest, whose notes are looked for in one round; and how long one may take.
MAX_LOOKED_AT: Final = 50
PATIENCE: Final = timedelta(seconds=30)

_log = logging.getLogger(__name__)


def fetch(installation: Installation) -> int:
    """Fetch the notes that the ledger says there are and that are not here; return how many came."""
    own, came = installation.keys.addresses(), 0
    refused = Delivery.objects.filter(stage="refused", note_salt="", supplier__address__in=own)
    others = refused.filter(buyer__address__in=list(installation.peers)).exclude(buyer__address__in=own)
    for row in others.select_related("supplier", "buyer")[:MAX_LOOKED_AT]:
        kept = request_from_state(installation.ledger.read, row.supplier.address, row.request)
        if kept is not None and kept.note_digest:
            came += _came(installation, row, kept.note_digest)
    return came


def _came(installation: Installation, row: Delivery, digest: str) -> bool:
    line = Line(installation, row.supplier, row.buyer.address, installation.clock.now() + PATIENCE)
    try:
        told = line.note(row.request)
    except TallystickError as problem:
        _log.warning("The note of %s was not fetched: %s", row.buyer.address, problem.code)
        return False
    if canonical.digest({"note": told.note, "salt": told.salt}) != digest:
        _log.warning("The note of %s is not what the ledger holds.", row.buyer.address)
        return False
    row.note, row.note_salt = told.note, told.salt
    row.save(update_fields=["note", "note_salt"])
    return True
