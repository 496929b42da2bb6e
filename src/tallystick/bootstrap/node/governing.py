"""What a member decides about the network by way of its node: who is in, whose vote counts, which rules."""

from contextlib import closing
from dataclasses import dataclass
from typing import Final

import msgspec

from tallystick.bootstrap.ledger import open_network
from tallystick.bootstrap.node.cards import Admission, Card
from tallystick.bootstrap.node.document import NodeDocument, node_folder, read_node
from tallystick.bootstrap.node.joining import rewrite_settings
from tallystick.bootstrap.node.running import find_cometbft
from tallystick.bootstrap.parts import open_keys
from tallystick.config import Settings
from tallystick.contracts.catalogue import VERSIONS
from tallystick.contracts.membership import Join
from tallystick.contracts.nodes import Appoint, Outcome, Retire, ScheduleUpgrade, upgrades_from_state
from tallystick.contracts.shapes import Arguments
from tallystick.engines.cometbft.engine import NetworkEngine
from tallystick.engines.cometbft.program import program_version
from tallystick.errors import Conflict, Malformed, Rejection
from tallystick.ledger.answers import OK, Receipt
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.values import canonical
from tallystick.values.identifiers import account_address

WAIT_S: Final = 30
COMETBFT_VERSION: Final = "0.38.25"


@dataclass(frozen=True)
class Refreshed:
    """What ``refresh`` found.

    Attributes:
        cometbft: version of the installed program.
        known: versions of the rules that this software knows.
        agreed: version and first block of each upgrade that the members have agreed on.
    """

    cometbft: str
    known: tuple[int, ...]
    agreed: tuple[tuple[int, int], ...]

    @property
    def text(self) -> str:
        """The same, for people."""
        upgrades = ", ".join(f"version {version} from block {height}" for version, height in self.agreed)
        return (
            f"The node's settings are up to date; they count from its next start.\nCometBFT {self.cometbft}; "
            f"rules known here: {', '.join(map(str, self.known))}; agreed on: {upgrades or 'no upgrade'}."
        )


def admit(settings: Settings, card: Card) -> str:
    """Admit the member of a card and register its node, as this node's member; return its address.

    Once more with the same card, it goes on where it was.

    Raises:
        Malformed: ``card_without_admission`` when it was made without the genesis file.
        Conflict: ``another_chain`` when it was made for another network.
        Rejection: with the ledger's code when it refuses.
        Unavailable: ``node_unreachable``, ``not_yet_committed``.
    """
    admission = card.admission
    if admission is None:
        raise Malformed(
            "card_without_admission",
            "The card was made without this network's genesis file; make it with `node init --genesis FILE`.",
        )
    address = account_address(bytes.fromhex(card.public_key))
    node = read_node(node_folder(settings))
    if admission.chain_id != node.chain_id:
        raise Conflict("another_chain", f"The card is for the network {admission.chain_id}.")
    with closing(open_network(settings)) as ledger:
        if ledger.read(f"membership/member/{address}") is None:
            _call(settings, ledger, node, "membership", "join", _joining(card, admission))
        if ledger.read(f"nodes/node/{address}") is None:
            _answer(ledger.wait(ledger.submit(admission.wire), WAIT_S))
    return address


def appoint(settings: Settings, member: str, power: int) -> Outcome:
    """Agree that the node of ``member`` (account address) shall have ``power``.

    Raises:
        Rejection: with the ledger's code when it refuses.
        Unavailable: ``node_unreachable``, ``not_yet_committed``.
    """
    return _decided(settings, "appoint", Appoint(member=member, power=power))


def schedule_upgrade(settings: Settings, version: int, height: int) -> Outcome:
    """Agree that a version of the rules is in force from a block on. Raises as ``appoint``."""
    return _decided(settings, "schedule_upgrade", ScheduleUpgrade(version=version, height=height))


def leave(settings: Settings) -> None:
    """Give up the vote of this installation's node. Raises as ``appoint``."""
    node = read_node(node_folder(settings))
    with closing(open_network(settings)) as ledger:
        _call(settings, ledger, node, "nodes", "retire", Retire())


def refresh(settings: Settings) -> Refreshed:
    """Write the node's settings anew as this version of the software wants them.

    Raises:
        NotFound: ``no_node``, ``program_missing``.
        Conflict: ``wrong_cometbft`` when another version of CometBFT is installed than this software runs.
        Unavailable: ``node_unreachable``.
    """
    found = program_version(find_cometbft(settings))
    if found != COMETBFT_VERSION:
        raise Conflict(
            "wrong_cometbft",
            f"CometBFT {found} is installed; this version runs {COMETBFT_VERSION}: `make cometbft`.",
        )
    rewrite_settings(settings)
    with closing(open_network(settings)) as ledger:
        agreed = tuple((one.version, one.height) for one in upgrades_from_state(ledger.read))
    return Refreshed(found, tuple(VERSIONS), agreed)


def _joining(card: Card, admission: Admission) -> Join:
    return Join(
        public_key=card.public_key,
        possession=admission.possession,
        roles=list(card.roles),
        name=card.name,
    )


def _decided(settings: Settings, action: str, arguments: Arguments) -> Outcome:
    node = read_node(node_folder(settings))
    with closing(open_network(settings)) as ledger:
        receipt = _call(settings, ledger, node, "nodes", action, arguments)
    return msgspec.json.decode(receipt.data, type=Outcome)


def _call(
    settings: Settings,
    ledger: NetworkEngine,
    node: NodeDocument,
    contract: str,
    action: str,
    arguments: Arguments,
) -> Receipt:
    keys = open_keys(settings)
    body = Body(
        action=action,
        arguments=canonical.encode(arguments.as_arguments()),
        chain_id=node.chain_id,
        contract=contract,
        sender=node.account,
        sequence=ledger.next_sequence(node.account),
    )
    wire = assemble(body, keys.sign(node.account, signing_bytes(body)))
    return _answer(ledger.wait(ledger.submit(wire), WAIT_S))


def _answer(receipt: Receipt) -> Receipt:
    if receipt.code != OK:
        raise Rejection(receipt.code, receipt.message)
    return receipt
