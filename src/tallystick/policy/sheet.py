"""A decision table as rows of text, for spreadsheets: what it is, its inputs, its outputs, its rules.

    format          tallystick/decision-table/1
    name            registration-changes
    ...
    inputs:         type      unit     min  max   label en   label zh   choices
    changes         integer   changes  0    1000  Changes    变更次数
    outputs:        type      unit     label en   label zh   choices
    rules:          text en   text zh  when changes   then level   (or base, excess_of, per_unit, cap)
    MANY_CHANGES    ...

Blank rows mean nothing, a blank cell is left out, and choices are parted by commas. Nothing is worked out:
a field is the text that it shows.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from tallystick.errors import Malformed, TooLarge
from tallystick.policy.document import MAX_DOCUMENT_BYTES
from tallystick.policy.graph import Graph
from tallystick.policy.table import Table, parse
from tallystick.policy.writing import PlainData, plain_table

MAX_ROWS: Final = 11_000
MAX_COLUMNS: Final = 300
MAX_FIELD: Final = 2_000

Grid = Sequence[Sequence[str]]

_INPUTS: Final = ("type", "unit", "min", "max", "label en", "label zh", "choices")
_OUTPUTS: Final = ("type", "unit", "label en", "label zh", "choices")
_POINTS: Final = ("base", "excess_of", "per_unit", "cap")
#: Rows of the head: how many fields each has, and how they stand in the document.
_HEAD: Final[Mapping[str, Callable[[Sequence[str]], object]]] = {
    "format": lambda fields: fields[0],
    "name": lambda fields: fields[0],
    "title": lambda fields: {"en": fields[0], "zh": fields[1]},
    "effective_from": lambda fields: fields[0],
    "hit": lambda fields: fields[0],
    "acceptable": lambda fields: {"approve_up_to": fields[0], "refer_up_to": fields[1]},
    "points_max": lambda fields: fields[0],
}
#: What a spreadsheet would take for a formula, if it stood at the beginning of a field.
_ACTIVE: Final = ("=", "+", "-", "@", "'", "\t", "\r")


def write_sheet(policy: Table | Graph) -> list[list[str]]:
    """Return a table as rows of text.

    Raises:
        Malformed: ``not_in_sheet`` for a graph, and for text that is empty or holds control characters.
    """
    if isinstance(policy, Graph):
        raise _not_in_sheet("a graph; a sheet holds one table, so write its tables one by one")
    document = plain_table(policy)
    rows: list[list[str]] = [[key, *_texts(document[key])] for key in _HEAD if key in document]
    rows += [[], ["inputs:", *_INPUTS]]
    rows += [[part["name"], *_declared(part, _INPUTS)] for part in document["inputs"]]
    if "outputs" in document:
        rows += [[], ["outputs:", *_OUTPUTS]]
        rows += [[part["name"], *_declared(part, _OUTPUTS)] for part in document["outputs"]]
    inputs = [part.name for part in policy.inputs]
    outputs = [part.name for part in policy.outputs]
    given = [f"then {name}" for name in outputs] if outputs else list(_POINTS)
    rows += [[], ["rules:", "text en", "text zh", *(f"when {name}" for name in inputs), *given]]
    for row in document["rules"]:
        when, gives = row.get("when", {}), row.get("then") or row.get("points", {})
        fields = [when.get(name, "") for name in inputs]
        fields += [_field(gives[name]) if name in gives else "" for name in outputs or _POINTS]
        rows.append([row["code"], row["text"]["en"], row["text"]["zh"], *fields])
    for fields in rows:
        _check_fields(fields)
    return rows


def read_sheet(grid: Iterable[Sequence[str]]) -> Table:
    """Return the table that rows of text state.

    Raises:
        Malformed: ``bad_sheet`` with the row named; else as ``table.parse``.
        TooLarge: ``sheet_too_large``.
    """
    document: PlainData = {"inputs": [], "rules": []}
    section = ""
    headings: tuple[str, ...] = ()
    for number, row in enumerate(grid, 1):
        fields = list(row)
        if number > MAX_ROWS or len(fields) > MAX_COLUMNS or any(len(each) > MAX_FIELD for each in fields):
            raise TooLarge(
                "sheet_too_large",
                f"A sheet may have {MAX_ROWS} rows and {MAX_COLUMNS} columns; a field, {MAX_FIELD} letters.",
            )
        while fields and not fields[-1].strip():
            fields.pop()
        if not fields:
            continue
        if fields[0] in ("inputs:", "outputs:", "rules:"):
            section, headings = fields[0], tuple(fields[1:])
            _check_headings(section, headings, number)
            document.setdefault(section.rstrip(":"), [])
        elif not section:
            _read_head(document, fields, number)
        else:
            if len(fields) > len(headings) + 1:
                raise _bad(number, "it has more fields than there are headings")
            padded = [*fields[1:], *[""] * (len(headings) + 1 - len(fields))]
            named = {heading: each for heading, each in zip(headings, padded, strict=True) if each}
            read = _rule if section == "rules:" else _declaration
            document[section.rstrip(":")].append(read(document, fields[0], named, number))
    return parse(msgspec.json.encode(document))


def write_csv(policy: Table | Graph) -> bytes:
    """Return a table as CSV (RFC 4180) in UTF-8 with a mark, as spreadsheet programs expect it.

    A field that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-``, ``@`` or an
    apostrophe) gets an apostrophe in front, which ``read_csv`` takes off again.

    Raises:
        Malformed: ``not_in_sheet``.
    """
    lines = _Lines()
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL)
    for row in write_sheet(policy):
        writer.writerow([f"'{field}" if field.startswith(_ACTIVE) else field for field in row])
    return "".join(lines).encode("utf-8-sig")


def read_csv(data: bytes) -> Table:
    """Return the table that a CSV document (RFC 4180, UTF-8) states.

    Raises:
        Malformed: ``bad_sheet``; else as ``table.parse``.
        TooLarge: ``policy_too_large``, ``sheet_too_large``.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise TooLarge("policy_too_large", f"A policy document may have {MAX_DOCUMENT_BYTES} bytes at most.")
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.reader([f"{line}\n" for line in text.split("\n")], strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Malformed("bad_sheet", f"The CSV document cannot be read: {error!s:.200}.") from error
    return read_sheet([[field.removeprefix("'") for field in row] for row in rows])


class _Lines(list[str]):
    """A list that the CSV writer can write to."""

    write = list[str].append


def _texts(value: str | dict[str, str]) -> list[str]:
    return list(value.values()) if isinstance(value, dict) else [value]


def _declared(part: PlainData, headings: Sequence[str]) -> list[str]:
    fields = {key: part.get(key, "") for key in ("type", "unit", "min", "max")}
    fields |= {"label en": part["label"]["en"], "label zh": part["label"]["zh"]}
    fields["choices"] = ", ".join(part.get("choices", []))
    return [fields[heading] for heading in headings]


def _field(value: str | int) -> str:
    text = str(value)
    if not text.strip():
        raise _not_in_sheet("a text that is empty")
    return text


def _check_fields(fields: Sequence[str]) -> None:
    for field in fields:
        if any(ord(letter) < ord(" ") and letter != "\n" for letter in field) or "\x7f" in field:
            raise _not_in_sheet("a text with control characters")
        if field and not field.strip():
            raise _not_in_sheet("a text that is blank")


def _check_headings(section: str, headings: tuple[str, ...], number: int) -> None:
    fixed = {"inputs:": _INPUTS, "outputs:": _OUTPUTS, "rules:": ("text en", "text zh")}[section]
    rest = headings[len(fixed) :]
    fits = all(each.startswith(("when ", "then ")) or each in _POINTS for each in rest)
    if headings[: len(fixed)] != fixed or (rest and section != "rules:") or not fits:
        raise _bad(number, f"after {section} the headings are {', '.join(fixed)}")
    if len(set(headings)) < len(headings):
        raise _bad(number, "a heading stands twice")


def _read_head(document: PlainData, fields: Sequence[str], number: int) -> None:
    key = fields[0]
    count = 2 if key in ("title", "acceptable") else 1
    if key not in _HEAD or len(fields) != count + 1 or key in document:
        raise _bad(number, f"{key!r:.40} is not known here, stands twice, or has not {count} fields")
    document[key] = _HEAD[key](fields[1:])


def _declaration(_document: PlainData, name: str, named: Mapping[str, str], _number: int) -> PlainData:
    found: PlainData = {"name": name} | {
        key: named[key] for key in ("type", "unit", "min", "max") if key in named
    }
    found["label"] = {"en": named.get("label en", ""), "zh": named.get("label zh", "")}
    if "choices" in named:
        found["choices"] = [choice.strip() for choice in named["choices"].split(",")]
    return found


def _rule(document: PlainData, code: str, named: Mapping[str, str], number: int) -> PlainData:
    row: PlainData = {"code": code, "text": {"en": named.get("text en", ""), "zh": named.get("text zh", "")}}
    when = {key[5:]: value for key, value in named.items() if key.startswith("when ")}
    points = {key: named[key] for key in _POINTS if key in named}
    types = {part["name"]: part.get("type") for part in document.get("outputs", [])}
    gives = {
        key[5:]: _value(types.get(key[5:]), value, number)
        for key, value in named.items()
        if key.startswith("then ")
    }
    parts = {"when": when, "then": gives, "points": points}
    return row | {key: part for key, part in parts.items() if part}


def _value(kind: str | None, text: str, number: int) -> str | int:
    if kind != "integer":
        return text
    if not (text.removeprefix("-").isdecimal() and text.isascii() and len(text) <= 19):
        raise _bad(number, f"{text!r:.40} is not a whole number")
    return int(text)


def _bad(number: int, why: str) -> Malformed:
    return Malformed("bad_sheet", f"Row {number} of the sheet cannot be read: {why}.", row=number)


def _not_in_sheet(what: str) -> Malformed:
    return Malformed("not_in_sheet", f"A sheet cannot say this: {what}.")
