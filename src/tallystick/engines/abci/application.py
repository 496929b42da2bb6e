"""The messages of ABCI 2.0, each mapped to what the replica does (spec/abci of CometBFT v0.38).

A failure is answered with an exception, on which CometBFT stops: a node that cannot execute what the others
have agreed on must not go on. Refusing a transaction, a proposal or a query is no failure.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from tallystick.contracts.nodes import validator_updates, validators_from_state
from tallystick.engines.abci.answers import answer
from tallystick.engines.abci.replica import Proposal, Replica
from tallystick.engines.abci.restoring import Restoring, Verdict
from tallystick.engines.abci.snapshots import FORMAT, Snapshots
from tallystick.engines.wire import messages_pb2 as pb
from tallystick.engines.wire.telling import ACCEPTED, REJECTED, tell
from tallystick.errors import Conflict, Corruption, Malformed, TallystickError
from tallystick.ledger.answers import OK
from tallystick.ledger.block import result_leaf
from tallystick.ledger.execution import Executed, Order
from tallystick.ledger.genesis import parse_genesis
from tallystick.values import canonical
from tallystick.values.identifiers import account_address, account_address_of

CODESPACE: Final = "tallystick"
#: The chain begins this much after the genesis document's time, so that block 1 is later than block 0.
FIRST_BLOCK_MS: Final = 1
PRUNE_EVERY: Final = 100
_log = logging.getLogger(__name__)


class Application:
    """Answers CometBFT's requests for one node, in the order in which they come. For one thread.

    Args:
        replica: the node's ledger.
        snapshots: where snapshots are kept.
        is_expected: tells of a genesis document whether it is that of the chain this node belongs to.

    Attributes:
        failure: what stopped the node, if anything did.
    """

    def __init__(self, replica: Replica, snapshots: Snapshots, is_expected: Callable[[bytes], bool]) -> None:
        self._replica = replica
        self._snapshots = snapshots
        self._restoring = Restoring(replica.path, is_expected)
        self._is_expected = is_expected
        self.failure: TallystickError | None = None
        self._answers: Mapping[str, Callable[[pb.Request], pb.Response]] = {
            "echo": lambda asked: pb.Response(echo=pb.ResponseEcho(message=asked.echo.message)),
            "flush": lambda _: _FLUSHED,
            "info": lambda _: pb.Response(info=self._info()),
            "init_chain": lambda asked: pb.Response(init_chain=self._init_chain(asked.init_chain)),
            "query": lambda asked: pb.Response(query=answer(self._replica, asked.query)),
            "check_tx": lambda asked: self._check(asked.check_tx),
            "prepare_proposal": lambda asked: pb.Response(prepare_proposal=self._prepare(asked)),
            "process_proposal": lambda asked: pb.Response(process_proposal=self._process(asked)),
            "finalize_block": lambda asked: pb.Response(finalize_block=self._finalize(asked)),
            "commit": lambda _: pb.Response(commit=self._commit()),
            "list_snapshots": lambda _: pb.Response(list_snapshots=self._list_snapshots()),
            "offer_snapshot": lambda asked: pb.Response(offer_snapshot=self._offer(asked.offer_snapshot)),
            "load_snapshot_chunk": lambda asked: pb.Response(load_snapshot_chunk=self._load(asked)),
            "apply_snapshot_chunk": lambda asked: pb.Response(apply_snapshot_chunk=self._apply(asked)),
            # Vote extensions stay off: the chain's parameters never enable them.
            "extend_vote": lambda _: pb.Response(extend_vote=pb.ResponseExtendVote()),
            "verify_vote_extension": lambda asked: pb.Response(verify_vote_extension=_extension(asked)),
        }

    def answer(self, request: pb.Request) -> pb.Response:
        """Return the response to a request, of the same kind; or the exception on which CometBFT stops."""
        kind = request.WhichOneof("value")
        try:
            if kind is None:
                raise Malformed("unknown_request", "CometBFT asked for something that is not of ABCI 2.0.")
            return self._answers[kind](request)
        except TallystickError as error:
            self.failure = error
            _log.critical("The node stops at %s: %s (%s)", kind, error.message, error.code)
            return pb.Response(exception=pb.ResponseException(error=tell(error)))

    def _info(self) -> pb.ResponseInfo:
        height = self._replica.height
        return pb.ResponseInfo(
            data=CODESPACE,
            app_version=self._replica.version_at(height + 1),
            last_block_height=height,
            last_block_app_hash=self._replica.app_hash,
        )

    def _init_chain(self, request: pb.RequestInitChain) -> pb.ResponseInitChain:
        document = genesis_of(bytes(request.app_state_bytes))
        genesis = parse_genesis(document)
        begins_ms = genesis.time + FIRST_BLOCK_MS
        if genesis.chain_id != request.chain_id or genesis.proposer or _ms(request.time) != begins_ms:
            raise Conflict("another_genesis", "The genesis file and the genesis document in it do not agree.")
        if request.initial_height > 1:
            raise Conflict("another_genesis", "The chain must begin with block 1.")
        if not self._is_expected(document):
            raise Conflict("another_genesis", "The genesis file is not that of the chain of this node.")
        app_hash = self._replica.begin(document)
        named = {each.pub_key.ed25519.hex(): each.power for each in request.validators}
        agreed = {each.consensus_key: each.power for each in validators_from_state(self._replica.store)}
        if agreed and named != agreed:
            raise Conflict("another_genesis", "The genesis file names other validators than its document.")
        return pb.ResponseInitChain(app_hash=app_hash)

    def _check(self, request: pb.RequestCheckTx) -> pb.Response:
        waiting = self._replica.waiting
        take_in = waiting.admit if request.type == pb.NEW else waiting.keep
        try:
            take_in(request.tx)
        except TallystickError as error:
            refusal = pb.ResponseCheckTx(code=REJECTED, log=tell(error), codespace=CODESPACE)
            return pb.Response(check_tx=refusal)
        return _ADMITTED

    def _prepare(self, request: pb.Request) -> pb.ResponsePrepareProposal:
        return pb.ResponsePrepareProposal(txs=self._replica.propose(_proposal(request.prepare_proposal)))

    def _process(self, request: pb.Request) -> pb.ResponseProcessProposal:
        accepts = self._replica.accepts(_proposal(request.process_proposal))
        statuses = pb.ResponseProcessProposal
        return statuses(status=statuses.ACCEPT if accepts else statuses.REJECT)

    def _finalize(self, request: pb.Request) -> pb.ResponseFinalizeBlock:
        asked = request.finalize_block
        for seen in asked.misbehavior:
            kind = pb.MisbehaviorType.Name(seen.type)
            member = self._member_of(seen.validator.address)
            _log.error("The validator of %s misbehaved at height %d: %s", member, seen.height, kind)
        executed = self._replica.execute(_proposal(asked))
        response = pb.ResponseFinalizeBlock(
            tx_results=[_result(executed, index) for index in range(len(executed.results))],
            validator_updates=_updates(executed),
            app_hash=executed.app_hash,
        )
        version = self._replica.version_at(asked.height + 1)
        if version != self._replica.version_at(asked.height):
            response.consensus_param_updates.version.app = version
        return response

    def _member_of(self, digest: bytes) -> str:
        """Return the account of the member whose validator CometBFT names by these 20 bytes."""
        named = account_address_of(digest)
        for each in validators_from_state(self._replica.store):
            if account_address(bytes.fromhex(each.consensus_key)) == named:
                return each.member
        return f"{named}, which votes no more,"

    def _commit(self) -> pb.ResponseCommit:
        replica, limits = self._replica, self._replica.limits
        replica.commit()
        height = replica.height
        if limits.snapshot_interval and height % limits.snapshot_interval == 0:
            self._snapshots.begin(replica.path)
        if not limits.retained_blocks or height <= limits.retained_blocks:
            return pb.ResponseCommit()
        retained = height - limits.retained_blocks + 1
        if height % PRUNE_EVERY == 0:
            with replica.store.writing():
                replica.store.prune(retained)
        return pb.ResponseCommit(retain_height=retained)

    def _list_snapshots(self) -> pb.ResponseListSnapshots:
        return pb.ResponseListSnapshots(
            snapshots=[
                pb.Snapshot(
                    height=manifest.header.height,
                    format=FORMAT,
                    chunks=len(manifest.pieces),
                    hash=manifest.hash,
                    metadata=manifest.encoded(),
                )
                for manifest in self._snapshots.manifests()
            ]
        )

    def _load(self, request: pb.Request) -> pb.ResponseLoadSnapshotChunk:
        asked = request.load_snapshot_chunk
        piece = self._snapshots.piece(asked.height, asked.chunk) if asked.format == FORMAT else b""
        return pb.ResponseLoadSnapshotChunk(chunk=piece)

    def _offer(self, request: pb.RequestOfferSnapshot) -> pb.ResponseOfferSnapshot:
        results = pb.ResponseOfferSnapshot
        if self._replica.has_begun:
            raise Corruption("ledger_exists", "A node that has a ledger takes no snapshot.")
        offered = request.snapshot
        verdict = self._restoring.offer(
            offered.height, offered.format, offered.hash, offered.metadata, request.app_hash
        )
        return results(
            result={
                Verdict.ACCEPT: results.ACCEPT,
                Verdict.REJECT_FORMAT: results.REJECT_FORMAT,
            }.get(verdict, results.REJECT)
        )

    def _apply(self, request: pb.Request) -> pb.ResponseApplySnapshotChunk:
        asked, results = request.apply_snapshot_chunk, pb.ResponseApplySnapshotChunk
        verdict = self._restoring.take(asked.index, bytes(asked.chunk))
        if verdict is Verdict.RETRY:
            senders = [asked.sender] if asked.sender else []
            return results(result=results.RETRY, refetch_chunks=[asked.index], reject_senders=senders)
        if verdict is not Verdict.ACCEPT:
            return results(result=results.REJECT_SNAPSHOT)
        if self._restoring.is_done:
            self._replica.reopen()
        return results(result=results.ACCEPT)


_FLUSHED: Final = pb.Response(flush=pb.ResponseFlush())
_ADMITTED: Final = pb.Response(check_tx=pb.ResponseCheckTx(code=ACCEPTED))


def genesis_of(app_state: bytes) -> bytes:
    """Return the genesis document in the ``app_state`` of CometBFT's genesis file, in its canonical form.

    Raises:
        Malformed: ``malformed_genesis``.
    """
    try:
        return canonical.encode(msgspec.json.decode(app_state))
    except (msgspec.MsgspecError, Malformed, RecursionError, UnicodeError):
        raise Malformed("malformed_genesis", "The genesis file holds no genesis document.") from None


def _proposal(
    request: pb.RequestPrepareProposal | pb.RequestProcessProposal | pb.RequestFinalizeBlock,
) -> Proposal:
    order = Order(request.height, _ms(request.time), tuple(request.txs))
    return Proposal(order, account_address_of(request.proposer_address))


def _ms(moment: Timestamp) -> int:
    """Return the whole milliseconds of a time; two blocks are at least one apart (BFT time)."""
    return moment.seconds * 1000 + moment.nanos // 1_000_000


def _result(executed: Executed, index: int) -> pb.ExecTxResult:
    result = executed.results[index]
    code = ACCEPTED if result.code == OK else REJECTED
    return pb.ExecTxResult(code=code, data=result_leaf(result), log=result.message)


def _updates(executed: Executed) -> list[pb.ValidatorUpdate]:
    powers = validator_updates(executed.state_changes)
    return [
        pb.ValidatorUpdate(pub_key=pb.PublicKey(ed25519=bytes.fromhex(key)), power=powers[key])
        for key in sorted(powers)
    ]


def _extension(request: pb.Request) -> pb.ResponseVerifyVoteExtension:
    results = pb.ResponseVerifyVoteExtension
    is_empty = not request.verify_vote_extension.vote_extension
    return results(status=results.ACCEPT if is_empty else results.REJECT)
