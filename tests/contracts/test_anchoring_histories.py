"""Whatever lenders and applicants try: each lender's case keeps its applicant, order and one payment."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tallystick.contracts.anchoring import (
    STEPS,
    Case,
    applicant_statement,
    case_from_state,
    step_from_state,
)
from tests.contracts.chain import CHAIN, Chain, Key, founder

OPERATOR = Key(1)
SENDERS = [Key(2), Key(3), Key(4)]  # two lenders and an enterprise
LENDERS = SENDERS[:2]
SIGNERS = [Key(100), Key(101)]
CASES = ["a" * 64, "b" * 64]
#: Who sends, and under which case name.
Owned = tuple[Key, str]
#: Every complete history of a case; what the ledger shows must always be the beginning of one.
HISTORIES = [
    ["application", "admission", "offer", "confirmation", "disbursement"],
    ["application", "closed"],
    ["application", "admission", "closed"],
    ["application", "admission", "offer", "closed"],
]


class Anchoring(RuleBasedStateMachine):
    """Beside the chain, what was accepted: for each sender and case name, the applicant and the steps.

    All senders use the same case names, so a case that another could touch would soon differ from its own.
    """

    @initialize()
    def begin(self) -> None:
        self.chain = Chain(
            [
                founder(OPERATOR, "operator"),
                *(founder(key, "lender") for key in LENDERS),
                founder(SENDERS[2], "enterprise"),
            ]
        )
        self.taken: dict[Owned, list[tuple[str, str]]] = {
            (sender, case): [] for sender in SENDERS for case in CASES
        }
        self.applicants: dict[Owned, Key] = {}

    @rule(
        sender=st.sampled_from(SENDERS),
        case=st.sampled_from(CASES),
        step=st.sampled_from(list(STEPS)),
        digest=st.sampled_from(["0" * 64, "1" * 64]),
        applicant=st.sampled_from(SIGNERS),
        signs=st.sampled_from([*STEPS, *STEPS, "nothing"]),
        names=st.sampled_from(LENDERS),
    )
    def someone_anchors(
        self, sender: Key, case: str, step: str, digest: str, applicant: Key, signs: str, names: Key
    ) -> None:
        """The applicant signs for the step ``signs`` and the lender ``names``; what is sent may differ."""
        self.send(sender, case, step, digest, applicant, signs, names)

    @rule(
        lender=st.sampled_from(LENDERS),
        case=st.sampled_from(CASES),
        digest=st.sampled_from(["0" * 64, "1" * 64]),
        closes=st.booleans(),
    )
    def the_right_ones_go_on(self, lender: Key, case: str, digest: str, closes: bool) -> None:
        steps = [step for step, _ in self.taken[lender, case]]
        going_on = [
            step
            for step in STEPS
            if [*steps, step] in [history[: len(steps) + 1] for history in HISTORIES]
            and (step == "closed") == closes
        ]
        if going_on:
            applicant = self.applicants.get((lender, case), SIGNERS[0])
            assert self.send(lender, case, going_on[0], digest, applicant, going_on[0], lender)

    def send(
        self, sender: Key, case: str, step: str, digest: str, applicant: Key, signs: str, names: Key
    ) -> bool:
        signature = applicant.sign(applicant_statement(CHAIN, case, signs, digest, names.address))
        extra = {"applicant_key": applicant.public, "applicant_signature": signature}
        arguments: dict[str, object] = {"case": case, "step": step, "digest": digest}
        arguments |= {name: extra[name] for name in STEPS[step].carries}
        if self.chain.send(sender, "anchoring", "anchor", arguments).code != "ok":
            return False
        assert sender in LENDERS
        first = self.applicants.setdefault((sender, case), applicant)
        if step in ("application", "confirmation"):
            assert (applicant, signs, names) == (first, step, sender), "the applicant did not agree to this"
        self.taken[sender, case].append((step, digest))
        return True

    @invariant()
    def the_ledger_shows_each_lenders_case_in_order_with_each_step_once(self) -> None:
        for (sender, case), taken in self.taken.items():
            steps = [step for step, _ in taken]
            assert any(history[: len(steps)] == steps for history in HISTORIES), steps
            shown = {step: step_from_state(self.chain.get, sender.address, case, step) for step in STEPS}
            digests = {step: kept.digest for step, kept in shown.items() if kept is not None}
            assert digests == dict(taken)
            expected = Case(self.applicants[sender, case].public, steps[-1]) if steps else None
            assert case_from_state(self.chain.get, sender.address, case) == expected

    @invariant()
    def the_ledger_keeps_one_record_for_each_case_and_each_step_and_no_other(self) -> None:
        opened = [taken for taken in self.taken.values() if taken]
        assert len(self.chain.held("anchoring")) == len(opened) + sum(map(len, opened))


Anchoring.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnchoring = Anchoring.TestCase
