"""Kinds of document: one module each, a table of labels with the checks that speak for what was read."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tallystick.capture.kinds import (
    bank_card,
    business_licence,
    contract,
    delivery_note,
    identity_card,
    vat_invoice,
)
from tallystick.capture.rules import KindRules
from tallystick.evidence.papers import Kind

KINDS: Final[Mapping[Kind, KindRules]] = MappingProxyType(
    {
        each.RULES.kind: each.RULES
        for each in (bank_card, business_licence, contract, delivery_note, identity_card, vat_invoice)
    }
)
