"""Who may read what of the ledger: the two tables, walked by every kind of reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.contracts.catalogue import CONTRACTS
from tallystick.errors import Forbidden
from tallystick.services.disclosure import (
    CALLS,
    STATE,
    Readers,
    Viewer,
    may_read_call,
    may_read_state,
    require_call,
    require_state,
)

HARBOUR, RIVER, AUDITOR = Viewer("tly1harbour"), Viewer("tly1river"), Viewer("tly1office", is_auditor=True)
NOBODY = Viewer("")
NOBODY_AUDITING = Viewer("", is_auditor=True)


@pytest.mark.parametrize("contract", ["membership", "nodes"])
def test_every_member_reads_who_is_a_member_and_who_runs_nodes(contract: str) -> None:
    for viewer in (HARBOUR, RIVER, AUDITOR):
        assert may_read_call(viewer, contract, "tly1operator")
        assert may_read_state(viewer, f"{contract}/anything")
    assert not may_read_call(NOBODY, contract, "tly1operator")


@pytest.mark.parametrize("contract", ["anchoring", "a_contract_of_tomorrow", ""])
def test_any_other_call_is_read_by_its_sender_and_by_auditors(contract: str) -> None:
    assert may_read_call(HARBOUR, contract, "tly1harbour")
    assert may_read_call(AUDITOR, contract, "tly1harbour")
    assert not may_read_call(RIVER, contract, "tly1harbour")
    assert not may_read_call(NOBODY, contract, "tly1harbour")


def test_whoever_works_for_no_member_reads_nothing_not_even_what_nobody_sent() -> None:
    for viewer in (NOBODY, NOBODY_AUDITING):
        for contract in (*CALLS, "", "another"):
            assert not may_read_call(viewer, contract, "")
        for prefix in STATE:
            assert not may_read_state(viewer, f"{prefix}/")
            assert not may_read_state(viewer, f"{prefix}//x")


@pytest.mark.parametrize(
    ("key", "readers"),
    [
        ("accounts/tly1river", {"harbour", "river", "auditor"}),
        ("membership/member/tly1river", {"harbour", "river", "auditor"}),
        ("nodes/validator/tly1river", {"harbour", "river", "auditor"}),
        ("anchoring/tly1river/abc", {"river", "auditor"}),
        ("anchoring/tly1river", {"river", "auditor"}),
        ("anchoring/tly1riverside/abc", {"auditor"}),
        ("anchoring/", {"auditor"}),
        ("anchoring", set()),
        ("accounts", set()),
        ("unheard_of/tly1river/abc", set()),
        ("Accounts/tly1river", set()),
        ("/accounts/tly1river", set()),
        ("", set()),
    ],
)
def test_a_state_key_is_read_by_its_prefix(key: str, readers: set[str]) -> None:
    viewers = {"harbour": HARBOUR, "river": RIVER, "auditor": AUDITOR, "nobody": NOBODY}
    assert {name for name, viewer in viewers.items() if may_read_state(viewer, key)} == readers


@given(name=st.text(), rest=st.text())
def test_what_is_in_neither_table_is_closed(name: str, rest: str) -> None:
    if name.partition("/")[0] not in STATE:
        assert not may_read_state(AUDITOR, f"{name}/{rest}")
    if name not in CALLS:
        assert not may_read_call(HARBOUR, name, "tly1river")


def test_every_contract_that_the_ledger_runs_is_in_both_tables() -> None:
    names = {contract.name for contract in CONTRACTS}
    assert names <= set(CALLS)
    assert names <= set(STATE)
    assert CALLS["anchoring"] is STATE["anchoring"] is Readers.OWNER


def test_a_refusal_has_a_stable_code() -> None:
    require_call(HARBOUR, "anchoring", "tly1harbour")
    require_state(HARBOUR, "anchoring/tly1harbour/abc")
    for refused in (
        lambda: require_call(RIVER, "anchoring", "tly1harbour"),
        lambda: require_state(RIVER, "anchoring/tly1harbour/abc"),
    ):
        with pytest.raises(Forbidden) as raised:
            refused()
        assert raised.value.code == "not_yours_to_read"
