"""What is saved for the ledger reaches it once, whatever dies in between."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tallystick.errors import Conflict, Corruption, Forbidden, Unavailable
from tallystick.ledger.answers import Receipt
from tallystick.ledger.transaction import Body, assemble, parse, signing_bytes, transaction_hash
from tallystick.records.models import Transmission
from tallystick.services import outbox
from tallystick.services.installation import Installation
from tallystick.values import canonical
from tests.installation import NOW, Consortium

CASE, DIGEST = "ab" * 32, "cd" * 32


def rotation_free_call(house: Installation, signer: str) -> Transmission:
    """Save a call that the ledger accepts and the contract refuses: enough to be counted once."""
    step = {"case": CASE, "digest": DIGEST, "step": "admission"}
    return outbox.enqueue(signer, "anchoring", "anchor", step, NOW)


def transactions(house: Installation) -> int:
    return house.ledger.status().transactions


def test_a_call_is_sent_and_its_receipt_noted(house: Installation, members: Consortium) -> None:
    row = rotation_free_call(house, members.lender.address)
    assert outbox.waiting() == 1
    assert outbox.relay(house) == 1
    row.refresh_from_db()
    receipt = house.ledger.receipt(row.transaction_hash)
    assert receipt is not None
    assert (row.code, row.address) == (receipt.code, receipt.address)
    assert row.code == "step_out_of_order"
    assert outbox.waiting() == 0


def test_a_process_that_died_before_noting_the_receipt_does_not_send_twice(
    house: Installation, members: Consortium
) -> None:
    row = rotation_free_call(house, members.lender.address)
    outbox.relay(house)
    before = transactions(house)
    Transmission.objects.filter(pk=row.pk).update(code="", height=None, index=None, claimed_until=None)
    outbox.relay(house)
    row.refresh_from_db()
    assert row.code == "step_out_of_order"
    assert transactions(house) == before


def test_a_transaction_whose_sequence_number_was_used_by_another_is_signed_anew(
    house: Installation, members: Consortium
) -> None:
    signer = members.lender.address
    row = rotation_free_call(house, signer)
    outbox._sign(house, row)
    stale = row.transaction_hash
    other = Body(
        chain_id=house.ledger.chain_id,
        sender=signer,
        sequence=house.ledger.next_sequence(signer),
        contract="anchoring",
        action="anchor",
        arguments=canonical.encode({"case": "ef" * 32, "digest": DIGEST, "step": "offer"}),
    )
    sent = house.ledger.submit(assemble(other, house.keys.sign(signer, signing_bytes(other))))
    house.ledger.wait(sent)
    outbox.relay(house)
    row.refresh_from_db()
    assert row.code == "step_out_of_order"
    assert row.transaction_hash != stale
    assert house.ledger.receipt(stale) is None


class SilentLedger:
    """A ledger that takes transactions and never says what became of them."""

    def __init__(self, ledger: object) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)

    def wait(self, transaction_hash: str, timeout_s: int = 10) -> Receipt:
        raise Unavailable("not_yet_committed", "The transaction is not committed yet.")


def test_a_ledger_that_does_not_answer_leaves_the_row_for_the_next_time(
    house: Installation, members: Consortium
) -> None:
    row = rotation_free_call(house, members.lender.address)
    silent = replace(house, ledger=SilentLedger(house.ledger))
    assert outbox.relay(silent) == 0
    row.refresh_from_db()
    assert row.code == ""
    before = transactions(house)
    assert outbox.relay(house) == 1
    row.refresh_from_db()
    assert row.code == "step_out_of_order"
    assert transactions(house) <= before + 1


def test_a_row_that_another_process_is_sending_holds_back_its_signer_only(
    house: Installation, members: Consortium
) -> None:
    held = rotation_free_call(house, members.lender.address)
    behind = rotation_free_call(house, members.lender.address)
    free = rotation_free_call(house, members.other_lender.address)
    Transmission.objects.filter(pk=held.pk).update(claimed_until=NOW + timedelta(seconds=30))
    outbox.relay(house)
    answered = set(Transmission.objects.exclude(code="").values_list("pk", flat=True))
    assert free.pk in answered
    assert not {held.pk, behind.pk} & answered
    house.clock.advance(timedelta(minutes=2))  # the claim of a process that died can be taken over
    outbox.relay(house)
    assert outbox.waiting() == 0


def test_rows_of_one_signer_are_sent_in_their_order(house: Installation, members: Consortium) -> None:
    rows = [rotation_free_call(house, members.lender.address) for _ in range(4)]
    outbox.relay(house)
    places = []
    for row in rows:
        row.refresh_from_db()
        places.append((row.height, row.index))
    assert places == sorted(places)


def test_a_refusal_at_the_door_is_noted_with_its_code(house: Installation, members: Consortium) -> None:
    row = outbox.enqueue(members.lender.address, "no_such_contract", "anchor", {}, NOW)
    outbox.relay(house)
    row.refresh_from_db()
    assert row.code == "unknown_contract"
    assert row.message
    assert row.address == ""


class LateLedger(SilentLedger):
    """A ledger that commits what it was given just after it was asked for the receipt."""

    def __init__(self, ledger: object, wire: bytes) -> None:
        super().__init__(ledger)
        self._late = [wire]

    def receipt(self, transaction_hash: str) -> Receipt | None:
        answer = self._ledger.receipt(transaction_hash)
        while self._late:
            self._ledger.wait(self._ledger.submit(self._late.pop()))
        return answer

    def wait(self, transaction_hash: str, timeout_s: int = 10) -> Receipt:
        return self._ledger.wait(transaction_hash, timeout_s)


def test_a_transaction_that_is_committed_while_we_look_for_it_is_not_sent_in_another_form(
    house: Installation, members: Consortium
) -> None:
    row = rotation_free_call(house, members.lender.address)
    outbox._sign(house, row)
    first, before = row.transaction_hash, transactions(house)
    late = LateLedger(house.ledger, bytes(row.wire))
    outbox.relay(replace(house, ledger=late))
    row.refresh_from_db()
    assert (row.code, row.transaction_hash) == ("step_out_of_order", first)
    assert transactions(house) == before + 1


def test_a_damaged_key_holds_back_its_signer_only_and_nothing_counts_as_refused(
    house: Installation, members: Consortium
) -> None:
    held = rotation_free_call(house, members.lender.address)
    free = rotation_free_call(house, members.other_lender.address)
    kept = house.files.parent / "keys" / f"{members.lender.address}.json"
    sound = kept.read_bytes()
    kept.write_bytes(sound[:100])
    assert outbox.relay(house) == 1
    held.refresh_from_db()
    free.refresh_from_db()
    assert (held.code, held.claimed_until, free.code) == ("", None, "step_out_of_order")
    kept.write_bytes(sound)
    assert outbox.relay(house) == 1


def test_a_ledger_that_contradicts_itself_stops_the_relay(house: Installation, members: Consortium) -> None:
    class DamagedLedger(SilentLedger):
        def submit(self, wire: bytes) -> str:
            raise Corruption("ledger_damaged", "The ledger is damaged.")

    row = rotation_free_call(house, members.lender.address)
    damaged = replace(house, ledger=DamagedLedger(house.ledger))
    with pytest.raises(Corruption):
        outbox.relay(damaged)
    row.refresh_from_db()
    assert (row.code, row.claimed_until) == ("", None)


class OvertakenLedger(SilentLedger):
    """A ledger on which another process comes first, once: what was accepted is dropped from the mempool."""

    def __init__(self, house: Installation) -> None:
        super().__init__(house.ledger)
        self.keys = house.keys
        self.first = ""

    def submit(self, wire: bytes) -> str:
        sent = transaction_hash(wire)
        self.first = self.first or sent
        return sent if sent == self.first else self._ledger.submit(wire)

    def wait(self, sent: str, timeout_s: int = 10) -> Receipt:
        if sent != self.first:
            return self._ledger.wait(sent, timeout_s)
        signed = parse(bytes(Transmission.objects.get(transaction_hash=sent).wire)).body
        theirs = {"case": "ef" * 32, "digest": DIGEST, "step": "offer"}
        other = msgspec.structs.replace(signed, arguments=canonical.encode(theirs))
        signature = self.keys.sign(other.sender, signing_bytes(other))
        self._ledger.wait(self._ledger.submit(assemble(other, signature)))
        raise Conflict("transaction_replayed", "Another transaction has this sequence number.")


def test_a_transaction_that_was_accepted_and_then_overtaken_is_signed_anew(
    house: Installation, members: Consortium
) -> None:
    row = rotation_free_call(house, members.lender.address)
    ledger = OvertakenLedger(house)
    assert outbox.relay(replace(house, ledger=ledger)) == 1
    row.refresh_from_db()
    assert row.code == "step_out_of_order"
    assert row.transaction_hash != ledger.first


class ForgettingLedger(SilentLedger):
    """A ledger whose node has just lost all that only waited there, and says so to nobody."""

    def next_sequence(self, address: str) -> int:
        return self._ledger.next_sequence(address) + 1


def test_what_a_node_forgot_that_only_waited_there_leaves_no_gap_behind(
    house: Installation, members: Consortium
) -> None:
    """Signed for the number after what waits, the row would wait for a number that never comes."""
    row = rotation_free_call(house, members.lender.address)
    forgetting = replace(house, ledger=ForgettingLedger(house.ledger))
    outbox.relay(forgetting)
    outbox.relay(house)
    row.refresh_from_db()
    assert row.code == "step_out_of_order"


class SwallowingLedger(SilentLedger):
    """A ledger that takes a transaction in and loses it."""

    def submit(self, wire: bytes) -> str:
        return transaction_hash(wire)


class SuspendingLedger(SilentLedger):
    """A ledger on which the sender is suspended by now."""

    def submit(self, wire: bytes) -> str:
        raise Forbidden("account_suspended", "The sender's account is suspended.")


def test_a_call_that_may_still_wait_at_some_node_is_not_refused_for_a_suspension(
    house: Installation, members: Consortium
) -> None:
    row = rotation_free_call(house, members.lender.address)

    def on(ledger: object) -> Installation:
        return replace(house, ledger=ledger)

    outbox.relay(on(SwallowingLedger(house.ledger)))  # taken in, and nothing is heard of it
    sent = Transmission.objects.get(pk=row.pk).transaction_hash
    outbox.relay(on(SuspendingLedger(house.ledger)))
    row.refresh_from_db()
    assert (row.code, row.claimed_until) == ("", None)
    outbox.relay(house)
    row.refresh_from_db()
    assert (row.code, row.transaction_hash) == ("step_out_of_order", sent)


def test_a_call_of_a_suspended_member_that_was_never_sent_is_refused(
    house: Installation, members: Consortium
) -> None:
    row = rotation_free_call(house, members.lender.address)
    outbox.relay(replace(house, ledger=SuspendingLedger(house.ledger)))
    row.refresh_from_db()
    assert row.code == "account_suspended"
