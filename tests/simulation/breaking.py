"""Faults put into the product, the consensus or a client, so that the auditor can be seen to find them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

import pytest

from tallystick.contracts.membership import actions
from tallystick.contracts.nodes.rules import ANY, RULES, VALIDATOR, Rule, Share
from tallystick.engines.abci.replica import Replica
from tallystick.engines.abci.restoring import Restoring, Verdict
from tallystick.ledger import execution
from tallystick.ledger.accounts import Account
from tallystick.ledger.answers import OK, Receipt
from tests.simulation import consensus, node, run
from tests.simulation.chance import Settings, draw
from tests.simulation.consensus import Memory
from tests.simulation.members import Member, Wish
from tests.simulation.node import Node

Patch = pytest.MonkeyPatch
#: The node whose replica forgets; honest in the seeds that are used with it.
FORGETFUL: Final = "n0.sqlite3"


def anything_stands_in_a_block(patch: Patch) -> None:
    patch.setattr(Replica, "accepts", lambda *_: True)


def one_replica_skips_a_state_change(patch: Patch) -> None:
    commit = Replica.commit

    def forgetful(replica: Any) -> object:
        proposal, executed = replica._executed
        if replica.path.name == FORGETFUL and executed.state_changes:
            kept = dict(list(executed.state_changes.items())[:-1])
            replica._executed = proposal, replace(executed, state_changes=kept)
        return commit(replica)

    patch.setattr(Replica, "commit", forgetful)


def numbers_are_not_looked_at(patch: Patch) -> None:
    patch.setattr(execution, "check_sequence", lambda *_: None)


def half_of_the_power_makes_a_block_final(patch: Patch) -> None:
    patch.setattr(consensus, "is_quorum", lambda power, total: 2 * power > total)


def half_of_the_power_appoints(patch: Patch) -> None:
    patch.setitem(cast(dict[str, Rule], RULES), "appoint", Rule(VALIDATOR, Share(1, 2), ANY))


def an_operator_suspends_validators(patch: Patch) -> None:
    patch.setattr(actions, "_require_no_power", lambda *_: None)


def a_crash_makes_validators_forget_what_they_signed(patch: Patch) -> None:
    go_down = Node.go_down

    def forgetful(self: Node) -> None:
        go_down(self)
        self.disk.memory = Memory(self.disk.memory.height)

    patch.setattr(Node, "go_down", forgetful)


def nodes_that_lag_are_not_helped(patch: Patch) -> None:
    patch.setattr(node, "DECIDED_AT_ONCE", 0)


def a_client_believes_a_fork(patch: Patch) -> None:
    true_receipt = Member._receipt

    def believing(self: Member, wish: Wish) -> Receipt | None:
        receipt = true_receipt(self, wish)
        if receipt is None or receipt.index == 0:
            return receipt
        return Receipt(receipt.transaction_hash, receipt.height, 0, OK, "", b"", receipt.time)

    patch.setattr(Member, "_receipt", believing)


def a_client_counts_on_what_waits(patch: Patch) -> None:
    def number(self: Member, account: Account) -> int:
        return self.home.replica.waiting.next_sequence(self.address) or account.sequence + 1

    patch.setattr(Member, "_number", number)


def a_client_signs_anew_too_early(patch: Patch) -> None:
    a_client_counts_on_what_waits(patch)
    patch.setattr(Member, "_is_void", lambda *_: True)


def half_of_the_validators_are_hostile(patch: Patch) -> None:
    def drawn(seed: int, events: int) -> Settings:
        return replace(draw(seed, events), powers=(1, 1, 1, 1), hostile=(0, 1), joins=False)

    patch.setattr(run, "draw", drawn)


def snapshots_are_believed(patch: Patch) -> None:
    patch.setattr(Restoring, "offer", lambda *_: Verdict.ACCEPT)


#: What is broken -> the seed that shows it, within how many events, and what the auditor must say.
BREAKS: Final[Mapping[Callable[[Patch], None], tuple[int, int, str]]] = {
    anything_stands_in_a_block: (1, 5000, "nobody answers for it"),
    one_replica_skips_a_state_change: (1, 5000, "n0, block 6: other results than on the other nodes"),
    numbers_are_not_looked_at: (1, 5000, "nobody answers for it (transaction_replayed)"),
    half_of_the_power_makes_a_block_final: (1, 5000, "final with 4 of 6 of the power"),
    half_of_the_power_appoints: (1, 5000, "where the rules say"),
    an_operator_suspends_validators: (1, 5000, "where the rules say ('validator_in_office',)"),
    a_crash_makes_validators_forget_what_they_signed: (8, 5000, "n0 signed two offers"),
    half_of_the_validators_are_hostile: (3, 5000, "another block than the others keep: a fork"),
    nodes_that_lag_are_not_helped: (3, 5000, "no recovery"),
    snapshots_are_believed: (1, 5000, "takes a snapshot of another state"),
    a_client_believes_a_fork: (1, 5000, "holds a receipt"),
    a_client_counts_on_what_waits: (100, 7000, "no recovery"),
    a_client_signs_anew_too_early: (1, 5000, "carried out twice"),
}
