"""Setting up an installation: tables, secret, the operator's key and the genesis of the ledger."""

from dataclasses import dataclass

from django.core.management import call_command

from tallystick.bootstrap.ledger import create_ledger
from tallystick.bootstrap.parts import SystemClock, open_keys
from tallystick.config import Settings
from tallystick.errors import NotFound
from tallystick.records.models import Member
from tallystick.signing.keystore import KeyStore
from tallystick.values.clock import Clock

DEFAULT_CHAIN = "tallystick-local"


@dataclass(frozen=True)
class SetUp:
    """What ``initialise`` found or made.

    Attributes:
        operator: account address of this node's operator.
        chain_id: name of the chain.
        is_new: whether the ledger was made by this call.
    """

    operator: str
    chain_id: str
    is_new: bool


def initialise(settings: Settings, chain_id: str = DEFAULT_CHAIN, clock: Clock | None = None) -> SetUp:
    """Bring the installation at ``settings.home`` up to date; what is there already is kept.

    Raises:
        Malformed: ``bad_chain_id`` and the like when the genesis is refused.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    clock, keys = clock or SystemClock(), open_keys(settings)
    if settings.ledger_path.exists():
        return SetUp(operator_here(keys), chain_id, is_new=False)
    address = keys.create()
    member = {"public_key": keys.public_key(address).hex(), "roles": ["operator"], "name": "Node operator"}
    create_ledger(settings, chain_id=chain_id, members=[member], proposer=address, keys=keys, clock=clock)
    Member.objects.create(
        address=address, name="Node operator", name_zh="节点运营方", roles=["operator"], joined_at=clock.now()
    )
    return SetUp(address, chain_id, is_new=True)


def operator_here(keys: KeyStore) -> str:
    """Return the address of the operator whose key is in this installation's store.

    Raises:
        NotFound: ``no_operator`` when there is none.
    """
    for member in Member.objects.filter(address__in=keys.addresses()):
        if "operator" in member.roles:
            return member.address
    raise NotFound("no_operator", "This installation holds no operator's key.")
