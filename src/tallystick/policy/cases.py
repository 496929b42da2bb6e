"""Cases of a policy: figures, and the decision that somebody worked out by hand for them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from tallystick.errors import Malformed, TooLarge
from tallystick.policy.decision import Decision
from tallystick.policy.document import MAX_DOCUMENT_BYTES
from tallystick.policy.graph import Graph
from tallystick.policy.graph_decide import GraphDecision, decide_policy
from tallystick.policy.rules import Outcome
from tallystick.policy.table import Table

#: What a case may say of the decision, besides its outcome.
_COMPARED: Final = ("points", "outputs", "collected")


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One case: what differs from the usual figures, and what is decided; what is not said is not compared.

    ``working`` is for whoever checks it by hand. ``null`` in ``change`` makes a figure missing.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    outcome: Outcome
    change: dict[str, Any] = {}
    working: str = ""
    points: str | msgspec.UnsetType | None = msgspec.UNSET
    reasons: list[str] | msgspec.UnsetType = msgspec.UNSET
    outputs: dict[str, str | int] | msgspec.UnsetType = msgspec.UNSET
    collected: list[dict[str, str | int]] | msgspec.UnsetType = msgspec.UNSET


class CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The cases of one policy, named, over its usual figures."""

    policy: str
    cases: Annotated[list[Case], msgspec.Meta(min_length=1, max_length=10_000)]
    usual: dict[str, Any] = {}


class Difference(msgspec.Struct, frozen=True):
    """Something in which a decision is not what its case says."""

    what: str
    expected: Any
    found: Any


class CaseResult(msgspec.Struct, frozen=True):
    """What became of one case; it passed when there is no difference."""

    name: str
    differences: tuple[Difference, ...]


class CaseReport(msgspec.Struct, frozen=True):
    """What became of all cases.

    Attributes:
        untested: the rules that no case matches, ``node.RULE`` in a graph.
    """

    results: tuple[CaseResult, ...]
    untested: tuple[str, ...]

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that are not decided as they say."""
        return tuple(result for result in self.results if result.differences)

    def document(self) -> dict[str, object]:
        """Return the report as plain data."""
        return {
            "cases": len(self.results),
            "failed": [msgspec.to_builtins(result) for result in self.failed],
            "untested": list(self.untested),
        }


def read_cases(data: bytes) -> CaseFile:
    """Return the cases in ``data`` (JSON, UTF-8, at most 1 MiB).

    Raises:
        Malformed: ``malformed_cases``.
        TooLarge: ``policy_too_large``.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise TooLarge("policy_too_large", f"A file of cases may have {MAX_DOCUMENT_BYTES} bytes at most.")
    try:
        return msgspec.json.decode(data, type=CaseFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("malformed_cases", f"The cases cannot be read: {error!s:.200}.") from error


def run_cases(policy: Table | Graph, file: CaseFile) -> CaseReport:
    """Return what ``policy`` makes of the cases.

    Raises:
        Malformed: ``other_policy`` when the cases are for a policy of another name.
    """
    if file.policy != policy.name:
        raise Malformed(
            "other_policy", f"The cases are for {file.policy!r:.60}, and the policy is {policy.name}."
        )
    matched: set[str] = set()
    results = []
    for case in file.cases:
        decision = decide_policy(policy, file.usual | case.change)
        matched |= _matched(decision)
        results.append(CaseResult(case.name, _differences(case, decision.document())))
    return CaseReport(tuple(results), tuple(code for code in _codes(policy) if code not in matched))


def _differences(case: Case, found: Mapping[str, Any]) -> tuple[Difference, ...]:
    expected = {name: getattr(case, name) for name in _COMPARED} | {"outcome": case.outcome}
    differences = [
        Difference(name, value, found.get(name))
        for name, value in expected.items()
        if value is not msgspec.UNSET and value != found.get(name)
    ]
    codes = [reason["code"] for reason in found["reasons"]]
    if case.reasons is not msgspec.UNSET and case.reasons != codes:
        differences.append(Difference("reasons", case.reasons, codes))
    return tuple(sorted(differences, key=lambda each: each.what))


def _matched(decision: Decision | GraphDecision) -> set[str]:
    if isinstance(decision, Decision):
        return {verdict.code for verdict in decision.verdicts if verdict.found == "matched"}
    return {
        f"{name}.{code}"
        for name, each in decision.nodes.items()
        if isinstance(each, Decision)
        for code in _matched(each)
    }


def _codes(policy: Table | Graph) -> list[str]:
    if isinstance(policy, Table):
        return [rule.code for rule in policy.rules]
    return [
        f"{node.name}.{rule.code}"
        for node in policy.nodes
        if isinstance(node.part, Table)
        for rule in node.part.rules
    ]
