"""A mapping file of tax books: like one of invoice books, with a part for each table that it brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallystick.admission.layout import CODE, Layout
from tallystick.admission.mapping import (
    amounts_of,
    bad_mapping,
    date_format_of,
    file_names,
    known_keys,
    table_of,
    text,
    toml_document,
)
from tallystick.admission.tax_books import MAX_TAX_DIGITS, TAX_TABLES, TaxTable
from tallystick.values.money import Currency

_KEYS = ("name", "currency", "unit", "date_format", "enterprise")
_PART_KEYS = {"files", "columns", "fixed", "codes"}


@dataclass(frozen=True)
class TaxMapping:
    """Tax books, described: for each table the files to look for and how one becomes ours."""

    name: str
    currency: Currency
    files: Mapping[str, tuple[str, ...]]
    layouts: Mapping[str, Layout]


def parse_tax_mapping(data: bytes) -> TaxMapping:
    """Return the mapping that a TOML document describes.

    Raises:
        Malformed: ``bad_mapping``, with the nearest key that is known; ``unknown_currency``.
    """
    document = toml_document(data)
    known_keys(document, {*_KEYS, *TAX_TABLES}, "the mapping")
    for key in _KEYS[:-1]:
        if key not in document:
            raise bad_mapping(f"The mapping lacks {key!r}.", key)
    parts = {name: table_of(document, name) for name in TAX_TABLES if name in document}
    if not parts:
        raise bad_mapping(f"The mapping brings none of {', '.join(TAX_TABLES)}.", None)
    money, _ = amounts_of(document)
    return TaxMapping(
        name=text(document, "name"),
        currency=money,
        files={name: file_names(part, name) for name, part in parts.items()},
        layouts={name: _layout(document, name, part) for name, part in parts.items()},
    )


def _layout(document: Mapping[str, Any], name: str, part: dict[str, Any]) -> Layout:
    known_keys(part, _PART_KEYS, name)
    table = TAX_TABLES[name]
    words = {column.removesuffix("_minor"): column for column in table.kinds}
    fixed = _texts(part, "fixed", name, words)
    if "enterprise" in document:
        fixed["enterprise"] = text(document, "enterprise").strip()
    columns = _texts(part, "columns", name, words)
    for column in sorted(table.required - columns.keys() - fixed.keys()):
        raise bad_mapping(f"{name}.columns lacks {column.removesuffix('_minor')!r}.", f"{name}.columns")
    if columns.keys() & fixed.keys() or len(set(columns.values())) < len(columns):
        raise bad_mapping(f"{name} says one column twice.", f"{name}.columns")
    _, digits = amounts_of(document)
    return Layout(
        kinds=table.kinds,
        columns=columns,
        amount_digits=digits,
        max_amount_digits=MAX_TAX_DIGITS,
        date_format=date_format_of(document),
        fixed=fixed,
        codes=_codes(part, name, table),
    )


def _texts(part: dict[str, Any], key: str, name: str, words: Mapping[str, str]) -> dict[str, str]:
    table = table_of(part, key, f"{name}.{key}") if key in part else {}
    known_keys(table, words.keys(), f"{name}.{key}")
    return {words[word]: text(table, word, f"{name}.{key}.{word}") for word in table}


def _codes(part: dict[str, Any], name: str, table: TaxTable) -> dict[str, dict[str, str]]:
    """Code lists: the file's word → ours; without one the file must use our words."""
    given = table_of(part, "codes", f"{name}.codes") if "codes" in part else {}
    coded = [column for column, kind in table.kinds.items() if kind == CODE]
    known_keys(given, coded, f"{name}.codes")
    codes = {column: {word: word for word in table.words[column]} for column in coded}
    for column in given:
        where = f"{name}.codes.{column}"
        listed = table_of(given, column, where)
        codes[column] = {word.strip(): text(listed, word, where) for word in listed}
        for ours in codes[column].values():
            if ours not in table.words[column]:
                raise bad_mapping(
                    f"{where} must mean {' or '.join(table.words[column])}, not {ours!r}.", where
                )
    return codes
