"""What a transaction must pass before a contract sees it; the same checks at the door and in the block.

In this order: it can be read (``malformed_transaction``, ``transaction_too_large``), it is for this
chain (``wrong_chain``), its account exists (``unknown_account``), the signature is the account's
(``forged_signature``), its number is the next (``transaction_replayed``, ``sequence_gap``), the
account is active (``account_suspended``), the contract knows what to do (``unknown_contract``,
``unknown_action``, ``malformed_arguments``). From ``account_suspended`` on, the sequence number is
used up when the transaction stands in a block.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from tallystick.errors import Conflict, Corruption, Forbidden, Malformed, Unauthorised
from tallystick.ledger import keys
from tallystick.ledger.accounts import PREFIX, Account
from tallystick.ledger.protocols import Action, Contract
from tallystick.ledger.transaction import Body, Transaction

SignatureCheck = Callable[[Transaction, bytes], bool]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def is_genuine(transaction: Transaction, public_key: bytes) -> bool:
    """Return whether the transaction is signed by this key (32 bytes)."""
    return keys.verify(public_key, transaction.signed, transaction.signature)


def check_sender(body: Body, chain_id: str, account: Account | None) -> Account:
    """Return the account that the transaction says it comes from.

    Raises:
        Conflict: ``wrong_chain``.
        Unauthorised: ``unknown_account``.
    """
    if body.chain_id != chain_id:
        raise Conflict("wrong_chain", f"The transaction is for another chain; this one is {chain_id}.")
    if account is None:
        raise unknown_account(body.sender)
    return account


def check_sequence(body: Body, last: int) -> None:
    """Check that the transaction is the account's next one after number ``last``.

    Raises:
        Conflict: ``transaction_replayed``, ``sequence_gap``.
    """
    if body.sequence <= last:
        raise Conflict(
            "transaction_replayed",
            f"Sequence number {body.sequence} has been used; the account's next is {last + 1}.",
            next_sequence=last + 1,
        )
    if body.sequence > last + 1:
        raise Conflict(
            "sequence_gap",
            f"Sequence number {body.sequence} comes too early; the account's next is {last + 1}.",
            next_sequence=last + 1,
        )


def check_active(account: Account) -> None:
    """Check that the account may send transactions.

    Raises:
        Forbidden: ``account_suspended``.
    """
    if not account.active:
        raise Forbidden("account_suspended", "The sender's account is suspended.")


def unknown_account(address: str) -> Unauthorised:
    """Return the refusal of a sender who has no account."""
    return Unauthorised("unknown_account", f"There is no account {address} on this ledger.")


def forged_signature() -> Unauthorised:
    """Return the refusal of a signature that is not the sender's."""
    return Unauthorised("forged_signature", "The signature is not that of the sender's account.")


@dataclass(frozen=True)
class Task:
    """What a transaction asks for, found: the contract, its action and the decoded arguments."""

    contract: Contract
    action: Action
    arguments: Any


class Registry:
    """The contracts that a ledger runs, by name.

    Raises:
        Corruption: ``bad_contract`` for a name that is not lower snake case, taken twice or reserved.
    """

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self.contracts: dict[str, Contract] = {}
        self._decoders: dict[tuple[str, str], tuple[Contract, Action, msgspec.json.Decoder[Any]]] = {}
        for contract in contracts:
            if not _NAME.fullmatch(contract.name) or contract.name + "/" == PREFIX:
                raise Corruption("bad_contract", f"A contract cannot be named {contract.name!r}.")
            if contract.name in self.contracts:
                raise Corruption("bad_contract", f"Two contracts are named {contract.name!r}.")
            self.contracts[contract.name] = contract
            for name, action in contract.actions.items():
                self._decoders[contract.name, name] = contract, action, msgspec.json.Decoder(action.arguments)

    def task(self, body: Body) -> Task:
        """Return what the transaction asks for.

        Raises:
            Malformed: ``unknown_contract``, ``unknown_action``, ``malformed_arguments``.
        """
        found = self._decoders.get((body.contract, body.action))
        if found is None:
            if body.contract not in self.contracts:
                raise Malformed("unknown_contract", f"There is no contract {body.contract!r} on this ledger.")
            raise Malformed(
                "unknown_action", f"The contract {body.contract!r} has no action {body.action!r}."
            )
        contract, action, decoder = found
        try:
            return Task(contract, action, decoder.decode(body.arguments))
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise Malformed(
                "malformed_arguments",
                f"The arguments of {body.contract}.{body.action} cannot be read: {_misfit(error)}.",
            ) from None


def _misfit(error: Exception) -> str:
    """Return the decoder's sentence without its signs for code: what was expected, and in which argument."""
    said, _, place = f"{error!s:.200}".replace("`", "").partition(" - at $")
    return f"{said[:1].lower()}{said[1:]}" + (f", in {place.lstrip('.')}" if place else "")
