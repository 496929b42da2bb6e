"""The whole consortium in one process: nodes, network, members, and all that befalls them."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from tallystick.errors import Rejection, TallystickError, Unavailable
from tallystick.ledger.genesis import compose_genesis
from tests.simulation import crashing
from tests.simulation.auditor import Auditor
from tests.simulation.chance import Settings, secret, stream
from tests.simulation.documents import CHAIN, public
from tests.simulation.events import Events
from tests.simulation.honest import Honest
from tests.simulation.hostile import HostileNode, Plot
from tests.simulation.joining import Joiner
from tests.simulation.members import Member
from tests.simulation.mempool import KNOWN
from tests.simulation.messages import Seals
from tests.simulation.network import Network
from tests.simulation.node import START_MS, Node
from tests.simulation.outlaws import Outlaws

DOWN_MS, LONG_DOWN_MS = (100, 2000), (6000, 15000)
PARTED_MS: Final = (300, 4000)
#: So long a node is still heard that a hostile one wants to be alone with a secret.
LAST_WORD_MS: Final = 60
JOINS_MS: Final = (2000, 6000)
LONG_ONES: Final = 0.15
ARMED_ONES: Final = 0.6
#: Of the crashes, so many befall all nodes together.
POWER_CUTS: Final = 0.1


class World:
    """One consortium.

    Attributes:
        nodes: the founders' nodes, and the one that joins late.
        members: the honest members.
        faults, refused: how many of each kind there were; what doors refused, by code.
        poison: what hostile members have sent, for hostile validators to put into blocks.
        plots: what hostile validators have agreed to tell, by height and round.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.events, self.seals = Events(), Seals(settings.seed)
        self.faults: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.poison: list[bytes] = []
        self.plots: dict[tuple[int, int], Plot] = {}
        self.members: list[Member] = []
        self.network = Network(self.events, settings, stream(settings.seed, "network"), self.faults)
        self._chance = stream(settings.seed, "fate")
        names = [f"n{number}" for number in range(len(settings.powers) + settings.joins)]
        self.consensus_keys = {name: self.signing_key(f"consensus {name}") for name in names}
        operators = {name: self.signing_key(f"operator {name}") for name in names}
        lenders = [f"lender {number}" for number in range(settings.lenders)]
        outlaw = self.signing_key("outlaw")
        self.document = self._genesis(operators, lenders, outlaw)
        self.auditor = Auditor(self.document, self.seals)
        self.nodes = [self._node(number, name, folder) for number, name in enumerate(names)]
        honest = [node for node in self.nodes if not node.is_hostile]
        for node in honest:
            self.add_member(f"operator {node.name}", ("operator",), node)
        for number, name in enumerate(lenders):
            self.add_member(name, ("lender",), honest[number % len(honest)])
        hostile = [operators[node.name] for node in self.nodes if node.is_hostile]
        self._honest = Honest(self, stream(settings.seed, "honest"))
        self._outlaws = Outlaws(self, [*hostile, outlaw], stream(settings.seed, "outlaws"))
        self.is_stormy = True

    def begin(self) -> None:
        """Found the chain, start the nodes, and let fate begin."""
        for node in self.nodes:
            if isinstance(node, Joiner):
                self.events.after(self._chance.randint(*JOINS_MS), node.join)
            else:
                node.begin(self.document)
                node.come_up()
        settings = self.settings
        self._again(settings.act_ms, self._honest.act)
        self._again(settings.hostile_ms, self._outlaws.act)
        self._again(settings.crash_ms, self._crash)
        self._again(settings.partition_ms, self._part)

    def calm(self) -> None:
        """End all faults and all wishes; the hostile stay hostile."""
        self.is_stormy = self.network.is_faulty = False
        self.network.part({})
        self.events.note("the faults end")
        for node in self.nodes:
            node.armed = None
            self.revive(node)

    def revive(self, node: Node) -> None:
        """Start a node that is down and has a ledger."""
        if not node.is_up and node.has_ledger:
            node.come_up()

    def mend(self, node: Node) -> None:
        """Let a node that has died come back after a while."""
        down = LONG_DOWN_MS if self._chance.random() < LONG_ONES else DOWN_MS
        life = node.life

        def come_back() -> None:
            if node.life == life:  # else it was started before, and may have died once more
                self.revive(node)

        self.events.after(self._chance.randint(*down), come_back)

    def cut_off(self, name: str) -> None:
        """Let a node hear what is on its way to it, and then nothing and nobody hear it, for a while."""
        if self.is_stormy:
            self.events.after(LAST_WORD_MS, lambda: self._apart({name: 1}))

    def add_member(self, name: str, roles: Sequence[str], home: Node) -> Member:
        """Return a new honest member whose software asks this node."""
        key, chance = self.signing_key(name), stream(self.settings.seed, f"member {name}")
        member = Member(self, name, key, tuple(roles), home, chance)
        self.members.append(member)
        return member

    def signing_key(self, name: str) -> SigningKey:
        return SigningKey(secret(self.settings.seed, name))

    def try_to(self, run: Callable[[], None]) -> None:
        """Do something that a node may refuse."""
        try:
            run()
        except (Rejection, Unavailable) as refused:
            self.refuse(refused)

    def refuse(self, refused: Rejection | Unavailable) -> None:
        """Count what a node's door refused."""
        if refused.code != KNOWN:
            self.refused[refused.code] += 1

    def close(self) -> None:
        for node in self.nodes:
            with suppress(TallystickError):
                node.close()

    def _genesis(self, operators: dict[str, SigningKey], lenders: list[str], outlaw: SigningKey) -> bytes:
        members = [
            *((name, key, ["operator"]) for name, key in operators.items()),
            *((name, self.signing_key(name), ["lender"]) for name in lenders),
            ("outlaw", outlaw, ["lender", "operator"]),
        ]
        named = [{"name": name, "public_key": public(key), "roles": roles} for name, key, roles in members]
        nodes = [
            {
                "operator": public(operators[name]),
                "consensus_key": public(self.consensus_keys[name]),
                "node_id": f"{number:040x}",
                "power": power,
            }
            for number, (name, power) in enumerate(zip(operators, self.settings.powers, strict=False))
        ]
        parts = {"membership": {"members": named}, "nodes": {"nodes": nodes}}
        return compose_genesis(CHAIN, START_MS, b"", parts)

    def _node(self, number: int, name: str, folder: Path) -> Node:
        kind = HostileNode if number in self.settings.hostile else Node
        if number == len(self.settings.powers):
            kind = Joiner
        key, chance = public(self.consensus_keys[name]), stream(self.settings.seed, f"node {name}")
        return kind(self, name, key, folder, chance)

    def _again(self, every_ms: int, act: Callable[[], None]) -> None:
        """Let something happen again and again while the storm lasts; 0: never."""

        def happen() -> None:
            if self.is_stormy:
                act()
                self._again(every_ms, act)

        if every_ms:
            self.events.after(1 + int(self._chance.expovariate(1 / every_ms)), happen)

    def _crash(self) -> None:
        up = [node for node in self.nodes if node.is_up]
        if not up:
            return
        dying = up if self._chance.random() < POWER_CUTS else [self._chance.choice(up)]
        for node in dying:
            if self._chance.random() < ARMED_ONES:
                node.armed = self._chance.choice(crashing.MOMENTS)
            else:
                self.faults["crashed at rest"] += 1
                node.go_down()
                self.mend(node)

    def _part(self) -> None:
        sides = {node.name: self._chance.randint(0, 1) for node in self.nodes}
        self._apart(sides)

    def _apart(self, sides: dict[str, int]) -> None:
        if self.is_stormy:
            self.faults["network parted"] += 1
            self.events.note("the network falls into parts: {}", sides)
            self.network.part(sides)
            self.events.after(self._chance.randint(*PARTED_MS), lambda: self.network.part({}))
