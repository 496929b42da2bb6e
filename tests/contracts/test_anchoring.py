"""Anchoring, rule by rule, as the ledger executes it."""

import pytest

from tallystick.contracts.anchoring import (
    NOTHING,
    STEPS,
    Anchor,
    AnchoredStep,
    Case,
    applicant_statement,
    case_from_state,
    step_from_state,
)
from tallystick.contracts.membership import ROLES
from tallystick.errors import Corruption
from tests.contracts.chain import CHAIN, START, Chain, Key, founder, rotation

OPERATOR, LENDER, RIVAL, SUPPLIER, NEXT = (Key(number) for number in range(1, 6))
APPLICANT, STRANGER = Key(100), Key(101)
CASE = "c5" * 32
IN_FULL = ["application", "admission", "offer", "confirmation", "disbursement"]
#: Every way of going from one step to another that the table does not name, with the steps that lead there.
LEADING = {
    NOTHING: [],
    "application": ["application"],
    "admission": ["application", "admission"],
    "offer": IN_FULL[:3],
    "confirmation": IN_FULL[:4],
    "disbursement": IN_FULL,
    "closed": ["application", "closed"],
}
OUT_OF_ORDER = [
    (last, step)
    for last, path in LEADING.items()
    for step in STEPS
    if last not in STEPS[step].after and step not in path
]


@pytest.fixture
def chain() -> Chain:
    return Chain(
        [
            founder(OPERATOR, "operator"),
            founder(LENDER, "lender"),
            founder(RIVAL, "lender"),
            founder(SUPPLIER, "enterprise", "person", "auditor"),
        ]
    )


def digest_of(step: str) -> str:
    return f"{list(STEPS).index(step):064x}"


def anchor(
    step: str, case: str = CASE, applicant: Key = APPLICANT, lender: Key = LENDER
) -> dict[str, object]:
    """Return the arguments that take ``step`` as the table wants it."""
    digest = digest_of(step)
    signature = applicant.sign(applicant_statement(CHAIN, case, step, digest, lender.address))
    extra = {"applicant_key": applicant.public, "applicant_signature": signature}
    return {"case": case, "step": step, "digest": digest} | {
        name: extra[name] for name in STEPS[step].carries
    }


def take(chain: Chain, *steps: str, lender: Key = LENDER) -> None:
    for step in steps:
        result = chain.send(lender, "anchoring", "anchor", anchor(step))
        assert result.code == "ok", result.message


def refuse(chain: Chain, arguments: dict[str, object], lender: Key = LENDER) -> str:
    """Return the code of a refusal, after which the state is what it was."""
    before = chain.held("anchoring")
    result = chain.send(lender, "anchoring", "anchor", arguments)
    assert chain.held("anchoring") == before
    assert result.message.endswith(".")
    return result.code


def test_a_case_goes_from_application_to_disbursement(chain: Chain) -> None:
    for number, step in enumerate(IN_FULL, start=1):
        result = chain.send(LENDER, "anchoring", "anchor", anchor(step))
        assert (result.code, result.data) == ("ok", b'{"address":"%d-0"}' % number)
        assert case_from_state(chain.get, LENDER.address, CASE) == Case(APPLICANT.public, step)
        assert step_from_state(chain.get, LENDER.address, CASE, step) == AnchoredStep(
            f"{number}-0", digest_of(step), START + 1000 * number
        )


def test_the_arguments_that_services_build_are_what_the_contract_reads(chain: Chain) -> None:
    assert Anchor(**anchor("admission")).as_arguments() == anchor("admission")  # type: ignore[arg-type]
    opening = Anchor(**anchor("application"))  # type: ignore[arg-type]
    assert chain.send(LENDER, "anchoring", "anchor", opening).code == "ok"


@pytest.mark.parametrize("last", ["application", "admission", "offer"])
def test_a_case_can_be_closed_before_the_applicant_confirms_and_nothing_follows(
    chain: Chain, last: str
) -> None:
    take(chain, *LEADING[last], "closed")
    for step in STEPS.keys() - {*LEADING[last], "closed"}:
        assert refuse(chain, anchor(step)) == "step_out_of_order"


@pytest.mark.parametrize(("last", "step"), OUT_OF_ORDER)
def test_no_step_is_taken_out_of_order(chain: Chain, last: str, step: str) -> None:
    take(chain, *LEADING[last])
    assert refuse(chain, anchor(step)) == "step_out_of_order"


@pytest.mark.parametrize("step", IN_FULL)
def test_each_step_is_taken_once(chain: Chain, step: str) -> None:
    take(chain, *LEADING[step])
    assert refuse(chain, anchor(step)) == "already_anchored"
    assert refuse(chain, anchor(step) | {"digest": "ff" * 32}) == "anchored_differently"


def test_an_earlier_step_is_not_taken_again_later(chain: Chain) -> None:
    take(chain, *IN_FULL)
    for step in IN_FULL:
        assert refuse(chain, anchor(step)) == "already_anchored"


# Who


def test_only_a_lender_opens_a_case(chain: Chain) -> None:
    for other in (SUPPLIER, OPERATOR):
        assert refuse(chain, anchor("application"), other) == "role_required"


@pytest.mark.parametrize("last", LEADING)
def test_no_lender_goes_on_with_anothers_case(chain: Chain, last: str) -> None:
    take(chain, *LEADING[last])
    for step in STEPS.keys() - {"application"}:
        assert refuse(chain, anchor(step, lender=RIVAL), RIVAL) == "step_out_of_order"


def test_a_suspended_lender_cannot_go_on(chain: Chain) -> None:
    take(chain, "application")
    chain.send(OPERATOR, "membership", "suspend", {"address": LENDER.address})
    assert refuse(chain, anchor("admission")) == "account_suspended"


def test_a_lender_with_a_new_key_goes_on_with_its_cases(chain: Chain) -> None:
    take(chain, "application")
    chain.send(LENDER, "membership", "rotate_key", rotation(LENDER.address, NEXT))
    assert chain.send(NEXT, "anchoring", "anchor", anchor("admission"), LENDER.address).code == "ok"


def test_every_role_that_the_table_names_exists() -> None:
    assert {step.by for step in STEPS.values()} <= set(ROLES)


# What a step carries


@pytest.mark.parametrize(
    ("step", "name"), [(step, name) for step in STEPS for name in STEPS[step].carries], ids="-".join
)
def test_a_step_without_what_it_must_carry_is_refused(chain: Chain, step: str, name: str) -> None:
    take(chain, *LEADING[STEPS[step].after[0]])
    assert (
        refuse(chain, {key: value for key, value in anchor(step).items() if key != name})
        == "missing_argument"
    )


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (step, name)
        for step in STEPS
        for name in ("applicant_key", "applicant_signature")
        if name not in STEPS[step].carries
    ],
    ids="-".join,
)
def test_a_step_with_more_than_it_may_carry_is_refused(chain: Chain, step: str, name: str) -> None:
    take(chain, *LEADING[STEPS[step].after[0]])
    more = {name: anchor("application")[name]}
    assert refuse(chain, anchor(step) | more) == "unexpected_argument"


@pytest.mark.parametrize("step", ["application", "confirmation"])
@pytest.mark.parametrize(
    "signed",
    [
        {"chain_id": "another-chain"},
        {"case": "c6" * 32},
        {"step": "offer"},
        {"digest": "ff" * 32},
        {"lender": RIVAL.address},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_applicant_agrees_to_this_step_of_this_case_with_this_lender_on_this_chain(
    chain: Chain, step: str, signed: dict[str, str]
) -> None:
    take(chain, *LEADING[STEPS[step].after[0]])
    agreed = {
        "chain_id": CHAIN,
        "case": CASE,
        "step": step,
        "digest": digest_of(step),
        "lender": LENDER.address,
    }
    signature = APPLICANT.sign(applicant_statement(**agreed | signed))
    assert refuse(chain, anchor(step) | {"applicant_signature": signature}) == "applicant_signature_invalid"


def test_an_opening_that_another_lender_copies_is_refused_and_the_first_lender_still_opens_its_case(
    chain: Chain,
) -> None:
    copied = anchor("application")
    assert refuse(chain, copied, RIVAL) == "applicant_signature_invalid"
    take(chain, "application")
    assert case_from_state(chain.get, LENDER.address, CASE) == Case(APPLICANT.public, "application")


def test_a_lender_who_takes_anothers_case_name_opens_a_case_of_its_own(chain: Chain) -> None:
    for step in IN_FULL[:3]:
        theirs = anchor(step, applicant=STRANGER, lender=RIVAL)
        assert chain.send(RIVAL, "anchoring", "anchor", theirs).code == "ok"
    take(chain, *IN_FULL)
    assert case_from_state(chain.get, RIVAL.address, CASE) == Case(STRANGER.public, "offer")
    assert case_from_state(chain.get, LENDER.address, CASE) == Case(APPLICANT.public, "disbursement")


@pytest.mark.parametrize("signer", [STRANGER, LENDER], ids=["stranger", "lender"])
def test_nobody_confirms_for_the_applicant(chain: Chain, signer: Key) -> None:
    take(chain, *LEADING["offer"])
    assert refuse(chain, anchor("confirmation", applicant=signer)) == "applicant_signature_invalid"
    assert refuse(chain, anchor("disbursement")) == "step_out_of_order"


def test_a_key_that_the_ledger_knows_as_a_members_cannot_stand_for_an_applicant(chain: Chain) -> None:
    assert refuse(chain, anchor("application", applicant=SUPPLIER)) == "applicant_key_known"


def test_a_key_under_which_anything_verifies_cannot_stand_for_an_applicant(chain: Chain) -> None:
    arguments = anchor("application") | {"applicant_key": "01" + "00" * 31, "applicant_signature": "00" * 64}
    assert refuse(chain, arguments) == "bad_public_key"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"step": "payment"}, "unknown_step"),
        ({"step": "x" * 17}, "malformed_arguments"),
        ({"step": ""}, "unknown_step"),
        ({"case": "c5" * 31}, "malformed_arguments"),
        ({"case": "C5" * 32}, "malformed_arguments"),
        ({"case": CASE + "\n"}, "malformed_arguments"),
        ({"digest": "../offer"}, "malformed_arguments"),
        ({"applicant_key": "00" * 33}, "malformed_arguments"),
        ({"applicant_signature": "00" * 65}, "malformed_arguments"),
        ({"amount": 5}, "malformed_arguments"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(chain: Chain, change: dict[str, object], code: str) -> None:
    assert refuse(chain, anchor("application") | change) == code


# Reading


def test_what_the_ledger_shows_of_a_case_is_the_lender_the_step_and_digests(chain: Chain) -> None:
    take(chain, "application")
    assert chain.held("anchoring") == {
        f"anchoring/{LENDER.address}/{CASE}": {"applicant_key": APPLICANT.public, "step": "application"},
        f"anchoring/{LENDER.address}/{CASE}/application": {
            "address": "1-0",
            "digest": digest_of("application"),
            "time": START + 1000,
        },
    }


@pytest.mark.parametrize("case", ["", "c5", "C5" * 32, CASE + "/application", "../membership"])
def test_what_is_no_name_of_a_case_reads_as_none(chain: Chain, case: str) -> None:
    take(chain, "application")
    assert case_from_state(chain.get, LENDER.address, case) is None
    assert step_from_state(chain.get, LENDER.address, case, "application") is None


@pytest.mark.parametrize("lender", ["", RIVAL.address, LENDER.address + "/" + CASE, "../membership"])
def test_who_has_no_case_of_the_name_reads_as_none(chain: Chain, lender: str) -> None:
    take(chain, "application")
    assert case_from_state(chain.get, lender, CASE) is None
    assert step_from_state(chain.get, lender, CASE, "application") is None


def test_a_damaged_case_stops_the_reader() -> None:
    with pytest.raises(Corruption) as stopped:
        case_from_state({f"anchoring/{LENDER.address}/{CASE}": b"{}"}.get, LENDER.address, CASE)
    assert stopped.value.code == "damaged_state"
