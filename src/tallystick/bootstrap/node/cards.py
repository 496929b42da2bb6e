"""Cards: what a member tells the others about itself and its node, before they share a ledger.

The founders exchange theirs, and one of them writes the genesis file from all; everybody can read in it
what was agreed. A later member hands its card to one that is in, who admits it.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec

from tallystick.contracts.membership import check_name, check_roles
from tallystick.contracts.nodes.documents import Endpoint, NodeId
from tallystick.contracts.shapes import PublicKey, Signature
from tallystick.engines.cometbft.folder import genesis_file
from tallystick.errors import Conflict, Malformed
from tallystick.ledger.genesis import compose_genesis
from tallystick.values import canonical
from tallystick.values.clock import Clock, now_ms

MAX_CARD_BYTES: Final = 64 * 1024
FOUNDING_POWER: Final = 1


class Admission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lets a member join a chain that exists.

    Attributes:
        chain_id: of that chain.
        possession: the account key's signature over ``membership.join_statement``.
        registration: the member's first transaction, signed: it registers its node (base64).
    """

    chain_id: str
    possession: Signature
    registration: str

    @property
    def wire(self) -> bytes:
        """The registration as it goes on the ledger."""
        return base64.b64decode(self.registration)


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One member and its node.

    Attributes:
        name: of the member.
        roles: it is to have; one of them is operator.
        public_key: of its account.
        consensus_key: with which its node votes.
        node_id: how CometBFT names its node.
        endpoint: where the others reach it, if they can.
        admission: what lets it join a chain that exists; None for a founder.
    """

    format: Literal["tallystick/node-card/1"] = "tallystick/node-card/1"
    name: str
    roles: Annotated[tuple[str, ...], msgspec.Meta(max_length=8)]
    public_key: PublicKey
    consensus_key: PublicKey
    node_id: NodeId
    endpoint: Endpoint | None = None
    admission: Admission | None = None


def read_card(data: bytes) -> Card:
    """Return the card in these bytes.

    Raises:
        Malformed: ``malformed_card``; ``bad_name``, ``unknown_role``, ``repeated_role``.
    """
    try:
        card = canonical.decode(data[:MAX_CARD_BYTES], Card)
    except Malformed as error:
        raise Malformed("malformed_card", f"The card cannot be read: {error.message}") from None
    check_name(card.name)
    check_roles(card.roles)
    return card


def found_network(
    chain_id: str, cards: Sequence[Card], clock: Clock, also: Sequence[Mapping[str, Any]] = ()
) -> bytes:
    """Return the genesis file of a new network whose members these are, each with a validator.

    Args:
        chain_id: name of the network.
        cards: of those who run a node.
        clock: tells when the network begins.
        also: members without a node, as the genesis document of membership names them.

    Raises:
        Malformed: ``no_validators``; ``no_operator`` for a member without that role.
        Conflict: ``repeated_card`` when two of them share a key.
    """
    named = [key for card in cards for key in (card.public_key, card.consensus_key, card.node_id)]
    if len(set(named)) != len(named):
        raise Conflict("repeated_card", "Two of the cards name the same key.")
    for card in cards:
        if "operator" not in card.roles:
            raise Malformed("no_operator", f"{card.name} runs a node and so must be an operator.")
    members = [
        {"name": card.name, "public_key": card.public_key, "roles": list(card.roles)} for card in cards
    ]
    nodes = [
        {
            "operator": card.public_key,
            "consensus_key": card.consensus_key,
            "node_id": card.node_id,
            "power": FOUNDING_POWER,
            **({"endpoint": card.endpoint} if card.endpoint else {}),
        }
        for card in cards
    ]
    parts = {"membership": {"members": [*members, *map(dict, also)]}, "nodes": {"nodes": nodes}}
    document = compose_genesis(chain_id, now_ms(clock), b"", parts)
    return genesis_file(document, [(card.consensus_key, FOUNDING_POWER, card.name) for card in cards])
