"""One node of a JDM document read as a table, a table of points, or an index."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from tallystick.policy.graph import POINTS
from tallystick.policy.jdm_document import Column, Content, View
from tallystick.policy.jdm_text import (
    FIELD,
    NUMBER,
    is_literal,
    not_in_policy,
    read_cell,
    read_literal,
    read_points,
    read_sum,
)
from tallystick.policy.rules import OUTCOME
from tallystick.policy.writing import PlainData

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}\Z")
_LONGEST: Final = 500
_TOTAL: Final = re.compile(
    rf"sum\(map\((\w+), #\.points\)\)\Z|min\(\[sum\(map\((\w+), #\.points\)\), ({NUMBER})\]\)\Z"
)
_JUDGED: Final = re.compile(
    rf"\$\.points <= ({NUMBER}) \? \"approve\" : \$\.points <= ({NUMBER}) \? \"refer\" : \"decline\"\Z"
)
_ORDERED: Final = {True: ("<", "<="), False: (">", ">=")}


@dataclass
class Part:
    """A node as a part of a policy.

    Attributes:
        document: of the table or index, as plain data.
        feeds: by input, ``node.output``.
        outputs: what it declares to give.
        hits: for a table of points, the path of the rows that it adds up.
    """

    kind: Literal["table", "index"]
    document: PlainData
    feeds: dict[str, str] = field(default_factory=dict)
    outputs: list[PlainData] = field(default_factory=list)
    hits: str | None = None


Parts = Mapping[str, Part]


@dataclass(frozen=True)
class _Input:
    """An input column resolved: our declaration of it, where we wrote one, and what feeds it."""

    name: str
    column: str
    field: str
    feed: str | None
    declared: PlainData | None


def table_part(name: str, content: Content, view: View, ours: PlainData, parts: Parts) -> Part:
    """Return the table that a decision table node states.

    Raises:
        Malformed: ``not_in_policy``, ``malformed_jdm``.
    """
    inputs = _inputs(name, content.inputs, view, ours)
    rows, types = _rows(name, content, inputs, ours)
    columns = {column.id: _output_name(name, column) for column in content.outputs}
    declared = {each["name"]: each for each in ours.get("outputs", [])}
    outputs = [declared.get(each) or _infer_output(name, each, key, content) for key, each in columns.items()]
    for row, given in zip(rows, content.rules, strict=True):
        row["then"] = {}
        for key, output in zip(columns, outputs, strict=True):
            text = (given.get(key) or "").strip()
            if text:
                row["then"][output["name"]] = _value(f"rule {row['code']}", output, text)
    collects = content.hit_policy == "collect"
    hit = ours.get("hit") if ours.get("hit") in ("unique", "any") and not collects else None
    document = _document(ours, name, hit or ("list" if collects else "first"), inputs, types, parts)
    return Part("table", document | {"outputs": outputs, "rules": rows}, _feeds(inputs, types), outputs)


def sum_part(
    name: str, hits: tuple[str, Content], values: Mapping[str, str], view: View, ours: PlainData, parts: Parts
) -> Part:
    """Return the table of points whose rows ``hits`` holds, and which the expressions ``values`` add up.

    Raises:
        Malformed: ``not_in_policy``, ``malformed_jdm``.
    """
    path, content = hits
    inputs = _inputs(name, content.inputs, view, ours)
    rows, types = _rows(name, content, inputs, ours)
    found = _TOTAL.match(values[POINTS.name])
    if found is None or (found[1] or found[2]) != path or content.hit_policy != "collect":
        raise not_in_policy(f"the node {name}: the expression {values[POINTS.name]!r:.80}")
    if len(content.outputs) != 1 or values.keys() - {POINTS.name, OUTCOME}:
        raise not_in_policy(f"the node {name} gives more than points and an outcome")
    for row, given in zip(rows, content.rules, strict=True):
        row["points"] = _points(row, (given.get(content.outputs[0].id) or "").strip(), inputs)
    document = _document(ours, name, "sum", inputs, types, parts) | {"rules": rows}
    if found[3] is not None:
        document["points_max"] = found[3]
    if OUTCOME in values:
        judged = _JUDGED.match(values[OUTCOME])
        if judged is None:
            raise not_in_policy(f"the node {name}: the expression {values[OUTCOME]!r:.80}")
        document["acceptable"] = {"approve_up_to": judged[1], "refer_up_to": judged[2]}
    return Part("table", document, _feeds(inputs, types), hits=path)


def index_part(name: str, values: Mapping[str, str], view: View, ours: PlainData, parts: Parts) -> Part:
    """Return the index that an expression node with one weighted sum states.

    Raises:
        Malformed: ``not_in_policy``.
    """
    if len(values) != 1:
        raise not_in_policy(f"the node {name} has {len(values)} expressions, and an index has one")
    ((output_name, text),) = values.items()
    by_field, plus, round_to = read_sum(text, f"the node {name}")
    columns = [Column(id=_own_name(ours, at, each), field=each) for at, each in enumerate(by_field)]
    inputs = _inputs(name, columns, view, ours)
    types = {each.name: "decimal" for each in inputs}
    declared = [each.declared or _infer_input(each, types, parts) for each in inputs]
    usual = {"name": output_name, "label": _twice(output_name), "type": "decimal"}
    output = usual if ours.get("output", usual)["name"] != output_name else ours.get("output", usual)
    document: PlainData = {
        "title": ours.get("title", _twice(name)),
        "inputs": declared,
        "output": output,
        "weights": {each.name: by_field[each.field] for each in inputs},
    }
    document |= {} if plus == "0" else {"plus": plus}
    document |= {} if round_to is None else {"round_to": round_to}
    return Part("index", document, _feeds(inputs, types), [output])


def _own_name(ours: PlainData, place: int, path: str) -> str:
    names = [each["name"] for each in ours.get("inputs", [])]
    return f"in_{names[place]}" if place < len(names) else f"in_{path.rpartition('.')[2]}"


def _inputs(name: str, columns: list[Column], view: View, ours: PlainData) -> list[_Input]:
    declared = {f"in_{each['name']}": each for each in ours.get("inputs", [])}
    found = []
    for column in columns:
        path = column.field or ""
        if not re.fullmatch(FIELD, path):
            raise not_in_policy(f"the node {name} has a column that reads {path!r:.60}")
        source = view.source(path, f"the node {name}")
        feed = None if source is None else ".".join(source)
        ours_here = declared.get(column.id)
        own = ours_here["name"] if ours_here and feed else path.rpartition(".")[2]
        if ours_here is not None:
            # What comes from outside goes by the field's name, whatever we called it.
            ours_here = ours_here | {"name": own}
        found.append(_Input(own, column.id, path, feed, ours_here))
    return found


def _rows(
    name: str, content: Content, inputs: list[_Input], ours: PlainData
) -> tuple[list[PlainData], dict[str, str]]:
    """Return the rules without what they give, and the type of each input that a cell looks at."""
    rows: list[PlainData] = []
    types: dict[str, str] = {}
    codes = {given.get("_id") for given in content.rules}
    for at, given in enumerate(content.rules, 1):
        code = given.get("_id")
        if code is None or not _CODE.match(code):
            code = next(each for each in (f"R{at}", f"R{at}_{len(codes)}") if each not in codes)
        when = {}
        for each in inputs:
            cell, kind = read_cell(given.get(each.column) or "", f"rule {code}, {each.field}")
            if kind is not None:
                when[each.name] = cell
                if types.setdefault(each.name, kind) != kind and each.declared is None:
                    raise not_in_policy(f"the node {name} holds {each.field} against numbers and text")
        words = (given.get("_description") or f"Rule {at}.")[:_LONGEST]
        text = {"en": words, "zh": ours.get("zh", {}).get(code, words)}
        rows.append({"code": code, "text": text} | ({"when": when} if when else {}))
    return rows, types


def _document(
    ours: PlainData, name: str, hit: str, inputs: list[_Input], types: Mapping[str, str], parts: Parts
) -> PlainData:
    # A column of a document from elsewhere in which every cell is blank decides nothing there; as an
    # input of ours it would have to be given.
    declared = [
        each.declared or _infer_input(each, types, parts)
        for each in inputs
        if each.declared is not None or each.name in types
    ]
    return {
        "format": "tallystick/decision-table/1",
        "name": ours.get("name") or name.replace("_", "-"),
        "title": ours.get("title", _twice(name)),
        "effective_from": ours.get("effective_from"),
        "hit": hit,
        "inputs": declared,
    }


def _infer_input(given: _Input, types: Mapping[str, str], parts: Parts) -> PlainData:
    found: PlainData = {"name": given.name, "label": _twice(given.name), "type": types[given.name]}
    if given.feed is not None:
        node, _, output = given.feed.partition(".")
        if output == POINTS.name and parts[node].hits:
            return found | {"unit": POINTS.unit}
        source = next((each for each in parts[node].outputs if each["name"] == output), {})
        return found | {key: source[key] for key in ("type", "unit", "choices") if source.get(key)}
    return found


def _feeds(inputs: list[_Input], types: Mapping[str, str]) -> dict[str, str]:
    return {
        each.name: each.feed
        for each in inputs
        if each.feed is not None and (each.declared is not None or each.name in types)
    }


def _output_name(name: str, column: Column) -> str:
    if not column.field or not re.fullmatch(FIELD, column.field) or "." in column.field:
        raise not_in_policy(f"the node {name} gives {column.field!r:.60}")
    return column.field


def _infer_output(node: str, name: str, key: str, content: Content) -> PlainData:
    texts = [(given.get(key) or "").strip() for given in content.rules]
    literals = [text for text in texts if text]
    for text in literals:
        if not is_literal(text) or text in ("true", "false"):
            raise not_in_policy(f"the node {node} gives {text!r:.80} as {name}")
    kinds = {read_literal(text)[1] for text in literals}
    if len(kinds) != 1:
        raise not_in_policy(f"the node {node} gives numbers and text, or nothing, as {name}")
    kind = kinds.pop()
    if kind == "decimal" and not any("." in text for text in literals):
        kind = "integer"
    found: PlainData = {"name": name, "label": _twice(name), "type": kind}
    if name == OUTCOME:
        found["choices"] = list(dict.fromkeys(read_literal(text)[0] for text in literals))
    return found


def _value(where: str, output: PlainData, text: str) -> str | int:
    if not is_literal(text):
        raise not_in_policy(f"{where}: the value {text!r:.80}")
    literal, kind = read_literal(text)
    if output["type"] == "integer" and kind == "decimal" and "." not in literal:
        return int(literal)
    if kind != {"decimal": "decimal", "text": "text"}.get(output["type"]):
        raise not_in_policy(f"{where}: the value {text!r:.80} of {output['name']}")
    return literal


def _points(row: PlainData, text: str, inputs: list[_Input]) -> PlainData:
    growth = read_points(text, f"rule {row['code']}")
    if growth.field is None:
        return {"base": growth.base}
    grows = next((each.name for each in inputs if each.field == growth.field), None)
    sign, _, limit = row.get("when", {}).get(grows, "").partition(" ")
    if limit != growth.limit or sign not in _ORDERED[growth.falls]:
        raise not_in_policy(
            f"rule {row['code']}: the points {text!r:.80} grow from another limit than its cell's"
        )
    found = {"base": growth.base, "excess_of": grows, "per_unit": growth.per_unit}
    return found | ({} if growth.cap is None else {"cap": growth.cap})


def _twice(words: str) -> dict[str, str]:
    return {"en": words, "zh": words}
