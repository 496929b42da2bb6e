"""A small ABCI application for tests: the ledger in memory, with the results and app hash of the product.

with Application() as application, Network(folder, proxy_app=application.address) as network:
"""

import socket
import tempfile
from pathlib import Path
from threading import Thread

from tallystick.engines.wire import messages_pb2 as wire
from tallystick.engines.wire.framing import Frames, frame
from tallystick.ledger.answers import OK
from tallystick.ledger.block import result_leaf
from tests.ledger.chain import Chain

MAX_MESSAGE_BYTES = 32 * 1024 * 1024


class Application:
    """Runs ``chain``; ``updates`` (public key, power) go out with the next block that is not empty.

    A block holds transactions only when ``gather`` of them wait.
    """

    def __init__(self):
        self.chain = Chain()
        self.updates = []
        self.gather = 1
        self.change_heights = []
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "socket"
        self._listener = socket.socket(socket.AF_UNIX)
        self._connections = []

    @property
    def address(self):
        return f"unix://{self._path}"

    def answer(self, request):
        kind = request.WhichOneof("value")
        answers = {
            "info": self._info,
            "init_chain": self._begin,
            "check_tx": lambda _: wire.ResponseCheckTx(),
            "prepare_proposal": self._propose,
            "process_proposal": lambda _: wire.ResponseProcessProposal(status=1),
            "finalize_block": self._execute,
            "echo": lambda asked: wire.ResponseEcho(message=asked.message),
            "flush": lambda _: wire.ResponseFlush(),
            "commit": lambda _: wire.ResponseCommit(),
            "query": self._query,
        }
        return wire.Response(**{kind: answers[kind](getattr(request, kind))})

    def _info(self, _):
        if self.chain.head.height == 0:
            return wire.ResponseInfo()
        return wire.ResponseInfo(last_block_height=self.chain.head.height, last_block_app_hash=self._root())

    def _begin(self, _):
        return wire.ResponseInitChain(app_hash=self._root())

    def _propose(self, asked):
        return wire.ResponsePrepareProposal(txs=asked.txs if len(asked.txs) >= self.gather else [])

    def _execute(self, asked):
        results = self.chain.add(*asked.txs, time=asked.time.seconds * 1000 + asked.time.nanos // 10**6)
        updates, self.updates = (self.updates, []) if asked.txs else ([], self.updates)
        self.change_heights += [asked.height] if updates else []
        return wire.ResponseFinalizeBlock(
            tx_results=[
                wire.ExecTxResult(code=0 if one.code == OK else 1, data=result_leaf(one), log=one.message)
                for one in results
            ],
            validator_updates=[
                wire.ValidatorUpdate(pub_key=wire.PublicKey(ed25519=key), power=power)
                for key, power in updates
            ],
            app_hash=self._root(),
        )

    def _query(self, asked):
        operation = wire.ProofOp(type="test", key=asked.data, data=b"\x01\x02")
        return wire.ResponseQuery(
            code=7,
            log=asked.path,
            info="told",
            key=asked.data,
            value=b"v" * asked.prove,
            height=3,
            proof_ops=wire.ProofOps(ops=[operation]) if asked.prove else None,
        )

    def _root(self):
        return bytes.fromhex(self.chain.head.app_hash)

    def __enter__(self):
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._acceptor = Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(5)
        self._listener.close()
        for connection, thread in self._connections:
            connection.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            connection.close()
        self._folder.cleanup()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = Thread(target=self._serve, args=(connection,), daemon=True)
            self._connections.append((connection, thread))
            thread.start()

    def _serve(self, connection):
        frames = Frames(MAX_MESSAGE_BYTES)
        while piece := connection.recv(65536):
            for message in frames.feed(piece):
                answer = self.answer(wire.Request.FromString(message))
                connection.sendall(frame(answer.SerializeToString()))
