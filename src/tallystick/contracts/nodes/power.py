"""How power changes: what the set of validators must keep to, and how a change is written."""

from collections.abc import Sequence

import msgspec

from tallystick.contracts.membership.office import VALIDATOR_PREFIX
from tallystick.contracts.nodes.kept import (
    BALLOTS_PREFIX,
    Ballots,
    Changes,
    PowerChange,
    Validator,
    change_key,
    changes_from_state,
    keep_or_delete,
    validator_from_state,
)
from tallystick.contracts.nodes.rules import (
    MAX_CHANGES_IN_BLOCK,
    MAX_TOTAL_POWER,
    MAX_VALIDATORS,
    TWO_THIRDS,
)
from tallystick.contracts.shapes import decode_kept
from tallystick.errors import Conflict, TooLarge
from tallystick.ledger.protocols import Call


def total_power(validators: Sequence[Validator]) -> int:
    """Return the power of all of them together."""
    return sum(validator.power for validator in validators)


def check_validators(validators: Sequence[Validator]) -> None:
    """Check a set of validators, none of whom may decide alone unless there is no other.

    Raises:
        TooLarge: ``too_many_validators``, ``too_much_power``.
        Conflict: ``power_too_concentrated``.
    """
    total = total_power(validators)
    if len(validators) > MAX_VALIDATORS:
        raise TooLarge("too_many_validators", f"There may be at most {MAX_VALIDATORS} validators.")
    if total > MAX_TOTAL_POWER:
        raise TooLarge("too_much_power", f"All power together may be at most {MAX_TOTAL_POWER}.")
    if len(validators) > 1 and any(TWO_THIRDS.is_exceeded(each.power, total) for each in validators):
        raise Conflict(
            "power_too_concentrated", "One validator would have more than two thirds of all power."
        )


def check_change(validators: Sequence[Validator], wanted: Validator) -> None:
    """Check that the set of validators may change as wanted; taking power away only needs one to be left.

    Raises:
        Conflict: ``last_validator``; and what ``check_validators`` raises.
    """
    others = [validator for validator in validators if validator.member != wanted.member]
    if wanted.power:
        check_validators([*others, wanted])
    elif not others:
        raise Conflict("last_validator", "The chain would be left without a validator.")


def set_power(call: Call, wanted: Validator) -> None:
    """Give a node its new power; every ballot about its member lapses, with power 0 those of its member too.

    Raises:
        TooLarge: ``too_many_changes``.
    """
    changes = changes_from_state(call.get, call.height)
    if len(changes) >= MAX_CHANGES_IN_BLOCK:
        raise TooLarge(
            "too_many_changes", f"One block may change the power of {MAX_CHANGES_IN_BLOCK} nodes; try later."
        )
    present = validator_from_state(call.get, wanted.member)
    keep_or_delete(call, VALIDATOR_PREFIX + wanted.member, wanted, is_empty=not wanted.power)
    if not wanted.power:
        call.delete(BALLOTS_PREFIX + wanted.member)
    _clear_ballots_about(call, wanted.member)
    _note_change(call, wanted, 0 if present is None else present.power)


def _clear_ballots_about(call: Call, member: str) -> None:
    for key, value in list(call.scan(BALLOTS_PREFIX)):
        ballots = decode_kept(key, value, Ballots)
        left = without(ballots, member)
        if left != ballots:
            keep_or_delete(call, key, left, is_empty=left == Ballots())


def without(ballots: Ballots, member: str) -> Ballots:
    """Return the ballots but for the one about ``member``, if there is one."""
    kept = tuple(wanted for wanted in ballots.appointments if wanted.member != member)
    return msgspec.structs.replace(ballots, appointments=kept)


def _note_change(call: Call, wanted: Validator, before: int) -> None:
    changes = {change.consensus_key: change for change in changes_from_state(call.get, call.height)}
    earlier = changes.pop(wanted.consensus_key, None)
    first = before if earlier is None else earlier.before
    if first != wanted.power:
        changes[wanted.consensus_key] = PowerChange(wanted.power, first, wanted.consensus_key, wanted.member)
    ordered = tuple(changes[key] for key in sorted(changes))
    keep_or_delete(call, change_key(call.height), Changes(ordered), is_empty=not ordered)
