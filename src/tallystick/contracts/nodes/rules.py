"""The contract of nodes as a table: who may do what, how many must agree to it, and the limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: The sender is an active member whose node has power now.
VALIDATOR: Final = "validator"
#: What an action may make of validator power.
NOTHING: Final = "nothing"
OWN_TO_ZERO: Final = "the sender's own becomes 0"
ANY: Final = "any member's, to any value"

#: Validators at one time. A block carries a signature of each, and a vote reads the ballots of each.
MAX_VALIDATORS: Final = 100
#: All power together, far below what CometBFT can count; also the most that one node may have.
MAX_TOTAL_POWER: Final = 1_000_000
#: Nodes whose power one block may change; all that it changed stands in one record.
MAX_CHANGES_IN_BLOCK: Final = 200
#: Members about whom one validator may have a ballot waiting.
MAX_STANDING_BALLOTS: Final = 32
#: Blocks from the one that decides an upgrade to the upgrade, at least, so that every node sees it coming.
UPGRADE_NOTICE_BLOCKS: Final = 20
#: The protocol version of a new chain. Versions only rise, so that this many can ever be kept.
FIRST_VERSION: Final = 1
MAX_VERSION: Final = 1_000


@dataclass(frozen=True)
class Share:
    """A part of all power that must be exceeded: ``parts`` of ``whole``, in whole numbers."""

    parts: int
    whole: int

    def is_exceeded(self, power: int, total: int) -> bool:
        """Return whether ``power`` is strictly more than this share of ``total``."""
        return power * self.whole > total * self.parts


TWO_THIRDS: Final = Share(2, 3)


@dataclass(frozen=True)
class Rule:
    """One row of the table of nodes.

    Attributes:
        by: the role that the sender must hold as an active member, or ``VALIDATOR``.
        agreed_by: share of all power that those who agree must exceed; None: the sender decides.
        power: what it may make of validator power.
    """

    by: str
    agreed_by: Share | None
    power: str


RULES: Final[Mapping[str, Rule]] = {
    # action                     by          agreed by   validator power
    "register": Rule("operator", None, NOTHING),
    "appoint": Rule(VALIDATOR, TWO_THIRDS, ANY),
    "retire": Rule(VALIDATOR, None, OWN_TO_ZERO),
    "schedule_upgrade": Rule(VALIDATOR, TWO_THIRDS, NOTHING),
}
