"""What one seed decides: the size of the consortium, the rates of all faults, and every throw after that."""

from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Final

#: In a thousand.
NEVER: Final = 0
#: A fault rate stands still in some runs, so that what hides behind it shows.
DROPS, DUPLICATES, DAMAGES, SLOW = (0, 5, 30, 100), (0, 10, 50), (0, 0, 5, 20), (0, 10, 50)
#: Milliseconds from one such event to the next, on average; 0 stands for never.
CRASHES, PARTITIONS, HOSTILE_ACTS = (0, 2000, 5000), (0, 4000, 9000), (150, 400, 1000)


def stream(seed: int, name: str) -> Random:
    """Return a stream of chance of its own: what one part throws does not move the others."""
    return Random(f"{seed}/{name}")  # noqa: S311 - the same numbers again are wanted, not secret ones


def secret(seed: int, name: str) -> bytes:
    """Return 32 bytes that stand for a secret key."""
    return sha256(f"tallystick/simulation/{seed}/{name}".encode()).digest()


@dataclass(frozen=True)
class Settings:
    """One run.

    Attributes:
        seed: decides all else.
        events: how many events the faulty part has.
        powers: of the founding validators, each with its node.
        hostile: which of them (by number) obey nobody; less than a third of all power.
        lenders: founding members who lend.
        drop, duplicate, damage, slow: of a thousand messages, how many.
        crash_ms, partition_ms, hostile_ms: from one to the next on average; 0: never.
        act_ms: from one wish of an honest member's to the next.
        snapshot_interval: blocks from one snapshot to the next.
        joins: whether one more node joins, from a snapshot.
        is_left_without_quorum: whether in the end a third or more of the power stays dead.
    """

    seed: int
    events: int
    powers: tuple[int, ...]
    hostile: tuple[int, ...]
    lenders: int
    drop: int
    duplicate: int
    damage: int
    slow: int
    crash_ms: int
    partition_ms: int
    hostile_ms: int
    act_ms: int
    snapshot_interval: int
    joins: bool
    is_left_without_quorum: bool


def draw(seed: int, events: int) -> Settings:
    """Return the settings that a seed stands for."""
    chance = stream(seed, "settings")
    count = chance.randint(4, 7)
    powers = tuple(chance.choice((1, 1, 1, 2)) for _ in range(count))
    hostile: list[int] = []
    for number in chance.sample(range(count), count):
        held = sum(powers[each] for each in [*hostile, number])
        if 3 * held < sum(powers) and chance.random() < 0.8:
            hostile.append(number)
    return Settings(
        seed=seed,
        events=events,
        powers=powers,
        hostile=tuple(sorted(hostile)),
        lenders=chance.randint(2, 3),
        drop=chance.choice(DROPS),
        duplicate=chance.choice(DUPLICATES),
        damage=chance.choice(DAMAGES),
        slow=chance.choice(SLOW),
        crash_ms=chance.choice(CRASHES),
        partition_ms=chance.choice(PARTITIONS),
        hostile_ms=chance.choice(HOSTILE_ACTS),
        act_ms=chance.choice((60, 120, 300)),
        snapshot_interval=chance.choice((5, 10)),
        joins=chance.random() < 0.6,
        is_left_without_quorum=chance.random() < 0.2,
    )
