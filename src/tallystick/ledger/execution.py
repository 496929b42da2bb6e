"""The state machine: one block in, results and state changes out; a pure function that every engine runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from tallystick.errors import Rejection, TooLarge
from tallystick.ledger import trie
from tallystick.ledger.accounts import account_state_key, decode_account, encode_account
from tallystick.ledger.answers import OK
from tallystick.ledger.block import Header, Result, data_root, results_root
from tallystick.ledger.call import ContractCall
from tallystick.ledger.check import (
    Registry,
    SignatureCheck,
    check_active,
    check_sender,
    check_sequence,
    forged_signature,
    is_genuine,
)
from tallystick.ledger.genesis import Genesis
from tallystick.ledger.protocols import Reader
from tallystick.ledger.state import MemoryState, Overlay, Writes
from tallystick.ledger.transaction import Body, Transaction, parse
from tallystick.values import canonical

MAX_RESULT_BYTES = 64 * 1024
# What a faulty contract raises. The transaction fails alike on every node, and the chain goes on.
_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Order:
    """A block before execution: what consensus has agreed on.

    Attributes:
        height: number of the block.
        time: block time, milliseconds since 1970 UTC.
        wires: the transactions' bytes in their order; they may be anything.
    """

    height: int
    time: int
    wires: Sequence[bytes]


@dataclass(frozen=True)
class Executed:
    """What executing a block gave; nothing of it is written yet.

    Attributes:
        data_hashes: SHA-256 of each transaction.
        data_root: RFC 6962 root over them.
        results: one for each transaction.
        counted: for each transaction, whether it used up its sender's sequence number.
        results_root: RFC 6962 root over the results.
        app_hash: state root after the block.
        state_changes: value by state key; None deletes.
        page_changes: trie page by path; None deletes.
    """

    data_hashes: tuple[bytes, ...]
    data_root: bytes
    results: tuple[Result, ...]
    counted: tuple[bool, ...]
    results_root: bytes
    app_hash: bytes
    state_changes: Writes
    page_changes: trie.PageChanges


@dataclass(frozen=True)
class Machine:
    """The contracts of one chain, ready to execute blocks.

    ``parse`` and ``genuine`` may be replaced by ones that remember what they have answered before; the
    answers must stay the same.
    """

    chain_id: str
    registry: Registry
    parse: Callable[[bytes], Transaction] = parse
    genuine: SignatureCheck = is_genuine

    def execute(self, order: Order, state: Reader, pages: trie.PageReader, app_hash: bytes) -> Executed:
        """Execute one block on the state whose root is ``app_hash``.

        Raises:
            Corruption: when the state or a contract contradicts itself; nothing of the block counts.
        """
        block = Overlay(state)
        results, counted = [], []
        for index, wire in enumerate(order.wires):
            result, is_counted = self._execute_one(block, order, index, wire)
            results.append(result)
            counted.append(is_counted)
        return _executed(order.wires, results, counted, block.writes, pages, app_hash)

    def begin(self, genesis: Genesis) -> Executed:
        """Return the state that the genesis document asks for, as block 0 without transactions.

        Raises:
            Malformed: ``unknown_contract`` for a part that no contract reads; and what contracts raise.
        """
        block = Overlay(MemoryState())
        genesis.check_contracts(self.registry.contracts)
        for name, contract in sorted(self.registry.contracts.items()):
            document = genesis.contracts.get(name)
            if contract.genesis is not None and document is not None:
                call = ContractCall(block, contract, "", self.chain_id, 0, 0, genesis.time)
                contract.genesis(call, bytes(document))
                block.writes.update(call.writes)
        return _executed((), [], [], block.writes, trie.MemoryPages(), trie.EMPTY_ROOT)

    def _execute_one(self, block: Overlay, order: Order, index: int, wire: bytes) -> tuple[Result, bool]:
        try:
            transaction = self.parse(wire)
            body = transaction.body
            key = account_state_key(body.sender)
            value = block.get(key)
            account = None if value is None else decode_account(value)
            account = check_sender(body, self.chain_id, account)
            if not self.genuine(transaction, account.public_key):
                raise forged_signature()
            check_sequence(body, account.sequence)
        except Rejection as refused:
            return Result(refused.code, b"", refused.message), False
        block.writes[key] = encode_account(account.counted())
        try:
            check_active(account)
            return Result(OK, self._run(block, order, index, body)), True
        except Rejection as refused:
            return Result(refused.code, b"", refused.message), True
        except _FAULTS as fault:
            return Result("contract_failed", b"", f"The contract failed: {type(fault).__name__}."), True

    def _run(self, block: Overlay, order: Order, index: int, body: Body) -> bytes:
        task = self.registry.task(body)
        call = ContractCall(block, task.contract, body.sender, self.chain_id, order.height, index, order.time)
        answer = task.action.run(call, task.arguments)
        data = b"" if answer is None else canonical.encode(answer)
        if len(data) > MAX_RESULT_BYTES:
            raise TooLarge(
                "result_too_large", f"The result of a transaction may have {MAX_RESULT_BYTES} bytes."
            )
        block.writes.update(call.writes)
        return data


def make_header(
    order: Order, executed: Executed, chain_id: str, previous_hash: bytes, proposer: str
) -> Header:
    """Return the header over a block that was executed."""
    return Header(
        app_hash=executed.app_hash.hex(),
        chain_id=chain_id,
        data_hash=executed.data_root.hex(),
        height=order.height,
        previous_hash=previous_hash.hex(),
        proposer=proposer,
        results_hash=executed.results_root.hex(),
        time=order.time,
        transactions=len(order.wires),
    )


def _executed(
    wires: Sequence[bytes],
    results: list[Result],
    counted: list[bool],
    writes: Writes,
    pages: trie.PageReader,
    app_hash: bytes,
) -> Executed:
    page_changes: trie.PageChanges = {}
    if writes:
        app_hash, page_changes = trie.update(pages, writes)
    data_hashes = tuple(sha256(wire).digest() for wire in wires)
    return Executed(
        data_hashes=data_hashes,
        data_root=data_root(data_hashes),
        results=tuple(results),
        counted=tuple(counted),
        results_root=results_root(results),
        app_hash=app_hash,
        state_changes=writes,
        page_changes=page_changes,
    )
