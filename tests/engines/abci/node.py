"""A node's application for tests, driven as CometBFT drives it, one message after another."""

from google.protobuf.timestamp_pb2 import Timestamp

from tallystick.engines.abci.application import FIRST_BLOCK_MS, Application
from tallystick.engines.abci.limits import Limits
from tallystick.engines.abci.replica import Replica
from tallystick.engines.abci.snapshots import Snapshots
from tallystick.engines.wire import messages_pb2 as pb
from tallystick.engines.wire.telling import heard
from tallystick.ledger.genesis import compose_genesis
from tests.ledger.notebook import ANNE, BERT, CHAIN, GENESIS_TIME, NOTEBOOK

PROPOSER = bytes(range(20))
LIMITS = Limits(snapshot_interval=0)


def network_genesis(chain_id=CHAIN):
    """The notebook's genesis document for a chain that validators agree on."""
    keys = [bytes(one.key.verify_key).hex() for one in (ANNE, BERT)]
    return compose_genesis(chain_id, GENESIS_TIME, b"", {"notebook": keys})


def timestamp(ms):
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


def block_time(height):
    return GENESIS_TIME + FIRST_BLOCK_MS + height * 1000


class Node:
    """An application on a folder of its own; ``reopen`` is what a restart of its process is."""

    def __init__(self, folder, limits=LIMITS, genesis=None, contracts=(NOTEBOOK,), versions=None):
        self.folder = folder
        self.limits = limits
        self.genesis = genesis or network_genesis()
        self.versions = versions or {1: contracts}
        self.open()

    def open(self):
        self.replica = Replica(self.folder / "ledger.sqlite3", self.versions, self.limits)
        self.snapshots = Snapshots(self.folder / "snapshots", self.limits.kept_snapshots)
        self.application = Application(self.replica, self.snapshots, lambda found: found == self.genesis)

    def reopen(self):
        self.close()
        self.open()

    def close(self):
        self.snapshots.wait()
        self.replica.close()

    def ask(self, **request):
        """The response to one request, of its kind."""
        (kind,) = request
        response = self.application.answer(pb.Request(**request))
        assert response.WhichOneof("value") == kind, response
        return getattr(response, kind)

    def fail(self, **request):
        """The error on which CometBFT stops."""
        response = self.application.answer(pb.Request(**request))
        assert response.WhichOneof("value") == "exception", response
        return heard(response.exception.error)

    def init_request(self, **fields):
        given = {
            "time": timestamp(GENESIS_TIME + FIRST_BLOCK_MS),
            "chain_id": CHAIN,
            "initial_height": 1,
            "app_state_bytes": self.genesis,
        }
        return pb.RequestInitChain(**given | fields)

    def begin(self):
        return self.ask(init_chain=self.init_request()).app_hash

    def check(self, wire, again=False):
        """None when the transaction is let in, or the refusal."""
        kind = pb.RECHECK if again else pb.NEW
        answer = self.ask(check_tx=pb.RequestCheckTx(tx=wire, type=kind))
        return None if answer.code == 0 else heard(answer.log)

    def propose(self, *wires):
        height = self.replica.height + 1
        request = pb.RequestPrepareProposal(
            max_tx_bytes=4_000_000,
            txs=wires,
            height=height,
            time=timestamp(block_time(height)),
            proposer_address=PROPOSER,
        )
        return list(self.ask(prepare_proposal=request).txs)

    def accepts(self, *wires):
        height = self.replica.height + 1
        request = pb.RequestProcessProposal(
            txs=wires, height=height, time=timestamp(block_time(height)), proposer_address=PROPOSER
        )
        return self.ask(process_proposal=request).status == pb.ResponseProcessProposal.ACCEPT

    def finalize_request(self, *wires, height=None):
        height = height or self.replica.height + 1
        return pb.RequestFinalizeBlock(
            txs=wires, height=height, time=timestamp(block_time(height)), proposer_address=PROPOSER
        )

    def finalize(self, *wires):
        return self.ask(finalize_block=self.finalize_request(*wires))

    def commit(self):
        return self.ask(commit=pb.RequestCommit())

    def block(self, *wires):
        """Take one block all the way; return its results as (code, data)."""
        finalized = self.finalize(*wires)
        self.commit()
        return [tuple(one.data.split(b"\n", 1)) for one in finalized.tx_results]

    def query(self, path, data=b""):
        return self.ask(query=pb.RequestQuery(path=path, data=data))
