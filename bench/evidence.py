"""Delivery records verified per second, every check made, against bare signature checks in the same run."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from report import note, per_second, spread, table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.contracts.chain import CHAIN
from tests.evidence.deliveries import FOUND, OWNER, delivered

from tallystick.evidence.delivery import delivery_statement
from tallystick.evidence.verification import verify_record
from tallystick.ledger import keys

RECORDS = 10_000
ROUNDS = 3


def seconds(run: Callable[[], bool]) -> float:
    """Return how long ``run`` took; it must come to True."""
    started = time.perf_counter()
    if not run():
        raise SystemExit("A right record was refused.")
    return time.perf_counter() - started


def main() -> None:
    """Print the section of the page."""
    note(f"Evidence: signing {RECORDS} records")
    records = [delivered(f"{at + 1}-0", f"{at}-0") for at in range(RECORDS)]
    bare = [
        (
            bytes.fromhex(one.key),
            delivery_statement(CHAIN, one.request, one.supplier, one.buyer, one.media_hash),
            bytes.fromhex(one.signature),
        )
        for one in records
    ]
    rates: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        whole = seconds(
            lambda: all(verify_record(CHAIN, one, OWNER, FOUND, one.record_hash).counts for one in records)
        )
        signatures = seconds(lambda: all(keys.verify(*one) for one in bare))
        rates.append((RECORDS / whole, RECORDS / signatures))
    print("## Verification of delivery records\n")
    print(
        f"{RECORDS:,} records of three files each, one process; every check of each record, against the bare "
        f"Ed25519 checks of the same signatures in the same run; {ROUNDS} rounds.\n"
    )
    rows = [
        ("every check of a record", per_second(sorted(rate for rate, _ in rates)[ROUNDS // 2])),
        ("bare signature checks", per_second(sorted(rate for _, rate in rates)[ROUNDS // 2])),
        ("ratio", spread([whole / signature for whole, signature in rates])),
    ]
    print(table(("what", "per second"), rows))


if __name__ == "__main__":
    main()
