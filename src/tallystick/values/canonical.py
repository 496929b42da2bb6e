"""Canonical bytes: the one JSON text of a document, and its digest; what gets signed, hashed and kept.

The text is JSON with sorted keys, no blanks and no floats. For strings and for whole numbers below
2**53 it equals RFC 8785 (JSON Canonicalization Scheme), except that keys are sorted by code point,
which differs from RFC 8785 only where a key holds a character beyond U+FFFF.
"""

from collections.abc import Collection, Hashable
from datetime import date
from enum import Enum
from functools import lru_cache
from hashlib import sha256 as _sha256
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import astuple

from tallystick.errors import Malformed

MAX_DEPTH = 32
# Above this a JavaScript reader, and any reader with binary64 numbers, would see another number.
MAX_INTEGER = 2**53 - 1

T = TypeVar("T")

_encoder = msgspec.json.Encoder(order="sorted")
_WITHOUT_PARTS = frozenset({str, bytes, bool, type(None), date})
_TEXT = frozenset({str})


def encode(value: object) -> bytes:
    """Return the canonical bytes of ``value``.

    A value is text, a whole number, a boolean, None, bytes (written as base64), a date (as ISO 8601),
    an Enum of those, and lists, tuples, dicts with text keys and msgspec Structs of values.

    Raises:
        Malformed: ``not_canonical`` for anything else (floats above all), a whole number from 2**53,
            text that is not Unicode, or more than ``MAX_DEPTH`` levels.
    """
    _check((value,), MAX_DEPTH)
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError as error:
        raise Malformed("not_canonical", "The document holds text that is not Unicode.") from error


def decode(data: bytes, kind: type[T]) -> T:
    """Return the ``kind`` that ``data`` (JSON) states; types are never converted to fit.

    What comes back could be encoded again: no float, no whole number from 2**53, no deeper nesting.
    Whether ``data`` was itself canonical is for the caller to ask: ``encode(value) == data``.

    Raises:
        Malformed: ``malformed_document``.
    """
    try:
        value: T = _decoder(cast(Hashable, kind)).decode(data)
        _check((value,), MAX_DEPTH)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("malformed_document", f"The document cannot be read: {error!s:.200}.") from error
    except Malformed as error:
        raise Malformed("malformed_document", error.message) from error
    return value


def digest(value: object) -> str:
    """Return the SHA-256 of ``encode(value)`` as 64 lower-case hexadecimal digits."""
    return _sha256(encode(value)).hexdigest()


def sha256(data: bytes) -> bytes:
    """Return the 32 bytes of the SHA-256 (FIPS 180-4) of ``data``."""
    return _sha256(data).digest()


@lru_cache(maxsize=512)
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, strict=True)


def _check(parts: Collection[object], levels: int) -> None:
    """Check values that may have parts of their own, ``levels`` deep at most."""
    for part in parts:
        kind = type(part)
        if kind is int:
            if not -MAX_INTEGER <= part <= MAX_INTEGER:  # type: ignore[operator]  # its type is int
                raise Malformed("not_canonical", "A whole number in a document must be below 2**53.")
        elif kind not in _WITHOUT_PARTS:
            if levels == 0:
                raise Malformed("not_canonical", f"A document may be nested at most {MAX_DEPTH} levels deep.")
            _check(_parts(part), levels - 1)


def _parts(value: object) -> Collection[object]:
    kind = type(value)
    if isinstance(value, msgspec.Struct):
        return astuple(value)
    if isinstance(value, dict) and kind is dict:
        if not _TEXT.issuperset(map(type, value)):
            raise Malformed("not_canonical", "A key in a document must be text.")
        return value.values()
    if isinstance(value, list | tuple) and kind in (list, tuple):
        return value
    if isinstance(value, Enum):
        return (value.value,)
    raise Malformed("not_canonical", f"A document cannot hold a {kind.__name__}.")
