"""What honest members want: to lend, admit, suspend, reinstate, change keys, appoint; and their mistakes."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Final

from tests.simulation import documents
from tests.simulation.members import Case, Member, Wish
from tests.simulation.rules import nodes
from tests.simulation.rules.membership import MEMBER

if TYPE_CHECKING:
    from tests.simulation.world import World

MAX_OUTBOX: Final = 4
MAX_MEMBERS: Final = 30
FOLLOWING: Final = {
    "": ("application",),
    "application": ("admission", "closed"),
    "admission": ("offer", "offer", "closed"),
    "offer": ("confirmation", "confirmation", "closed"),
    "confirmation": ("disbursement",),
}
STEPS: Final = ("application", "admission", "offer", "confirmation", "disbursement", "closed", "refund")


@dataclass
class Campaign:
    """A change of power that all honest validators want: one at a time, and never one that is unsafe."""

    subject: str
    wishes: list[Wish]

    @property
    def is_over(self) -> bool:
        return all(wish.code for wish in self.wishes)


class Honest:
    """Throws what some honest member wants next."""

    def __init__(self, world: "World", chance: Random) -> None:
        self._world = world
        self._chance = chance
        self._campaign: Campaign | None = None
        self._acts: tuple[tuple[int, Callable[[], None]], ...] = (
            (40, self._lend),
            (4, self._admit),
            (3, self._suspend),
            (6, self._reinstate),
            (3, self._rotate),
            (3, self._register),
            (14, self._appoint),
            (2, self._retire),
            (3, self._upgrade),
            (5, self._err),
            (10, self._stray),
            (1, self._leave),
        )

    def act(self) -> None:
        """Let one member want one thing more."""
        weights = [weight for weight, _ in self._acts]
        self._chance.choices([act for _, act in self._acts], weights)[0]()

    def _members(self, role: str) -> list[Member]:
        return [each for each in self._world.members if role in each.roles and len(each.outbox) < MAX_OUTBOX]

    def _one(self, role: str) -> Member | None:
        free = self._members(role)
        return self._chance.choice(free) if free else None

    def _digest(self) -> str:
        return sha256(self._chance.randbytes(16)).hexdigest()

    def _lend(self) -> None:
        lender = self._one("lender")
        if lender is None:
            return
        going = [case for case in lender.cases if case.step in FOLLOWING]
        if not going or self._chance.random() < 0.3:
            applicant = self._world.signing_key(f"{lender.name}/case {len(lender.cases)}")
            going = [Case(self._digest(), applicant)]
            lender.cases += going
        case = self._chance.choice(going)
        case.step = self._chance.choice(FOLLOWING[case.step])
        arguments = documents.step(lender.address, case.name, case.step, self._digest(), case.applicant)
        lender.want("anchoring", "anchor", arguments)

    def _admit(self) -> None:
        operator = self._one("operator")
        if operator is None or len(self._world.members) >= MAX_MEMBERS:
            return
        roles = self._chance.sample(["lender", "enterprise", "person", "auditor"], self._chance.randint(1, 2))
        member = self._world.add_member(f"member {len(self._world.members)}", tuple(roles), operator.home)
        operator.want("membership", "join", documents.join(member.key, roles, f"{member.name} 示例"))

    def _suspend(self) -> None:
        operator = self._one("operator")
        others = [each for each in self._world.members if "operator" not in each.roles]
        if operator is not None and others:
            address = self._chance.choice(others).address
            operator.want("membership", "suspend", {"address": address})

    def _reinstate(self) -> None:
        operator = self._one("operator")
        if operator is None:
            return
        state = self._world.auditor.ledger.state
        suspended = [each["address"] for _, each in state.under(MEMBER) if each["status"] == "suspended"]
        if suspended:
            operator.want("membership", "reinstate", {"address": self._chance.choice(suspended)})

    def _rotate(self) -> None:
        member = self._chance.choice(self._world.members)
        if len(member.outbox) < MAX_OUTBOX:
            arguments = documents.rotation(member.address, member.next_key())
            member.want("membership", "rotate_key", arguments)

    def _register(self) -> None:
        operator = self._one("operator")
        if operator is not None and operator.home.name in self._world.consensus_keys:
            name = operator.home.name
            endpoint = self._chance.choice((None, f"{name}.example:{self._chance.randint(1024, 60000)}"))
            key = self._world.consensus_keys[name]
            node_id = sha256(name.encode()).hexdigest()[:40]
            arguments = documents.registration(operator.address, key, node_id, endpoint)
            operator.want("nodes", "register", arguments)

    def _appoint(self) -> None:
        state, voters = self._world.auditor.ledger.state, self._validators()
        nodes_there = [each for _, each in state.under(nodes.NODE)]
        subject = self._chance.choice(nodes_there)
        power = self._chance.choice((0, 1, 1, 2, 3))
        if self._may_change(subject["consensus_key"], power):
            arguments: documents.Arguments = {"member": subject["address"], "power": power}
            wishes = [voter.want("nodes", "appoint", arguments) for voter in voters]
            self._campaign = Campaign(subject["address"], wishes)

    def _retire(self) -> None:
        voters = self._validators()
        voter = self._chance.choice(voters) if voters else None
        if voter is not None and self._may_change(voter.home.key, 0):
            self._campaign = Campaign(voter.address, [voter.want("nodes", "retire", {})])

    def _upgrade(self) -> None:
        """Vote for an upgrade, so far away that it never comes."""
        height = 1_000_000 + self._chance.randint(0, 1)
        for voter in self._validators():
            if len(voter.outbox) < MAX_OUTBOX and self._chance.random() < 0.8:
                voter.want("nodes", "schedule_upgrade", {"version": 2, "height": height})

    def _err(self) -> None:
        lender, other = self._one("lender"), self._chance.choice(self._world.members)
        if lender is not None and lender.cases:
            case, step = self._chance.choice(lender.cases), self._chance.choice(STEPS)
            arguments = documents.step(lender.address, case.name, step, self._digest(), case.applicant)
            self._chance.choice((lender, other)).want("anchoring", "anchor", arguments)
        operator = self._one("operator")
        if operator is not None:
            key = self._chance.choice(list(other.keys.values()))
            again = documents.join(key, ["lender"], self._chance.choice(("Twice", " Blank")))
            operator.want("membership", "join", again)
            self._chance.choice((operator, other)).want(
                "membership", "suspend", {"address": operator.address}
            )

    def _stray(self) -> None:
        member = self._chance.choice(self._world.members)
        node = self._chance.choice((member.home, *self._world.nodes))
        arguments: documents.Arguments = {"address": member.address}
        member.stray("membership", "suspend", arguments, node)

    def _leave(self) -> None:
        person = self._one("person")
        if person is not None and self._chance.random() < 0.3:
            person.want("membership", "leave", {})

    def _validators(self) -> list[Member]:
        """Return the honest members whose nodes have power."""
        state = self._world.auditor.ledger.state
        return [each for each in self._world.members if state.get(nodes.VALIDATOR + each.address) is not None]

    def _may_change(self, key: str, power: int) -> bool:
        """Return whether the hostile stay below a third, and the last campaign is over."""
        if self._campaign is not None and not self._campaign.is_over:
            return False
        after = {**nodes.powers(self._world.auditor.ledger.state), key: power}
        hostile = sum(after.get(each.key, 0) for each in self._world.nodes if each.is_hostile)
        may_vote = {each.key for each in self._world.nodes if each.is_up or each.has_ledger}
        return 3 * hostile < sum(after.values()) and (power == 0 or key in may_vote)
