"""Small policy documents that the tests change one part of."""

from typing import Any

import msgspec

from tallystick.policy.graph import Graph, parse_graph
from tallystick.policy.table import Table, parse

WORDS = {"en": "words", "zh": "文字"}

Document = dict[str, Any]


def changes_document() -> Document:
    """Return mission row A7: changes of registration above a limit of 5 cost points that grow."""
    return {
        "format": "tallystick/decision-table/1",
        "name": "changes",
        "title": WORDS,
        "effective_from": "2026-01-01",
        "hit": "sum",
        "inputs": [
            {"name": "changes", "label": WORDS, "type": "integer", "min": "0", "max": "1000"},
            {"name": "share", "label": WORDS, "type": "decimal", "min": "0", "max": "1"},
        ],
        "acceptable": {"approve_up_to": "10", "refer_up_to": "20"},
        "rules": [
            {
                "code": "CHANGES",
                "text": WORDS,
                "when": {"changes": "> 5"},
                "points": {"base": "2", "excess_of": "changes", "per_unit": "1.5", "cap": "30"},
            },
            {"code": "SHARE", "text": WORDS, "when": {"share": ">= 0.9"}, "points": {"base": "4"}},
        ],
    }


def sector_document() -> Document:
    """Return a first table over one input of each type."""
    return {
        "format": "tallystick/decision-table/1",
        "name": "sector",
        "title": WORDS,
        "effective_from": "2026-01-01",
        "hit": "first",
        "inputs": [
            {"name": "sector", "label": WORDS, "type": "text", "choices": ["rubber", "steel", "other"]},
            {"name": "exports", "label": WORDS, "type": "boolean"},
            {"name": "years", "label": WORDS, "type": "integer", "min": "0"},
        ],
        "outputs": [
            {"name": "outcome", "label": WORDS, "type": "text", "choices": ["approve", "refer", "decline"]},
            {"name": "level", "label": WORDS, "type": "decimal"},
            {"name": "months", "label": WORDS, "type": "integer"},
        ],
        "rules": [
            {"code": "YOUNG", "text": WORDS, "when": {"years": "0..1"}, "then": {"outcome": "decline"}},
            {
                "code": "STEEL",
                "text": WORDS,
                "when": {"sector": "= steel", "exports": "= false"},
                "then": {"outcome": "approve", "level": "40.50", "months": 6},
            },
            {
                "code": "KNOWN",
                "text": WORDS,
                "when": {"sector": "in steel, rubber"},
                "then": {"outcome": "approve", "level": "10", "months": 12},
            },
        ],
    }


def table(document: Document) -> Table:
    """Return the table that ``document`` states."""
    return parse(msgspec.json.encode(document))


def part(name: str, kind: str = "decimal", **more: Any) -> Document:
    """Return an input or output."""
    return {"name": name, "label": WORDS, "type": kind, **more}


def conduct_table() -> Document:
    """Return a sum table that only levels: at most 100 points."""
    document = changes_document() | {"name": "conduct", "points_max": "100"}
    del document["acceptable"]
    return document


def banded(name: str, subject: Document, outputs: list[Document], *rows: tuple[str, Document]) -> Document:
    """Return a first table over one input; each row is a cell and what it gives."""
    return {
        "format": "tallystick/decision-table/1",
        "name": name,
        "title": WORDS,
        "effective_from": "2026-01-01",
        "hit": "first",
        "inputs": [subject],
        "outputs": outputs,
        "rules": [
            {
                "code": f"{name.upper()}_{at}",
                "text": WORDS,
                **({"when": {subject["name"]: cell}} if cell else {}),
                "then": given,
            }
            for at, (cell, given) in enumerate(rows, 1)
        ],
    }


def lending_graph() -> Document:
    """Return admission, two levels, their index, a grade and an offer (mission rows A7 and O4)."""
    index = {
        "title": WORDS,
        "inputs": [part("conduct", unit="points"), part("size", unit="level")],
        "output": part("risk_index", unit="index"),
        "weights": {"conduct": "0.35", "size": "0.65"},
        "plus": "-1.5",
        "round_to": 1,
    }
    size = banded(
        "size", part("sales", unit="CNY", min="0"), [part("level", unit="level")],
        ("< 500000", {"level": "80"}), ("500000..2000000", {"level": "35.5"}), ("", {"level": "10"}),
    )  # fmt: skip
    grade = banded(
        "grade", part("risk_index", unit="index", min="-100", max="100"),
        [part("grade", "text", choices=["A", "B", "C"])],
        ("<= 10", {"grade": "A"}), ("<= 40", {"grade": "B"}), ("", {"grade": "C"}),
    )  # fmt: skip
    offer = banded(
        "offer", part("grade", "text", choices=["A", "B", "C"]),
        [
            part("outcome", "text", choices=["approve", "decline"]),
            part("annual_rate"),
            part("months", "integer"),
        ],
        ("= A", {"outcome": "approve", "annual_rate": "0.0485", "months": 12}),
        ("= B", {"outcome": "approve", "annual_rate": "0.07", "months": 6}), ("", {"outcome": "decline"}),
    )  # fmt: skip
    return {
        "format": "tallystick/decision-graph/1",
        "name": "lending",
        "title": WORDS,
        "effective_from": "2026-01-01",
        "nodes": [
            {"name": "offer", "table": offer, "feeds": {"grade": "grade.grade"}},
            {"name": "admission", "table": changes_document()},
            {"name": "conduct", "table": conduct_table()},
            {"name": "size", "table": size},
            {"name": "index", "index": index, "feeds": {"conduct": "conduct.points", "size": "size.level"}},
            {"name": "grade", "table": grade, "feeds": {"risk_index": "index.risk_index"}},
        ],
        "answer": "offer",
    }


def graph(document: Document) -> Graph:
    """Return the graph that ``document`` states."""
    return parse_graph(msgspec.json.encode(document))
