"""The ledger over HTTP: what it shows can be checked offline, what it takes in is signed and in order."""

import base64
import hashlib
import json

import msgspec
import pytest

from tallystick.ledger.block import Header, header_hash
from tallystick.ledger.proof import check_inclusion, check_state, parse_proof
from tallystick.ledger.transaction import MAX_TRANSACTION_BYTES, Body, assemble, signing_bytes
from tallystick.services.installation import Installation
from tallystick.values import canonical
from tallystick.values.identifiers import account_address
from tests.api.callers import good, problem
from tests.api.conftest import Callers
from tests.installation import Consortium


def signed(house: Installation, address: str, step: int = 0, **changed: object) -> bytes:
    """Return a transaction of the member: an application anchored without its applicant, to be refused."""
    body = Body(
        action="anchor",
        arguments=canonical.encode({"case": "0" * 64, "digest": "1" * 64, "step": "admission"}),
        chain_id=house.ledger.chain_id,
        contract="anchoring",
        sender=address,
        sequence=house.ledger.next_sequence(address) + step,
    )
    body = msgspec.structs.replace(body, **changed)
    return assemble(body, house.keys.sign(address, signing_bytes(body)))


def sent(wire: bytes) -> dict[str, str]:
    return {"data": base64.b64encode(wire).decode()}


def test_a_transaction_signed_outside_is_taken_in_and_gets_its_receipt(
    callers: Callers, house: Installation, members: Consortium
) -> None:
    wire = signed(house, members.lender.address)
    taken = good(callers.officer.post("/ledger/transactions", sent(wire)), 202)
    assert taken == {"transaction_hash": hashlib.sha256(wire).hexdigest()}
    house.ledger.wait(taken["transaction_hash"])
    receipt = good(callers.officer.get(f"/ledger/transactions/{taken['transaction_hash']}"))
    assert json.loads(receipt["arguments"])["step"] == "admission"
    # The contract refuses an admission of a case that nobody opened; the refusal stands in the block.
    assert receipt["code"] == "step_out_of_order"
    assert receipt["address"] == f"{receipt['height']}-{receipt['index']}"


def test_a_forged_signature_is_refused(callers: Callers, house: Installation, members: Consortium) -> None:
    wire = signed(house, members.lender.address)
    forged = bytes([wire[0] ^ 1]) + wire[1:]
    problem(callers.officer.post("/ledger/transactions", sent(forged)), 401, "forged_signature")


def test_a_replayed_transaction_is_refused(
    callers: Callers, house: Installation, members: Consortium
) -> None:
    wire = signed(house, members.lender.address)
    taken = good(callers.officer.post("/ledger/transactions", sent(wire)), 202)
    house.ledger.wait(taken["transaction_hash"])
    problem(callers.officer.post("/ledger/transactions", sent(wire)), 409, "transaction_replayed")


def test_a_transaction_out_of_order_is_refused(
    callers: Callers, house: Installation, members: Consortium
) -> None:
    early = signed(house, members.lender.address, step=1)
    problem(callers.officer.post("/ledger/transactions", sent(early)), 409, "sequence_gap")


def test_a_transaction_of_another_chain_or_a_stranger_is_refused(
    callers: Callers, house: Installation, members: Consortium
) -> None:
    elsewhere = signed(house, members.lender.address, chain_id="another")
    problem(callers.officer.post("/ledger/transactions", sent(elsewhere)), 409, "wrong_chain")
    stranger = house.keys.create()
    unknown = signed(house, members.lender.address, sender=stranger)
    problem(callers.officer.post("/ledger/transactions", sent(unknown)), 401, "unknown_account")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ("not base64!", 422, "bad_base64"),
        ("", 422, "malformed_transaction"),
        (base64.b64encode(b"x" * 200).decode(), 422, "malformed_transaction"),
        (base64.b64encode(b"x" * (MAX_TRANSACTION_BYTES + 1)).decode(), 413, "transaction_too_large"),
    ],
)
def test_what_is_no_transaction_is_refused(callers: Callers, data: str, status: int, code: str) -> None:
    problem(callers.officer.post("/ledger/transactions", {"data": data}), status, code)


def test_a_block_shows_each_entry_with_its_hash(callers: Callers, house: Installation) -> None:
    status = good(callers.owner.get("/ledger/status"))
    assert status["chain_id"] == house.ledger.chain_id
    block = good(callers.owner.get(f"/ledger/blocks/{status['height']}"))
    header = Header(**block["header"])
    assert header_hash(header).hex() == block["header_hash"] == status["header_hash"]
    assert len(block["entries"]) == header.transactions > 0
    for index, entry in enumerate(block["entries"]):
        assert entry["address"] == f"{header.height}-{index}"
        assert hashlib.sha256(base64.b64decode(entry["data"])).hexdigest() == entry["data_hash"]
    certificate = block["certificate"]
    assert certificate["block_hash"] == block["header_hash"]
    assert [each["signature"] for each in certificate["assents"]] == [block["signature"]]
    problem(callers.owner.get(f"/ledger/blocks/{status['height'] + 1}"), 404, "unknown_block")


def test_the_pages_of_blocks_join_without_gap_or_repetition(callers: Callers, house: Installation) -> None:
    height = good(callers.owner.get("/ledger/status"))["height"]
    seen, cursor = [], ""
    while cursor is not None:
        page = good(callers.owner.get(f"/ledger/blocks?limit=2{cursor and '&cursor=' + cursor}"))
        assert 1 <= len(page["items"]) <= 2
        seen += [header["height"] for header in page["items"]]
        cursor = page["next"]
    assert seen == list(range(height, -1, -1))
    assert good(callers.owner.get("/ledger/blocks?cursor=0")) == {"items": [], "next": None}
    problem(callers.owner.get("/ledger/blocks?limit=101"), 422, "malformed_request")


def test_accounts_are_listed_with_their_members(
    callers: Callers, house: Installation, members: Consortium
) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        page = good(callers.owner.get(f"/ledger/accounts?limit=2{cursor and '&cursor=' + cursor}"))
        seen += page["items"]
        cursor = page["next"]
    addresses = [account["address"] for account in seen]
    assert addresses == sorted(set(addresses))
    assert {account["member"]["name"] for account in seen} >= {"Example Harbour Bank", "Node operator"}
    lender = good(callers.owner.get(f"/ledger/accounts/{members.lender.address}"))
    assert lender in seen
    assert lender["key"] == house.keys.public_key(members.lender.address).hex()
    assert lender["member"]["roles"] == ["lender"]
    problem(callers.owner.get(f"/ledger/accounts/{account_address(bytes(32))}"), 404, "unknown_account")


def test_an_account_is_proved(callers: Callers, house: Installation, members: Consortium) -> None:
    proposer = house.keys.public_key(members.operator.address)
    for address, there in ((members.lender.address, True), (account_address(bytes(32)), False)):
        answer = callers.owner.get(f"/ledger/accounts/{address}/proof")
        proof = parse_proof(answer.content)
        check_state(proof, proposer)
        assert good(answer)["key"] == f"accounts/{address}"
        assert (good(answer)["value"] is not None) is there


def test_validators_contracts_and_the_genesis_document_are_answered(
    callers: Callers, house: Installation, members: Consortium
) -> None:
    (validator,) = good(callers.owner.get("/ledger/validators"))
    assert validator["member"] == "Node operator"
    assert validator["public_key"] == house.keys.public_key(members.operator.address).hex()
    assert validator["power"] == validator["total_power"]
    contracts = {each["name"]: each for each in good(callers.owner.get("/ledger/contracts"))}
    assert contracts["anchoring"] == {
        "name": "anchoring",
        "actions": ["anchor"],
        "entries": 0,
        "has_more": False,
    }
    assert contracts["membership"]["entries"] == len(house.ledger.scan("membership/"))
    answer = callers.owner.get("/ledger/genesis")
    assert answer.content == house.ledger.genesis()
    assert good(answer)["chain_id"] == house.ledger.chain_id


def test_the_saved_answer_is_a_proof_that_holds_offline(
    callers: Callers, house: Installation, members: Consortium
) -> None:
    proposer = house.keys.public_key(members.operator.address)
    height = good(callers.owner.get("/ledger/status"))["height"]
    entry = good(callers.owner.get(f"/ledger/blocks/{height}"))["entries"][0]
    answer = callers.owner.get(f"/ledger/transactions/{entry['data_hash']}/proof")
    check_inclusion(parse_proof(answer.content), proposer)
    assert answer["Content-Type"] == "application/json"
    problem(callers.owner.get(f"/ledger/transactions/{'0' * 64}/proof"), 404, "unknown_transaction")
    problem(callers.owner.get(f"/ledger/transactions/{'0' * 64}"), 404, "unknown_transaction")


def test_a_state_value_and_its_absence_are_proved(
    callers: Callers, house: Installation, members: Consortium
) -> None:
    proposer = house.keys.public_key(members.operator.address)
    for key, there in ((f"membership/member/{members.lender.address}", True), ("membership/none", False)):
        answer = callers.owner.get(f"/ledger/state?key={key}")
        check_state(parse_proof(answer.content), proposer)
        assert (good(answer)["value"] is not None) is there
    problem(callers.owner.get("/ledger/state"), 422, "malformed_request")
    problem(callers.owner.get("/ledger/state?key=%00"), 422, "malformed_request")
