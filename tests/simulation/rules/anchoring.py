"""Anchoring, written again from docs/contracts.md."""

from tests.simulation.rules.membership import KEY, require
from tests.simulation.rules.signing import is_point, proves
from tests.simulation.rules.state import Call, Findings, Outcome, State, canonical

#: step -> (after one of, carries)
STEPS: dict[str, tuple[tuple[str | None, ...], tuple[str, ...]]] = {
    "application": ((None,), ("applicant_key", "applicant_signature")),
    "admission": (("application",), ()),
    "offer": (("admission",), ()),
    "confirmation": (("offer",), ("applicant_signature",)),
    "disbursement": (("confirmation",), ()),
    "closed": (("application", "admission", "offer"), ()),
}


def anchor(state: State, call: Call) -> Outcome:
    found, asked = Findings(), call.arguments
    require(state, call, found, "lender")
    if asked["step"] not in STEPS:
        return Outcome((*found.codes, "unknown_step"))
    after, carries = STEPS[asked["step"]]
    for name in ("applicant_key", "applicant_signature"):
        is_there = asked.get(name) is not None
        found.unless(is_there or name not in carries, "missing_argument")
        found.unless(not is_there or name in carries, "unexpected_argument")
    place = f"anchoring/{call.sender}/{asked['case']}"
    case, taken = state.get(place), state.get(f"{place}/{asked['step']}")
    if taken is not None:
        again = taken["digest"] == asked["digest"]
        return Outcome((*found.codes, "already_anchored" if again else "anchored_differently"))
    found.unless((None if case is None else case["step"]) in after, "step_out_of_order")
    key = asked.get("applicant_key") if case is None else case["applicant_key"]
    if case is None and key is not None:
        found.unless(is_point(key), "bad_public_key")
        found.unless(state.get(KEY + key) is None, "applicant_key_known")
    if "applicant_signature" in carries and key is not None and asked.get("applicant_signature"):
        named = {name: asked[name] for name in ("case", "digest", "step")}
        signature = asked["applicant_signature"]
        agreed = proves(key, signature, call.chain, "anchoring", lender=call.sender, **named)
        found.unless(agreed, "applicant_signature_invalid")
    if found.codes:
        return found.outcome()
    address = f"{call.height}-{call.index}"
    state.put(place, {"applicant_key": key, "step": asked["step"]})
    step = {"address": address, "digest": asked["digest"], "time": call.time}
    state.put(f"{place}/{asked['step']}", step)
    return Outcome(data=canonical({"address": address}))
