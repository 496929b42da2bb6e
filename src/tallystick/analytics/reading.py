"""Reading: a staged file taken into the engine as text, one column for each that the mapping names.

Nothing is guessed: types that a format carries are turned to text here and read strictly in ``casting``,
so that a wrong value is reported with its column and row whatever the file was.
"""

from collections.abc import Mapping

import duckdb

from tallystick.admission.layout import AMOUNT, DATE, Layout
from tallystick.admission.mapping import BooksMapping, require_columns
from tallystick.analytics.sources import MAX_COLUMNS, Limits, Staged, require_few_columns, unreadable
from tallystick.errors import Malformed, TooLarge

MAX_LINE_BYTES = 1 << 20
MAX_TEXT = 200
CUT_TEXT = 256
"""Characters taken in of one value. A value this long is cut and must be refused; the room above
``MAX_TEXT`` is for blanks around it."""

SURE_DIGITS = 15
"""Digits that a binary64 number keeps for certain; those beyond are noise of the arithmetic that made it."""

_Found = tuple[str, dict[str, str], frozenset[str]]
"""What to select from, our column → an expression of its text, and the dates that are in ISO form."""

_TEXT_TYPES = {"VARCHAR"}
_WHOLE_TYPES = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_DAY_TYPES = {"DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"}


def read_side(
    connection: duckdb.DuckDBPyConnection, staged: Staged, mapping: BooksMapping, limits: Limits
) -> str:
    """Read one side of the books into a table and return its name. Raises as ``read_table``."""
    return read_table(connection, staged, mapping.layout(staged.side), limits)


def read_table(connection: duckdb.DuckDBPyConnection, staged: Staged, layout: Layout, limits: Limits) -> str:
    """Read one file into a table and return its name.

    The table has ``row`` (from 1, in the order of the file) and every column of the layout as text; for each
    date there is a flag, ``COLUMN_is_iso``: the format itself knew the day, which is in ISO form.

    Raises:
        Malformed: ``unknown_column``, ``wrong_type`` (a column whose type cannot hold what the mapping
            says), ``unreadable_file``.
        TooLarge: ``too_many_rows``, ``too_many_columns``, ``books_too_large``.
    """
    table = f"raw_{staged.side}"
    try:
        relation, found, iso = _READERS[staged.format](connection, staged, layout)
        fixed = {column: literal(text) for column, text in layout.fixed.items()}
        values = dict.fromkeys(layout.kinds, "NULL::VARCHAR") | found | fixed
        # Parquet holds a long text once for all its rows; cut, it cannot multiply on the way in.
        parts = [f"left({values[column]}, {CUT_TEXT}) AS {column}" for column in layout.kinds]
        parts += [f"{str(day in iso).lower()} AS {day}_is_iso" for day in layout.of_kind(DATE)]
        # The limit stands outermost: there rows stream up to it and reading stops, while one further in
        # would collect the rows before their texts are cut.
        connection.execute(
            f"CREATE TABLE {table} AS SELECT row_number() OVER () AS row, {', '.join(parts)} "
            f"FROM {relation} LIMIT ?",
            [str(staged.path), limits.rows + 1],
        )
    except duckdb.OutOfMemoryException as error:
        raise TooLarge(
            "books_too_large", f"{staged.file_name} needs more memory than allowed.", file=staged.file_name
        ) from error
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise unreadable(staged.file_name, _reason(error, staged)) from error
    (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    if rows > limits.rows:
        raise TooLarge(
            "too_many_rows", f"{staged.file_name} has more than {limits.rows:,} rows.", file=staged.file_name
        )
    return table


def _csv(connection: duckdb.DuckDBPyConnection, staged: Staged, layout: Layout) -> _Found:
    columns = layout.columns
    require_columns(columns.values(), staged.header, staged.file_name)
    # By position: the engine compares names without case, and a header is someone else's text.
    named = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(staged.header)))
    relation = (
        "read_csv(?, auto_detect=false, header=true, delim=',', quote='\"', escape='\"', strict_mode=true, "
        f"max_line_size={MAX_LINE_BYTES}, columns={{{named}}})"
    )
    found = {column: f"c{staged.header.index(theirs)}" for column, theirs in columns.items()}
    return relation, found, frozenset()


def _json(connection: duckdb.DuckDBPyConnection, staged: Staged, layout: Layout) -> _Found:
    columns = layout.columns
    objects = f"read_json_objects(?, format='newline_delimited', maximum_object_size={MAX_LINE_BYTES})"
    keys = connection.execute(
        f"SELECT DISTINCT unnest(json_keys(json)) FROM {objects} LIMIT ?",
        [str(staged.path), MAX_COLUMNS + 1],
    ).fetchall()
    require_few_columns(keys, staged.file_name)
    require_columns(columns.values(), [key for (key,) in keys], staged.file_name)
    named = ", ".join(f"{literal(theirs)}: 'VARCHAR'" for theirs in columns.values())
    relation = (
        f"read_json(?, format='newline_delimited', maximum_object_size={MAX_LINE_BYTES}, columns={{{named}}})"
    )
    return relation, _quoted(columns), frozenset()


def _parquet(connection: duckdb.DuckDBPyConnection, staged: Staged, layout: Layout) -> _Found:
    columns = layout.columns
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(staged.path)]).fetchall()
    types = {name: kind.partition("(")[0] for name, kind, *_ in described}
    require_few_columns(types, staged.file_name)
    require_columns(columns.values(), types, staged.file_name)
    for column, theirs in columns.items():
        if types[theirs] not in _fitting_types(layout.kinds[column]):
            raise Malformed(
                "wrong_type",
                f"{staged.file_name}: column {theirs!r} has the type {types[theirs]}, "
                f"which cannot hold {column}.",
                file=staged.file_name,
                column=theirs,
                type=types[theirs],
            )
    texts, iso = {}, set()
    for column, name in _quoted(columns).items():
        texts[column] = f"CAST({name} AS VARCHAR)"
        if types[columns[column]] == "DOUBLE":
            texts[column] = f"format('{{:.{SURE_DIGITS}g}}', {name})"
        if types[columns[column]] in _DAY_TYPES:
            texts[column] = f"CAST(CAST({name} AS DATE) AS VARCHAR)"
            iso.add(column)
    return "read_parquet(?)", texts, frozenset(iso)


_READERS = {"csv": _csv, "json": _json, "parquet": _parquet}


def _fitting_types(kind: str) -> set[str]:
    if kind == AMOUNT:
        # A 32-bit float cannot hold the cents of a six-digit amount.
        return _TEXT_TYPES | _WHOLE_TYPES | {"HUGEINT", "DECIMAL", "DOUBLE"}
    if kind == DATE:
        return _TEXT_TYPES | _DAY_TYPES
    return _TEXT_TYPES | _WHOLE_TYPES


def _quoted(columns: Mapping[str, str]) -> dict[str, str]:
    return {column: '"' + theirs.replace('"', '""') + '"' for column, theirs in columns.items()}


def literal(text: str) -> str:
    """Return ``text`` as a literal of the engine's SQL."""
    return "'" + text.replace("'", "''") + "'"


def _reason(error: duckdb.Error, staged: Staged) -> str:
    first_line = str(error).partition("\n")[0].replace(str(staged.path), staged.file_name)
    return first_line.partition("Error: ")[2].rstrip(". ") or "the engine gives no reason"
