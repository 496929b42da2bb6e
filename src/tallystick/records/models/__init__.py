"""The tables, one module for each subject; import them from here.

Every table that belongs to a member has a manager with ``visible_to(member_id)``: front doors read
through it and never through ``objects.all()``, so that rows of one member stay invisible to another.
"""

from tallystick.records.models.books import CleanedBooks
from tallystick.records.models.evidence import (
    Consent,
    Delivery,
    HandGrade,
    MediaFile,
    MediaReading,
    Qualification,
)
from tallystick.records.models.ledger import Anchor, Transmission
from tallystick.records.models.members import AccessToken, Member, User
from tallystick.records.models.origination import (
    Application,
    Book,
    Disbursement,
    Event,
    Finding,
    Instalment,
    Offer,
    Programme,
)
from tallystick.records.models.peers import Awaited, PeerQuestion
from tallystick.records.models.policies import PolicyEffect, PolicyEvent, PolicyVersion
from tallystick.records.models.requests import IdempotentRequest, Sequence

__all__ = [
    "AccessToken",
    "Anchor",
    "Application",
    "Awaited",
    "Book",
    "CleanedBooks",
    "Consent",
    "Delivery",
    "Disbursement",
    "Event",
    "Finding",
    "HandGrade",
    "IdempotentRequest",
    "Instalment",
    "MediaFile",
    "MediaReading",
    "Member",
    "Offer",
    "PeerQuestion",
    "PolicyEffect",
    "PolicyEvent",
    "PolicyVersion",
    "Programme",
    "Qualification",
    "Sequence",
    "Transmission",
    "User",
]
