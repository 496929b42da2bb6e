"""The remote signer of a validator: dials CometBFT's ``priv_validator_laddr`` and signs votes and proposals.

The consensus key stays with us, in a key store or a hardware module, and never lies in CometBFT's folder.
Over a unix socket the protocol is plain frames of ``SignerMessage`` (``privval/signer_*.go`` of v0.38):
CometBFT asks, one request at a time, and reads one answer of the same kind. What is signed is the canonical
form of a vote or proposal with its length in front (``types/canonical.go``).
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from tallystick.engines.cometbft.signer_state import SignerState
from tallystick.engines.wire.framing import Frames, frame
from tallystick.engines.wire.messages_pb2 import (
    PROPOSAL,
    BlockId,
    CanonicalProposal,
    CanonicalVote,
    PartSetHeader,
    PingRequest,
    PingResponse,
    Proposal,
    PubKeyRequest,
    PubKeyResponse,
    PublicKey,
    RemoteSignerError,
    SignedProposalResponse,
    SignedVoteResponse,
    SignerMessage,
    SignProposalRequest,
    SignVoteRequest,
    Vote,
)
from tallystick.errors import Conflict, Forbidden, Malformed, TallystickError, Unavailable

# CometBFT reads no longer message from a signer; none of its requests comes near.
MAX_MESSAGE_BYTES: Final = 10 * 1024
# The room for a path in ``sockaddr_un``, without the byte that ends it.
MAX_SOCKET_PATH_BYTES: Final = 107
# CometBFT waits 3 s for us when it starts, and asks again every 0.1 s for a while after a lost connection.
REDIAL_S: Final = 0.1
# How long a read may keep ``stop`` waiting.
POLL_S: Final = 0.2
# CometBFT gives a vote up for good when it is told an error, but asks again when it has no answer within 5 s:
# what may pass is tried again every RETRY_S, and after SILENT_S, when it has hung up, we do too.
RETRY_S: Final = 0.25
SILENT_S: Final = 6.0
# Longer than a slow hardware module takes for one signature.
STOP_S: Final = 10.0
HASH_BYTES: Final = 32

_log = logging.getLogger(__name__)


class ConsensusKey(Protocol):
    """The Ed25519 key of a validator, wherever it is kept."""

    @property
    def public_key(self) -> bytes:
        """The public half, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of ``message``, 64 bytes.

        Raises:
            Unavailable: when it cannot now; it is asked again.
            TallystickError: when it cannot; CometBFT is told the code.
        """


class Signer:
    """Answers one CometBFT node, in a thread of its own, from ``start`` to ``stop``.

    It dials again whenever the connection ends, so that it may be started before the node and outlives it.

    Args:
        socket_path: where the node listens (``priv_validator_laddr = "unix://..."``), in a private folder:
            who can listen there can ask for signatures.
        key: signs; its public key is the validator's.
        state: what was signed last; stays open for as long as the signer runs, and is the caller's to close.

    Raises:
        Malformed: ``socket_path_too_long``.
        Conflict: ``wrong_consensus_key`` when the state is that of another key.
    """

    def __init__(self, socket_path: Path, key: ConsensusKey, state: SignerState) -> None:
        if len(os.fsencode(socket_path)) > MAX_SOCKET_PATH_BYTES:
            raise Malformed(
                "socket_path_too_long",
                f"A socket's path may have {MAX_SOCKET_PATH_BYTES} bytes: {socket_path}.",
            )
        if key.public_key != state.public_key:
            raise Conflict("wrong_consensus_key", "The signer's state was kept for another consensus key.")
        self._path, self._key, self._state = str(socket_path), key, state
        self._answers: dict[str, Callable[[Any], SignerMessage]] = {
            "pub_key_request": self._public_key,
            "sign_vote_request": self._vote,
            "sign_proposal_request": self._proposal,
            "ping_request": self._pong,
        }
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether requests are being answered, or dialled for."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin to dial, and to answer; returns at once. Does nothing while it runs."""
        if not self.running:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="tallystick-signer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Hang up, and return when nothing will be signed any more.

        Raises:
            Unavailable: ``signer_busy`` when a signature is still being waited for.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        if self.running:
            raise Unavailable("signer_busy", f"The key has not answered for {STOP_S:.0f} seconds.")

    def answer(self, request: SignerMessage) -> SignerMessage:
        """Return the answer to one request of the node: what it asked for, or why it is refused.

        Raises:
            Malformed: ``unknown_request`` when it is none.
            Unavailable: when there may be an answer later.
        """
        kind = request.WhichOneof("sum") or ""
        if kind not in self._answers:
            raise Malformed("unknown_request", "A remote signer is not asked this.")
        try:
            return self._answers[kind](getattr(request, kind))
        except Unavailable:
            raise
        except TallystickError as error:
            _log.warning("signer: %s refused: %s: %s", kind, error.code, error.message)
            return _refusal(kind, RemoteSignerError(description=f"{error.code}: {error.message}"))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.settimeout(POLL_S)
                    connection.connect(self._path)
                    self._serve(connection)
            except OSError as error:
                _log.debug("signer: CometBFT is not listening yet, or has gone; dialling again: %s", error)
            except (Malformed, DecodeError) as error:
                _log.warning("signer: hung up on what is no request: %s", error)
            self._stopping.wait(REDIAL_S)

    def _serve(self, connection: socket.socket) -> None:
        """Answer until the other side hangs up or we are to stop."""
        frames = Frames(MAX_MESSAGE_BYTES)
        while not self._stopping.is_set():
            try:
                piece = connection.recv(MAX_MESSAGE_BYTES)
            except TimeoutError:
                continue
            if not piece:
                return
            for request in frames.feed(piece):
                answer = self._patient_answer(SignerMessage.FromString(request))
                if answer is None:
                    return
                connection.sendall(frame(answer.SerializeToString()))

    def _patient_answer(self, request: SignerMessage) -> SignerMessage | None:
        """Return the answer as soon as there is one, or None when CometBFT no longer waits for it."""
        began = time.monotonic()
        while True:
            try:
                return self.answer(request)
            except Unavailable as error:
                reason = f"{error.code}: {error.message}"
            if self._stopping.wait(RETRY_S) or time.monotonic() - began > SILENT_S:
                _log.warning("signer: no answer for %.0f s: %s", SILENT_S, reason)
                return None

    def _public_key(self, asked: PubKeyRequest) -> SignerMessage:
        if asked.chain_id != self._state.chain_id:
            raise Conflict("wrong_chain", f"This signer signs for the chain {self._state.chain_id} only.")
        key = PublicKey(ed25519=self._state.public_key)
        return SignerMessage(pub_key_response=PubKeyResponse(pub_key=key))

    def _vote(self, asked: SignVoteRequest) -> SignerMessage:
        vote = asked.vote
        if vote.extension:
            # No rule would keep us from signing two different extensions, and our chains have none.
            raise Forbidden("vote_extension_refused", "Vote extensions are not signed.")
        signed = self._state.sign(canonical_vote(vote, asked.chain_id), self._key.sign)
        vote.timestamp.CopyFrom(signed.message.timestamp)
        vote.signature = signed.signature
        vote.ClearField("extension_signature")
        return SignerMessage(signed_vote_response=SignedVoteResponse(vote=vote))

    def _proposal(self, asked: SignProposalRequest) -> SignerMessage:
        proposal = asked.proposal
        signed = self._state.sign(canonical_proposal(proposal, asked.chain_id), self._key.sign)
        proposal.timestamp.CopyFrom(signed.message.timestamp)
        proposal.signature = signed.signature
        return SignerMessage(signed_proposal_response=SignedProposalResponse(proposal=proposal))

    def _pong(self, _: PingRequest) -> SignerMessage:
        return SignerMessage(ping_response=PingResponse())


def canonical_vote(vote: Vote, chain_id: str) -> CanonicalVote:
    """Return what the signature of a vote covers (``CanonicalizeVote``).

    Raises:
        Malformed: ``malformed_vote`` when a hash of the block has another size.
    """
    return CanonicalVote(
        type=vote.type,
        height=vote.height,
        round=vote.round,
        block_id=_canonical_block_id(vote.block_id),
        timestamp=_canonical_time(vote.timestamp),
        chain_id=chain_id,
    )


def canonical_proposal(proposal: Proposal, chain_id: str) -> CanonicalProposal:
    """Return what the signature of a proposal covers (``CanonicalizeProposal``).

    Raises:
        Malformed: ``malformed_vote`` when a hash of the block has another size.
    """
    return CanonicalProposal(
        type=PROPOSAL,
        height=proposal.height,
        round=proposal.round,
        pol_round=proposal.pol_round,
        block_id=_canonical_block_id(proposal.block_id),
        timestamp=_canonical_time(proposal.timestamp),
        chain_id=chain_id,
    )


# Both are made anew from their fields: what else a request holds must not get under the signature. Go writes
# an inner message that it cannot leave out even when it is empty; so do we, by naming it.


def _canonical_block_id(block_id: BlockId) -> BlockId | None:
    """Return the block voted for, or None for no block."""
    parts = block_id.part_set_header
    if not {len(block_id.hash), len(parts.hash)} <= {0, HASH_BYTES}:
        raise Malformed("malformed_vote", f"The hashes of a block have {HASH_BYTES} bytes.")
    if not (block_id.hash or parts.hash or parts.total):
        return None
    return BlockId(hash=block_id.hash, part_set_header=PartSetHeader(total=parts.total, hash=parts.hash))


def _canonical_time(moment: Timestamp) -> Timestamp:
    return Timestamp(seconds=moment.seconds, nanos=moment.nanos)


def _refusal(kind: str | None, error: RemoteSignerError) -> SignerMessage:
    """Return the answer of the request's own kind: CometBFT takes another for a lost connection."""
    if kind == "sign_vote_request":
        return SignerMessage(signed_vote_response=SignedVoteResponse(error=error))
    if kind == "sign_proposal_request":
        return SignerMessage(signed_proposal_response=SignedProposalResponse(error=error))
    return SignerMessage(pub_key_response=PubKeyResponse(error=error))
