"""Suggestions: which items of an application's form a paper can fill in (O2).

A suggestion is a field as it was read: the form shows it beside the input, with its source and status, and
the person's entry stands beside it. Nothing is suggested whose own check fails.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tallystick.evidence.papers import Field, Kind, Paper, Status

#: Items of a programme's form by the field that says the same, for each kind of paper.
SUGGESTED: Final[Mapping[Kind, Mapping[str, str]]] = MappingProxyType(
    {
        Kind.BUSINESS_LICENCE: MappingProxyType(
            {
                "enterprise_name": "name",
                "credit_code": "credit_code",
                "founded_on": "founded_on",
                "legal_representative": "legal_representative",
            }
        ),
        Kind.IDENTITY_CARD: MappingProxyType(
            {"legal_representative": "name", "representative_identity_number": "identity_number"}
        ),
        Kind.BANK_CARD: MappingProxyType({"account": "card_number"}),
    }
)


def suggestions(paper: Paper) -> Mapping[str, Field]:
    """Return, by item name, the fields of ``paper`` that can fill in a form; kinds without any give none."""
    found = {}
    for item, name in SUGGESTED.get(paper.kind, {}).items():
        field = paper.fields.get(name)
        if field and field.status is not Status.MISSING and all(check.ok for check in field.checks):
            found[item] = field
    return found
