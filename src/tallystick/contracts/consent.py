"""Consent: an owner lets a recipient use something for one purpose, until a day or its withdrawal (E12, A1).

The ledger holds a salted digest of the consent, so that other members do not learn who is whose customer;
owner and recipient hold the document. Whoever releases anything asks here first: no live consent, no release.
"""

from typing import Annotated, Final

import msgspec

from tallystick.contracts.membership import require_member
from tallystick.contracts.places import Place, here, in_order, is_place
from tallystick.contracts.shapes import Arguments, Digest, Kept, Read, read_kept
from tallystick.errors import Conflict, Malformed, NotFound
from tallystick.ledger.protocols import Action, Call, Contract
from tallystick.values import canonical

PREFIX: Final = "consent/"
#: How long a consent may last: five years, in milliseconds.
MAX_MS: Final = 5 * 366 * 24 * 3600 * 1000


class Grant(Arguments, frozen=True):
    """Give a consent.

    Attributes:
        digest: ``consent_digest`` of its document.
        until: when it ends, milliseconds since 1970 UTC.
    """

    digest: Digest
    until: Annotated[int, msgspec.Meta(ge=0, le=canonical.MAX_INTEGER)]


class Withdraw(Arguments, frozen=True):
    """Take back the sender's consent that stands at a storage address."""

    consent: Place


class Granted(msgspec.Struct, frozen=True):
    """What ``grant`` answers: where the consent stands."""

    address: str


class Consent(Kept, frozen=True):
    """What the ledger says about a consent; times are block times, ``withdrawn_at`` 0 while it was not."""

    address: str
    digest: str
    granted_at: int
    until: int
    withdrawn_at: int

    def is_live(self, at: int) -> bool:
        """Return whether it holds at a time, milliseconds since 1970 UTC."""
        return not self.withdrawn_at and at < self.until


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A consent in words that a program can hold against a request.

    Attributes:
        owner, recipient: account addresses: whose it is, and who may use it.
        purpose: what for, for example ``loan-qualification``.
        scope: what it covers: names such as ``evidence``, or ``evidence/REFERENCE`` for one thing.
        until: when it ends, milliseconds since 1970 UTC.
        salt: 128 random bits or more, in hex: keeps the digest from being guessed.
    """

    owner: str
    recipient: str
    purpose: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    scope: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...],
        msgspec.Meta(min_length=1, max_length=200),
    ]
    until: int
    salt: Annotated[str, msgspec.Meta(min_length=32, max_length=128)]

    def covers(self, scope: str) -> bool:
        """Return whether it covers ``scope`` itself, or the whole of which it is a part (``evidence/…``)."""
        return scope in self.scope or scope.partition("/")[0] in self.scope


def consent_digest(document: Document) -> str:
    """Return the digest under which the ledger knows a consent, 64 hex digits."""
    return canonical.digest({"consent": document, "purpose": "tallystick/consent/1"})


def consents_prefix(owner: str) -> str:
    """Return what the keys of an owner's consents begin with, oldest first in key order."""
    return f"{PREFIX}{owner}/"


def consent_from_state(read: Read, owner: str, address: str) -> Consent | None:
    """Return the consent of ``owner`` at a storage address, or None.

    Raises:
        Corruption: ``damaged_state``.
    """
    return read_kept(read, consents_prefix(owner) + in_order(address), Consent) if is_place(address) else None


def _grant(call: Call, grant: Grant) -> Granted:
    owner = require_member(call).address
    if not call.time < grant.until <= call.time + MAX_MS:
        raise Malformed("bad_consent_period", "A consent must end after now, and within five years.")
    address = here(call)
    consent = Consent(address, grant.digest, call.time, grant.until, 0)
    call.put(consents_prefix(owner) + in_order(address), consent.encoded())
    return Granted(address)


def _withdraw(call: Call, withdraw: Withdraw) -> None:
    owner = require_member(call).address
    consent = consent_from_state(call.get, owner, withdraw.consent)
    if consent is None:
        raise NotFound("unknown_consent", "The sender has given no consent at that address.")
    if consent.withdrawn_at:
        raise Conflict("already_withdrawn", "The consent is withdrawn already.")
    taken_back = msgspec.structs.replace(consent, withdrawn_at=call.time)
    call.put(consents_prefix(owner) + in_order(consent.address), taken_back.encoded())


CONTRACT = Contract(
    name="consent", actions={"grant": Action(Grant, _grant), "withdraw": Action(Withdraw, _withdraw)}
)
