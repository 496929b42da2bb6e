"""Signed transactions: 64 bytes of Ed25519 signature, then the canonical JSON of the body."""

from hashlib import sha256

import msgspec

from tallystick.errors import Malformed, TooLarge
from tallystick.ledger import keys
from tallystick.values import canonical
from tallystick.values.identifiers import parse_account_address

SIGN_PREFIX = b"tallystick/transaction/1\n"
MAX_TRANSACTION_BYTES = 64 * 1024
MAX_NAME_LENGTH = 64


class Body(msgspec.Struct, frozen=True):
    """What the sender signs.

    Attributes:
        action: what the contract is asked to do.
        arguments: canonical JSON of an object, as bytes.
        chain_id: name of the chain, so that no other chain can take the transaction.
        contract: name of the contract.
        sender: account address.
        sequence: the account's last counted sequence number plus one.
    """

    action: str
    arguments: bytes
    chain_id: str
    contract: str
    sender: str
    sequence: int


class Transaction(msgspec.Struct, frozen=True):
    """A transaction that could be read; whether it may act is for ``tallystick.ledger.check``.

    Attributes:
        wire: the bytes as they came.
        hash: SHA-256 of them, 32 bytes.
        body: what they say.
    """

    wire: bytes
    hash: bytes
    body: Body

    @property
    def signature(self) -> bytes:
        """The sender's signature, 64 bytes."""
        return self.wire[: keys.SIGNATURE_BYTES]

    @property
    def signed(self) -> bytes:
        """The bytes that the signature covers."""
        return SIGN_PREFIX + self.wire[keys.SIGNATURE_BYTES :]


class _WireBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    action: str
    arguments: msgspec.Raw
    chain_id: str
    contract: str
    sender: str
    sequence: int


_body_decoder = msgspec.json.Decoder(_WireBody)
_body_encoder = msgspec.json.Encoder()
_sorted_encoder = msgspec.json.Encoder(order="sorted")


def encode_body(body: Body) -> bytes:
    """Return the canonical JSON of a body, as it goes on the wire."""
    return _body_encoder.encode(
        _WireBody(
            body.action,
            msgspec.Raw(body.arguments),
            body.chain_id,
            body.contract,
            body.sender,
            body.sequence,
        )
    )


def signing_bytes(body: Body) -> bytes:
    """Return what the sender signs: a prefix that no other signature shares, and the body."""
    return SIGN_PREFIX + encode_body(body)


def assemble(body: Body, signature: bytes) -> bytes:
    """Return the wire bytes of a signed transaction.

    Raises:
        Malformed: ``malformed_transaction`` when the signature is not 64 bytes.
    """
    if len(signature) != keys.SIGNATURE_BYTES:
        raise _malformed("its signature must have 64 bytes")
    return signature + encode_body(body)


def transaction_hash(wire: bytes) -> str:
    """Return the SHA-256 of the wire bytes, 64 lower hex digits: the transaction's name everywhere."""
    return sha256(wire).hexdigest()


def parse(wire: bytes) -> Transaction:
    """Return the transaction in these bytes.

    The body must be its own canonical encoding, so that one transaction has one text.

    Raises:
        TooLarge: ``transaction_too_large``.
        Malformed: ``malformed_transaction``.
    """
    if len(wire) > MAX_TRANSACTION_BYTES:
        raise TooLarge(
            "transaction_too_large",
            f"A transaction may have {MAX_TRANSACTION_BYTES} bytes; this one has {len(wire)}.",
            limit_bytes=MAX_TRANSACTION_BYTES,
        )
    text = wire[keys.SIGNATURE_BYTES :]
    try:
        body = _body_decoder.decode(text)
        arguments = bytes(body.arguments)
        canonical_arguments = _sorted_encoder.encode(canonical.decode(arguments, dict))
        canonical_text = _body_encoder.encode(body)
        sender = parse_account_address(body.sender)
    except (msgspec.MsgspecError, Malformed, UnicodeError, RecursionError) as error:
        raise _malformed(f"{error!s:.200}") from None
    if arguments != canonical_arguments or text != canonical_text or sender != body.sender:
        raise _malformed("its body is not in canonical form")
    if not 1 <= body.sequence <= canonical.MAX_INTEGER:
        raise _malformed("its sequence number is out of range")
    if max(len(body.contract), len(body.action), len(body.chain_id)) > MAX_NAME_LENGTH:
        raise _malformed(f"a name in it has more than {MAX_NAME_LENGTH} characters")
    return Transaction(
        wire,
        sha256(wire).digest(),
        Body(body.action, arguments, body.chain_id, body.contract, sender, body.sequence),
    )


def _malformed(reason: str) -> Malformed:
    return Malformed("malformed_transaction", f"The transaction cannot be read: {reason.rstrip('.')}.")
