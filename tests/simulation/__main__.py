"""``python -m tests.simulation --seed 7``: run one seed, or several, and say what came of each."""

import argparse
import logging
import sys

from tests.simulation.run import EVENTS, simulate


def main() -> int:
    """Return 0 when all seeds went as the rules say, 1 at the first that did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Simulate a consortium.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int, help="the seed that decides everything")
    which.add_argument("--seeds", metavar="A..B", help="all seeds from A to B")
    parser.add_argument("--events", type=int, default=EVENTS, help="how long the faults last (%(default)s)")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what nodes log of refused blocks is expected here
    first, _, last = (asked.seeds or str(asked.seed)).partition("..")
    for seed in range(int(first), int(last or first) + 1):
        report = simulate(seed, asked.events)
        print(report.text, flush=True)
        if not report.is_right:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
