"""Anchoring: a loan case's steps on the ledger, without telling other members who is whose customer (O5, O6).

``STEPS`` is the contract. The ledger holds digests salted by the lender, a one-off key of the applicant
and the lender's address; whoever is given a step's document and salt can check it against the digest.
A case belongs to the lender who sends it: ``anchoring/<lender>/<case>`` holds a ``Case``,
``anchoring/<lender>/<case>/<step>`` an ``AnchoredStep``. Nobody can write under another's address.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from tallystick.contracts.membership import key_use_from_state, require_role
from tallystick.contracts.shapes import Arguments, Digest, Kept, PublicKey, Read, Signature, read_kept
from tallystick.errors import Conflict, Malformed, Unauthorised
from tallystick.ledger import keys
from tallystick.ledger.protocols import Action, Call, Contract
from tallystick.values import canonical

#: What a case's last step is before its first.
NOTHING: Final = ""


@dataclass(frozen=True)
class Step:
    """One row of the table of anchoring.

    Attributes:
        by: the role that the sender must hold as an active member.
        after: the case's last step must be one of these.
        carries: what the transaction must carry beyond case, step and digest; it may carry nothing else.
    """

    by: str
    after: tuple[str, ...]
    carries: tuple[str, ...]


STEPS: Final[Mapping[str, Step]] = {
    # step                  by        after one of                          carries
    "application": Step("lender", (NOTHING,), ("applicant_key", "applicant_signature")),
    "admission": Step("lender", ("application",), ()),
    "offer": Step("lender", ("admission",), ()),
    "confirmation": Step("lender", ("offer",), ("applicant_signature",)),
    "disbursement": Step("lender", ("confirmation",), ()),
    "closed": Step("lender", ("application", "admission", "offer"), ()),
}

PREFIX: Final = "anchoring/"
_CASE = re.compile(r"[0-9a-f]{64}")


class Anchor(Arguments, frozen=True):
    """Anchor one step of one case.

    Attributes:
        case: salted digest of the application's reference; it names a case among the sender's own.
        step: a name of ``STEPS``.
        digest: salted digest of the step's document.
        applicant_key: Ed25519 key that the applicant made for this case only.
        applicant_signature: that key's signature over ``applicant_statement``.
    """

    case: Digest
    step: Annotated[str, msgspec.Meta(max_length=16)]
    digest: Digest
    applicant_key: PublicKey | None = None
    applicant_signature: Signature | None = None


class Anchored(msgspec.Struct, frozen=True):
    """What ``anchor`` answers: the storage address, ``height-index``."""

    address: str


class Case(Kept, frozen=True):
    """What the ledger says about one loan case.

    Attributes:
        applicant_key: the applicant's one-off key, 64 hex digits.
        step: the last step taken.
    """

    applicant_key: str
    step: str


class AnchoredStep(Kept, frozen=True):
    """What the ledger says about one step of a case.

    Attributes:
        address: storage address of the transaction, ``height-index``.
        digest: salted digest of the step's document, 64 hex digits.
        time: block time, milliseconds since 1970 UTC.
    """

    address: str
    digest: str
    time: int


def applicant_statement(chain_id: str, case: str, step: str, digest: str, lender: str) -> bytes:
    """Return what the applicant's one-off key signs to agree to a step's document with one lender.

    It names the lender (account address), so that no other member can open a case of its own with a
    signature that it has copied.
    """
    return canonical.encode(
        {
            "case": case,
            "chain_id": chain_id,
            "digest": digest,
            "lender": lender,
            "purpose": "tallystick/anchoring/1",
            "step": step,
        }
    )


def case_from_state(read: Read, lender: str, case: str) -> Case | None:
    """Return what the ledger says about ``case`` (64 hex digits) of ``lender`` (account address), or None.

    Raises:
        Corruption: ``damaged_state``.
    """
    return read_kept(read, _case_key(lender, case), Case) if _CASE.fullmatch(case) else None


def step_from_state(read: Read, lender: str, case: str, step: str) -> AnchoredStep | None:
    """Return the anchored ``step`` of ``case`` of ``lender``, or None.

    Raises:
        Corruption: ``damaged_state``.
    """
    return read_kept(read, _step_key(lender, case, step), AnchoredStep) if _CASE.fullmatch(case) else None


def _case_key(lender: str, case: str) -> str:
    return f"{PREFIX}{lender}/{case}"


def _step_key(lender: str, case: str, step: str) -> str:
    return f"{_case_key(lender, case)}/{step}"


def _anchor(call: Call, anchor: Anchor) -> Anchored:
    rule = _rule(anchor)
    lender = require_role(call, rule.by).address
    _require_new(call, anchor, lender)
    case = case_from_state(call.get, lender, anchor.case)
    _require_turn(anchor, rule, NOTHING if case is None else case.step)
    applicant_key = _one_off_key(call, anchor) if case is None else case.applicant_key
    if "applicant_signature" in rule.carries:
        _require_applicant(call, anchor, applicant_key, lender)
    address = f"{call.height}-{call.index}"
    taken = AnchoredStep(address, anchor.digest, call.time)
    call.put(_case_key(lender, anchor.case), Case(applicant_key, anchor.step).encoded())
    call.put(_step_key(lender, anchor.case, anchor.step), taken.encoded())
    return Anchored(address)


def _rule(anchor: Anchor) -> Step:
    rule = STEPS.get(anchor.step)
    if rule is None:
        raise Malformed(
            "unknown_step", f"There is no step {anchor.step!r}; the steps are {', '.join(STEPS)}."
        )
    carried = {"applicant_key": anchor.applicant_key, "applicant_signature": anchor.applicant_signature}
    for name, value in carried.items():
        if name in rule.carries and value is None:
            raise Malformed("missing_argument", f"The step {anchor.step} needs {name}.", argument=name)
        if name not in rule.carries and value is not None:
            raise Malformed("unexpected_argument", f"The step {anchor.step} takes no {name}.", argument=name)
    return rule


def _require_new(call: Call, anchor: Anchor, lender: str) -> None:
    taken = step_from_state(call.get, lender, anchor.case, anchor.step)
    if taken is None:
        return
    if taken.digest == anchor.digest:
        raise Conflict("already_anchored", f"The step {anchor.step} is anchored already, at {taken.address}.")
    raise Conflict(
        "anchored_differently",
        f"The step {anchor.step} is anchored at {taken.address} with another document.",
    )


def _require_turn(anchor: Anchor, rule: Step, last: str) -> None:
    if last not in rule.after:
        stands = f"after {last}" if last else "not open"
        raise Conflict("step_out_of_order", f"The case stands {stands}; {anchor.step} cannot come next.")


def _one_off_key(call: Call, anchor: Anchor) -> str:
    key = anchor.applicant_key or ""
    if not keys.is_public_key(bytes.fromhex(key)):
        raise Malformed("bad_public_key", "The applicant's key is not a usable Ed25519 key.")
    if key_use_from_state(call.get, key) is not None:
        raise Conflict(
            "applicant_key_known",
            "The applicant's key is a member's; take one that is made for this case only.",
        )
    return key


def _require_applicant(call: Call, anchor: Anchor, applicant_key: str, lender: str) -> None:
    statement = applicant_statement(call.chain_id, anchor.case, anchor.step, anchor.digest, lender)
    signature = bytes.fromhex(anchor.applicant_signature or "")
    if not keys.verify(bytes.fromhex(applicant_key), statement, signature):
        raise Unauthorised(
            "applicant_signature_invalid",
            "The signature is not that of the case's applicant key over this step with this lender.",
        )


CONTRACT = Contract(name="anchoring", actions={"anchor": Action(Anchor, _anchor)})
