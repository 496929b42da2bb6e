"""Small policy documents that the tests change one part of."""

from typing import Any

import msgspec

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
