"""What validators decide: who has power, who gives up its own, and which protocol version comes when."""

from collections.abc import Callable, Sequence

import msgspec

from tallystick.contracts.membership import member
from tallystick.contracts.membership.office import is_validator
from tallystick.contracts.nodes.documents import Appoint, Outcome, Retire, ScheduleUpgrade
from tallystick.contracts.nodes.kept import (
    BALLOTS_PREFIX,
    UPGRADES_KEY,
    Ballots,
    Upgrade,
    Upgrades,
    Validator,
    ballots_from_state,
    keep_or_delete,
    node_from_state,
    upgrades_from_state,
    validators_from_state,
)
from tallystick.contracts.nodes.power import check_change, set_power, total_power, without
from tallystick.contracts.nodes.reading import version_at
from tallystick.contracts.nodes.registry import require_right
from tallystick.contracts.nodes.rules import MAX_STANDING_BALLOTS, RULES, UPGRADE_NOTICE_BLOCKS
from tallystick.errors import Conflict, NotFound, TooLarge
from tallystick.ledger.protocols import Call


def appoint(call: Call, asked: Appoint) -> Outcome:
    """Count the sender's ballot on what power a member's node shall have, and give it once enough agree.

    A ballot for the power that the node has already takes the sender's earlier one back.

    Raises:
        NotFound: ``unknown_node``.
        Conflict: ``member_not_active``; ``last_validator``, ``power_too_concentrated``.
        TooLarge: ``too_many_ballots``; ``too_many_validators``, ``too_much_power``, ``too_many_changes``;
            and what ``require_right`` raises.
    """
    require_right(call, "appoint")
    node = node_from_state(call.get, asked.member)
    if node is None:
        raise NotFound("unknown_node", "No node is registered under this member's address.")
    wanted = Validator(node.consensus_key, asked.member, asked.power)
    validators = validators_from_state(call)
    ballots = without(ballots_from_state(call.get, call.sender), wanted.member)
    if wanted in validators or not (wanted.power or is_validator(call.get, wanted.member)):
        _keep_ballots(call, call.sender, ballots)
        return Outcome(0, False, total_power(validators))
    if wanted.power and member(call, wanted.member).status != "active":
        raise Conflict("member_not_active", "Only an active member's node may be given power.")
    check_change(validators, wanted)
    if len(ballots.appointments) >= MAX_STANDING_BALLOTS:
        raise TooLarge(
            "too_many_ballots",
            f"A validator may have ballots about {MAX_STANDING_BALLOTS} members waiting.",
        )
    cast = msgspec.structs.replace(ballots, appointments=(*ballots.appointments, wanted))
    _keep_ballots(call, call.sender, cast)
    outcome = _tally(call, "appoint", validators, lambda ballots: wanted in ballots.appointments)
    if outcome.took_effect:
        set_power(call, wanted)
    return outcome


def retire(call: Call, _: Retire) -> None:
    """Take the sender's own power away.

    Raises:
        Conflict: ``last_validator``.
        TooLarge: ``too_many_changes``; and what ``require_right`` raises.
    """
    require_right(call, "retire")
    validators = validators_from_state(call)
    own = next(validator for validator in validators if validator.member == call.sender)
    wanted = msgspec.structs.replace(own, power=0)
    check_change(validators, wanted)
    set_power(call, wanted)


def schedule_upgrade(call: Call, asked: ScheduleUpgrade) -> Outcome:
    """Count the sender's ballot on the next protocol version, and schedule it once enough agree.

    What is scheduled takes the place of an upgrade whose height is not reached. A ballot for the one that is
    scheduled already takes the sender's earlier one back.

    Raises:
        Conflict: ``version_not_ahead``, ``upgrade_too_soon``; and what ``require_right`` raises.
    """
    require_right(call, "schedule_upgrade")
    wanted, decided = Upgrade(asked.height, asked.version), upgrades_from_state(call.get)
    validators, ballots = validators_from_state(call), ballots_from_state(call.get, call.sender)
    reached = tuple(upgrade for upgrade in decided if upgrade.height <= call.height)
    if wanted in decided[len(reached) :]:
        _keep_ballots(call, call.sender, msgspec.structs.replace(ballots, upgrade=None))
        return Outcome(0, False, total_power(validators))
    present = version_at(call.get, call.height)
    if wanted.version <= present:
        raise Conflict(
            "version_not_ahead", f"Protocol version {present} is in force; a later one must follow."
        )
    if wanted.height < call.height + UPGRADE_NOTICE_BLOCKS:
        raise Conflict(
            "upgrade_too_soon",
            f"An upgrade must be scheduled at least {UPGRADE_NOTICE_BLOCKS} blocks ahead.",
            first_height=call.height + UPGRADE_NOTICE_BLOCKS,
        )
    _keep_ballots(call, call.sender, msgspec.structs.replace(ballots, upgrade=wanted))
    outcome = _tally(call, "schedule_upgrade", validators, lambda ballots: ballots.upgrade == wanted)
    if outcome.took_effect:
        call.put(UPGRADES_KEY, Upgrades((*reached, wanted)).encoded())
        for validator in validators:
            left = msgspec.structs.replace(ballots_from_state(call.get, validator.member), upgrade=None)
            _keep_ballots(call, validator.member, left)
    return outcome


def _tally(
    call: Call, action: str, validators: Sequence[Validator], agrees: Callable[[Ballots], bool]
) -> Outcome:
    agreed = total_power([each for each in validators if agrees(ballots_from_state(call.get, each.member))])
    share, total = RULES[action].agreed_by, total_power(validators)
    return Outcome(agreed, share is None or share.is_exceeded(agreed, total), total)


def _keep_ballots(call: Call, address: str, ballots: Ballots) -> None:
    keep_or_delete(call, BALLOTS_PREFIX + address, ballots, is_empty=ballots == Ballots())
