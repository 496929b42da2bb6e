"""Bech32m: text for bytes with a check that finds any four wrong characters (BIP-173, BIP-350).

Bech32m has the alphabet, prefix rule and generator of Bech32 (BIP-173) and BIP-350's constant, which
also closes Bech32's weakness of letting a ``q`` be put in or taken out before a final ``p``.
"""

from collections.abc import Iterable, Iterator

from tallystick.errors import Malformed

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_CONSTANT = 0x2BC830A3
_CHECK_LENGTH = 6
_MAX_LENGTH = 90
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def _feedback(top: int) -> int:
    bits = 0
    for index, generator in enumerate(_GENERATORS):
        if top >> index & 1:
            bits ^= generator
    return bits


# One look-up for each character: this runs for every transaction that the ledger checks.
_FEEDBACK = tuple(_feedback(top) for top in range(32))


def encode(prefix: str, data: bytes) -> str:
    """Return ``prefix``, the separator ``1``, ``data`` in groups of five bits and six check characters."""
    groups = list(_regroup(data, 8, 5, pad=True))
    remainder = _remainder(prefix, [*groups, *(0,) * _CHECK_LENGTH]) ^ _CONSTANT
    check = [remainder >> 5 * (_CHECK_LENGTH - 1 - index) & 31 for index in range(_CHECK_LENGTH)]
    return f"{prefix}1{''.join(_ALPHABET[group] for group in [*groups, *check])}"


def decode(prefix: str, text: str) -> bytes:
    """Return the bytes in ``text``, which is all lower or all upper case, as BIP-173 asks of readers.

    Raises:
        Malformed: ``bad_bech32m`` for another prefix, length or character, mixed case, or a failed check.
    """
    lower = text.lower()
    if not text.isascii() or len(text) > _MAX_LENGTH or text not in (lower, text.upper()):
        raise Malformed(
            "bad_bech32m", "The text is too long, not ASCII, or mixes capitals and small letters."
        )
    head, _, tail = lower.rpartition("1")
    if head != prefix or len(tail) < _CHECK_LENGTH or not _VALUES.keys() >= set(tail):
        raise Malformed("bad_bech32m", f"The text must be {prefix}1 and letters of the Bech32m alphabet.")
    groups = [_VALUES[letter] for letter in tail]
    if _remainder(prefix, groups) != _CONSTANT:
        raise Malformed("bad_bech32m", "The check characters do not fit: a letter is wrong or missing.")
    return bytes(_regroup(groups[:-_CHECK_LENGTH], 5, 8, pad=False))


def _remainder(prefix: str, groups: list[int]) -> int:
    codes = prefix.encode()
    remainder = 1
    for value in (*(code >> 5 for code in codes), 0, *(code & 31 for code in codes), *groups):
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value ^ _FEEDBACK[remainder >> 25]
    return remainder


def _regroup(values: Iterable[int], width: int, new_width: int, pad: bool) -> Iterator[int]:
    held, bits = 0, 0
    for value in values:
        held = held << width | value
        bits += width
        while bits >= new_width:
            bits -= new_width
            yield held >> bits
            held &= (1 << bits) - 1
    if pad and bits:
        yield held << new_width - bits
    elif not pad and (bits >= width or held):
        raise Malformed("bad_bech32m", "The text ends in bits that mean nothing.")
