"""Signing keys: keys beside a member's account key that sign documents for it, and nothing else (E4).

A key that a person's browser made and never gives away, or one of the institution's signature system. It
signs no transaction; what it has signed before it was revoked stays signed.
"""

from typing import Final

from tallystick.contracts.membership import key_use_from_state, require_member
from tallystick.contracts.shapes import Arguments, Kept, PublicKey, Read, Signature, read_kept
from tallystick.errors import Conflict, Malformed, NotFound, Unauthorised
from tallystick.ledger import keys
from tallystick.ledger.protocols import Action, Call, Contract
from tallystick.values import canonical

PREFIX: Final = "signing_keys/"
#: Keys that one member may ever register.
MAX_KEYS: Final = 200


class Register(Arguments, frozen=True):
    """Register a key that signs for the sender; ``possession`` is its signature over ``key_statement``."""

    key: PublicKey
    possession: Signature


class Revoke(Arguments, frozen=True):
    """Let a registered key of the sender sign no longer."""

    key: PublicKey


class SigningKey(Kept, frozen=True):
    """A registered key; times are block times in milliseconds, ``revoked_at`` 0 while it signs."""

    registered_at: int
    revoked_at: int


def key_statement(chain_id: str, address: str, key: str) -> bytes:
    """Return what a new signing key (64 hex digits) signs: it is held for the member at ``address``."""
    return canonical.encode(
        {"address": address, "chain_id": chain_id, "key": key, "purpose": "tallystick/signing-keys/1"}
    )


def keys_prefix(address: str) -> str:
    """Return what the state keys of a member's signing keys begin with; the key's 64 hex digits follow."""
    return f"{PREFIX}{address}/"


def signing_key_from_state(read: Read, address: str, key: str) -> SigningKey | None:
    """Return what the ledger says about a signing key (64 hex digits) of the member at ``address``, or None.

    Raises:
        Corruption: ``damaged_state``.
    """
    return read_kept(read, keys_prefix(address) + key, SigningKey)


def signs_for(call: Call, address: str, key: str) -> bool:
    """Return whether ``key`` (64 hex digits) signs for the member at ``address`` now.

    It does if it is the account's own, or registered and not revoked.
    """
    account = call.account(address)
    if account is not None and account.key == key:
        return True
    registered = signing_key_from_state(call.get, address, key)
    return registered is not None and not registered.revoked_at


def _register(call: Call, register: Register) -> None:
    holder = require_member(call).address
    key = bytes.fromhex(register.key)
    if not keys.is_public_key(key):
        raise Malformed("bad_public_key", "That is not a usable Ed25519 public key.")
    if key_use_from_state(call.get, register.key) is not None:
        raise Conflict("signing_key_known", "The key is an account's; take one that is made for signing.")
    if signing_key_from_state(call.get, holder, register.key) is not None:
        raise Conflict("signing_key_registered", "The key is registered, or was; make a new one.")
    statement = key_statement(call.chain_id, holder, register.key)
    if not keys.verify(key, statement, bytes.fromhex(register.possession)):
        raise Unauthorised("possession_not_proven", "The key's signature over its statement does not hold.")
    if sum(1 for _ in call.scan(keys_prefix(holder))) >= MAX_KEYS:
        raise Conflict("too_many_signing_keys", f"A member may register {MAX_KEYS} signing keys.")
    call.put(keys_prefix(holder) + register.key, SigningKey(call.time, 0).encoded())


def _revoke(call: Call, revoke: Revoke) -> None:
    holder = require_member(call).address
    kept = signing_key_from_state(call.get, holder, revoke.key)
    if kept is None or kept.revoked_at:
        raise NotFound("unknown_signing_key", "The sender has no such signing key, or has revoked it.")
    call.put(keys_prefix(holder) + revoke.key, SigningKey(kept.registered_at, call.time).encoded())


CONTRACT = Contract(
    name="signing_keys",
    actions={"register": Action(Register, _register), "revoke": Action(Revoke, _revoke)},
)
