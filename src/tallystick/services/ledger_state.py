"""Who and what the ledger's state holds, for somebody who reads it: accounts, contracts, validators."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tallystick.contracts import membership
from tallystick.contracts.catalogue import CONTRACTS
from tallystick.contracts.membership.office import CONSENSUS_KEY_PREFIX
from tallystick.contracts.shapes import decode_kept
from tallystick.errors import NotFound
from tallystick.ledger.accounts import PREFIX as ACCOUNTS
from tallystick.ledger.accounts import Account, account_state_key, decode_account
from tallystick.ledger.answers import Validator
from tallystick.ledger.protocols import Engine
from tallystick.services.disclosure import Viewer, may_read_state, require_state
from tallystick.values.identifiers import account_address

#: Most accounts that are listed, and most entries of a contract that are counted.
MAX_ACCOUNTS: Final = 1000
MAX_COUNTED: Final = 1000
#: Most keys of nodes, past and present, that are looked through for a validator's member.
MAX_CONSENSUS_KEYS: Final = 1000


@dataclass(frozen=True)
class AccountSeen:
    """One account: ``member`` is None for an account that is no member's."""

    address: str
    account: Account
    member: membership.Member | None


@dataclass(frozen=True)
class AccountsSeen:
    """The first accounts by address; ``has_more`` when the ledger holds more than are listed."""

    accounts: list[tuple[str, Account]]
    has_more: bool


@dataclass(frozen=True)
class ContractSeen:
    """One contract that the ledger runs.

    Attributes:
        name: its name, also the prefix of its state.
        actions: names of what it can be asked to do.
        entries: how many state entries it holds, at most ``MAX_COUNTED``.
        has_more: whether it holds more than were counted.
    """

    name: str
    actions: tuple[str, ...]
    entries: int
    has_more: bool


@dataclass(frozen=True)
class ValidatorSeen:
    """One of those who decide on blocks; ``member`` is the name of who runs it, empty if not known."""

    validator: Validator
    member: str
    total_power: int


def accounts(ledger: Engine, viewer: Viewer) -> AccountsSeen:
    """Return the first ``MAX_ACCOUNTS`` accounts.

    Raises:
        Forbidden: ``not_yours_to_read``.
    """
    require_state(viewer, ACCOUNTS)
    kept = ledger.scan(ACCOUNTS, MAX_ACCOUNTS + 1)
    read = [(key.removeprefix(ACCOUNTS), decode_account(value)) for key, value in kept[:MAX_ACCOUNTS]]
    return AccountsSeen(read, len(kept) > MAX_ACCOUNTS)


def with_member(ledger: Engine, address: str, account: Account) -> AccountSeen:
    """Return an account with the member that it belongs to."""
    return AccountSeen(address, account, membership.member_from_state(ledger.read, address))


def account(ledger: Engine, viewer: Viewer, address: str) -> AccountSeen:
    """Return one account.

    Raises:
        Forbidden: ``not_yours_to_read``.
        NotFound: ``unknown_account``.
    """
    require_state(viewer, account_state_key(address))
    value = ledger.read(account_state_key(address))
    if value is None:
        raise NotFound("unknown_account", "The ledger has no account at that address.")
    return with_member(ledger, address, decode_account(value))


def name_of(ledger: Engine, viewer: Viewer, address: str) -> str:
    """Return the name of the member at an address; empty where there is none that the viewer may read."""
    key = membership.MEMBER_PREFIX + address
    found = membership.member_from_state(ledger.read, address) if may_read_state(viewer, key) else None
    return "" if found is None else found.name


def contracts(ledger: Engine) -> list[ContractSeen]:
    """Return the contracts that the ledger runs, by name, with the size of their state."""
    return [_contract(ledger, each.name, tuple(each.actions)) for each in CONTRACTS]


def validators(ledger: Engine, viewer: Viewer) -> list[ValidatorSeen]:
    """Return who decides on the next block; names only for those who may read the membership."""
    found = ledger.validators()
    total = sum(each.power for each in found)
    names = validator_names(ledger, viewer, [each.address for each in found])
    return [ValidatorSeen(each, names.get(each.address, ""), total) for each in found]


def validator_names(ledger: Engine, viewer: Viewer, addresses: Iterable[str]) -> dict[str, str]:
    """Return the names of the members that run the validators at these addresses, where they are known."""
    owners = run_by(ledger, viewer, addresses)
    return {each: name_of(ledger, viewer, owner) for each, owner in owners.items()}


def validators_of(ledger: Engine, viewer: Viewer, member: str) -> list[str]:
    """Return the addresses under which the member at an account address decides on the next block."""
    owners = run_by(ledger, viewer, [each.address for each in ledger.validators()])
    return [each for each, owner in owners.items() if owner == member]


def run_by(ledger: Engine, viewer: Viewer, addresses: Iterable[str]) -> dict[str, str]:
    """Return the account address of the member that runs each of the validators at these addresses.

    This is the one place that knows how a validator leads to a member: by the consensus key that the
    member's node was registered with, or else by the member's own account, which signs where one node does.
    """
    if not may_read_state(viewer, CONSENSUS_KEY_PREFIX):
        return {}
    owners = {address: address for address in addresses}
    for key, value in ledger.scan(CONSENSUS_KEY_PREFIX, MAX_CONSENSUS_KEYS):
        validator = account_address(bytes.fromhex(key.removeprefix(CONSENSUS_KEY_PREFIX)))
        if validator in owners:
            owners[validator] = decode_kept(key, value, membership.KeyUse).address
    return owners


def _contract(ledger: Engine, name: str, actions: tuple[str, ...]) -> ContractSeen:
    count = len(ledger.scan(f"{name}/", MAX_COUNTED + 1))
    return ContractSeen(name, actions, min(count, MAX_COUNTED), count > MAX_COUNTED)
