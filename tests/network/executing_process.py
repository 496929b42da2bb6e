"""A process that executes the blocks of a file and prints what they come to.

``executing_process.py BLOCKS LEDGER [small | reopened]``: with small memories, or closed after every block.
It takes on the locale that its environment asks for, as far as the machine has it.
"""

import contextlib
import locale
import sys
import time
from pathlib import Path

import msgspec

from tallystick.contracts.catalogue import VERSIONS
from tallystick.engines.abci.limits import Limits
from tallystick.engines.abci.replica import Proposal, Replica
from tallystick.ledger.execution import Order

Blocks = tuple[bytes, list[tuple[int, int, str, list[bytes]]]]
SMALL = Limits(remembered=1, cached_values=1, cached_pages=1)


def main(blocks, ledger, way=""):
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, "")
    time.tzset()
    document, made = msgspec.msgpack.decode(Path(blocks).read_bytes(), type=Blocks)
    limits = SMALL if way == "small" else Limits()
    replica = Replica(Path(ledger), VERSIONS, limits)
    print(0, replica.begin(document).hex())
    for height, moment, proposer, wires in made:
        replica.execute(Proposal(Order(height, moment, tuple(wires)), proposer))
        executed = replica.commit()
        codes = ",".join(result.code for result in executed.results)
        print(height, executed.app_hash.hex(), executed.results_root.hex(), codes)
        if way == "reopened":
            replica.close()
            replica = Replica(Path(ledger), VERSIONS, limits)
    replica.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
