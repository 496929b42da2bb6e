"""The embedded ledger against the limits of its machine: signature checks and durable commits per second."""

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Literal

from growth import Grown, growth, growth_section
from nacl.signing import VerifyKey
from report import cores, note, per_second, spread, table
from workload import (
    PROPOSER,
    PROPOSER_PUBLIC_KEY,
    Load,
    anchoring_load,
    register_load,
    sign_header,
)

from tallystick.engines.embedded import EmbeddedEngine, Limits
from tallystick.engines.storage import database, maintenance

BLOCK = 1000
LIMIT_SECONDS = 1.0
MESSAGE = bytes(500)


@dataclass(frozen=True)
class Arrangement:
    """Where a load runs, and how many of the limit's transactions are aimed at there.

    Attributes:
        name: what the page calls it.
        cores: how many cores the processes share.
        verifiers: processes that check signatures beside the ledger's.
        aim: what the transactions per second are to reach, as a part of the limit.
    """

    name: str
    cores: int
    verifiers: int
    aim: tuple[Literal["at least", "more than"], Fraction]

    def verdict(self, share: float) -> str:
        """Return whether a part of the limit meets the aim."""
        words, part = self.aim
        is_met = share >= part if words == "at least" else share > part
        return f"{words} {part}: {'met' if is_met else 'not met'}"


ARRANGEMENTS = (
    Arrangement("one core, one process", 1, 0, ("at least", Fraction(1, 3))),
    Arrangement("two cores, one verifier process", 2, 1, ("more than", Fraction(1, 2))),
)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Run:
    """One measured run of a load.

    Attributes:
        rate: transactions per second, from the first submission until the last is durable.
        signatures: signatures checked per second in the run.
        limit: signatures that one core checked per second just before and after.
    """

    rate: float
    signatures: float
    limit: float


def verification_limit() -> float:
    """Return Ed25519 signatures of 500 bytes that one core checks per second, with PyNaCl."""
    signed = PROPOSER.sign(MESSAGE)
    key = VerifyKey(PROPOSER_PUBLIC_KEY)
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < LIMIT_SECONDS:
        for _ in range(100):
            key.verify(signed.message, signed.signature)
        count += 100
    return count / spent


def commit_limit(folder: Path) -> float:
    """Return commits of one small row per second, with the ledger's own settings of SQLite."""
    connection = database.connect_new(folder / "commits.sqlite3")
    connection.execute("CREATE TABLE IF NOT EXISTS one (number INTEGER PRIMARY KEY, value BLOB)")
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < LIMIT_SECONDS:
        connection.execute("INSERT INTO one (value) VALUES (x'00')")
        count += 1
    connection.close()
    return count / spent


def run(load: Load, folder: Path, pinned: list[int], verifiers: int) -> Run:
    """Send a load through a fresh ledger on the given cores."""
    everywhere = cores()
    os.sched_setaffinity(0, pinned[:1])
    before = verification_limit()
    os.sched_setaffinity(0, pinned)
    limits = Limits(block_period_ms=1000, block_transactions=BLOCK, verifiers=verifiers)
    path = folder / f"{time.monotonic_ns()}.sqlite3"
    engine = EmbeddedEngine.create(
        path,
        load.genesis,
        load.contracts,
        sign_header,
        PROPOSER_PUBLIC_KEY,
        clock=SystemClock(),
        limits=limits,
    )
    try:
        refuse_forged(engine, load.wires[0])
        start = time.perf_counter()
        send(engine, load.wires)
        spent = time.perf_counter() - start
    finally:
        engine.close()
        path.unlink()
        os.sched_setaffinity(0, pinned[:1])
        after = verification_limit()
        os.sched_setaffinity(0, everywhere)
    count = len(load.wires)
    return Run(count / spent, load.signatures / spent, (before + after) / 2)


def refuse_forged(engine: EmbeddedEngine, wire: bytes) -> None:
    """See that a forged signature is refused; then the processes that check signatures have started."""
    refusal = engine.submit_many([bytes([wire[0] ^ 1]) + wire[1:]])[0]
    assert not isinstance(refusal, str)
    assert refusal.code == "forged_signature"


def send(engine: EmbeddedEngine, wires: list[bytes]) -> None:
    """Submit everything, a block at a time, and return when the last is durable."""
    place = 0
    while place < len(wires):
        batch = wires[place : place + BLOCK]
        answers = engine.submit_many(batch)
        refused = next((index for index, one in enumerate(answers) if not isinstance(one, str)), None)
        if refused is not None:
            assert answers[refused].code in {"mempool_full", "sequence_gap"}, answers[refused]
            time.sleep(0.005)
        place += len(batch) if refused is None else refused
        last = answers[-1] if refused is None else None
    assert last is not None
    assert engine.wait(last, timeout_s=60).code == "ok"


def throughput(loads: list[Load], folder: Path, rounds: int) -> list[tuple[object, ...]]:
    """Measure every load on one core and on two, in turns, so that what disturbs one disturbs all."""
    available = cores()
    runs: dict[tuple[str, Arrangement], list[Run]] = {}
    for turn in range(rounds):
        for load in loads:
            for where in ARRANGEMENTS:
                if where.cores > len(available):
                    continue
                note(f"{load.name}, {where.name}, {turn + 1} of {rounds}")
                measured = run(load, folder, available[: where.cores], where.verifiers)
                runs.setdefault((load.name, where), []).append(measured)
    return [
        (
            load_name,
            where.name,
            per_second(statistics.median(one.rate for one in measured)),
            per_second(statistics.median(one.limit for one in measured)),
            spread([one.rate / one.limit for one in measured]),
            spread([one.signatures / one.limit for one in measured]),
            where.verdict(statistics.median(one.rate / one.limit for one in measured)),
        )
        for (load_name, where), measured in runs.items()
    ]


def replay(load: Load, folder: Path) -> tuple[int, float, float]:
    """Return transactions, seconds to verify them from block 0 on, and the limit beside it."""
    path = folder / "replay.sqlite3"
    engine = EmbeddedEngine.create(
        path, load.genesis, load.contracts, sign_header, PROPOSER_PUBLIC_KEY, clock=SystemClock(),
        limits=Limits(block_period_ms=1000, block_transactions=BLOCK),
    )  # fmt: skip
    send(engine, load.wires)
    head = engine.head().app_hash
    engine.close()
    limit = verification_limit()
    start = time.perf_counter()
    followed = maintenance.verify(path, load.contracts, lambda done, total: None)
    spent = time.perf_counter() - start
    assert (followed.app_hash, followed.transactions) == (head, len(load.wires))
    path.unlink()
    return followed.transactions, spent, (limit + verification_limit()) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=20_000, help="in each run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--replay", type=int, default=100_000, help="transactions to replay")
    parser.add_argument("--keys", type=int, default=1_000_000, help="most keys in the state")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commits = commit_limit(folder)
        loads = [register_load(chosen.transactions), anchoring_load(chosen.transactions)]
        rows = throughput(loads, folder, chosen.rounds)
        commits = statistics.mean((commits, commit_limit(folder)))
        note(f"replay of {chosen.replay:,} transactions")
        count, spent, limit = replay(register_load(chosen.replay), folder)
        grown = growth(folder, chosen.keys)
    print(section(chosen.transactions, rows, commits, (count, spent, limit), grown))


def section(
    transactions: int,
    rows: list[tuple[object, ...]],
    commits: float,
    replayed: tuple[int, float, float],
    grown: list[Grown],
) -> str:
    """Return this benchmark's section of the page."""
    count, spent, limit = replayed
    headings = (
        "what",
        "where",
        "transactions/s",
        "limit/s",
        "of the limit",
        "signatures, of the limit",
        "aim",
    )
    return f"""## The embedded ledger

{transactions:,} transactions for each run, in blocks of {BLOCK:,}, until the last is durable (SQLite in WAL
mode, `synchronous=FULL`). *Limit* is how many Ed25519 signatures over 500 bytes one core checks per second
with PyNaCl, measured on the same core just before and after each run. Runs take turns; figures are medians,
with the least and the most. The aim is on transactions: at least a third of the limit on one core, more than
half of it on two. The last column says whether the median meets it. The process of its own is that of the
setting `TALLYSTICK_VERIFIERS=1`.

{table(headings, rows)}

*Register a document* calls a small contract of the benchmark's own (`bench/workload.py`: two lookups, one
write): it shows the ledger with next to no contract. *Anchor the steps of loan cases* calls the product's own
contract `anchoring`, with all that it checks; it checks more signatures than there are transactions, because
the applicant signs two steps of five too.

The disk took {per_second(commits)} commits of one small row per second with the same settings; a block
is one commit.

**Replay.** {count:,} transactions verified from block 0 on (every hash, signature, result and the state)
in {spent:.1f} s: {per_second(count / spent)} transactions/s, {count / spent / limit:.2f} of the limit.

{growth_section(grown)}
"""


if __name__ == "__main__":
    main()
