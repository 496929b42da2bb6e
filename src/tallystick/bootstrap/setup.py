"""Setting up an installation: tables, secret, the operator's key and the genesis of the ledger.

Each step finds what an earlier call left, so that a set-up that was cut off is finished by the next one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.core.management import call_command

from tallystick.bootstrap.home import make_home, set_up_alone
from tallystick.bootstrap.ledger import create_ledger, ledger_status, open_ledger
from tallystick.bootstrap.naming import check_chain_id
from tallystick.bootstrap.node.document import has_node, node_folder, read_node
from tallystick.bootstrap.parts import SystemClock, open_keys
from tallystick.config import Settings
from tallystick.contracts.membership import member_from_state
from tallystick.errors import Conflict, NotFound
from tallystick.records.models import Member
from tallystick.signing.keystore import KeyStore
from tallystick.values.clock import Clock

DEFAULT_CHAIN: Final = "tallystick-local"
OPERATOR_NAME: Final = "Node operator"
OPERATOR_NAME_ZH: Final = "节点运营方"


@dataclass(frozen=True)
class SetUp:
    """What ``initialise`` found or made.

    Attributes:
        operator: account address of this node's operator.
        chain_id: name of the ledger's chain.
        is_new: whether the ledger was made by this call.
    """

    operator: str
    chain_id: str
    is_new: bool


def initialise(settings: Settings, chain_id: str | None = None, clock: Clock | None = None) -> SetUp:
    """Bring the installation at ``settings.home`` up to date; what is there already is kept.

    Args:
        settings: says where the home and the database are.
        chain_id: name of a new ledger's chain, ``DEFAULT_CHAIN`` if none is given; 1 to 64 letters,
            digits, dots, hyphens and underscores, the first a letter or digit. Where the installation has
            a node, the ledger is its network's.
        clock: the machine's own if none is given.

    Raises:
        Malformed: ``bad_chain_id``.
        Rejection: ``home_not_writable``.
        Conflict: ``chain_exists`` when the ledger that is there has another chain's name.
        NotFound: ``no_operator`` when there is a ledger, and no operator's key of it here.
        Unavailable: ``node_unreachable`` when the installation has a node, and it does not run.
    """
    if chain_id is not None:
        check_chain_id(chain_id)
    make_home(settings.home)
    clock = clock or SystemClock()
    with set_up_alone(settings.home):
        is_new = not settings.ledger_path.exists() and not has_node(settings)
        if not is_new:
            _check_chain(settings, chain_id)
        call_command("migrate", interactive=False, verbosity=0)
        keys = open_keys(settings)
        if is_new:
            _found_ledger(settings, chain_id or DEFAULT_CHAIN, keys, clock)
        operator = _operator_on_ledger(settings, keys, clock)
        return SetUp(operator, _chain_id(settings), is_new)


def operator_here(keys: KeyStore) -> str:
    """Return the address of the operator whose key is in this installation's store.

    Raises:
        NotFound: ``no_operator`` when there is none.
    """
    for member in Member.objects.filter(address__in=keys.addresses()):
        if "operator" in member.roles:
            return member.address
    raise _no_operator()


def _check_chain(settings: Settings, chain_id: str | None) -> None:
    there = _chain_id(settings)
    if chain_id not in (None, there):
        raise Conflict(
            "chain_exists",
            f"This installation's ledger is the chain {there}; choose another TALLYSTICK_HOME for a new one.",
            chain_id=there,
        )


def _chain_id(settings: Settings) -> str:
    if has_node(settings):
        return read_node(node_folder(settings)).chain_id
    return ledger_status(settings.ledger_path).chain_id


def _found_ledger(settings: Settings, chain_id: str, keys: KeyStore, clock: Clock) -> None:
    address = keys.create()
    founder = {"public_key": keys.public_key(address).hex(), "roles": ["operator"], "name": OPERATOR_NAME}
    create_ledger(settings, chain_id=chain_id, members=[founder], proposer=address, keys=keys, clock=clock)


def _operator_on_ledger(settings: Settings, keys: KeyStore, clock: Clock) -> str:
    """Return the operator that the ledger knows and whose key is here, and see that its record exists."""
    ledger = open_ledger(settings, clock=clock, keys=keys)
    try:
        standings = (member_from_state(ledger.read, address) for address in keys.addresses())
        operator = next((one for one in standings if one is not None and "operator" in one.roles), None)
    finally:
        ledger.close()
    if operator is None:
        raise _no_operator()
    Member.objects.get_or_create(
        address=operator.address,
        defaults={
            "name": operator.name,
            "name_zh": OPERATOR_NAME_ZH if operator.name == OPERATOR_NAME else "",
            "roles": list(operator.roles),
            "joined_at": datetime.fromtimestamp(operator.joined_at // 1000, UTC),
        },
    )
    return operator.address


def _no_operator() -> NotFound:
    return NotFound("no_operator", "This installation holds no operator's key.")
