"""A member's key changes while work goes on: nothing waiting is lost, and the old key counts no more."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from tallystick.cli.main import tallystick
from tallystick.contracts.anchoring import case_from_state
from tallystick.errors import Conflict, Corruption, NotFound, Rejection, Unauthorised, Unavailable
from tallystick.ledger.accounts import account_state_key, decode_account
from tallystick.ledger.answers import Receipt
from tallystick.ledger.protocols import Engine
from tallystick.ledger.transaction import Body, assemble, parse, signing_bytes
from tallystick.records.models import Application, Member, Transmission
from tallystick.services import anchoring, applications, assessment, disbursement, offers, outbox, rotation
from tallystick.services.access import actor_of
from tallystick.services.installation import Installation
from tallystick.signing.keystore import KeyStore
from tallystick.signing.sealing import MINIMUM
from tallystick.values import canonical
from tests.installation import NOW, SECRET, Consortium, filled_in


def key_on_ledger(house: Installation, member: Member) -> str:
    value = house.ledger.read(account_state_key(member.address))
    assert value is not None
    return decode_account(value).key


def key_in_store(house: Installation, member: Member) -> str:
    return house.keys.public_key(member.address).hex()


def save_call(member: Member, case: str) -> Transmission:
    """Save a call that the anchoring contract counts and refuses (``step_out_of_order``)."""
    step = {"case": case, "digest": "cd" * 32, "step": "admission"}
    return outbox.enqueue(member.address, "anchoring", "anchor", step, NOW)


def answered(row: Transmission) -> str:
    row.refresh_from_db()
    return row.code


def elsewhere(house: Installation, **other: object) -> Installation:
    """The same installation with a part replaced."""
    return replace(house, **other)


def signed_for(house: Installation, member: Member, sequence: int, case: str) -> bytes:
    """Return a transaction signed with the key that the store uses now."""
    step = {"case": case, "digest": "cd" * 32, "step": "admission"}
    body = Body(
        "anchor", canonical.encode(step), house.ledger.chain_id, "anchoring", member.address, sequence
    )
    return assemble(body, house.keys.sign(member.address, signing_bytes(body)))


class Ledger:
    """A ledger that behaves as the real one but for what a test replaces."""

    def __init__(self, ledger: Engine) -> None:
        self.real = ledger

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


# The change itself


def test_after_a_rotation_the_member_signs_with_the_new_key(house: Installation, members: Consortium) -> None:
    old = key_in_store(house, members.lender)
    new = rotation.rotate_key(house, members.lender)
    assert new != old
    assert key_in_store(house, members.lender) == key_on_ledger(house, members.lender) == new
    row = save_call(members.lender, "ab" * 32)
    outbox.relay(house)
    assert answered(row) == "step_out_of_order"  # the contract has read it: the signature counts
    assert outbox.waiting() == 0


def test_the_ledger_refuses_the_old_key(house: Installation, members: Consortium) -> None:
    sequence = house.ledger.next_sequence(members.lender.address)
    late = signed_for(house, members.lender, sequence + 1, "ab" * 32)
    rotation.rotate_key(house, members.lender)
    with pytest.raises(Unauthorised) as refused:
        house.ledger.submit(late)
    assert refused.value.code == "forged_signature"


def test_a_member_rotates_again_and_again(house: Installation, members: Consortium) -> None:
    keys = {rotation.rotate_key(house, members.supplier) for _ in range(3)}
    assert len(keys) == 3
    assert key_in_store(house, members.supplier) == key_on_ledger(house, members.supplier)
    assert key_in_store(house, members.supplier) in keys


def test_a_case_opened_before_both_sides_rotate_is_confirmed_and_paid_after(
    house: Installation, members: Consortium
) -> None:
    owner, officer = actor_of(members.owner), actor_of(members.officer)
    application = filled_in(house, members)
    applications.submit(house, owner, application.reference)
    assessment.assess(house, officer, application.reference)
    offers.make_offer(house, officer, application.reference)
    rotation.rotate_key(house, members.supplier)
    rotation.rotate_key(house, members.lender)
    offers.confirm(house, owner, application.reference)
    disbursement.disburse(house, officer, application.reference)
    application = Application.objects.get(pk=application.pk)
    assert {anchor.transmission.code for anchor in application.anchors.all()} == {"ok"}
    case = case_from_state(house.ledger.read, members.lender.address, anchoring.case_of(application))
    assert case is not None
    assert case.step == "disbursement"


def test_the_account_that_signs_the_blocks_keeps_its_key(house: Installation, members: Consortium) -> None:
    before = key_in_store(house, members.operator)
    with pytest.raises(Conflict) as refused:
        rotation.rotate_key(house, members.operator)
    assert refused.value.code == "proposer_key_fixed"
    assert key_in_store(house, members.operator) == before
    assert outbox.waiting() == 0


def test_a_suspended_member_keeps_its_key(house: Installation, members: Consortium) -> None:
    suspension = {"address": members.lender.address}
    outbox.enqueue(members.operator.address, "membership", "suspend", suspension, NOW)
    outbox.relay(house)
    before = key_in_store(house, members.lender)
    with pytest.raises(Rejection) as refused:
        rotation.rotate_key(house, members.lender)
    assert refused.value.code == "account_suspended"
    assert key_in_store(house, members.lender) == key_on_ledger(house, members.lender) == before


def test_a_member_whose_key_is_elsewhere_is_not_rotated_here(
    house: Installation, members: Consortium
) -> None:
    Member.objects.filter(pk=members.lender.pk).update(address=f"tly1{'q' * 38}")
    with pytest.raises(NotFound) as refused:
        rotation.rotate_key(house, Member.objects.get(pk=members.lender.pk))
    assert refused.value.code == "unknown_key"


# What waits in the outbox


def test_what_waited_goes_out_before_the_rotation_in_its_order(
    house: Installation, members: Consortium
) -> None:
    rows = [save_call(members.lender, f"{number:064x}") for number in range(3)]
    outbox._sign(house, rows[0])  # signed before, not sent: its process died
    rotation.rotate_key(house, members.lender)
    assert {answered(row) for row in rows} == {"step_out_of_order"}
    turned = Transmission.objects.get(action="rotate_key")
    sequences = [parse(bytes(row.wire)).body.sequence for row in (*rows, turned)]
    assert sequences == sorted(sequences)
    assert turned.code == "ok"


def test_what_stands_behind_the_rotation_is_signed_with_the_new_key(
    house: Installation, members: Consortium
) -> None:
    waits = rotation._enqueue(house, members.lender)
    behind = save_call(members.lender, "ab" * 32)
    assert outbox.relay(house) == 2
    assert (answered(waits), answered(behind)) == ("ok", "step_out_of_order")
    assert key_in_store(house, members.lender) == waits.arguments["public_key"]


def test_what_was_signed_with_the_old_key_and_not_sent_is_signed_anew(
    house: Installation, members: Consortium
) -> None:
    rotation._enqueue(house, members.lender)
    behind = save_call(members.lender, "ab" * 32)
    sequence = house.ledger.next_sequence(members.lender.address)
    stale = signed_for(house, members.lender, sequence + 1, "ab" * 32)
    Transmission.objects.filter(pk=behind.pk).update(wire=stale, transaction_hash="0" * 64)
    outbox.relay(house)
    assert answered(behind) == "step_out_of_order"
    assert bytes(behind.wire) != stale


def test_what_the_rotation_overtook_in_the_block_is_signed_anew(
    house: Installation, members: Consortium
) -> None:
    """The old key's transaction got in, but a rotation by another process stood before it in the block."""
    lost: list[str] = []

    class Overtaking(Ledger):
        def submit(self, wire: bytes) -> str:
            if not lost:
                lost.append(canonical.sha256(wire).hex())
                self.real.wait(self.real.submit(rotation_of(house, members.lender)))
                return lost[0]
            return self.real.submit(wire)

        def receipt(self, transaction_hash: str) -> Receipt | None:
            if transaction_hash in lost:
                return Receipt(transaction_hash, 1, 0, "forged_signature", "Not the key.", b"", 0)
            return self.real.receipt(transaction_hash)

        def wait(self, transaction_hash: str, timeout_s: int = 10) -> Receipt:
            return self.receipt(transaction_hash) or self.real.wait(transaction_hash, timeout_s)

    row = save_call(members.lender, "ab" * 32)
    outbox.relay(elsewhere(house, ledger=Overtaking(house.ledger)))
    assert answered(row) == "step_out_of_order"
    assert row.transaction_hash not in lost
    assert key_in_store(house, members.lender) == key_on_ledger(house, members.lender)


def rotation_of(house: Installation, member: Member) -> bytes:
    """Return a signed rotation of the member's key, as another process of this installation would send it."""
    made = rotation._enqueue(house, member)
    made.delete()
    body = Body(
        action="rotate_key",
        arguments=canonical.encode(made.arguments),
        chain_id=house.ledger.chain_id,
        contract="membership",
        sender=member.address,
        sequence=house.ledger.next_sequence(member.address),
    )
    return assemble(body, house.keys.sign(member.address, signing_bytes(body)))


def test_a_rotation_that_waits_is_carried_on_and_not_made_twice(
    house: Installation, members: Consortium
) -> None:
    class Silent(Ledger):
        def wait(self, transaction_hash: str, timeout_s: int = 10) -> Receipt:
            raise Unavailable("not_yet_committed", "The transaction is not committed yet.")

    with pytest.raises(Unavailable) as failed:
        rotation.rotate_key(elsewhere(house, ledger=Silent(house.ledger)), members.lender)
    assert failed.value.code == "rotation_waits"
    new = rotation.rotate_key(house, members.lender)
    assert Transmission.objects.get(action="rotate_key").arguments["public_key"] == new
    assert key_in_store(house, members.lender) == key_on_ledger(house, members.lender) == new


# Wherever a process dies


def test_a_process_that_died_before_switching_is_caught_up_at_the_next_signature(
    house: Installation, members: Consortium
) -> None:
    old = key_in_store(house, members.lender)
    rotation._enqueue(house, members.lender)
    outbox.relay(house)  # committed and noted; then the process died
    assert key_in_store(house, members.lender) == old != key_on_ledger(house, members.lender)
    again = elsewhere(house, keys=KeyStore(house.files.parent / "keys", SECRET, MINIMUM))
    row = save_call(members.lender, "ab" * 32)
    outbox.relay(again)
    assert answered(row) == "step_out_of_order"
    assert key_in_store(again, members.lender) == key_on_ledger(house, members.lender)


def test_a_process_that_died_before_noting_the_receipt_does_not_rotate_twice(
    house: Installation, members: Consortium
) -> None:
    new = rotation.rotate_key(house, members.lender)
    Transmission.objects.filter(action="rotate_key").update(code="", height=None, index=None)
    before = house.ledger.status().transactions
    assert rotation.rotate_key(house, members.lender) == new
    assert house.ledger.status().transactions == before


def test_a_key_that_was_made_and_never_sent_changes_nothing(house: Installation, members: Consortium) -> None:
    house.keys.prepare_successor(members.lender.address)
    new = rotation.rotate_key(house, members.lender)
    assert key_in_store(house, members.lender) == key_on_ledger(house, members.lender) == new


def test_a_lost_key_holds_back_its_member_only_until_it_is_put_back(
    house: Installation, members: Consortium
) -> None:
    rotation._enqueue(house, members.lender)
    outbox.relay(house)
    kept = house.files.parent / "keys" / members.lender.address / "1.json"
    content = kept.read_bytes()
    kept.unlink()
    held, free = save_call(members.lender, "ab" * 32), save_call(members.supplier, "ab" * 32)
    outbox.relay(house)
    assert (answered(held), answered(free)) == ("", "role_required")
    with pytest.raises(Corruption) as stopped:
        outbox._sign(house, held)
    assert stopped.value.code == "cannot_sign"
    kept.write_bytes(content)
    outbox.relay(house)
    assert answered(held) == "step_out_of_order"


# The command


def test_the_command_rotates_and_prints_the_new_key(house: Installation, members: Consortium) -> None:
    said = CliRunner().invoke(tallystick, ["member", "rotate-key", members.lender.address, "--json"])
    assert said.exit_code == 0
    assert json.loads(said.stdout) == {
        "address": members.lender.address,
        "name": "Example Harbour Bank",
        "public_key": key_on_ledger(house, members.lender),
    }
    said = CliRunner().invoke(tallystick, ["member", "rotate-key", members.lender.address])
    assert key_on_ledger(house, members.lender) in said.stdout
    assert "back up" in said.stdout


@pytest.mark.parametrize(("who", "code"), [("operator", "proposer_key_fixed"), ("nobody", "unknown_member")])
def test_the_command_says_why_it_cannot(
    house: Installation, members: Consortium, who: str, code: str
) -> None:
    address = members.operator.address if who == "operator" else "tly1nobody"
    said = CliRunner().invoke(tallystick, ["member", "rotate-key", address, "--json"])
    assert said.exit_code == 2
    assert json.loads(said.stdout)["error"]["code"] == code
