"""Making a node: its keys, its addresses, and the card that tells the others of it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nacl.signing import SigningKey

from tallystick.bootstrap.home import make_home, set_up_alone
from tallystick.bootstrap.node.cards import Admission, Card
from tallystick.bootstrap.node.document import NodeDocument, TokenKey, has_node, node_folder, write_node
from tallystick.bootstrap.node.keys import make_key, open_key
from tallystick.config import Settings
from tallystick.contracts.membership import check_name, check_roles, join_statement
from tallystick.contracts.nodes import Register, register_statement
from tallystick.engines.cometbft.folder import NODE_KEY, Pace, node_id, node_key_file
from tallystick.engines.cometbft.light import read_trust
from tallystick.engines.cometbft.signer import ConsensusKey
from tallystick.errors import Conflict
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.signing.files import create_private, make_private_folder
from tallystick.signing.keystore import KeyStore
from tallystick.values import canonical

CARD_FILE: Final = "card.json"


@dataclass(frozen=True)
class Ports:
    """Where a node listens; see ``NodeDocument``."""

    p2p: str = "0.0.0.0:26656"
    rpc: str = "127.0.0.1:26657"
    watch: str = "127.0.0.1:26660"
    metrics: str = "127.0.0.1:26661"
    endpoint: str | None = None


@dataclass(frozen=True)
class Made:
    """A node that was made, and its card."""

    node: NodeDocument
    card: Card


def make_node(
    settings: Settings,
    keys: KeyStore,
    *,
    name: str,
    roles: Sequence[str],
    ports: Ports,
    pace: Pace,
    token: TokenKey | None = None,
    genesis: bytes | None = None,
) -> Made:
    """Make a node in this installation: the member's account key, its consensus key, and its name.

    Args:
        settings: says where the home is.
        keys: takes the account key.
        name: of the member.
        roles: that the member is to have; ``operator`` is added if it lacks.
        ports: where the node listens.
        pace: how long it waits for what.
        token: where the consensus key is to be made, if not in an encrypted file.
        genesis: the genesis file of the network, for a member that joins one that exists.

    Raises:
        Conflict: ``node_exists``; ``ledger_exists`` when the home has a ledger of its own.
        Malformed: ``bad_name``, ``unknown_role``, ``repeated_role``, ``malformed_genesis``.
        Rejection: what making the keys raises.
    """
    make_home(settings.home)
    folder = node_folder(settings)
    wanted = check_roles([*roles, *(() if "operator" in roles else ("operator",))])
    check_name(name)
    chain_id = None if genesis is None else read_trust(genesis).chain_id
    with set_up_alone(settings.home):
        _require_room(settings)
        make_private_folder(folder)
        make_private_folder(folder / "config")
        network_key = SigningKey.generate()
        create_private(folder / NODE_KEY, node_key_file(network_key))
        key = make_key(settings, token)
        consensus = open_key(settings, key)
        node = NodeDocument(
            name=name,
            account=keys.create(),
            key=key,
            consensus_key=consensus.public_key.hex(),
            node_id=node_id(bytes(network_key.verify_key)),
            **vars(ports),
            propose_ms=pace.propose,
            vote_ms=pace.vote,
            commit_ms=pace.commit,
        )
        card = _card(node, wanted, keys, consensus, chain_id)
        (folder / CARD_FILE).write_bytes(canonical.encode(card) + b"\n")
        write_node(folder, node)
    return Made(node, card)


def _require_room(settings: Settings) -> None:
    if has_node(settings):
        raise Conflict("node_exists", f"There is a node in {node_folder(settings)} already.")
    if settings.ledger_path.exists():
        raise Conflict(
            "ledger_exists",
            "This installation has a ledger of its own; choose another TALLYSTICK_HOME for a node.",
        )


def _card(
    node: NodeDocument, roles: Sequence[str], keys: KeyStore, consensus: ConsensusKey, chain_id: str | None
) -> Card:
    admission = None
    if chain_id is not None:
        signed = consensus.sign(register_statement(chain_id, node.account, node.consensus_key))
        admission = _admission(chain_id, node, keys, signed)
    return Card(
        name=node.name,
        roles=tuple(roles),
        public_key=keys.public_key(node.account).hex(),
        consensus_key=node.consensus_key,
        node_id=node.node_id,
        endpoint=node.endpoint,
        admission=admission,
    )


def _admission(chain_id: str, node: NodeDocument, keys: KeyStore, possession: bytes) -> Admission:
    public_key = keys.public_key(node.account).hex()
    registration = Register(
        consensus_key=node.consensus_key,
        possession=possession.hex(),
        node_id=node.node_id,
        endpoint=node.endpoint,
    )
    body = Body(
        action="register",
        arguments=canonical.encode(registration.as_arguments()),
        chain_id=chain_id,
        contract="nodes",
        sender=node.account,
        sequence=1,  # the first transaction of an account that the admission opens
    )
    wire = assemble(body, keys.sign(node.account, signing_bytes(body)))
    joining = keys.sign(node.account, join_statement(chain_id, public_key))
    return Admission(chain_id, joining.hex(), base64.b64encode(wire).decode())
