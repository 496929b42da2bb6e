"""Who reads what of the ledger over HTTP: every role of two lenders, applicants, auditors, the operator."""

import base64
import json

from tallystick.services import consortium
from tallystick.services.installation import Installation
from tests.api.callers import caller, good, problem
from tests.api.readers import MAY_READ, calls, everybody
from tests.installation import Consortium
from tests.web import scenes

#: What everybody sees of a call.
FRAME = ("address", "sender", "contract", "action", "code")


def test_each_reader_gets_the_frame_of_every_call_and_the_content_of_its_own(
    house: Installation, members: Consortium
) -> None:
    sent = calls(house, members, scenes.paid(house, members))
    assert {each.of for each in sent} == {"membership", "harbour", "river"}
    users = everybody(house, members)
    assert set(users) == set(MAY_READ)
    for name, user in users.items():
        who = caller(house, user)
        for call in sent:
            readable = call.of in MAY_READ[name]
            receipt = good(who.get(f"/ledger/transactions/{call.transaction_hash}"))
            block = good(who.get(f"/ledger/blocks/{call.height}"))
            entry = block["entries"][receipt["index"]]
            assert receipt["readable"] is entry["readable"] is readable, (name, call.of)
            assert {field: receipt[field] for field in FRAME} == {field: entry[field] for field in FRAME}
            assert receipt["sender"].startswith("tly1")
            assert entry["data_hash"] == receipt["transaction_hash"] == call.transaction_hash
            told = json.dumps(receipt) + json.dumps([entry | {"data": _decoded(entry["data"])}])
            for secret in call.secrets:
                assert (secret in told) is readable, (name, call.of, secret)
            if not readable:
                assert entry["data"] is None
                assert receipt["data"] is receipt["arguments"] is receipt["message"] is None
            proof = who.get(f"/ledger/transactions/{call.transaction_hash}/proof")
            if readable:
                assert good(proof)["data"] == entry["data"]
            else:
                problem(proof, 403, "not_yours_to_read")


def test_the_state_is_read_by_the_prefix_of_its_key(house: Installation, members: Consortium) -> None:
    scenes.paid(house, members)
    lender, river = members.lender.address, members.other_lender.address
    held = [key for key, _ in house.ledger.scan(f"anchoring/{lender}/")]
    keys = {
        "membership": [f"accounts/{lender}", f"membership/member/{river}", "membership/none", "nodes/none"],
        "harbour": [*held, f"anchoring/{lender}/none"],
        "river": [f"anchoring/{river}/none"],
        "closed": ["unheard_of/thing", "anchoring", "accounts", "anchorin", f"/anchoring/{lender}/none"],
    }
    assert len(held) > 1
    for name, user in everybody(house, members).items():
        who = caller(house, user)
        for of, some in keys.items():
            for key in some:
                answer = who.get(f"/ledger/state?key={key}")
                if of in MAY_READ[name]:
                    assert good(answer)["key"] == key, (name, key)
                else:
                    problem(answer, 403, "not_yours_to_read")


def test_accounts_and_the_genesis_document_are_for_whoever_works_for_a_member(
    house: Installation, members: Consortium
) -> None:
    address = members.lender.address
    closed = ("/ledger/accounts", f"/ledger/accounts/{address}", f"/ledger/accounts/{address}/proof")
    for name, user in everybody(house, members).items():
        who = caller(house, user)
        for path in (*closed, "/ledger/genesis"):
            if MAY_READ[name]:
                good(who.get(path))
            else:
                problem(who.get(path), 403, "not_yours_to_read")
        for path in ("/ledger/status", "/ledger/blocks", "/ledger/contracts", "/ledger/validators"):
            good(who.get(path))


def test_an_auditor_whose_member_is_suspended_reads_its_own_only(
    house: Installation, members: Consortium
) -> None:
    users = everybody(house, members)
    who = caller(house, users["office.auditor"])
    key = f"/ledger/state?key=anchoring/{members.lender.address}/none"
    good(who.get(key))
    office = users["office.auditor"].member
    assert office is not None
    consortium.change_standing(house, members.operator.address, office.address, "suspend")
    problem(who.get(key), 403, "not_yours_to_read")


def _decoded(data: str | None) -> str:
    return "" if data is None else base64.b64decode(data)[64:].decode()
