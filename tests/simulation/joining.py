"""A node that joins late: it takes a snapshot from the others, of whom some are hostile, and then follows.

As with CometBFT, its operator trusts one node for the header that the state is checked against; the pieces
come from anyone.
"""

from typing import Final

from tallystick.engines.abci.restoring import Restoring, Verdict
from tallystick.engines.abci.snapshots import FORMAT, Manifest
from tests.simulation.consensus import Memory
from tests.simulation.messages import Message, PieceAsked, PieceGiven
from tests.simulation.node import Node

ASK_MS: Final = 150
MAX_ASKED: Final = 60


class Joiner(Node):
    """A node without a ledger until a snapshot has come in whole."""

    _manifest: Manifest | None = None
    _restoring: Restoring | None = None
    _trusted: Node
    _next = 0
    _asked = 0

    def join(self) -> None:
        """Begin to look for a snapshot."""
        self.world.events.after(ASK_MS, self._seek)

    def _seek(self) -> None:
        if not self.path.exists():
            if self._manifest is None or self._asked > MAX_ASKED:
                self._choose()
            if self._manifest is not None:
                self._asked += 1
                peer = self.chance.choice(self.peers())
                self.send(peer, PieceAsked(self._manifest.header.height, self._next))
            self.world.events.after(ASK_MS, self._seek)

    def _choose(self) -> None:
        self._manifest, self._next, self._asked = None, 0, 0
        honest = [
            node for node in self.world.nodes if node is not self and node.is_up and not node.is_hostile
        ]
        for node in self.chance.sample(honest, len(honest)):
            for manifest in node.snapshots.manifests():
                height = manifest.header.height
                if height + 1 in node.disk.blocks and height + 2 in node.disk.validators:
                    self._offer(node, manifest)
                    return

    def _offer(self, node: Node, manifest: Manifest) -> None:
        height = manifest.header.height
        app_hash = node.disk.blocks[height + 1].block.app_hash
        restoring = Restoring(self.path, lambda document: document == self.world.document)
        data = manifest.encoded()
        false = restoring.offer(height, FORMAT, manifest.hash, data, bytes(32))
        self.world.auditor.require(false is Verdict.REJECT, f"{self.name} takes a snapshot of another state")
        verdict = restoring.offer(height, FORMAT, manifest.hash, data, app_hash)
        self.world.auditor.require(verdict is Verdict.ACCEPT, f"{self.name} takes no snapshot: {verdict}")
        self._manifest, self._restoring, self._trusted = manifest, restoring, node

    def _deliver(self, sender: str, message: Message) -> None:
        if self.is_up:
            super()._deliver(sender, message)
        elif isinstance(message, PieceGiven) and not self.path.exists():
            self._take_piece(message)

    def _take_piece(self, given: PieceGiven) -> None:
        manifest, restoring = self._manifest, self._restoring
        if manifest is None or restoring is None:
            return
        if (given.height, given.index) != (manifest.header.height, self._next):
            return
        verdict = restoring.take(given.index, given.piece)
        if verdict is Verdict.RETRY:
            self.world.faults["false piece refused"] += 1
            return
        self.world.auditor.require(
            verdict is Verdict.ACCEPT, f"{self.name}: a right piece is refused: {verdict}"
        )
        self._next += 1
        if restoring.is_done:
            self._go_on_from(manifest.header.height)

    def _go_on_from(self, height: int) -> None:
        for each in (height + 1, height + 2):
            self.disk.validators[each] = dict(self._trusted.disk.validators[each])
        self.disk.memory = Memory(height + 1)
        self.world.events.note("{} is restored at height {}", self.name, height)
        self.come_up()
        self.world.auditor.restored(self)
