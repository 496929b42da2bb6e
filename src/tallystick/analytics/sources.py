"""Sources: the two files of a set of books, found in a folder and staged where the engine may read them.

The files are not trusted. Each is copied, up to a limit, into a private folder under a name of ours; text
is brought to UTF-8 on the way. The engine sees nothing but that folder, so no name or pattern that
someone else wrote ever reaches it.
"""

import codecs
import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from tallystick.admission.books import SIDES
from tallystick.admission.mapping import BooksMapping
from tallystick.analytics.workbook import copy_sheet
from tallystick.errors import Malformed, NotFound, TooLarge

Sources = Mapping[str, Path]
"""``{"sales": Path, "purchases": Path}``, or one of the two, to check it on its own."""

MAX_HEADER_BYTES = 64 * 1024
MAX_COLUMNS = 500
MAX_ARRAY_BYTES = 64 * 1024 * 1024
"""Of a JSON file that is one array, which is read at once; lines are read as they come."""
_CHUNK_BYTES = 1 << 20

FORMATS = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".xlsx": "xlsx",
}
"""What a file is, by the end of its name. A ``.json`` file may hold lines or one array of records."""


@dataclass(frozen=True)
class Limits:
    """How much one load may take.

    Attributes:
        file_bytes: size of one source file.
        rows: data rows of one source file.
        memory_mib: what the engine may hold; beyond it the staging folder's disk is used.
        spill_mib: what it may use of that disk.
        threads: of the engine.
        seconds: how long it may work until the books are in; no limit when ``None``.
        wait_s: how long the load may wait for one of the process's turns, which it then holds until the
            books are closed; it takes none when ``None``.
    """

    file_bytes: int = 256 * 1024 * 1024
    rows: int = 5_000_000
    memory_mib: int = 1024
    spill_mib: int = 4096
    threads: int = 2
    seconds: float | None = None
    wait_s: float | None = None


UPLOAD_LIMITS = Limits(
    file_bytes=64 * 1024 * 1024, rows=500_000, memory_mib=512, spill_mib=512, seconds=20, wait_s=5
)
"""For books that outsiders send while others wait; the plain limits are for an analyst's own work."""


@dataclass(frozen=True)
class Staged:
    """One source, copied: ``file_name`` is what people call it, ``path`` where the copy lies.

    ``header`` are the column names of a CSV file, in order; empty for the self-describing formats.
    """

    side: str
    file_name: str
    path: Path
    format: str
    header: tuple[str, ...]


def resolve(directory: Path, mapping: BooksMapping) -> Sources:
    """Return the files of ``directory`` that the mapping names, one for each side.

    Raises:
        NotFound: ``no_such_file`` when none of the names of a side is there.
        Malformed: ``ambiguous_source`` when more than one is.
    """
    return {side: only_file(directory, side, names.files) for side, names in mapping.sides.items()}


def only_file(directory: Path, side: str, names: tuple[str, ...]) -> Path:
    """Return the one file of ``directory`` that bears one of the names. Raises as ``resolve``."""
    found = [directory / name for name in names if (directory / name).is_file()]
    if not found:
        raise NotFound(
            "no_such_file", f"There is no {' or '.join(names)} with the {side} in the folder.", side=side
        )
    if len(found) > 1:
        raise Malformed(
            "ambiguous_source",
            f"The folder has the {side} more than once: {', '.join(path.name for path in found)}.",
            side=side,
        )
    return found[0]


def stage(sources: Sources, folder: Path, limits: Limits) -> tuple[Staged, ...]:
    """Copy the sources into ``folder`` and return what was staged, sales first.

    A workbook is staged as CSV: its first sheet, every field as text.

    Raises:
        Malformed: ``unreadable_file`` for an unknown format, a file that cannot be opened or text that
            is neither UTF-8 nor GB 18030; ``empty_books`` for a file without a byte.
            Also ``bad_workbook`` and ``formula_in_sheet``.
        TooLarge: ``file_too_large``, ``too_many_rows``, ``workbook_too_large``.
    """
    return tuple(_stage(side, sources[side], folder, limits) for side in _in_order(sources))


def _in_order(sources: Sources) -> list[str]:
    return [*(side for side in SIDES if side in sources), *(name for name in sources if name not in SIDES)]


def _stage(side: str, source: Path, folder: Path, limits: Limits) -> Staged:
    name = source.name
    file_format = FORMATS.get(source.suffix.lower())
    if file_format is None:
        raise unreadable(name, f"its name must end in one of {', '.join(FORMATS)}")
    target = folder / f"{side}.{file_format}"
    try:
        with source.open("rb") as file:
            size = _copy(file, target, name, limits.file_bytes)
    except OSError as error:
        raise unreadable(name, error.strerror or "it cannot be opened") from error
    if size == 0:
        raise Malformed("empty_books", f"{name} is empty.", file=name)
    if file_format == "xlsx":
        target, file_format = _sheet_as_csv(target, name, limits), "csv"
    elif file_format != "parquet":
        _to_utf8(target, name)
    if file_format == "json" and _begins_an_array(target):
        _array_as_lines(target, name)
    header = _csv_header(target, name) if file_format == "csv" else ()
    return Staged(side, name, target, file_format, header)


def _copy(file: BinaryIO, target: Path, name: str, limit: int) -> int:
    size = 0
    with target.open("wb") as copy:
        while chunk := file.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > limit:
                raise TooLarge("file_too_large", f"{name} is larger than {limit:,} bytes.", file=name)
            copy.write(chunk)
    return size


def _sheet_as_csv(path: Path, name: str, limits: Limits) -> Path:
    target = path.with_suffix(".csv")
    copy_sheet(path, target, name, limits.rows, limits.seconds)
    path.unlink()
    return target


def _array_as_lines(path: Path, name: str) -> None:
    """Put one record on each line; the engine's own reader takes an array that breaks off for a whole one."""
    if path.stat().st_size > MAX_ARRAY_BYTES:
        raise TooLarge(
            "file_too_large", f"{name}: an array may have {MAX_ARRAY_BYTES:,} bytes; use lines.", file=name
        )
    try:
        records = msgspec.json.decode(path.read_bytes(), type=list[dict[str, msgspec.Raw]])
    except (msgspec.DecodeError, RecursionError) as error:
        raise unreadable(name, "it is no whole array of records") from error
    with path.open("wb") as file:
        file.writelines(msgspec.json.encode(record) + b"\n" for record in records)


def _begins_an_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(MAX_HEADER_BYTES).lstrip()[:1] == b"["


def _to_utf8(path: Path, name: str) -> None:
    for encoding in ("utf-8-sig", "gb18030"):
        written = path.with_suffix(".utf8")
        try:
            with path.open("rb") as source, written.open("w", encoding="utf-8", newline="") as target:
                for text in _decoded(source, encoding):
                    if "\0" in text:
                        raise unreadable(name, "it is not text")
                    target.write(text)
        except UnicodeDecodeError:
            continue
        written.replace(path)
        return
    raise unreadable(name, "its text is neither UTF-8 nor GB 18030")


def _decoded(source: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    while chunk := source.read(_CHUNK_BYTES):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _csv_header(path: Path, name: str) -> tuple[str, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read(MAX_HEADER_BYTES)
    try:
        names = tuple(
            column.strip() for column in next(csv.reader(text.splitlines(keepends=True), strict=True))
        )
    except (csv.Error, StopIteration) as error:
        raise unreadable(name, "its first line is not a row of column names") from error
    require_few_columns(names, name)
    for column in names:
        if names.count(column) > 1:
            raise unreadable(name, f"the column {column!r} is there more than once")
    return names


def require_few_columns(columns: Collection[object], name: str) -> None:
    """Refuse a file with more than ``MAX_COLUMNS`` columns.

    Raises:
        TooLarge: ``too_many_columns``.
    """
    if len(columns) > MAX_COLUMNS:
        raise TooLarge("too_many_columns", f"{name} has more than {MAX_COLUMNS} columns.", file=name)


def unreadable(name: str, why: str) -> Malformed:
    """Return the refusal of a file that cannot be read, with the reason in plain words."""
    return Malformed("unreadable_file", f"{name} cannot be read: {why}.", file=name)
