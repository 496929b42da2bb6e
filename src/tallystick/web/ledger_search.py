"""The search box of the ledger: what somebody may have pasted, and the page that it leads to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.contracts import membership
from tallystick.errors import Malformed, NotFound
from tallystick.ledger.accounts import account_state_key
from tallystick.ledger.protocols import Engine
from tallystick.services.disclosure import Viewer, may_read_state
from tallystick.values.identifiers import parse_account_address

MAX_SEARCH: Final = 100


@dataclass(frozen=True)
class Found:
    """Where the search leads: an address of a page, or what to say when there is none."""

    address: str = ""
    missing: str | Promise = ""


Look = Callable[[Engine, Viewer, str], str]


def find(ledger: Engine, viewer: Viewer, text: str) -> Found:
    """Return where ``text`` leads: a block number, storage address, hash, account or validator address."""
    wanted = "".join(text.split()).lower() if len(text) <= MAX_SEARCH else ""
    for form, look, missing in _FORMS:
        if form.fullmatch(wanted):
            address = look(ledger, viewer, wanted)
            return Found(address) if address else Found(missing=missing)
    return Found(
        missing=_("This is no block number, storage address, hash, account address or validator address.")
    )


def _block(ledger: Engine, _viewer: Viewer, wanted: str) -> str:
    try:
        ledger.block(int(wanted))
    except NotFound:
        return ""
    return reverse("web:block", args=[int(wanted)])


def _place(ledger: Engine, _viewer: Viewer, wanted: str) -> str:
    height, index = map(int, wanted.split("-"))
    try:
        entries = ledger.block(height).entries
    except NotFound:
        return ""
    return reverse("web:transaction", args=[entries[index].data_hash]) if index < len(entries) else ""


def _digest(ledger: Engine, viewer: Viewer, wanted: str) -> str:
    if ledger.receipt(wanted) is not None:
        return reverse("web:transaction", args=[wanted])
    if may_read_state(viewer, membership.KEY_PREFIX):
        use = membership.key_use_from_state(ledger.read, wanted)
        if use is not None:
            return reverse("web:account", args=[use.address])
    return _validator(ledger, wanted)


def _address(ledger: Engine, viewer: Viewer, wanted: str) -> str:
    try:
        address = parse_account_address(wanted)
    except Malformed:
        return ""
    key = account_state_key(address)
    if may_read_state(viewer, key) and ledger.read(key) is not None:
        return reverse("web:account", args=[address])
    return _validator(ledger, address)


def _validator(ledger: Engine, wanted: str) -> str:
    """Return the line of the validator with this address or public key."""
    known = [each.address for each in ledger.validators() if wanted in (each.address, each.public_key)]
    return f"{reverse('web:validators')}#{known[0]}" if known else ""


#: What was pasted -> how to find it, and what to say when it is not there; the first form that fits decides.
_FORMS: Final[tuple[tuple[re.Pattern[str], Look, str | Promise], ...]] = (
    (re.compile(r"[0-9]{1,15}"), _block, _("There is no block with this number.")),
    (re.compile(r"[0-9]{1,15}-[0-9]{1,9}"), _place, _("No transaction stands at this storage address.")),
    (re.compile(r"[0-9a-f]{64}"), _digest, _("No transaction has this hash, and nobody has this key.")),
    (
        re.compile(r"tly1[0-9a-z]+"),
        _address,
        _("No account and no validator has this address; a letter of it may be mistyped."),
    ),
)
