"""Whatever members try, in any order: an operator remains, keys stay unique, the suspended never act."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tallystick.contracts.membership import KEY_PREFIX, members
from tests.contracts.chain import Chain, Key, founder, join, rotation

KEYS = [Key(number) for number in range(1, 9)]
keys = st.sampled_from(KEYS)
roles = st.sampled_from(["operator", "lender", "person"])


class Membership(RuleBasedStateMachine):
    """Beside the chain, a plain account of what should hold: status, roles, present key, keys ever used."""

    @initialize(others=st.lists(roles, max_size=2))
    def begin(self, others: list[str]) -> None:
        everyone = list(zip(KEYS, ["operator", *others], strict=False))
        self.chain = Chain([founder(key, role) for key, role in everyone])
        self.status = {key.address: "active" for key, _ in everyone}
        self.role = {key.address: role for key, role in everyone}
        self.signer = {key.address: key for key, _ in everyone}
        self.used = {key.public for key, _ in everyone}

    def accounts(self) -> list[str]:
        return sorted(self.status)

    def operators(self) -> set[str]:
        return {who for who, role in self.role.items() if role == "operator" and self.status[who] == "active"}

    def send(self, sender: str, action: str, arguments: dict[str, object], may: bool) -> bool:
        """Send for ``sender`` and check that exactly what may succeed does."""
        result = self.chain.send(self.signer[sender], "membership", action, arguments, sender)
        assert (result.code == "ok") == (may and self.status[sender] == "active"), result
        return result.code == "ok"

    @rule(data=st.data(), new=keys, role=roles)
    def someone_lets_a_key_join(self, data: st.DataObject, new: Key, role: str) -> None:
        sender = data.draw(st.sampled_from(self.accounts()))
        may = sender in self.operators() and new.public not in self.used
        if self.send(sender, "join", join(new, role), may):
            self.status[new.address], self.role[new.address] = "active", role
            self.signer[new.address] = new
            self.used.add(new.public)

    @rule(data=st.data(), new=keys)
    def someone_rotates(self, data: st.DataObject, new: Key) -> None:
        sender = data.draw(st.sampled_from(self.accounts()))
        if self.send(sender, "rotate_key", rotation(sender, new), new.public not in self.used):
            self.signer[sender] = new
            self.used.add(new.public)

    @rule(data=st.data(), old=keys)
    def someone_signs_with_a_key_that_is_not_the_accounts(self, data: st.DataObject, old: Key) -> None:
        sender = data.draw(st.sampled_from(self.accounts()))
        if old != self.signer[sender]:
            result = self.chain.send(old, "membership", "leave", {}, sender)
            assert result.code == "forged_signature"

    @rule(data=st.data())
    def someone_suspends(self, data: st.DataObject) -> None:
        sender, target = (data.draw(st.sampled_from(self.accounts())) for _ in range(2))
        may = sender in self.operators() and self.status[target] == "active" and self.operators() != {target}
        if self.send(sender, "suspend", {"address": target}, may):
            self.status[target] = "suspended"

    @rule(data=st.data())
    def someone_reinstates(self, data: st.DataObject) -> None:
        sender, target = (data.draw(st.sampled_from(self.accounts())) for _ in range(2))
        may = sender in self.operators() and self.status[target] == "suspended"
        if self.send(sender, "reinstate", {"address": target}, may):
            self.status[target] = "active"

    @rule(data=st.data())
    def someone_leaves(self, data: st.DataObject) -> None:
        sender = data.draw(st.sampled_from(self.accounts()))
        if self.send(sender, "leave", {}, self.operators() != {sender}):
            self.status[sender] = "departed"

    @invariant()
    def the_ledger_says_what_happened(self) -> None:
        listed = list(members(self.chain))
        assert {who.address: who.status for who in listed} == self.status
        assert any(who.status == "active" and "operator" in who.roles for who in listed)
        accounts = [self.chain.account(who.address) for who in listed]
        assert all(account is not None for account in accounts)
        held = [account.key for account in accounts if account is not None]
        assert len(set(held)) == len(held), "two accounts share a key"
        assert {key.removeprefix(KEY_PREFIX) for key, _ in self.chain.scan(KEY_PREFIX)} == self.used
        for who, account in zip(listed, accounts, strict=True):
            assert account is not None
            assert account.active == (who.status == "active")
            assert account.key == self.signer[who.address].public


Membership.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestMembership = Membership.TestCase
