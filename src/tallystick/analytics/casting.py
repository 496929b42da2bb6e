"""Casting: text becomes the canonical columns, exactly or not at all.

Every check names the first value that fails it, with its column and row. What cannot be read refuses the
whole file, for then the mapping is wrong; what is readable but wrong (no such day, a blank) is let
through as a missing value, for ``tallystick.admission.quality`` to count.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from tallystick.admission.books import COLUMNS, MAX_SIDE_TOTAL_MINOR, SIDES
from tallystick.admission.layout import AMOUNT, CODE, DATE, Layout
from tallystick.admission.mapping import BooksMapping, nearest
from tallystick.analytics.reading import CUT_TEXT, MAX_TEXT, literal
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
    """Append one side, read as text in the table ``raw``, to the tables ``received`` and ``first_changes``.

    Raises:
        Malformed: as ``cast_table``.
        TooLarge: ``amounts_too_large`` when one enterprise's amounts add up to more than can be exact.
    """
    cast = cast_table(connection, raw, staged, mapping.layout(staged.side))
    direction = literal(SIDES[staged.side])
    values = ", ".join(direction if column == "direction" else column for column in COLUMNS)
    connection.execute(f"INSERT INTO received SELECT {values}, row, stray_blanks, no_such_day FROM {cast}")
    connection.execute(
        f"INSERT INTO first_changes SELECT {direction}, enterprise, row, unnest(changes, recursive := true) "
        f"FROM {cast} WHERE len(changes) > 0"
    )
    connection.execute(f"DROP TABLE {cast}")
    _refuse_unsafe_totals(connection, staged)


def cast_table(connection: duckdb.DuckDBPyConnection, raw: str, staged: Staged, layout: Layout) -> str:
    """Turn the table ``raw`` of texts into one of our types, which takes its place, and return its name.

    Besides ``row`` and the layout's columns it has ``stray_blanks`` (a text had blanks around it),
    ``no_such_day`` (a text has the form of a date, but there is no such day), and ``changes``: a list of
    ``{rule, field, before, after}``, one for each text that blanks were taken from or that is no day.

    Raises:
        Malformed: ``wrong_type``, ``bad_amount_in_column``, ``bad_date``, ``unknown_status`` (or
            ``unknown_COLUMN``), ``missing_enterprise`` or ``bad_text``, naming column, row and value.
    """
    # A value that was cut stays as long as it is, so that it is refused and never taken for its beginning.
    trimmed = ", ".join(
        f"CASE WHEN length({column}) = {CUT_TEXT} THEN {column} "
        f"ELSE nullif(trim({column}, $blanks), '') END AS {column}"
        for column in layout.kinds
    )
    iso = "".join(f", {column}_is_iso" for column in layout.of_kind(DATE))
    connection.execute(f"CREATE TABLE trimmed AS SELECT row{iso}, {trimmed} FROM {raw}", {"blanks": _BLANKS})
    for check in _checks(layout):
        _refuse_first(connection, check, staged, layout)
    cast = f"cast_{staged.side}"
    values = {column: _value(column, kind, layout) for column, kind in layout.kinds.items()}
    typed = ", ".join(f"{value} AS {column}" for column, value in values.items())
    connection.execute(f"CREATE TABLE typed AS SELECT row, {typed} FROM trimmed")
    connection.execute(
        f"CREATE TABLE {cast} AS SELECT typed.*, {_stray(layout)} AS stray_blanks, "
        f"{_no_such_day(layout)} AS no_such_day, {_changes(layout)} AS changes "
        f"FROM typed JOIN trimmed USING (row) JOIN {raw} AS raw USING (row)",
    )
    connection.execute(f"DROP TABLE typed; DROP TABLE trimmed; DROP TABLE {raw}")
    return cast


def _stray(layout: Layout) -> str:
    return " OR ".join(_is_stray(column) for column in layout.kinds)


def _is_stray(column: str) -> str:
    return f"coalesce(raw.{column} != trim(raw.{column}, {literal(_BLANKS)}), false)"


def _no_such_day(layout: Layout) -> str:
    days = [f"(trimmed.{day} IS NOT NULL AND typed.{day} IS NULL)" for day in layout.of_kind(DATE)]
    return " OR ".join(days) or "false"


def _changes(layout: Layout) -> str:
    found = []
    for column, kind in layout.kinds.items():
        after = f"CAST(typed.{column} AS VARCHAR)"
        if kind == DATE:
            after = f"coalesce({after}, trimmed.{column})"
            no_day = f"trimmed.{column} IS NOT NULL AND typed.{column} IS NULL"
            lost = _change("impossible_date", column, f"trimmed.{column}", "NULL")
            found.append(f"CASE WHEN {no_day} THEN {lost} END")
        stray = _change("stray_blanks", column, f"raw.{column}", after)
        found.insert(0, f"CASE WHEN {_is_stray(column)} THEN {stray} END")
    return f"list_filter([{', '.join(found)}], lambda change: change IS NOT NULL)"


def _change(rule: str, column: str, before: str, after: str) -> str:
    return f"{{'rule': '{rule}', 'field': '{column}', 'before': {before}, 'after': CAST({after} AS VARCHAR)}}"


def _checks(layout: Layout) -> Iterator[_Check]:
    yield _Check("enterprise", "missing_enterprise", "enterprise IS NULL", (), "must say whose row it is")
    for column in layout.kinds:
        wrong = f"length({column}) > {MAX_TEXT} OR regexp_matches({column}, '[\\x00-\\x1f]')"
        yield _Check(column, "bad_text", wrong, (), f"must be at most {MAX_TEXT} printable characters")
    for column in layout.of_kind(AMOUNT):
        wrong = f"NOT regexp_full_match({column}, ?)"
        yield _Check(column, "wrong_type", wrong, (_NUMBER,), "is not a number")
        exact = _amount_pattern(layout)
        message = f"must have at most {layout.amount_digits} decimals and {layout.max_amount_digits} digits"
        yield _Check(column, "bad_amount_in_column", wrong, (exact,), message)
    for column in layout.of_kind(DATE):
        shape = f"NOT {column}_is_iso AND NOT regexp_full_match({column}, ?)"
        message = f"is not a date of the form {layout.date_format}"
        yield _Check(column, "bad_date", shape, (layout.date_pattern,), message)
    for column in layout.of_kind(CODE):
        words = tuple(layout.codes.get(column, {}))
        unknown = f"{column} NOT IN ({', '.join('?' * len(words)) or 'NULL'})"
        yield _Check(column, f"unknown_{column}", unknown, words, f"is no {column} that the mapping knows")


def _amount_pattern(layout: Layout) -> str:
    digits = layout.amount_digits
    decimals = rf"(\.\d{{0,{digits}}}0*)?" if digits else r"(\.0*)?"
    return rf"[+-]?\d{{1,{layout.max_amount_digits - digits}}}{decimals}"


def _refuse_first(
    connection: duckdb.DuckDBPyConnection, check: _Check, staged: Staged, layout: Layout
) -> None:
    found = connection.execute(
        f"SELECT row, {check.column} FROM trimmed WHERE {check.wrong} ORDER BY row LIMIT 1",
        list(check.parameters),
    ).fetchone()
    if found is None:
        return
    row, value = found
    shown = "" if value is None else str(value)[:60]
    theirs = layout.columns.get(check.column, check.column)
    words = layout.codes.get(check.column, {})
    hint = nearest(shown, words) if check.code == f"unknown_{check.column}" else None
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


def _value(column: str, kind: str, layout: Layout) -> str:
    """An expression of the text's value in our type; NULL for a day that does not exist."""
    if kind == AMOUNT:
        return _minor(column, layout.amount_digits)
    if kind == DATE:
        form = literal(layout.date_format)
        return (
            f"CASE WHEN {column}_is_iso THEN try_cast({column} AS DATE) "
            f"ELSE CAST(try_strptime({column}, {form}) AS DATE) END"
        )
    words = layout.codes.get(column, {})
    if kind == CODE and words:
        cases = " ".join(f"WHEN {literal(word)} THEN {literal(ours)}" for word, ours in words.items())
        return f"CASE {column} {cases} END"
    return column


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
