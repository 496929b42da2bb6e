"""Casting: text becomes the canonical columns, exactly or not at all.

Every check names the first value that fails it, with its column and row. What cannot be read refuses the
whole file, for then the mapping is wrong; what is readable but wrong (no such day, a blank) is let
through as a missing value, for ``tallystick.admission.quality`` to count.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from tallystick.admission.books import (
    AMOUNT_COLUMNS,
    COLUMNS,
    FILE_COLUMNS,
    MAX_AMOUNT_DIGITS,
    MAX_SIDE_TOTAL_MINOR,
    SIDES,
)
from tallystick.admission.mapping import BooksMapping, nearest
from tallystick.analytics.reading import CUT_TEXT, MAX_TEXT
from tallystick.analytics.sources import Staged
from tallystick.errors import Malformed, TooLarge

# ASCII blanks, the no-break space and the ideographic space: all are found around words in exports.
_BLANKS = " \t\r\n\u00a0\u3000"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"


@dataclass(frozen=True)
class _Check:
    """A condition that no row may meet; ``message`` ends the sentence after the row and the value."""

    column: str
    code: str
    wrong: str
    parameters: tuple[str, ...]
    message: str


def cast_side(connection: duckdb.DuckDBPyConnection, raw: str, staged: Staged, mapping: BooksMapping) -> None:
    """Append one side, read as text in the table ``raw``, to the table ``received``.

    Raises:
        Malformed: ``wrong_type``, ``bad_amount_in_column``, ``bad_date``, ``unknown_status``,
            ``missing_enterprise`` or ``bad_text``, naming the column, the row and the value.
        TooLarge: ``amounts_too_large`` when one enterprise's amounts add up to more than can be exact.
    """
    # A value that was cut stays as long as it is, so that it is refused and never taken for its beginning.
    trimmed = ", ".join(
        f"CASE WHEN length({column}) = {CUT_TEXT} THEN {column} "
        f"ELSE nullif(trim({column}, $blanks), '') END AS {column}"
        for column in FILE_COLUMNS
    )
    stray = " OR ".join(f"coalesce({column} != trim({column}, $blanks), false)" for column in FILE_COLUMNS)
    connection.execute(
        f"CREATE TABLE trimmed AS SELECT row, issued_on_is_iso, {trimmed}, {stray} AS stray_blanks "
        f"FROM {raw}",
        {"blanks": _BLANKS},
    )
    for check in _checks(mapping):
        _refuse_first(connection, check, staged, mapping)
    _append(connection, staged, mapping)
    connection.execute(f"DROP TABLE trimmed; DROP TABLE {raw}")
    _refuse_unsafe_totals(connection, staged)


def _checks(mapping: BooksMapping) -> Iterator[_Check]:
    yield _Check("enterprise", "missing_enterprise", "enterprise IS NULL", (), "must say whose invoice it is")
    for column in FILE_COLUMNS:
        wrong = f"length({column}) > {MAX_TEXT} OR regexp_matches({column}, '[\\x00-\\x1f]')"
        yield _Check(column, "bad_text", wrong, (), f"must be at most {MAX_TEXT} printable characters")
    for column in AMOUNT_COLUMNS:
        wrong = f"NOT regexp_full_match({column}, ?)"
        yield _Check(column, "wrong_type", wrong, (_NUMBER,), "is not a number")
        exact = _amount_pattern(mapping.amount_digits)
        message = f"must have at most {mapping.amount_digits} decimals and {MAX_AMOUNT_DIGITS} digits"
        yield _Check(column, "bad_amount_in_column", wrong, (exact,), message)
    shape = "NOT issued_on_is_iso AND NOT regexp_full_match(issued_on, ?)"
    message = f"is not a date of the form {mapping.date_format}"
    yield _Check("issued_on", "bad_date", shape, (mapping.date_pattern,), message)
    words = tuple(mapping.status_codes)
    unknown = f"status NOT IN ({', '.join('?' * len(words))})"
    yield _Check("status", "unknown_status", unknown, words, "is no status that the mapping knows")


def _amount_pattern(digits: int) -> str:
    decimals = rf"(\.\d{{0,{digits}}}0*)?" if digits else r"(\.0*)?"
    return rf"[+-]?\d{{1,{MAX_AMOUNT_DIGITS - digits}}}{decimals}"


def _refuse_first(
    connection: duckdb.DuckDBPyConnection, check: _Check, staged: Staged, mapping: BooksMapping
) -> None:
    found = connection.execute(
        f"SELECT row, {check.column} FROM trimmed WHERE {check.wrong} ORDER BY row LIMIT 1",
        list(check.parameters),
    ).fetchone()
    if found is None:
        return
    row, value = found
    shown = "" if value is None else str(value)[:60]
    theirs = mapping.sides[staged.side].columns.get(check.column, check.column)
    hint = nearest(shown, mapping.status_codes) if check.code == "unknown_status" else None
    raise Malformed(
        check.code,
        f"{staged.file_name}, row {row}, column {theirs!r}: {shown!r} {check.message}"
        + (f"; did you mean {hint!r}?" if hint else "."),
        file=staged.file_name,
        column=theirs,
        row=row,
        value=shown,
        nearest=hint,
    )


def _append(connection: duckdb.DuckDBPyConnection, staged: Staged, mapping: BooksMapping) -> None:
    day = (
        "CASE WHEN issued_on_is_iso THEN try_cast(issued_on AS DATE) "
        "ELSE CAST(try_strptime(issued_on, $date_format) AS DATE) END"
    )
    statuses = " ".join(f"WHEN $word{n} THEN $status{n}" for n in range(len(mapping.status_codes)))
    values = {
        **{column: column for column in FILE_COLUMNS},
        "direction": "$direction",
        "issued_on": day,
        **{column: _minor(column, mapping.amount_digits) for column in AMOUNT_COLUMNS},
        "status": f"CASE status {statuses} END",
    }
    parameters = {"direction": SIDES[staged.side], "date_format": mapping.date_format}
    for n, (word, status) in enumerate(mapping.status_codes.items()):
        parameters |= {f"word{n}": word, f"status{n}": status}
    selected = ", ".join(values[column] for column in COLUMNS)
    connection.execute(
        f"INSERT INTO received SELECT {selected}, row, stray_blanks, "
        f"issued_on IS NOT NULL AND ({day}) IS NULL FROM trimmed",
        parameters,
    )


def _minor(column: str, digits: int) -> str:
    """An amount's text as minor units by moving the point, never through a float or a decimal."""
    whole, decimals = f"split_part({column}, '.', 1)", f"split_part({column}, '.', 2)"
    moved = f"{whole} || rpad(left({decimals}, {digits}), {digits}, '0')" if digits else whole
    return f"CAST({moved} AS BIGINT)"


def _refuse_unsafe_totals(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    found = connection.execute(
        "SELECT enterprise FROM received WHERE direction = ? GROUP BY enterprise "
        "HAVING sum(abs(net_minor)) > ? ORDER BY enterprise LIMIT 1",
        [SIDES[staged.side], MAX_SIDE_TOTAL_MINOR],
    ).fetchone()
    if found is not None:
        raise TooLarge(
            "amounts_too_large",
            f"{staged.file_name}: the amounts of {found[0]!r} add up to more than {MAX_SIDE_TOTAL_MINOR} "
            "minor units.",
            file=staged.file_name,
        )
