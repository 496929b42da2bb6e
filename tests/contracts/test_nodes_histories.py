"""Whatever operators send: power moves by more than two thirds or by its holder, and by nothing else."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tallystick.contracts import nodes
from tallystick.contracts.membership import member
from tallystick.ledger.block import Result
from tests.contracts.chain import Chain, Key, founder
from tests.contracts.network import founding_node, node_id, outcome, registration

OPERATORS = [Key(number) for number in range(1, 7)]
CONSENSUS = [Key(number) for number in range(101, 113)]
operators = st.sampled_from(OPERATORS)
consensus_keys = st.sampled_from(CONSENSUS)
#: Sender, action, and what the action needs: one step of a block.
Step = tuple[Key, str, Key, int]
steps = st.tuples(
    operators,
    st.sampled_from(["appoint", "appoint", "appoint", "retire", "schedule_upgrade"]),
    operators,
    st.integers(min_value=0, max_value=3),
)


class Nodes(RuleBasedStateMachine):
    """Beside the chain, a plain account of power, nodes and ballots, kept without the contract's code.

    ``told`` is what CometBFT would know: the founding powers and every update since.
    """

    @initialize(weights=st.lists(st.integers(min_value=1, max_value=2), min_size=1, max_size=4))
    def begin(self, weights: list[int]) -> None:
        founding = list(zip(OPERATORS, CONSENSUS, weights, strict=False))
        self.chain = Chain(
            [founder(key, "operator") for key in OPERATORS],
            [founding_node(key, consensus, power) for key, consensus, power in founding],
        )
        self.node = {key: consensus for key, consensus, _ in founding}
        self.used = set(self.node.values())
        self.power = {key: power for key, _, power in founding}
        self.suspended: set[Key] = set()
        #: (voter, member) -> (consensus key, power) that the voter agrees to.
        self.ballots: dict[tuple[Key, Key], tuple[Key, int]] = {}
        self.told = {self.node[key].public: power for key, power in self.power.items()}
        self.heights: list[int] = []
        self.upgrade_ballots: dict[Key, tuple[int, int]] = {}
        self.upgrades: list[tuple[int, int]] = []

    def total(self) -> int:
        return sum(self.power.values())

    def may_hold(self, subject: Key, power: int) -> bool:
        """Return whether the powers that would result are ones that the rules allow."""
        after = {**self.power, subject: power}
        held = [each for each in after.values() if each]
        if not power:
            return bool(held)
        return len(held) == 1 or all(3 * each <= 2 * sum(held) for each in held)

    def change(self, subject: Key, power: int) -> None:
        self.power[subject] = power
        if not power:
            del self.power[subject]
            self.upgrade_ballots.pop(subject, None)
        self.ballots = {
            (voter, about): wanted
            for (voter, about), wanted in self.ballots.items()
            if about != subject and voter in self.power
        }

    def is_appointment_right(self, subject: Key, power: int) -> bool:
        if subject not in self.node:
            return False
        if self.power.get(subject, 0) == power:
            return True
        return not (power and subject in self.suspended) and self.may_hold(subject, power)

    def count_appointment(self, voter: Key, subject: Key, power: int) -> tuple[bool, int, int]:
        total = self.total()
        if self.power.get(subject, 0) == power:
            self.ballots.pop((voter, subject), None)
            return False, 0, total
        wanted = (self.node[subject], power)
        self.ballots[voter, subject] = wanted
        agreed = sum(held for who, held in self.power.items() if self.ballots.get((who, subject)) == wanted)
        if 3 * agreed > 2 * total:
            self.change(subject, power)
        return 3 * agreed > 2 * total, agreed, total

    def count_upgrade(self, voter: Key, version: int, height: int) -> tuple[bool, int, int]:
        total = self.total()
        if (height, version) in [each for each in self.upgrades if each[0] > self.chain.height]:
            self.upgrade_ballots.pop(voter, None)
            return False, 0, total
        self.upgrade_ballots[voter] = (height, version)
        agreed = sum(
            held for who, held in self.power.items() if self.upgrade_ballots.get(who) == (height, version)
        )
        if 3 * agreed > 2 * total:
            self.upgrades = [each for each in self.upgrades if each[0] <= self.chain.height]
            self.upgrades.append((height, version))
            self.upgrade_ballots.clear()
        return 3 * agreed > 2 * total, agreed, total

    def version_at(self, height: int) -> int:
        return max([1, *(version for at, version in self.upgrades if at <= height)])

    @rule(block=st.lists(steps, min_size=1, max_size=6))
    def a_block_is_made(self, block: list[Step]) -> None:
        self.make(block)

    @rule(subject=operators, wanted=st.integers(min_value=0, max_value=3), first=operators)
    def all_validators_agree(self, subject: Key, wanted: int, first: Key) -> None:
        """Random ballots seldom meet; here one operator after another asks for the same."""
        begin = OPERATORS.index(first)
        self.make([(key, "appoint", subject, wanted) for key in OPERATORS[begin:] + OPERATORS[:begin]])

    @rule(version=st.integers(min_value=0, max_value=3), missing=operators)
    def nearly_all_agree_on_an_upgrade(self, version: int, missing: Key) -> None:
        self.make([(key, "schedule_upgrade", key, version) for key in OPERATORS if key != missing])

    @rule(first=operators)
    def everyone_retires(self, first: Key) -> None:
        begin = OPERATORS.index(first)
        self.make([(key, "retire", key, 0) for key in OPERATORS[begin:] + OPERATORS[:begin]])

    @rule(returning=operators)
    def one_retires_and_comes_back_in_one_block(self, returning: Key) -> None:
        back = self.power.get(returning, 1)
        ballots: list[Step] = [(key, "appoint", returning, back) for key in OPERATORS]
        self.make([(returning, "retire", returning, 0), *ballots])

    def make(self, block: list[Step]) -> None:
        wires, ahead = [], dict.fromkeys(OPERATORS, 0)
        next_height = self.chain.height + 1
        for sender, action, subject, number in block:
            arguments: dict[str, object] = {
                "appoint": {"member": subject.address, "power": number},
                "retire": {},
                "schedule_upgrade": {"version": number + 1, "height": next_height + 20 + number},
            }[action]
            wires.append(self.chain.wire(sender, "nodes", action, arguments, ahead=ahead[sender]))
            ahead[sender] += 1
        before = dict(self.told)
        results = self.chain.seal(wires)
        for step, result in zip(block, results, strict=True):
            may = step[0] not in self.suspended and self.is_right(step)
            assert (result.code == "ok") == may, result
            if may:
                self.follow(step, result)
        self.hear(before)

    def is_right(self, step: Step) -> bool:
        """Return whether the contract must accept the step; the chain has made its block already."""
        sender, action, subject, number = step
        if sender not in self.power:
            return False
        if action == "appoint":
            return self.is_appointment_right(subject, number)
        return len(self.power) > 1 if action == "retire" else number + 1 > self.version_at(self.chain.height)

    def follow(self, step: Step, result: Result) -> None:
        sender, action, subject, number = step
        if action == "retire":
            self.change(sender, 0)
        elif action == "appoint":
            assert outcome(result) == self.count_appointment(sender, subject, number)
        else:
            assert outcome(result) == self.count_upgrade(sender, number + 1, self.chain.height + 20 + number)

    @rule()
    def time_passes(self) -> None:
        for _ in range(8):
            self.make([])

    def hear(self, before: dict[str, int]) -> None:
        """Take the block's updates as CometBFT would: no removal of what is not there, no idle update."""
        updates = nodes.validator_updates(self.chain.changes)
        for key, power in updates.items():
            assert before.get(key, 0) != power, "an update that changes nothing"
            self.told[key] = power
            if not power:
                del self.told[key]
        if updates:
            self.heights.append(self.chain.height)

    @rule(sender=operators, consensus=consensus_keys)
    def someone_registers(self, sender: Key, consensus: Key) -> None:
        own = self.node.get(sender)
        may = sender not in self.suspended and (
            consensus == own or (consensus not in self.used and sender not in self.power)
        )
        arguments = registration(sender.address, consensus)
        result = self.chain.send(sender, "nodes", "register", arguments)
        assert (result.code == "ok") == may, result
        if may:
            self.node[sender] = consensus
            self.used.add(consensus)
        self.hear(dict(self.told))

    @rule(sender=operators, data=st.data())
    def a_candidate_is_suspended(self, sender: Key, data: st.DataObject) -> None:
        candidates = [key for key in OPERATORS if key in self.node and key not in self.power]
        if candidates:
            self.someone_changes_a_members_standing(sender, data.draw(st.sampled_from(candidates)), "suspend")

    @rule(sender=operators, subject=operators, action=st.sampled_from(["suspend", "reinstate"]))
    def someone_changes_a_members_standing(self, sender: Key, subject: Key, action: str) -> None:
        is_other_left = any(key not in self.suspended and key != subject for key in OPERATORS)
        may = sender not in self.suspended and (
            subject in self.suspended
            if action == "reinstate"
            else subject not in self.suspended and subject not in self.power and is_other_left
        )
        result = self.chain.send(sender, "membership", action, {"address": subject.address})
        assert (result.code == "ok") == may, result
        if may:
            self.suspended ^= {subject}
        self.hear(dict(self.told))

    @invariant()
    def power_is_where_the_rules_have_put_it(self) -> None:
        found = nodes.validators_from_state(self.chain)
        expected = [(key.address, self.node[key].public, power) for key, power in self.power.items()]
        assert [(each.member, each.consensus_key, each.power) for each in found] == sorted(expected)
        assert found, "a chain without validators"
        assert all(member(self.chain, each.member).status == "active" for each in found)

    @invariant()
    def what_the_engine_was_told_adds_up_to_the_state(self) -> None:
        found = nodes.validators_from_state(self.chain)
        assert {each.consensus_key: each.power for each in found} == self.told
        assert list(nodes.change_heights(self.chain)) == self.heights

    @invariant()
    def ballots_stand_only_with_those_who_have_power(self) -> None:
        for key in OPERATORS:
            kept = nodes.ballots_from_state(self.chain.get, key.address)
            assert key in self.power or not (kept.appointments or kept.upgrade)
            mine = {
                (about.address, consensus.public, power)
                for (voter, about), (consensus, power) in self.ballots.items()
                if voter == key
            }
            assert {(each.member, each.consensus_key, each.power) for each in kept.appointments} == mine

    @invariant()
    def the_version_is_the_one_agreed_on(self) -> None:
        for height in range(self.chain.height + 30):
            assert nodes.version_at(self.chain.get, height) == self.version_at(height)

    @invariant()
    def exactly_the_nodes_of_active_members_are_let_in(self) -> None:
        open_to = {node_id(consensus) for key, consensus in self.node.items() if key not in self.suspended}
        for consensus in CONSENSUS:
            name = node_id(consensus)
            assert nodes.is_peer_allowed(self.chain, name) == (name in open_to)


Nodes.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestNodes = Nodes.TestCase
