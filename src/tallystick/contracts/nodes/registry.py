"""Who runs which node: the founding validators, registering a node, and who may act on nodes at all."""

from tallystick.contracts.membership import (
    KeyUse,
    key_use_from_state,
    member,
    require_member,
    require_role,
)
from tallystick.contracts.membership.office import (
    CONSENSUS_KEY_PREFIX,
    VALIDATOR_PREFIX,
    is_consensus_key,
    is_validator,
)
from tallystick.contracts.nodes.documents import FoundingNode, FoundingNodes, Register, register_statement
from tallystick.contracts.nodes.kept import (
    ID_PREFIX,
    NODE_PREFIX,
    Node,
    NodeIdUse,
    Validator,
    node_from_state,
    validators_from_state,
)
from tallystick.contracts.nodes.power import check_validators
from tallystick.contracts.nodes.reading import is_network
from tallystick.contracts.nodes.rules import RULES, VALIDATOR
from tallystick.errors import Conflict, Forbidden, Malformed, Unauthorised
from tallystick.ledger import keys
from tallystick.ledger.protocols import Call
from tallystick.values import canonical


def require_right(call: Call, action: str) -> None:
    """Check that the sender may take an action of ``RULES``.

    Raises:
        Forbidden: ``not_a_member``, ``sender_not_active``; ``role_required``, ``not_a_validator``.
    """
    by = RULES[action].by
    if by != VALIDATOR:
        require_role(call, by)
    elif not is_validator(call.get, require_member(call).address):
        raise Forbidden("not_a_validator", "Only a member whose node has validator power may do this.")


def found(call: Call, document: bytes) -> None:
    """Write the founding validators, whose members the part of ``membership`` has named before.

    Raises:
        Malformed: ``malformed_genesis``, ``bad_public_key``.
        NotFound: ``unknown_member``.
        Conflict: ``not_an_operator``, ``repeated_node``, ``consensus_key_used``, ``power_too_concentrated``.
        TooLarge: ``too_much_power``.
    """
    try:
        founding = canonical.decode(document, FoundingNodes)
    except Malformed as error:
        raise Malformed(
            "malformed_genesis", f"The founding validators cannot be read: {error.message}"
        ) from None
    for node in founding.nodes:
        _found_one(call, node)
    check_validators(validators_from_state(call))


def _found_one(call: Call, node: FoundingNode) -> None:
    use = key_use_from_state(call.get, node.operator)
    operator = member(call, "" if use is None else use.address)
    if "operator" not in operator.roles:
        raise Conflict("not_an_operator", "A founding validator's member must have the role operator.")
    if node_from_state(call.get, operator.address) is not None:
        raise Conflict("repeated_node", "The genesis document names two nodes of one member.")
    if not keys.is_public_key(bytes.fromhex(node.consensus_key)):
        raise Malformed("bad_public_key", "A founding validator's key is not a usable Ed25519 key.")
    _take_key(call, node.consensus_key, operator.address)
    _keep_node(call, operator.address, node)
    power = Validator(node.consensus_key, operator.address, node.power)
    call.put(VALIDATOR_PREFIX + operator.address, power.encoded())


def register(call: Call, named: Register) -> None:
    """Name the sender's node; see ``Register``.

    Raises:
        Conflict: ``not_a_network``, ``validator_key_fixed``, ``consensus_key_used``.
        Unauthorised: ``possession_not_proven``; and what ``require_right`` raises.
    """
    require_right(call, "register")
    if not is_network(call):
        raise Conflict("not_a_network", "This chain has one node, which its genesis document names.")
    statement = register_statement(call.chain_id, call.sender, named.consensus_key)
    signature = bytes.fromhex(named.possession)
    if not keys.verify(bytes.fromhex(named.consensus_key), statement, signature):
        raise Unauthorised(
            "possession_not_proven", "The possession signature is not the consensus key's over its statement."
        )
    present = node_from_state(call.get, call.sender)
    if present is None or present.consensus_key != named.consensus_key:
        if is_validator(call.get, call.sender):
            raise Conflict(
                "validator_key_fixed", "A validator's key stays while it has power; retire it first."
            )
        _take_key(call, named.consensus_key, call.sender)
    if present is not None:
        call.delete(_id_key(present.node_id, call.sender))
    _keep_node(call, call.sender, named)


def _take_key(call: Call, consensus_key: str, address: str) -> None:
    known = key_use_from_state(call.get, consensus_key) is not None
    if known or is_consensus_key(call.get, consensus_key):
        raise Conflict(
            "consensus_key_used", "This key belongs or belonged to a node or an account; make a new one."
        )
    call.put(CONSENSUS_KEY_PREFIX + consensus_key, KeyUse(address, call.time).encoded())


def _id_key(node_id: str, address: str) -> str:
    return f"{ID_PREFIX}{node_id}/{address}"


def _keep_node(call: Call, address: str, named: FoundingNode | Register) -> None:
    node = Node(address, named.consensus_key, named.endpoint, named.node_id, call.time)
    call.put(NODE_PREFIX + address, node.encoded())
    call.put(_id_key(node.node_id, address), NodeIdUse(address).encoded())
