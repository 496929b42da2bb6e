"""Restoring a node from a snapshot that others offer: nothing is believed until the state's root is right."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from pathlib import Path

from tallystick.engines.abci.snapshots import FORMAT, Manifest, read_manifest, read_piece
from tallystick.engines.storage.store import Store
from tallystick.errors import Malformed
from tallystick.ledger import trie
from tallystick.ledger.block import NO_HASH, Header, SignedHeader
from tallystick.ledger.genesis import parse_genesis


class Verdict(Enum):
    """What is made of a snapshot or a piece of one."""

    ACCEPT = "accept"
    REJECT = "reject"
    REJECT_FORMAT = "reject_format"
    RETRY = "retry"


@dataclass
class Restoring:
    """A snapshot on its way into a new ledger file.

    Attributes:
        path: where the ledger is to be.
        is_expected: tells of a genesis document whether it is that of the chain this node belongs to.
    """

    path: Path
    is_expected: Callable[[bytes], bool]
    _manifest: Manifest | None = None
    _app_hash: bytes = b""
    _state: dict[str, bytes] = field(default_factory=dict)
    _next: int = 0

    def offer(
        self, height: int, form: int, snapshot_hash: bytes, metadata: bytes, app_hash: bytes
    ) -> Verdict:
        """Look at a snapshot on offer; ``app_hash`` is what the validators have signed for its height."""
        self._manifest, self._state, self._next = None, {}, 0
        if form != FORMAT:
            return Verdict.REJECT_FORMAT
        try:
            manifest = read_manifest(metadata)
            genesis = manifest.genesis.encode()
            chain_id = parse_genesis(genesis).chain_id
        except Malformed:
            return Verdict.REJECT
        header = manifest.header
        is_right = (
            manifest.hash == snapshot_hash
            and self.is_expected(genesis)
            and (header.height, header.chain_id, header.app_hash) == (height, chain_id, app_hash.hex())
        )
        if not is_right:
            return Verdict.REJECT
        self._manifest, self._app_hash = manifest, app_hash
        return Verdict.ACCEPT

    def take(self, index: int, piece: bytes) -> Verdict:
        """Take in a piece; after the last one the ledger file stands, or nothing is left of it."""
        manifest = self._manifest
        if manifest is None:
            return Verdict.REJECT
        if index != self._next or sha256(piece).hexdigest() != manifest.pieces[index]:
            return Verdict.RETRY
        try:
            self._state.update(read_piece(piece))
        except Malformed:
            return Verdict.REJECT
        self._next += 1
        if self._next < len(manifest.pieces):
            return Verdict.ACCEPT
        return self._write(manifest)

    @property
    def is_done(self) -> bool:
        """Whether the last piece has come in."""
        return self._manifest is not None and self._next == len(self._manifest.pieces)

    def _write(self, manifest: Manifest) -> Verdict:
        root, pages = trie.update(trie.MemoryPages(), self._state)
        if root != self._app_hash:
            return Verdict.REJECT
        partial = self.path.with_name(self.path.name + ".restoring")
        partial.unlink(missing_ok=True)
        store = Store.open_new(partial)
        try:
            with store.writing():
                store.put_genesis(manifest.genesis.encode())
                store.put_base(SignedHeader(_believed(manifest.header), ""))
                store.put_changes(self._state, pages)
        finally:
            store.close()
        partial.replace(self.path)
        self._state = {}
        return Verdict.ACCEPT


def _believed(header: Header) -> Header:
    """Return what of a snapshot's header is proved by the state's root; its time only tells how old it is."""
    return Header(
        app_hash=header.app_hash,
        chain_id=header.chain_id,
        data_hash=NO_HASH.hex(),
        height=header.height,
        previous_hash=NO_HASH.hex(),
        proposer="",
        results_hash=NO_HASH.hex(),
        time=header.time,
        transactions=0,
    )
