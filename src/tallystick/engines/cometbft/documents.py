"""Headers, commits and validators out of the JSON that a node answers and a genesis document holds. Pure.

In it whole numbers of 64 bits are text, hashes are hexadecimal capitals, keys and signatures base64.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from tallystick.engines.cometbft.headers import Commit, Header, Moment, Validator
from tallystick.errors import Malformed
from tallystick.ledger.keys import PUBLIC_KEY_BYTES

KEY_TYPE: Final = "tendermint/PubKeyEd25519"
# What a value of another shape than expected makes Python raise.
OTHER_SHAPE: Final = (
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    RecursionError,
    msgspec.MsgspecError,
)

T = TypeVar("T")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_header(found: Mapping[str, Any]) -> Header:
    """Return the header in a node's JSON.

    Raises:
        Malformed: ``malformed_document``.
    """
    return _read(
        lambda: {
            **{name: _lowered(value) for name, value in found.items()},
            "chain_id": found["chain_id"],
            "time": _moment(found["time"]),
        },
        Header,
    )


def read_commit(found: Mapping[str, Any]) -> Commit:
    """Return the commit in a node's JSON.

    Raises:
        Malformed: ``malformed_document``.
    """
    return _read(
        lambda: {
            **{name: _lowered(found[name]) for name in ("height", "round", "block_id")},
            "signatures": [_vote(one) for one in found["signatures"]],
        },
        Commit,
    )


def read_validator(found: Mapping[str, Any], power: str = "voting_power") -> Validator:
    """Return the validator in a node's JSON, or in a genesis document (where ``power`` is named so).

    Raises:
        Malformed: ``malformed_document``, also for a key that is not Ed25519.
    """
    return _read(lambda: {"public_key": _public_key(found["pub_key"]), "power": found[power]}, Validator)


def read_public_key(found: Mapping[str, Any]) -> str:
    """Return an Ed25519 public key in a node's JSON as hex.

    Raises:
        Malformed: ``malformed_document``.
    """
    return _read(lambda: _public_key(found), str)


def read_moment(text: str) -> Moment:
    """Return the time in RFC 3339 text of UTC with up to nine decimals.

    Raises:
        Malformed: ``malformed_document``.
    """
    return _read(lambda: _moment(text), Moment)


def _read(gather: Callable[[], object], kind: type[T]) -> T:
    try:
        return msgspec.convert(gather(), kind, strict=False)
    except OTHER_SHAPE as error:
        raise Malformed("malformed_document", f"The document cannot be read: {error!s:.200}.") from None


def _lowered(value: object) -> object:
    if isinstance(value, dict):
        return {name: _lowered(part) for name, part in value.items()}
    return value.lower() if isinstance(value, str) else value


def _vote(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "flag": found["block_id_flag"],
        "address": found["validator_address"].lower(),
        "time": _moment(found["timestamp"]),
        "signature": base64.b64decode(found["signature"] or "", validate=True).hex(),
    }


def _public_key(found: Mapping[str, Any]) -> str:
    if found["type"] != KEY_TYPE:
        raise ValueError(f"a validator's key must be {KEY_TYPE}")
    key = base64.b64decode(found["value"], validate=True)
    if len(key) != PUBLIC_KEY_BYTES:
        raise ValueError(f"a validator's key must have {PUBLIC_KEY_BYTES} bytes")
    return key.hex()


def _moment(text: str) -> Moment:
    parts = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", text, re.ASCII)
    if parts is None:
        raise ValueError("a time must be text such as 2026-01-31T12:00:00.5Z")
    since = datetime.fromisoformat(parts[1]).replace(tzinfo=UTC) - _EPOCH
    return Moment(since // timedelta(seconds=1), int((parts[2] or "").ljust(9, "0")))
