"""A pull source: what a TOML document says about an HTTP interface from which books are pulled (A2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallystick.admission.mapping import bad_mapping, known_keys, table_of, text, toml_document

PAGINGS = ("none", "page", "offset", "cursor", "link")
FORMATS = ("json", "csv")
MAX_TABLES = 20
_KEYS = {"name", "base_url", "secret_header", "requests_per_second", "timeout_s", "tables"}
_TABLE_KEYS = {"path", "format", "records", "total", "paging", "page_size", "page_parameter"} | {
    "size_parameter",
    "subject_parameter",
    "cursor",
}
_URL = re.compile(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?(/[A-Za-z0-9._~/\-]*)?")
_PATH = re.compile(r"/[A-Za-z0-9._~/\-]{0,200}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")


@dataclass(frozen=True)
class PullTable:
    """One table of the source.

    Attributes:
        path: below the base URL.
        format: of the bodies, ``json`` or ``csv``.
        records: keys that lead to the list of records in a JSON body; empty: the body is the list.
        total: keys that lead to the number of all records, which must not change while it is pulled.
        paging: ``none``, ``page`` (1, 2, ...), ``offset``, ``cursor`` (its key in ``cursor``) or ``link``.
        page_parameter, size_parameter, subject_parameter: names in the query; empty ones are not sent.
    """

    path: str
    format: str
    records: tuple[str, ...]
    total: tuple[str, ...]
    paging: str
    page_size: int
    page_parameter: str
    size_parameter: str
    subject_parameter: str
    cursor: tuple[str, ...]


@dataclass(frozen=True)
class PullSource:
    """One HTTP interface; the secret that ``secret_header`` carries is never part of the document."""

    name: str
    base_url: str
    secret_header: str
    requests_per_second: int
    timeout_s: int
    tables: Mapping[str, PullTable]


def parse_pull_source(data: bytes) -> PullSource:
    """Return the source that a TOML document describes.

    Raises:
        Malformed: ``bad_mapping``, naming the key.
    """
    document = toml_document(data)
    known_keys(document, _KEYS, "the source")
    for key in ("name", "base_url", "tables"):
        if key not in document:
            raise bad_mapping(f"The source lacks {key!r}.", key)
    base_url = text(document, "base_url").rstrip("/")
    if not _URL.fullmatch(base_url):
        raise bad_mapping("base_url must be an http or https address without a query or user.", "base_url")
    header = text(document, "secret_header") if "secret_header" in document else ""
    if header and not _HEADER.fullmatch(header):
        raise bad_mapping("secret_header must be the name of a header.", "secret_header")
    tables = table_of(document, "tables")
    if not 1 <= len(tables) <= MAX_TABLES or not all(_NAME.fullmatch(name) for name in tables):
        raise bad_mapping(f"tables must be 1 to {MAX_TABLES} tables with plain names.", "tables")
    return PullSource(
        name=text(document, "name"),
        base_url=base_url,
        secret_header=header,
        requests_per_second=_whole(document, "requests_per_second", 5, 100),
        timeout_s=_whole(document, "timeout_s", 10, 120),
        tables={name: _table(table_of(tables, name, f"tables.{name}"), name) for name in tables},
    )


def _table(table: dict[str, Any], name: str) -> PullTable:
    where = f"tables.{name}"
    known_keys(table, _TABLE_KEYS, where)
    if "path" not in table or not _PATH.fullmatch(path := text(table, "path", f"{where}.path")):
        raise bad_mapping(f"{where}.path must be a path that begins with a slash.", f"{where}.path")
    paging = _word(table, "paging", "none", PAGINGS, where)
    body = _word(table, "format", "json", FORMATS, where)
    cursor = _keys(table, "cursor")
    if (paging == "cursor") != bool(cursor) or (paging == "cursor" and body != "json"):
        raise bad_mapping(f"{where}.cursor must name a key of a JSON body, for that paging.", where)
    return PullTable(
        path=path,
        format=body,
        records=_keys(table, "records"),
        total=_keys(table, "total"),
        paging=paging,
        page_size=_whole(table, "page_size", 100, 10_000),
        page_parameter=_parameter(table, "page_parameter", "" if paging in {"none", "link"} else paging),
        size_parameter=_parameter(table, "size_parameter", ""),
        subject_parameter=_parameter(table, "subject_parameter", ""),
        cursor=cursor,
    )


def _word(table: dict[str, Any], key: str, default: str, known: tuple[str, ...], where: str) -> str:
    word = table.get(key, default)
    if word not in known:
        raise bad_mapping(f"{where}.{key} must be one of {', '.join(known)}.", f"{where}.{key}")
    return str(word)


def _keys(table: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(text(table, key).split(".")) if key in table else ()


def _parameter(table: dict[str, Any], key: str, default: str) -> str:
    return text(table, key) if key in table else default


def _whole(table: Mapping[str, Any], key: str, default: int, most: int) -> int:
    value = table.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise bad_mapping(f"{key} must be a whole number from 1 to {most}.", key)
    return value
