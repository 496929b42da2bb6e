"""The two protocols of the ledger: what a contract is and may do, and what every engine offers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from tallystick.errors import TallystickError
from tallystick.ledger.accounts import Account
from tallystick.ledger.answers import Certificate, Receipt, Status, Validator
from tallystick.ledger.block import Block, Header
from tallystick.ledger.proof import Bundle


class Reader(Protocol):
    """Read access to ledger state: inside a call, or committed state from outside."""

    def get(self, key: str) -> bytes | None:
        """Return the value under a full state key such as ``membership/member/tly1…``, or None."""
        ...

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield the (key, value) pairs whose key starts with ``prefix``, in key order."""
        ...


class Call(Reader, Protocol):
    """What a contract sees and may do while it runs one transaction.

    Attributes:
        sender: address of the account that signed; empty in the genesis call.
        chain_id: name of the chain.
        height: number of the block being executed.
        index: position of the transaction in it, from 0; (height, index) is the storage address.
        time: block time, milliseconds since 1970 UTC: the only clock there is.
    """

    @property
    def sender(self) -> str: ...  # noqa: D102 - described above
    @property
    def chain_id(self) -> str: ...  # noqa: D102 - described above
    @property
    def height(self) -> int: ...  # noqa: D102 - described above
    @property
    def index(self) -> int: ...  # noqa: D102 - described above
    @property
    def time(self) -> int: ...  # noqa: D102 - described above

    def put(self, key: str, value: bytes) -> None:
        """Write a value under the contract's own name.

        Raises:
            Corruption: ``foreign_state`` when the key does not start with the contract's name and "/".
            TooLarge: ``state_limit`` when key, value or number of writes is over the limit.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove a key of the contract's own; one that is absent stays absent. Raises as ``put``."""
        ...

    def account(self, address: str) -> Account | None:
        """Return the account at ``address``, or None."""
        ...

    def open_account(self, public_key: bytes) -> str:
        """Open the account of an Ed25519 public key (32 bytes) and return its address.

        Raises:
            Conflict: ``account_exists``.
            Malformed: ``bad_public_key``.
            Corruption: ``foreign_state`` when the contract is not privileged.
        """
        ...

    def rotate_account(self, address: str, public_key: bytes) -> None:
        """Let another key sign for ``address`` from the next transaction on.

        Raises:
            NotFound: ``unknown_account``.
            Malformed: ``bad_public_key``.
            Corruption: ``foreign_state`` when the contract is not privileged.
        """
        ...

    def set_account_active(self, address: str, active: bool) -> None:
        """Suspend or reinstate an account.

        Raises:
            NotFound: ``unknown_account``.
            Corruption: ``foreign_state`` when the contract is not privileged.
        """
        ...


@dataclass(frozen=True)
class Action:
    """One thing a contract can be asked to do.

    Attributes:
        arguments: Struct that the transaction's arguments must fit, with ``forbid_unknown_fields=True``.
        run: does it; returns the result (kept in the receipt as canonical JSON) or None. To refuse,
            it raises a Rejection: its writes are undone, the code goes into the receipt.
    """

    arguments: type[msgspec.Struct]
    run: Callable[[Call, Any], msgspec.Struct | None]


@dataclass(frozen=True)
class Contract:
    """A smart contract: deterministic, with state of its own under ``name + "/"``.

    Attributes:
        name: lower snake case, also the prefix of its state keys.
        actions: what it can be asked to do, by name.
        genesis: reads its part of the genesis document (JSON bytes) and writes the first state.
        privileged: whether it may open, rotate and suspend accounts.
    """

    name: str
    actions: Mapping[str, Action]
    genesis: Callable[[Call, bytes], None] | None = None
    privileged: bool = False


class Engine(Protocol):
    """Orders transactions into blocks, runs the contracts and keeps what they decide.

    Every method may raise Unavailable (try again) and Corruption (stop and look).
    """

    @property
    def chain_id(self) -> str:
        """Name of the chain, part of what every transaction signs."""
        ...

    def submit(self, wire: bytes) -> str:
        """Accept one signed transaction and return its hash (hex); it is not yet committed.

        Raises:
            Rejection: see ``tallystick.ledger.check`` for the codes.
            Unavailable: ``mempool_full``.
        """
        ...

    def submit_many(self, wires: Sequence[bytes]) -> list[str | TallystickError]:
        """Accept many at once; each gets its hash, or the error that ``submit`` would raise."""
        ...

    def wait(self, transaction_hash: str, timeout_s: int = 10) -> Receipt:
        """Return the receipt as soon as the transaction is committed and durable.

        Raises:
            Unavailable: ``not_yet_committed`` at the deadline.
            Rejection: when it was accepted and then overtaken by another process.
        """
        ...

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """Return the receipt of a committed transaction, or None."""
        ...

    def next_sequence(self, address: str) -> int:
        """Return the sequence number for the account's next transaction, counting pending ones.

        Raises:
            Unauthorised: ``unknown_account``.
        """
        ...

    def read(self, key: str) -> bytes | None:
        """Return a committed state value, or None."""
        ...

    def scan(self, prefix: str, limit: int = 1000) -> list[tuple[str, bytes]]:
        """Return at most ``limit`` committed pairs whose key starts with ``prefix``, in key order."""
        ...

    def head(self) -> Header:
        """Return the header of the last committed block."""
        ...

    def headers(self, highest: int, limit: int) -> list[Header]:
        """Return the headers of at most ``limit`` committed blocks from ``highest`` down, as far as kept."""
        ...

    def block(self, height: int) -> Block:
        """Return a committed block.

        Raises:
            NotFound: ``unknown_block``.
        """
        ...

    def prove(self, transaction_hash: str) -> Bundle:
        """Return a bundle that proves offline where the transaction stands and what became of it.

        Raises:
            NotFound: ``unknown_transaction``.
        """
        ...

    def prove_state(self, key: str) -> Bundle:
        """Return a bundle that proves offline what the state holds under ``key``, or that it does not."""
        ...

    def genesis(self) -> bytes:
        """Return the document that every member holds, and against which bundles are checked."""
        ...

    def validators(self) -> tuple[Validator, ...]:
        """Return who decides on the next block, in the order of their addresses."""
        ...

    def certificate(self, height: int) -> Certificate:
        """Return what makes a committed block final.

        Raises:
            NotFound: ``unknown_block``.
        """
        ...

    def status(self) -> Status:
        """Return where the engine stands."""
        ...

    def close(self) -> None:
        """Stop; what was committed stays."""
        ...
