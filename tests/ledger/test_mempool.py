"""The mempool: bounded, in order of arrival, each sender without a gap."""

import pytest

from tallystick.errors import Conflict, Unavailable
from tallystick.ledger.mempool import Mempool, Pending
from tallystick.ledger.transaction import parse
from tests.ledger.notebook import ANNE, BERT


def pending(who, sequence):
    return Pending(parse(who.call(sequence)), bytes(who.key.verify_key))


def filled(*places, max_count=100, max_bytes=100_000):
    pool = Mempool(max_count, max_bytes)
    for who, sequence in places:
        pool.add(pending(who, sequence), 0)
    return pool


def names(chosen):
    return [(one.transaction.body.sender, one.transaction.body.sequence) for one in chosen]


def test_transactions_leave_in_the_order_they_came():
    pool = filled((ANNE, 1), (BERT, 1), (ANNE, 2))
    expected = [(ANNE.address, 1), (BERT.address, 1), (ANNE.address, 2)]
    assert names(pool.first(10, 100_000)) == expected
    assert names(pool.first(2, 100_000)) == expected[:2]


def test_a_block_takes_no_more_bytes_than_it_may_but_always_one():
    pool = filled((ANNE, 1), (ANNE, 2))
    size = len(ANNE.call(1))
    assert len(pool.first(10, 2 * size)) == 2
    assert len(pool.first(10, 2 * size - 1)) == 1
    assert len(pool.first(10, 1)) == 1


@pytest.mark.parametrize(
    ("sequence", "code"), [(2, "transaction_replayed"), (1, "transaction_replayed"), (4, "sequence_gap")]
)
def test_a_sender_continues_where_it_was(sequence, code):
    pool = filled((ANNE, 1), (ANNE, 2))
    with pytest.raises(Conflict) as caught:
        pool.add(pending(ANNE, sequence), 0)
    assert (caught.value.code, caught.value.details["next_sequence"]) == (code, 3)


@pytest.mark.parametrize("limits", [{"max_count": 2}, {"max_bytes": 2 * len(ANNE.call(1)) + 5}])
def test_a_full_mempool_takes_no_more_until_there_is_room(limits):
    pool = filled((ANNE, 1), (ANNE, 2), **limits)
    with pytest.raises(Unavailable) as caught:
        pool.add(pending(ANNE, 3), 0)
    assert caught.value.code == "mempool_full"
    pool.remove([one.transaction.hash for one in pool.first(1, 10_000)])
    pool.add(pending(ANNE, 3), 1)
    assert len(pool) == 2


def test_after_a_block_the_committed_number_counts():
    pool = filled((ANNE, 1))
    pool.remove([one.transaction.hash for one in pool.first(1, 10_000)])
    assert pool.last_sequence(ANNE.address, 1) == 1
    assert len(pool) == 0


def test_what_another_process_committed_is_dropped_and_the_rest_stays():
    pool = filled((ANNE, 1), (ANNE, 2), (ANNE, 3), (BERT, 1))
    refused = pool.refuse_overtaken({ANNE.address: 2, BERT.address: 0}.__getitem__)
    assert [refusal.code for refusal in refused.values()] == ["transaction_replayed"] * 2
    assert names(pool.first(10, 100_000)) == [(ANNE.address, 3), (BERT.address, 1)]
