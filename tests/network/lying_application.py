"""An application that proposes bad blocks: ``lying_application.py FOLDER``, run in the product's place.

What it may slip in lies in ``FOLDER/run/lies``, MessagePack of (kind, transaction); each time that it
proposes, it takes the next of them, and writes the height and the kind to ``FOLDER/run/told``.
"""

import itertools
import sys
from pathlib import Path

import msgspec

from tallystick.bootstrap.node import application
from tallystick.engines.abci.replica import Replica


class LyingReplica(Replica):
    """Puts a bad transaction into each block that it proposes, and stands by its own."""

    def __init__(self, path, *others):
        super().__init__(path, *others)
        run = path.with_name("run")
        self._lies = itertools.cycle(
            msgspec.msgpack.decode((run / "lies").read_bytes(), type=list[tuple[str, bytes]])
        )
        self._told = run / "told"

    def propose(self, proposal):
        kind, wire = next(self._lies)
        with self._told.open("a") as told:
            told.write(f"{proposal.order.height} {kind}\n")
        return [*super().propose(proposal), wire]

    def accepts(self, proposal):
        return True


if __name__ == "__main__":
    application.Replica = LyingReplica
    sys.exit(application.main(Path(sys.argv[1])))
