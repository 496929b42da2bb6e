"""The ledger over HTTP: what it shows can be checked offline, what it takes in is signed and in order."""

import base64
import hashlib

import msgspec
import pytest

from tallystick.ledger.block import Header, header_hash
from tallystick.ledger.proof import check_inclusion, check_state, parse_proof
from tallystick.ledger.transaction import MAX_TRANSACTION_BYTES, Body, assemble, signing_bytes
from tallystick.services.installation import Installation
from tallystick.values import canonical
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
    receipt = good(callers.other_owner.get(f"/ledger/transactions/{taken['transaction_hash']}"))
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
    problem(callers.owner.get(f"/ledger/blocks/{status['height'] + 1}"), 404, "unknown_block")


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
