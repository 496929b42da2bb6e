"""The remote signer: what CometBFT is answered, and that no step is signed over two things."""

import base64
import errno
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tallystick.engines.cometbft.headers import sign_bytes
from tallystick.engines.cometbft.signer import Signer, canonical_proposal, canonical_vote
from tallystick.engines.cometbft.signer_file import sign_bytes_of
from tallystick.engines.cometbft.signer_state import SignerState
from tallystick.engines.wire.framing import Frames, frame
from tallystick.engines.wire.messages_pb2 import (
    PRECOMMIT,
    PREVOTE,
    PROPOSAL,
    BlockId,
    CanonicalProposal,
    CanonicalVote,
    PartSetHeader,
    PingRequest,
    Proposal,
    PubKeyRequest,
    SignerMessage,
    SignProposalRequest,
    SignVoteRequest,
    Vote,
)
from tallystick.errors import Conflict, Corruption, Malformed, NotFound, Unavailable
from tallystick.ledger.keys import verify
from tallystick.signing.pkcs11 import HardwareKey, create_key
from tests.engines.cometbft.network import Network
from tests.softhsm import PIN, softhsm

CHAIN = "tally-test"
SIGNING_PROCESS = Path(__file__).with_name("signing_process.py")


class SeedKey:
    """A consensus key in memory that remembers what it signed."""

    def __init__(self, seed=bytes(32)):
        self._key = SigningKey(seed)
        self.public_key = bytes(self._key.verify_key)
        self.signed = []

    def sign(self, message):
        self.signed.append(message)
        return self._key.sign(message).signature


def block(number):
    """The name of block ``number``, or of none for 0."""
    if not number:
        return None
    return BlockId(
        hash=bytes([number]) * 32, part_set_header=PartSetHeader(total=number, hash=bytes([number]) * 32)
    )


def asked(kind, height=5, round_=0, of=1, at=100, chain=CHAIN, **more):
    """The request of CometBFT for one signature."""
    named = {
        "type": kind,
        "height": height,
        "round": round_,
        "block_id": block(of),
        "timestamp": Timestamp(seconds=at),
    }
    if kind == PROPOSAL:
        proposal = Proposal(**named, **{"pol_round": -1, **more})
        return SignerMessage(sign_proposal_request=SignProposalRequest(proposal=proposal, chain_id=chain))
    vote = Vote(**named, validator_address=b"a" * 20, validator_index=3, **more)
    return SignerMessage(sign_vote_request=SignVoteRequest(vote=vote, chain_id=chain))


def outcome(answer):
    """What was signed (bytes, with their signature), or the code of the refusal."""
    inner = getattr(answer, answer.WhichOneof("sum"))
    if inner.HasField("error"):
        return inner.error.description.split(":")[0]
    if isinstance(inner, type(answer.signed_vote_response)):
        return sign_bytes_of(canonical_vote(inner.vote, CHAIN)), inner.vote.signature
    return sign_bytes_of(canonical_proposal(inner.proposal, CHAIN)), inner.proposal.signature


def later(signer, request):
    """The code of what keeps a signer from answering now."""
    with pytest.raises(Unavailable) as caught:
        signer.answer(request)
    return caught.value.code


@pytest.fixture
def key():
    return SeedKey()


@pytest.fixture
def state(tmp_path, key):
    with SignerState.create(
        tmp_path / "signer/state.json", chain_id=CHAIN, public_key=key.public_key
    ) as held:
        yield held


@pytest.fixture
def signer(tmp_path, key, state):
    return Signer(tmp_path / "node.sock", key, state)


# ---- what is signed


def test_the_bytes_of_a_vote_for_no_block_are_those_worked_by_hand():
    # length; type 2; height 1 and round 1 as 8 bytes, low byte first; time, empty but there; the chain's id
    by_hand = "1d 08 02 11 0100000000000000 19 0100000000000000 2a 00 32 05 636861696e"
    vote = Vote(type=PRECOMMIT, height=1, round=1, validator_index=9, signature=b"old")
    assert sign_bytes_of(canonical_vote(vote, "chain")) == bytes.fromhex(by_hand)


def test_the_bytes_of_a_proposal_are_those_worked_by_hand():
    # round 0 is left out; -1 as ten bytes; the block's hash and its parts (1 of hash 02...02)
    by_hand = (
        "6b 08 20 11 0500000000000000 20 ffffffffffffffffff01"
        " 2a 48 0a 20" + " 01" * 32 + " 12 24 08 01 12 20" + " 02" * 32 + " 32 02 08 07 3a 05 636861696e"
    )
    parts = PartSetHeader(total=1, hash=b"\x02" * 32)
    proposal = Proposal(
        type=PROPOSAL,
        height=5,
        pol_round=-1,
        block_id=BlockId(hash=b"\x01" * 32, part_set_header=parts),
        timestamp=Timestamp(seconds=7),
    )
    assert sign_bytes_of(canonical_proposal(proposal, "chain")) == bytes.fromhex(by_hand)


def test_a_field_that_is_not_signed_by_consensus_never_gets_under_the_signature():
    named = block(1)
    named.MergeFromString(b"\xfa\x01\x03xyz")  # a field that no version knows
    vote = Vote(type=PREVOTE, height=1, block_id=named)
    assert b"xyz" not in sign_bytes_of(canonical_vote(vote, CHAIN))


@pytest.mark.parametrize("kind", [PROPOSAL, PREVOTE, PRECOMMIT])
def test_a_signature_verifies_over_what_was_asked_and_the_rest_comes_back_as_it_was(signer, key, kind):
    request = asked(kind)
    answer = signer.answer(SignerMessage.FromString(request.SerializeToString()))
    data, signature = outcome(answer)
    assert verify(key.public_key, data, signature)
    if kind != PROPOSAL:
        vote = answer.signed_vote_response.vote
        vote.ClearField("signature")
        assert vote == request.sign_vote_request.vote


# ---- what is refused


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((PREVOTE, 5, 0, 1, 100), (PRECOMMIT, 5, 0, 1, 100), "signed"),
        ((PREVOTE, 5, 0, 1, 100), (PROPOSAL, 5, 1, 1, 100), "signed"),
        ((PRECOMMIT, 5, 3, 1, 100), (PROPOSAL, 6, 0, 1, 100), "signed"),
        ((PREVOTE, 5, 0, 1, 100), (PREVOTE, 5, 0, 1, 100), "same"),
        ((PREVOTE, 5, 0, 1, 100), (PREVOTE, 5, 0, 1, 200), "same"),
        ((PREVOTE, 5, 0, 1, 100), (PREVOTE, 5, 0, 1, 50), "same"),
        ((PREVOTE, 5, 0, 0, 100), (PREVOTE, 5, 0, 0, 200), "same"),
        ((PROPOSAL, 5, 0, 1, 100), (PROPOSAL, 5, 0, 1, 200), "same"),
        ((PREVOTE, 5, 0, 1, 100), (PREVOTE, 5, 0, 2, 100), "double_sign_refused"),
        ((PREVOTE, 5, 0, 1, 100), (PREVOTE, 5, 0, 0, 100), "double_sign_refused"),
        ((PREVOTE, 5, 0, 0, 100), (PREVOTE, 5, 0, 1, 200), "double_sign_refused"),
        ((PROPOSAL, 5, 0, 1, 100), (PROPOSAL, 5, 0, 2, 100), "double_sign_refused"),
        ((PRECOMMIT, 5, 0, 1, 100), (PREVOTE, 5, 0, 1, 100), "double_sign_refused"),
        ((PREVOTE, 5, 0, 1, 100), (PROPOSAL, 5, 0, 1, 100), "double_sign_refused"),
        ((PREVOTE, 5, 1, 1, 100), (PRECOMMIT, 5, 0, 1, 100), "double_sign_refused"),
        ((PROPOSAL, 5, 0, 1, 100), (PRECOMMIT, 4, 9, 1, 100), "double_sign_refused"),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_a_step_is_signed_once(tmp_path, key, state, first, second, expected, restarted):
    given_first = outcome(Signer(tmp_path / "s", key, state).answer(asked(*first)))
    if restarted:
        state.close()
        state = SignerState.open(tmp_path / "signer/state.json")
    with state:
        given_second = outcome(Signer(tmp_path / "s", key, state).answer(asked(*second)))
    if expected == "signed":
        assert verify(key.public_key, *given_second)
        assert given_second != given_first
    else:
        assert given_second == (given_first if expected == "same" else expected)


def test_a_proposal_that_stands_on_another_round_is_another_proposal(signer):
    signer.answer(asked(PROPOSAL, pol_round=-1, round_=3))
    assert outcome(signer.answer(asked(PROPOSAL, pol_round=1, round_=3))) == "double_sign_refused"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (asked(PREVOTE, chain="another"), "wrong_chain"),
        (asked(PROPOSAL, chain="another"), "wrong_chain"),
        (SignerMessage(pub_key_request=PubKeyRequest(chain_id="another")), "wrong_chain"),
        (asked(PRECOMMIT, extension=b"x"), "vote_extension_refused"),
        (asked(0), "malformed_vote"),
        (asked(7), "malformed_vote"),
        (asked(PREVOTE, height=0), "malformed_vote"),
        (asked(PREVOTE, height=-1), "malformed_vote"),
        (asked(PREVOTE, height=2**53), "malformed_vote"),
        (asked(PREVOTE, round_=-1), "malformed_vote"),
        (SignerMessage(sign_vote_request=SignVoteRequest(chain_id=CHAIN)), "malformed_vote"),
        (
            SignerMessage(
                sign_vote_request=SignVoteRequest(
                    chain_id=CHAIN, vote=Vote(type=PREVOTE, height=1, block_id=BlockId(hash=b"short"))
                )
            ),
            "malformed_vote",
        ),
    ],
)
def test_what_is_not_of_this_chain_or_cannot_be_is_refused_and_leaves_no_trace(
    tmp_path, key, signer, request_, code
):
    before = (tmp_path / "signer/state.json").read_bytes()
    assert outcome(signer.answer(request_)) == code
    assert (tmp_path / "signer/state.json").read_bytes() == before
    assert not key.signed


def test_a_precommit_gets_no_signature_of_an_extension(signer):
    vote = signer.answer(asked(PRECOMMIT, extension_signature=b"x")).signed_vote_response.vote
    assert vote.signature
    assert not vote.extension_signature


REQUESTS = st.tuples(
    st.sampled_from([PROPOSAL, PREVOTE, PRECOMMIT]),
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(1, 3),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(REQUESTS, st.just("restart")), max_size=25))
def test_whatever_is_asked_no_step_has_two_signatures_also_across_restarts(requests):
    key, given_out = SeedKey(), defaultdict(set)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "signer/state.json"
        state = SignerState.create(path, chain_id=CHAIN, public_key=key.public_key)
        last = (0, 0, 0)
        for request in requests:
            if request == "restart":
                state.close()
                state = SignerState.open(path)
                continue
            answered = outcome(Signer(Path(folder) / "s", key, state).answer(asked(*request)))
            if isinstance(answered, str):
                assert answered == "double_sign_refused"
                continue
            assert verify(key.public_key, *answered)
            kind, height, round_ = request[:3]
            step = (height, round_, [PROPOSAL, PREVOTE, PRECOMMIT].index(kind))
            assert step >= last
            last = step
            given_out[step].add(answered)
        state.close()
    assert all(len(signatures) == 1 for signatures in given_out.values())
    assert len(key.signed) == len(given_out)


# ---- the state file


def test_the_file_holds_what_was_signed_and_is_its_owners_only(tmp_path, signer):
    path = tmp_path / "signer/state.json"
    signature = outcome(signer.answer(asked(PREVOTE)))[1]
    assert json.loads(path.read_bytes())["signature"] == signature.hex()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["state.json"]


@pytest.mark.parametrize("failing", [1, 2])
def test_no_signature_leaves_before_file_and_folder_are_on_the_disk(signer, monkeypatch, failing):
    calls, right = [], os.fsync

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) == failing:
            raise OSError(errno.EIO, "Input/output error")
        right(descriptor)

    monkeypatch.setattr("os.fsync", fsync)
    assert later(signer, asked(PREVOTE)) == "signer_state_unsaved"
    assert outcome(signer.answer(asked(PREVOTE, of=2))) == "double_sign_refused"
    assert len(outcome(signer.answer(asked(PREVOTE)))) == 2


def test_what_the_disk_does_not_take_is_not_given_out_until_it_does(tmp_path, key, state):
    signer, folder, away = Signer(tmp_path / "s", key, state), tmp_path / "signer", tmp_path / "away"
    folder.rename(away)
    assert later(signer, asked(PREVOTE)) == "signer_state_unsaved"
    assert later(signer, asked(PREVOTE)) == "signer_state_unsaved"
    assert outcome(signer.answer(asked(PREVOTE, of=2))) == "double_sign_refused"
    away.rename(folder)
    signature = outcome(signer.answer(asked(PREVOTE)))[1]
    assert json.loads((folder / "state.json").read_bytes())["signature"] == signature.hex()


def test_a_missing_file_is_not_begun_anew_by_opening(tmp_path, state):
    for path in (tmp_path / "signer/another.json", tmp_path / "none/state.json"):
        state.close()
        with pytest.raises(NotFound) as caught:
            SignerState.open(path)
        assert caught.value.code == "no_signer_state"
        assert not path.exists()


def test_a_state_is_never_begun_over_another(tmp_path, key, state):
    state.close()
    before = (tmp_path / "signer/state.json").read_bytes()
    with pytest.raises(Conflict) as caught:
        SignerState.create(tmp_path / "signer/state.json", chain_id=CHAIN, public_key=key.public_key)
    assert caught.value.code == "signer_state_exists"
    assert (tmp_path / "signer/state.json").read_bytes() == before


def test_a_state_begun_after_a_height_signs_nothing_up_to_it(tmp_path, key):
    path = tmp_path / "late/state.json"
    SignerState.create(path, chain_id=CHAIN, public_key=key.public_key, after_height=7).close()
    with SignerState.open(path) as state:
        signer = Signer(tmp_path / "s", key, state)
        for request in (asked(PRECOMMIT, 6), asked(PROPOSAL, 7), asked(PRECOMMIT, 7, 2**31 - 1)):
            assert outcome(signer.answer(request)) == "double_sign_refused"
        assert verify(key.public_key, *outcome(signer.answer(asked(PROPOSAL, 8))))


@pytest.mark.parametrize(
    "bad", [{"public_key": b"short"}, {"after_height": -1}, {"chain_id": ""}, {"chain_id": "x" * 51}]
)
def test_a_state_that_cannot_be_is_not_begun(tmp_path, key, bad):
    with pytest.raises(Malformed) as caught:
        SignerState.create(tmp_path / "s/s.json", **{"chain_id": CHAIN, "public_key": key.public_key, **bad})
    assert caught.value.code == "malformed_signer_state"
    assert not (tmp_path / "s").exists()


def changed(data, **parts):
    return json.dumps({**json.loads(data), **parts}, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: data.replace(b"{", b"{ ", 1),
        lambda data: b"\xff" + data,
        lambda data: b"x" * 100_000,
        lambda data: changed(data, height=4),
        lambda data: changed(data, round=1),
        lambda data: changed(data, step=3),
        lambda data: changed(data, step=0),
        lambda data: changed(data, chain_id="another"),
        lambda data: changed(data, sign_bytes="", signature=""),
        lambda data: changed(data, sign_bytes=""),
        lambda data: changed(data, signature="00" * 64),
        lambda data: changed(data, sign_bytes="zz"),
        lambda data: changed(data, sign_bytes="05ffffffffff"),
        lambda data: changed(data, public_key="00" * 32),
        lambda data: changed(data, more=1),
        lambda data: changed(data, format="tallystick/signer-state/2"),
    ],
)
def test_a_damaged_file_stops_signing(tmp_path, key, state, damage):
    path = tmp_path / "signer/state.json"
    outcome(Signer(tmp_path / "s", key, state).answer(asked(PREVOTE)))
    state.close()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.raises(Corruption) as caught:
        SignerState.open(path)
    assert caught.value.code == "damaged_signer_state"
    path.write_bytes(whole)
    SignerState.open(path).close()  # the refused attempt let the lock go


def test_a_folder_in_place_of_the_file_stops_signing(tmp_path, state):
    state.close()
    (tmp_path / "signer/state.json").unlink()
    (tmp_path / "signer/state.json").mkdir()
    with pytest.raises(Corruption, match="damaged"):
        SignerState.open(tmp_path / "signer/state.json")


def test_two_signers_cannot_hold_one_state(tmp_path, key, state):
    path = tmp_path / "signer/state.json"
    (tmp_path / "link").symlink_to(path.parent)
    (tmp_path / "link.json").symlink_to(path)
    for same in (path, tmp_path / "link/state.json", tmp_path / "link.json"):
        with pytest.raises(Conflict) as caught:
            SignerState.open(same)
        assert caught.value.code == "signer_in_use"
    other = subprocess.run(
        [sys.executable, SIGNING_PROCESS, path], capture_output=True, text=True, timeout=60, check=False
    )
    assert other.returncode != 0
    assert "Another signer holds" in other.stderr
    signature = outcome(Signer(tmp_path / "s", key, state).answer(asked(PREVOTE)))
    state.close()
    with SignerState.open(tmp_path / "link.json") as again:  # and a link stays one
        assert outcome(Signer(tmp_path / "s", key, again).answer(asked(PREVOTE))) == signature
    assert (tmp_path / "link.json").is_symlink()


def test_a_closed_state_signs_nothing(tmp_path, key, state):
    signer = Signer(tmp_path / "s", key, state)
    state.close()
    state.close()
    assert later(signer, asked(PREVOTE)) == "signer_closed"
    assert not key.signed


def test_what_a_killed_signer_has_given_out_is_in_its_file(tmp_path, key):
    path = tmp_path / "killed/state.json"
    SignerState.create(path, chain_id=CHAIN, public_key=key.public_key).close()
    for lines in (1, 7, 40):
        if path.exists() and json.loads(path.read_bytes())["height"]:
            path.unlink()
            SignerState.create(path, chain_id=CHAIN, public_key=key.public_key).close()
        with subprocess.Popen(
            [sys.executable, SIGNING_PROCESS, path], stdout=subprocess.PIPE, text=True
        ) as process:
            for _ in range(lines):
                process.stdout.readline()
            process.kill()
            said = [lines, *(int(line) for line in process.stdout.read().split("\n")[:-1])]
        with SignerState.open(path) as state:
            vote = CanonicalVote(
                type=PREVOTE, height=said[-1], round=0, chain_id="tally-test", block_id=block(1)
            )
            with pytest.raises(Conflict) as caught:
                state.sign(vote, key.sign)
            assert caught.value.code == "double_sign_refused"


def test_a_false_signature_is_neither_kept_nor_given(tmp_path, key, state):
    signer = Signer(tmp_path / "s", key, state)
    right, key.sign = key.sign, lambda message: bytes(64)
    assert outcome(signer.answer(asked(PREVOTE))) == "false_signature"
    key.sign = right
    assert Signer(tmp_path / "s", key, state).answer(asked(PREVOTE, of=2)).signed_vote_response.vote.signature


def test_a_key_that_cannot_sign_now_is_asked_again_for_the_same_step(tmp_path, key, state):
    def away(_):
        raise Unavailable("token_unavailable", "The token is gone.")

    right, key.sign = key.sign, away
    assert later(Signer(tmp_path / "s", key, state), asked(PREVOTE)) == "token_unavailable"
    key.sign = right
    assert verify(key.public_key, *outcome(Signer(tmp_path / "s", key, state).answer(asked(PREVOTE))))


def test_a_signer_takes_only_the_state_of_its_own_key_and_a_path_that_a_socket_can_have(tmp_path, key, state):
    with pytest.raises(Conflict) as caught:
        Signer(tmp_path / "s", SeedKey(b"x" * 32), state)
    assert caught.value.code == "wrong_consensus_key"
    with pytest.raises(Malformed) as refused:
        Signer(tmp_path / ("s" * 107), key, state)
    assert refused.value.code == "socket_path_too_long"


# ---- on the socket


@contextmanager
def serving(signer):
    signer.start()
    try:
        yield
    finally:
        signer.stop()


class Listening:
    """The side of CometBFT: listens, takes one connection, asks one thing at a time."""

    def __init__(self, path):
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(5)
        self._listener.bind(str(path))
        self._listener.listen()
        self.connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        if self.connection:
            self.connection.close()

    def accept(self):
        self.connection, _ = self._listener.accept()
        self.connection.settimeout(5)

    def is_hung_up(self):
        try:
            return self.connection.recv(1) == b""
        except ConnectionResetError:  # what we sent was not all read
            return True

    def ask(self, request, pieces=1):
        data = frame(request.SerializeToString())
        size = -(-len(data) // pieces)
        for at in range(0, len(data), size):
            self.connection.sendall(data[at : at + size])
            time.sleep(0.01 if pieces > 1 else 0)
        frames = Frames(10_240)
        while not (found := frames.feed(self.connection.recv(1000))):
            pass
        return SignerMessage.FromString(found[0])


PING = SignerMessage(ping_request=PingRequest())
PUBLIC_KEY = SignerMessage(pub_key_request=PubKeyRequest(chain_id=CHAIN))


@pytest.fixture
def running(signer):
    signer.start()
    yield signer
    signer.stop()


def test_it_dials_until_somebody_listens_and_answers_each_kind_of_request(tmp_path, running, key):
    time.sleep(0.3)
    with Listening(tmp_path / "node.sock") as node:
        node.accept()
        assert node.ask(PING).WhichOneof("sum") == "ping_response"
        assert node.ask(PUBLIC_KEY, pieces=9).pub_key_response.pub_key.ed25519 == key.public_key
        assert verify(key.public_key, *outcome(node.ask(asked(PROPOSAL))))
        assert verify(key.public_key, *outcome(node.ask(asked(PREVOTE), pieces=5)))
        assert outcome(node.ask(asked(PREVOTE, of=2))) == "double_sign_refused"


class Resting:
    """A key that cannot sign for a while."""

    def __init__(self, key):
        self._key, self.public_key, self.rests_until = key, key.public_key, 0.0

    def sign(self, message):
        if time.monotonic() < self.rests_until:
            raise Unavailable("token_unavailable", "The token is gone.")
        return self._key.sign(message)

    def rest(self, seconds):
        self.rests_until = time.monotonic() + seconds


def test_a_vote_is_not_given_up_while_its_key_may_come_back(tmp_path, key, state):
    resting = Resting(key)
    with serving(Signer(tmp_path / "node.sock", resting, state)), Listening(tmp_path / "node.sock") as node:
        node.accept()
        resting.rest(1.0)
        began = time.monotonic()
        assert verify(key.public_key, *outcome(node.ask(asked(PREVOTE))))
        assert time.monotonic() - began > 0.9


def test_it_hangs_up_when_the_node_no_longer_waits(tmp_path, key, state, monkeypatch):
    monkeypatch.setattr("tallystick.engines.cometbft.signer.SILENT_S", 0.5)
    resting = Resting(key)
    with serving(Signer(tmp_path / "node.sock", resting, state)), Listening(tmp_path / "node.sock") as node:
        node.accept()
        resting.rest(1.5)
        node.connection.sendall(frame(asked(PREVOTE).SerializeToString()))
        assert node.is_hung_up()
        node.connection.close()
        node.accept()
        assert node.ask(PING).WhichOneof("sum") == "ping_response"


def test_it_dials_again_when_the_node_begins_anew(tmp_path, running):
    for _ in range(3):
        with Listening(tmp_path / "node.sock") as node:
            node.accept()
            assert node.ask(PING).WhichOneof("sum") == "ping_response"


@pytest.mark.parametrize(
    "noise",
    [
        frame(b"\xff\xff\xff"),
        frame(SignerMessage().SerializeToString()),
        frame(SignerMessage.FromString(b"\x42\x00").SerializeToString()),  # an answer instead of a request
        b"\xff" * 10,
        frame(bytes(20_000)),
    ],
)
def test_it_hangs_up_on_what_is_no_request_and_dials_again(tmp_path, running, noise):
    with Listening(tmp_path / "node.sock") as node:
        node.accept()
        node.connection.sendall(noise)
        assert node.is_hung_up()
        node.connection.close()
        node.accept()
        assert node.ask(PING).WhichOneof("sum") == "ping_response"


def test_a_stopped_signer_answers_nobody_and_may_be_started_again(tmp_path, running):
    with Listening(tmp_path / "node.sock") as node:
        node.accept()
        node.ask(PING)
        running.stop()
        assert not running.running
        assert node.is_hung_up()
        node.connection.close()
        running.start()
        node.accept()
        assert node.ask(PING).WhichOneof("sum") == "ping_response"


# ---- in a real node


class Watched:
    """A key that passes on to another and remembers what was signed."""

    def __init__(self, key):
        self._key = key
        self.public_key = key.public_key
        self.signed = []

    def sign(self, message):
        self.signed.append(message)
        return self._key.sign(message)


def validator_of(public_key):
    """A change of a genesis document: this key is the only validator."""
    entry = {
        "address": sha256(public_key).hexdigest()[:40].upper(),
        "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(public_key).decode()},
        "power": "1",
        "name": "remote",
    }
    return lambda document: document.update(validators=[entry], chain_id=CHAIN)


def network_of(folder, public_key, socket_path):
    steady = {
        ".priv_validator_laddr": f'"unix://{socket_path}"',
        "consensus.create_empty_blocks": "true",
        "consensus.timeout_commit": '"50ms"',
    }
    return Network(folder, settings=steady, genesis=validator_of(public_key))


def assert_no_double_sign(key):
    """For each height, round and kind one thing was signed, and once."""
    steps = defaultdict(list)
    for data in key.signed:
        body = Frames(1024).feed(data)[0]
        message = (CanonicalProposal if body[1] == PROPOSAL else CanonicalVote).FromString(body)
        steps[message.height, message.round, message.type].append(data)
    assert steps
    assert all(len(signed) == 1 for signed in steps.values())


def check_commits(network, key, heights):
    """Every commit is by our key, over bytes that our signer signed."""
    for height in heights:
        _, commit = network.rpc().commit(height)
        for vote in commit.signatures:
            data = sign_bytes(CHAIN, commit, vote)
            assert data in key.signed
            assert verify(key.public_key, data, bytes.fromhex(vote.signature))


def test_a_chain_makes_blocks_with_the_key_in_our_signer_and_waits_while_it_is_away(tmp_path):
    key, path, node_socket = Watched(SeedKey(b"n" * 32)), tmp_path / "signer/state.json", tmp_path / "n.sock"
    # The node ends first: it does not while it waits for a signature.
    with ExitStack() as signing, network_of(tmp_path / "net", key.public_key, node_socket) as network:
        with (
            SignerState.create(path, chain_id=CHAIN, public_key=key.public_key) as state,
            serving(Signer(node_socket, key, state)),
        ):
            network.start()
            network.wait_for_height(5)
        time.sleep(0.5)
        stopped_at = network.rpc().status().height
        time.sleep(1.0)
        assert network.rpc().status().height == stopped_at
        state = signing.enter_context(SignerState.open(path))
        signing.enter_context(serving(Signer(node_socket, key, state)))
        network.wait_for_height(stopped_at + 5)
        check_commits(network, key, range(1, stopped_at + 4))
        own = (network.nodes[0].home / "config/priv_validator_key.json").read_text()
        assert base64.b64encode(key.public_key).decode() not in own  # an idle key that CometBFT makes anyway
    assert_no_double_sign(key)


def test_a_node_that_is_killed_and_begins_anew_is_served_again_without_a_double_sign(tmp_path):
    key, path, node_socket = Watched(SeedKey(b"n" * 32)), tmp_path / "signer/state.json", tmp_path / "n.sock"
    with (
        SignerState.create(path, chain_id=CHAIN, public_key=key.public_key) as state,
        serving(Signer(node_socket, key, state)),
        network_of(tmp_path / "net", key.public_key, node_socket) as network,
    ):
        node = network.nodes[0]
        network.start()
        for _ in range(2):
            height = network.rpc().status().height
            network.wait_for_height(height + 3)
            node.process.kill()
            node.process.wait()
            node_socket.unlink()  # CometBFT leaves it, and does not listen where a file lies
            node.start()
            network.wait_for_height(height + 6)
        check_commits(network, key, range(1, height + 5))
    assert_no_double_sign(key)


def test_a_chain_waits_for_a_key_that_rests_and_goes_on(tmp_path):
    key, path, node_socket = Watched(SeedKey(b"n" * 32)), tmp_path / "signer/state.json", tmp_path / "n.sock"
    resting = Resting(key)
    with (
        SignerState.create(path, chain_id=CHAIN, public_key=key.public_key) as state,
        serving(Signer(node_socket, resting, state)),
        network_of(tmp_path / "net", key.public_key, node_socket) as network,
    ):
        network.start()
        network.wait_for_height(3)
        resting.rest(1.0)
        time.sleep(1.0)
        network.wait_for_height(network.rpc().status().height + 4)
    assert_no_double_sign(key)


def test_a_chain_makes_blocks_with_a_key_in_a_hardware_module(tmp_path):
    path, node_socket = tmp_path / "signer/state.json", tmp_path / "n.sock"
    with softhsm(tmp_path / "hsm") as hsm:
        hsm.make_token("bank")
        public_key = create_key(hsm.module, "bank", "validator", PIN)
        with (
            HardwareKey.open(hsm.module, "bank", "validator", PIN) as hardware,
            SignerState.create(path, chain_id=CHAIN, public_key=public_key) as state,
        ):
            key = Watched(hardware)
            with (
                serving(Signer(node_socket, key, state)),
                network_of(tmp_path / "net", public_key, node_socket) as network,
            ):
                network.start()
                network.wait_for_height(4)
                check_commits(network, key, range(1, 4))
        assert_no_double_sign(key)
