"""One run from its seed: the faults, the calm after them, and what must hold in the end."""

import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tallystick.contracts.catalogue import CONTRACTS, VERSIONS
from tallystick.engines.abci import snapshots
from tallystick.engines.abci.replica import Proposal, Replica
from tallystick.engines.storage import maintenance
from tallystick.ledger.execution import Order
from tests.simulation.auditor import Failed
from tests.simulation.chance import draw
from tests.simulation.joining import Joiner
from tests.simulation.members import Member
from tests.simulation.node import Node
from tests.simulation.rules.membership import ACCOUNT
from tests.simulation.world import World

EVENTS: Final = 12_000
#: Virtual milliseconds in which the consortium must have recovered, once the faults are over.
RECOVERY_MS: Final = 60_000
WITHOUT_QUORUM_MS: Final = 15_000
PROGRESS_BLOCKS: Final = 3
#: A snapshot has several pieces, as a large one has.
PIECE_BYTES: Final = 2048
#: Files in memory, where the machine has a place for them.
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


@dataclass(frozen=True)
class Report:
    """What came of a run.

    Attributes:
        is_right: whether everything was as the rules say.
        text: the summary, or the failure with the command that replays it.
    """

    is_right: bool
    text: str


def simulate(seed: int, events: int = EVENTS) -> Report:
    """Run the consortium of a seed and return what came of it."""
    with _folder() as folder:
        world = World(draw(seed, events), folder)
        try:
            recovery_ms = _run(world, folder)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the seed that shows it must be told
            return Report(False, _failed(world, failure))
        finally:
            world.close()
        return Report(True, _summary(world, recovery_ms))


def _run(world: World, folder: Path) -> int:
    events = world.events
    world.begin()
    while events.count < world.settings.events and events.step():
        pass
    world.calm()
    calm_at = events.now
    _require_recovery(world)
    recovery_ms = events.now - calm_at
    if world.settings.is_left_without_quorum:
        _leave_without_quorum(world)
    _audit_files(world, folder)
    return recovery_ms


def _honest(world: World) -> list[Node]:
    return [node for node in world.nodes if not node.is_hostile]


def _heights(world: World) -> list[int]:
    return [node.replica.height if node.is_up else -1 for node in _honest(world)]


def _require_recovery(world: World) -> None:
    """Let time pass until all honest nodes are level, have made blocks, and nobody waits for a receipt."""
    wanted, deadline = world.auditor.ledger.height + PROGRESS_BLOCKS, world.events.now + RECOVERY_MS
    while not _is_well(world, wanted):
        if world.events.now > deadline or not world.events.step():
            waiting = {each.name: len(each.outbox) for each in world.members if _waits(world, each)}
            heights = f"heights {_heights(world)} of {wanted} wanted"
            world.auditor.fail(f"no recovery in {RECOVERY_MS} ms: {heights}, waiting {waiting}")


def _is_well(world: World, height: int) -> bool:
    heights = _heights(world)
    is_level = min(heights) == max(heights) == world.auditor.ledger.height >= height
    return is_level and not any(_waits(world, member) for member in world.members)


def _waits(world: World, member: Member) -> bool:
    """Return whether a member waits for a receipt; who may not send now has none to come."""
    account = world.auditor.ledger.state.get(ACCOUNT + member.address)
    return bool(member.outbox) and account is not None and account["active"]


def _leave_without_quorum(world: World) -> None:
    """Let so many die that no two thirds are left: no block may follow; then they come back, and one must."""
    auditor, events = world.auditor, world.events
    top = auditor.ledger.height
    dead = []
    for node in _honest(world):
        if _live_power_decides(world, top):
            node.go_down()
            dead.append(node)
    world.faults["dead for long"] += len(dead)
    until = events.now + WITHOUT_QUORUM_MS
    while events.now < until and events.step():
        pass
    # What the dead had said before they died may have made one block more.
    auditor.require(auditor.ledger.height <= top + 1, "a block was made without two thirds of the power")
    for node in dead:
        world.revive(node)
    _require_recovery(world)


def _live_power_decides(world: World, top: int) -> bool:
    live = {node.key for node in world.nodes if node.is_up}
    for height in (top + 1, top + 2):
        powers = world.auditor.powers[height]
        if 3 * sum(power for key, power in powers.items() if key in live) > 2 * sum(powers.values()):
            return True
    return False


def _audit_files(world: World, folder: Path) -> None:
    """Check every honest node's file from block 0 on, and that a new replica comes to the same state."""
    auditor, height = world.auditor, world.auditor.ledger.height
    whole = []
    for node in _honest(world):
        auditor.check_receipts(node)
        if isinstance(node, Joiner):
            state = dict(node.replica.store.scan(""))
            auditor.require(
                state == auditor.ledger.state.pairs(), f"{node.name}: its state is not the others'"
            )
            continue
        node.close()
        followed = maintenance.verify(node.path, CONTRACTS, lambda _, __: None)
        is_so = followed.height <= height and followed.app_hash == auditor.roots[followed.height]
        auditor.require(is_so, f"{node.name}: its file gives {followed}")
        auditor.checks["files verified"] += 1
        whole.append(node)
    _replay(world, whole[0], folder)


def _replay(world: World, node: Node, folder: Path) -> None:
    replica = Replica(folder / "fresh.sqlite3", VERSIONS)
    replica.begin(world.document)
    for height in range(1, max(node.disk.blocks) + 1):
        block = node.disk.blocks[height].block
        order = Order(height, block.time, block.wires)
        replica.execute(Proposal(order, block.proposer_address))
        replica.commit()
        is_same = replica.app_hash.hex() == world.auditor.roots[height]
        world.auditor.require(is_same, f"a new replica comes to another state at block {height}")
    replica.close()
    world.auditor.checks["replays from block 0"] += 1


def _summary(world: World, recovery_ms: int) -> str:
    auditor, settings = world.auditor, world.settings
    ok, total = auditor.codes["ok"], auditor.codes.total()
    joined = " and one that joins late" if settings.joins else ""
    refused = Counter({code: count for code, count in auditor.codes.items() if code != "ok"})
    return "\n".join(
        (
            f"seed {settings.seed}: {len(settings.powers)} validators of power {settings.powers}{joined}, "
            f"{len(settings.hostile)} of them hostile; all as the rules say",
            f"  faults       {_counts(world.faults)}",
            f"  blocks       {auditor.ledger.height}",
            f"  transactions {ok} ok, {total - ok} refused in blocks ({_counts(refused)})",
            f"  at doors     {_counts(world.refused)}",
            f"  time         {world.events.now / 1000:.1f} virtual s, {world.events.count} events; "
            f"recovered {recovery_ms / 1000:.1f} s after the faults",
            f"  checked      {_counts(auditor.checks)}",
            f"  app hash     {auditor.roots[-1]}",
        )
    )


def _failed(world: World, failure: Exception) -> str:
    last = "\n".join(world.events.last())
    if not isinstance(failure, Failed):
        last += "\n" + "".join(traceback.format_exception(failure))
    seed, events = world.settings.seed, world.settings.events
    longer = "" if events == EVENTS else f" EVENTS={events}"
    return (
        f"{last}\nseed {seed} failed at {world.events.now} virtual ms, event {world.events.count}: "
        f"{type(failure).__name__}: {failure}\nreplay it: make simulate SEED={seed}{longer}"
    )


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()) if count) or "none"


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for one run, and snapshots of small pieces while it lasts."""
    folder = Path(tempfile.mkdtemp(prefix="tallystick-simulation-", dir=MEMORY if MEMORY.is_dir() else None))
    piece_bytes, snapshots.PIECE_BYTES = snapshots.PIECE_BYTES, PIECE_BYTES  # type: ignore[misc]
    try:
        yield folder
    finally:
        snapshots.PIECE_BYTES = piece_bytes  # type: ignore[misc]
        shutil.rmtree(folder, ignore_errors=True)
