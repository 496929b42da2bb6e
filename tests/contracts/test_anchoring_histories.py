"""Whatever lenders and applicants try, in any order: a case keeps its lender, order and one payment."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tallystick.contracts.anchoring import STEPS, applicant_statement, case_from_state, step_from_state
from tests.contracts.chain import CHAIN, Chain, Key, founder

OPERATOR = Key(1)
SENDERS = [Key(2), Key(3), Key(4)]  # two lenders and an enterprise
LENDERS = SENDERS[:2]
SIGNERS = [Key(100), Key(101)]
CASES = ["a" * 64, "b" * 64]
#: Every complete history of a case; what the ledger shows must always be the beginning of one.
HISTORIES = [
    ["application", "admission", "offer", "confirmation", "disbursement"],
    ["application", "closed"],
    ["application", "admission", "closed"],
    ["application", "admission", "offer", "closed"],
]


class Anchoring(RuleBasedStateMachine):
    """Beside the chain, what was accepted: for each case its lender, its applicant's key and its steps."""

    @initialize()
    def begin(self) -> None:
        self.chain = Chain(
            [
                founder(OPERATOR, "operator"),
                *(founder(key, "lender") for key in LENDERS),
                founder(SENDERS[2], "enterprise"),
            ]
        )
        self.taken: dict[str, list[tuple[str, str]]] = {case: [] for case in CASES}
        self.opened_by: dict[str, tuple[Key, Key]] = {}

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

    @rule(case=st.sampled_from(CASES), digest=st.sampled_from(["0" * 64, "1" * 64]), closes=st.booleans())
    def the_right_ones_go_on(self, case: str, digest: str, closes: bool) -> None:
        steps = [step for step, _ in self.taken[case]]
        going_on = [
            step
            for step in STEPS
            if [*steps, step] in [history[: len(steps) + 1] for history in HISTORIES]
            and (step == "closed") == closes
        ]
        if going_on:
            lender, applicant = self.opened_by.get(case, (LENDERS[0], SIGNERS[0]))
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
        lender, first = self.opened_by.setdefault(case, (sender, applicant))
        assert sender == lender, "somebody else moved the case"
        assert sender in LENDERS
        if step in ("application", "confirmation"):
            assert (applicant, signs, names) == (first, step, lender), "the applicant did not agree to this"
        self.taken[case].append((step, digest))
        return True

    @invariant()
    def the_ledger_shows_each_case_in_order_with_each_step_once(self) -> None:
        for case in CASES:
            steps = [step for step, _ in self.taken[case]]
            assert any(history[: len(steps)] == steps for history in HISTORIES), steps
            shown = {step: step_from_state(self.chain.get, case, step) for step in STEPS}
            digests = {step: kept.digest for step, kept in shown.items() if kept is not None}
            assert digests == dict(self.taken[case])
            kept = case_from_state(self.chain.get, case)
            assert (None if kept is None else kept.step) == (steps[-1] if steps else None)


Anchoring.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnchoring = Anchoring.TestCase
