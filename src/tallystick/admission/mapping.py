"""A mapping file: how an outside file of invoices becomes the canonical one (mission A2).

TOML, because an analyst writes it by hand and wants comments. It names the file of each direction, their
columns for ours, the unit of the amounts, the form of the dates and the words of the status column.
``docs/admission.md`` walks through a real one. Reading is strict: a key we do not know is refused with
the nearest one that we do.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from tallystick.admission.books import AMOUNT_COLUMNS, FILE_COLUMNS, MAX_AMOUNT_DIGITS, SIDES, STATUSES
from tallystick.admission.layout import AMOUNT, CODE, DATE, TEXT, Layout, date_pattern, is_date_format
from tallystick.errors import Malformed
from tallystick.values.money import Currency, currency

MAX_MAPPING_BYTES = 64 * 1024
UNITS = ("major", "minor")

# The part of the mapping's word for a column that differs from ours: files rarely speak of minor units.
COLUMN_WORDS = {column: column.removesuffix("_minor") for column in FILE_COLUMNS}

_KEYS = {"name", "currency", "unit", "date_format", "enterprise", "status", *SIDES}
_REQUIRED = _KEYS - {"enterprise"}
_KINDS = {
    column: AMOUNT if column in AMOUNT_COLUMNS else {"issued_on": DATE, "status": CODE}.get(column, TEXT)
    for column in FILE_COLUMNS
}
_FILE_NAME = re.compile(r"[^/\\\x00-\x1f*?\[\]{}]{1,200}")


@dataclass(frozen=True)
class Side:
    """Where the invoices of one direction are.

    Attributes:
        files: names to look for in the folder of the books; exactly one of them must be there.
        columns: our column name → the file's. Lacks ``enterprise`` when the mapping fixes it.
    """

    files: tuple[str, ...]
    columns: Mapping[str, str]


@dataclass(frozen=True)
class BooksMapping:
    """One set of books, described.

    Attributes:
        amount_digits: decimals that an amount in the file may carry; 0 when it is in minor units.
        date_format: ``strptime`` form of dates written as text, from ``%Y %m %d %H %M %S``.
        enterprise: whose books these are, when no column says it.
        status_codes: the file's word → ``valid`` or ``void``; blanks around the word do not count.
        sides: ``sales`` and ``purchases``.
    """

    name: str
    currency: Currency
    amount_digits: int
    date_format: str
    enterprise: str | None
    status_codes: Mapping[str, str]
    sides: Mapping[str, Side]

    @property
    def date_pattern(self) -> str:
        """Regular expression of a text that has the shape of a date, whether or not that day exists."""
        return date_pattern(self.date_format)

    def layout(self, side: str) -> Layout:
        """Return how the file of one side becomes the canonical columns."""
        return Layout(
            kinds=_KINDS,
            columns=self.sides[side].columns,
            amount_digits=self.amount_digits,
            max_amount_digits=MAX_AMOUNT_DIGITS,
            date_format=self.date_format,
            fixed={} if self.enterprise is None else {"enterprise": self.enterprise},
            codes={"status": self.status_codes},
        )


def parse_mapping(data: bytes) -> BooksMapping:
    """Return the mapping that a TOML document describes.

    Raises:
        Malformed: ``bad_mapping`` when it is no TOML, lacks a key, has one that is unknown, or says
            something that cannot be meant; ``unknown_currency``.
    """
    document = toml_document(data)
    known_keys(document, _KEYS, "the mapping")
    for key in sorted(_REQUIRED - document.keys()):
        raise bad_mapping(f"The mapping lacks {key!r}.", key)
    money, amount_digits = amounts_of(document)
    enterprise = text(document, "enterprise").strip() if "enterprise" in document else None
    return BooksMapping(
        name=text(document, "name"),
        currency=money,
        amount_digits=amount_digits,
        date_format=date_format_of(document),
        enterprise=enterprise,
        status_codes=_status_codes(table_of(document, "status")),
        sides={side: _side(table_of(document, side), side, enterprise is not None) for side in SIDES},
    )


def require_columns(wanted: Collection[str], present: Collection[str], file_name: str) -> None:
    """Check that every column that the mapping names is in the file.

    Raises:
        Malformed: ``unknown_column``, with the missing column and the file's nearest one.
    """
    for column in wanted:
        if column not in present:
            hint = nearest(column, present)
            raise Malformed(
                "unknown_column",
                f"{file_name} has no column {column!r}" + (f"; did you mean {hint!r}?" if hint else "."),
                file=file_name,
                column=column,
                nearest=hint,
            )


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that looks most like ``word``, or None when none does."""
    by_fold = {name.strip().casefold(): name for name in known}
    found = get_close_matches(word.strip().casefold(), by_fold, n=1, cutoff=0.5)
    return by_fold[found[0]] if found else None


def amounts_of(document: Mapping[str, Any]) -> tuple[Currency, int]:
    """Return the currency of a mapping's amounts and the decimals that one may carry in the file.

    Raises:
        Malformed: ``bad_mapping``, ``unknown_currency``.
    """
    unit = text(document, "unit")
    if unit not in UNITS:
        raise bad_mapping(f"unit must be one of {', '.join(UNITS)}, not {unit!r}.", "unit")
    money = currency(text(document, "currency"))
    return money, money.digits if unit == "major" else 0


def date_format_of(document: Mapping[str, Any]) -> str:
    """Return a mapping's form of dates.

    Raises:
        Malformed: ``bad_mapping``.
    """
    date_format = text(document, "date_format")
    if not is_date_format(date_format):
        raise bad_mapping(
            "date_format must use %Y, %m and %d once, and otherwise only %H, %M, %S.", "date_format"
        )
    return date_format


def file_names(table: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Return the plain file names that a part of a mapping lists under ``files``.

    Raises:
        Malformed: ``bad_mapping``.
    """
    files = table.get("files")
    if not isinstance(files, list) or not files or not all(_is_file_name(name) for name in files):
        raise bad_mapping(
            f"{where}.files must list plain file names, without a folder or wildcard.", f"{where}.files"
        )
    return tuple(files)


def toml_document(data: bytes) -> dict[str, Any]:
    """Return a TOML document of at most ``MAX_MAPPING_BYTES``.

    Raises:
        Malformed: ``bad_mapping``.
    """
    if len(data) > MAX_MAPPING_BYTES:
        raise bad_mapping(f"The mapping is larger than {MAX_MAPPING_BYTES} bytes.", None)
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise bad_mapping(f"The mapping is not a TOML document: {error}.", None) from error


def _side(table: dict[str, Any], side: str, enterprise_is_fixed: bool) -> Side:
    known_keys(table, {"files", "columns"}, side)
    files = file_names(table, side)
    columns = table_of(table, "columns", f"{side}.columns")
    words = {word: column for column, word in COLUMN_WORDS.items()}
    wanted = set(words) - ({"enterprise"} if enterprise_is_fixed else set())
    known_keys(columns, wanted, f"{side}.columns")
    for word in sorted(wanted - columns.keys()):
        raise bad_mapping(f"{side}.columns lacks {word!r}.", f"{side}.columns.{word}")
    named = {words[word]: text(columns, word, f"{side}.columns.{word}") for word in columns}
    if len(set(named.values())) < len(named):
        raise bad_mapping(f"{side}.columns uses one column of the file twice.", f"{side}.columns")
    return Side(files=files, columns=named)


def _is_file_name(name: object) -> bool:
    return isinstance(name, str) and _FILE_NAME.fullmatch(name) is not None and not name.startswith(".")


def _status_codes(table: dict[str, Any]) -> dict[str, str]:
    codes = {word.strip(): text(table, word, f"status.{word}") for word in table}
    for word, status in codes.items():
        if status not in STATUSES:
            raise bad_mapping(
                f"status {word!r} must mean {' or '.join(STATUSES)}, not {status!r}.", f"status.{word}"
            )
    if "valid" not in codes.values() or "" in codes or len(codes) < len(table):
        raise bad_mapping("status must give a word for valid invoices, and no word twice.", "status")
    return codes


def known_keys(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Refuse a key that is not known, with the nearest one that is.

    Raises:
        Malformed: ``bad_mapping``.
    """
    for key in table:
        if key not in known:
            hint = nearest(key, known)
            raise bad_mapping(
                f"There is no {key!r} in {where}" + (f"; did you mean {hint!r}?" if hint else "."), key
            )


def table_of(document: Mapping[str, Any], key: str, where: str | None = None) -> dict[str, Any]:
    """Return a part of a document that must be a table.

    Raises:
        Malformed: ``bad_mapping``.
    """
    value = document.get(key)
    if not isinstance(value, dict):
        raise bad_mapping(f"{where or key} must be a table.", where or key)
    return value


def text(document: Mapping[str, Any], key: str, where: str | None = None) -> str:
    """Return a part of a document that must be a text of 1 to 200 characters.

    Raises:
        Malformed: ``bad_mapping``.
    """
    value = document[key]
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise bad_mapping(f"{where or key} must be a text of 1 to 200 characters.", where or key)
    return value


def bad_mapping(message: str, key: str | None) -> Malformed:
    """Return the refusal of a mapping, with the key that is at fault."""
    return Malformed("bad_mapping", message, key=key)
