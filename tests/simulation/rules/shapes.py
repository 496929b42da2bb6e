"""The shapes of arguments: what does not fit is ``malformed_arguments``."""

import re
from collections.abc import Callable, Mapping
from typing import Final

Fits = Callable[[object], bool]


def _text(pattern: str) -> Fits:
    form = re.compile(pattern, re.DOTALL)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def _number(least: int, most: int) -> Fits:
    return lambda value: type(value) is int and least <= value <= most


def _roles(value: object) -> bool:
    return (
        isinstance(value, list)
        and 1 <= len(value) <= 5
        and all(isinstance(x, str) and len(x) <= 16 for x in value)
    )


HEX_32, HEX_64, ADDRESS = _text("[0-9a-f]{64}"), _text("[0-9a-f]{128}"), _text(".{42}")
#: Contract and action -> arguments; a name that ends in "?" may be left out or null.
SHAPES: Final[Mapping[tuple[str, str], Mapping[str, Fits]]] = {
    ("membership", "join"): {
        "public_key": HEX_32,
        "possession": HEX_64,
        "roles": _roles,
        "name": _text(".{1,200}"),
    },
    ("membership", "rotate_key"): {"public_key": HEX_32, "possession": HEX_64},
    ("membership", "suspend"): {"address": ADDRESS},
    ("membership", "reinstate"): {"address": ADDRESS},
    ("membership", "leave"): {},
    ("anchoring", "anchor"): {
        "case": HEX_32,
        "step": _text(".{0,16}"),
        "digest": HEX_32,
        "applicant_key?": HEX_32,
        "applicant_signature?": HEX_64,
    },
    ("nodes", "register"): {
        "consensus_key": HEX_32,
        "possession": HEX_64,
        "node_id": _text("[0-9a-f]{40}"),
        "endpoint?": _text("[a-z0-9.-]+:[1-9][0-9]{0,4}"),
    },
    ("nodes", "appoint"): {"member": ADDRESS, "power": _number(0, 1_000_000)},
    ("nodes", "retire"): {},
    ("nodes", "schedule_upgrade"): {"version": _number(1, 1000), "height": _number(1, 2**53 - 1)},
}


def fits(contract: str, action: str, arguments: Mapping[str, object]) -> bool:
    """Return whether the arguments have the shape of the action's."""
    shape = SHAPES[contract, action]
    names = {name.rstrip("?") for name in shape}
    if not names.issuperset(arguments):
        return False
    return all(
        check(arguments.get(name.rstrip("?")))
        or (name.endswith("?") and arguments.get(name.rstrip("?")) is None)
        for name, check in shape.items()
    )
