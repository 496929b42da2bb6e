"""Which headers are final: on a network of four validators that change, and with votes of our own making."""

import json
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tallystick.engines.cometbft.headers import (
    ABSENT_VOTE,
    FOR_BLOCK,
    FOR_NIL,
    BlockId,
    Commit,
    Header,
    Moment,
    Parts,
    Validator,
    Version,
    Vote,
    header_hash,
    in_order,
    sign_bytes,
    validators_hash,
)
from tallystick.engines.cometbft.light import Hop, Trust, check_final, countable, follow, read_trust
from tallystick.errors import Malformed
from tests.engines.cometbft.network import Network, validator_change
from tests.ledger.notebook import key_of

CHAIN = "test-chain"
NEWCOMER = bytes(key_of("newcomer").verify_key)


@dataclass(frozen=True)
class Lived:
    """What a network of four has been through, asked from one node."""

    trust: Trust
    blocks: list
    hops: list


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    with Network(tmp_path_factory.mktemp("network"), validators=4) as network:
        network.start()
        rpc, keys = network.rpc(), [node.public_key for node in network.nodes]
        network.send(b"a=1")
        changed_at = [
            network.send(validator_change(keys[0], 3)),
            network.send(validator_change(NEWCOMER, 1), number=1),
            network.send(validator_change(keys[3], 0), number=2),
        ]
        network.send(b"b=2")
        network.nodes[3].stop()
        network.send(b"c=3")
        heights = range(1, rpc.status().height + 1)
        blocks = [(*rpc.commit(height), rpc.validators(height)) for height in heights]
        hops = [Hop(*rpc.commit(height + 1), rpc.validators(height + 2)) for height in changed_at]
        yield Lived(read_trust(network.genesis), blocks, hops)


def trusted_at(lived, height):
    """The validators that the hops below a height lead to."""
    return follow(lived.trust, [hop for hop in lived.hops if hop.header.height < height])


def refusal(check, *arguments):
    """Why a proof does not hold: the sentence without its beginning and its full stop."""
    with pytest.raises(Malformed) as caught:
        check(*arguments)
    assert caught.value.code == "proof_does_not_hold"
    return caught.value.message.removeprefix("The proof does not hold: ").removesuffix(".")


# ---- the network of four


def test_every_header_of_the_network_is_final_for_the_validators_that_the_hops_lead_to(lived):
    for header, commit, validators in lived.blocks:
        assert trusted_at(lived, header.height) == validators
        check_final(lived.trust.chain_id, validators, header, commit)


def test_the_hops_are_where_the_validators_change(lived):
    changes = [one.height for one, *_ in lived.blocks if one.validators_hash != one.next_validators_hash]
    assert [hop.header.height for hop in lived.hops] == changes
    powers = [sorted(one.power for one in hop.next_validators) for hop in lived.hops]
    assert powers == [[1, 1, 1, 3], [1, 1, 1, 1, 3], [1, 1, 1, 3]]


def test_who_has_never_voted_is_absent_in_the_commits(lived):
    _, commit, validators = lived.blocks[-1]
    absent = [
        one.public_key for one, vote in zip(validators, commit.signatures, strict=True) if not vote.address
    ]
    assert NEWCOMER.hex() in absent


def test_a_chain_of_hops_with_one_left_out_does_not_hold(lived):
    for place in range(len(lived.hops) - 1):
        rest = lived.hops[:place] + lived.hops[place + 1 :]
        assert "names other validators than the trusted ones" in refusal(follow, lived.trust, rest)


def test_hops_must_rise(lived):
    twice = [lived.hops[0], lived.hops[0]]
    assert "does not stand above the one before" in refusal(follow, lived.trust, twice)
    assert refusal(follow, lived.trust, lived.hops[::-1])


def test_a_hop_must_name_the_next_validators(lived):
    for validators in (lived.hops[1].next_validators, lived.hops[0].next_validators[::-1], ()):
        hop = msgspec.structs.replace(lived.hops[0], next_validators=validators)
        assert "does not name the next validators" in refusal(follow, lived.trust, [hop])


def test_a_header_is_not_final_for_validators_of_another_height(lived):
    header, commit, _ = lived.blocks[-1]
    sentence = refusal(check_final, lived.trust.chain_id, lived.trust.validators, header, commit)
    assert sentence == "the header names other validators than the trusted ones"


def test_a_header_is_not_final_by_the_votes_for_another(lived):
    (header, _, validators), (_, commit, _) = lived.blocks[1], lived.blocks[0]
    sentence = refusal(check_final, lived.trust.chain_id, validators, header, commit)
    assert sentence == "the commit is not for the header"


# ---- votes of our own making


@dataclass(frozen=True)
class Made:
    """A header, its validators in order with their keys, and the commit in which they all voted for it."""

    header: Header
    keys: tuple
    validators: tuple
    commit: Commit

    def check(self, commit=None):
        check_final(CHAIN, self.validators, self.header, commit or self.commit)

    def vote(self, place, flag=FOR_BLOCK, commit=None, key=None):
        """The vote of the validator at a place, signed by it or by another key."""
        bare = Vote(flag, self.validators[place].address, Moment(1_780_000_000 + place, place), "")
        message = sign_bytes(CHAIN, commit or self.commit, bare)
        return msgspec.structs.replace(
            bare, signature=(key or self.keys[place]).sign(message).signature.hex()
        )

    def with_votes(self, changes):
        votes = list(self.commit.signatures)
        for place, vote in changes.items():
            votes[place] = vote
        return msgspec.structs.replace(self.commit, signatures=tuple(votes))


def made(*powers):
    keys = [SigningKey(sha256(b"validator %d" % place).digest()) for place in range(len(powers))]
    named = {bytes(key.verify_key).hex(): key for key in keys}
    pairs = zip(named, powers, strict=True)
    validators = in_order(Validator(public_key, power) for public_key, power in pairs)
    digest = "ab" * 32
    header = Header(
        version=Version(11, 1),
        chain_id=CHAIN,
        height=7,
        time=Moment(1_780_000_000, 1),
        last_block_id=BlockId(digest, Parts(1, digest)),
        last_commit_hash=digest,
        data_hash=digest,
        validators_hash=validators_hash(validators),
        next_validators_hash=validators_hash(validators),
        consensus_hash=digest,
        app_hash=digest,
        last_results_hash=digest,
        evidence_hash=digest,
        proposer_address="cd" * 20,
    )
    bare = Commit(7, 2, BlockId(header_hash(header), Parts(1, digest)), ())
    draft = Made(header, tuple(named[one.public_key] for one in validators), validators, bare)
    votes = tuple(draft.vote(place) for place in range(len(powers)))
    return replace(draft, commit=msgspec.structs.replace(bare, signatures=votes))


NOT_ENOUGH = "validators with more than two thirds of the power have not signed the header"
NOT_THE_VALIDATORS = "a signature on the header is not the validator's"


@given(st.lists(st.tuples(st.integers(1, 10**15), st.booleans()), min_size=1, max_size=7))
def test_more_than_two_thirds_of_the_power_make_a_header_final_and_nothing_less(votes):
    # In the validators' order, so that place and power stay together.
    votes = sorted(votes, key=lambda vote: -vote[0])
    one = made(*(power for power, _ in votes))
    absent = {place: ABSENT_VOTE for place, (_, voted) in enumerate(votes) if not voted}
    signed = sum(power for power, voted in votes if voted)
    commit = one.with_votes(absent)
    if 3 * signed > 2 * sum(power for power, _ in votes):
        one.check(commit)
    else:
        assert refusal(one.check, commit) == NOT_ENOUGH


@pytest.mark.parametrize(("powers", "absent", "enough"), [((1, 1, 1), 1, False), ((1, 1, 1, 1), 1, True)])
def test_exactly_two_thirds_are_not_enough(powers, absent, enough):
    """2 of 3 is two thirds; 3 of 4 is more."""
    one = made(*powers)
    commit = one.with_votes({absent: ABSENT_VOTE})
    if enough:
        one.check(commit)
    else:
        assert refusal(one.check, commit) == NOT_ENOUGH


def test_votes_for_no_block_are_read_and_not_counted():
    one = made(1, 1, 1, 1)
    one.check(one.with_votes({0: one.vote(0, FOR_NIL)}))
    both = one.with_votes({0: one.vote(0, FOR_NIL), 1: one.vote(1, FOR_NIL)})
    assert refusal(one.check, both) == NOT_ENOUGH


def test_a_vote_for_no_block_cannot_be_passed_off_as_one_for_the_block():
    one = made(1, 1, 1, 1)
    turned = msgspec.structs.replace(one.vote(0, FOR_NIL), flag=FOR_BLOCK)
    assert refusal(one.check, one.with_votes({0: turned})) == NOT_THE_VALIDATORS


def test_no_validator_is_counted_twice():
    one = made(3, 1, 1, 1)
    for commit in (
        one.with_votes({1: one.vote(0), 2: ABSENT_VOTE, 3: ABSENT_VOTE}),
        one.with_votes({0: ABSENT_VOTE, 1: one.vote(1), 2: one.vote(1), 3: one.vote(1)}),
    ):
        assert refusal(one.check, commit) == NOT_THE_VALIDATORS


def test_there_is_one_place_for_each_validator():
    one = made(1, 1, 1, 1)
    for votes in (one.commit.signatures[:3], (*one.commit.signatures, one.vote(0)), ()):
        commit = msgspec.structs.replace(one.commit, signatures=votes)
        sentence = refusal(one.check, commit)
        assert sentence == "the commit of the header has not one place for each validator"


def test_a_signature_counts_only_for_its_height_round_block_chain_and_time():
    one = made(1, 1, 1)
    digest = "ef" * 32
    elsewhere = (
        msgspec.structs.replace(one.commit, height=8),
        msgspec.structs.replace(one.commit, round=3),
        msgspec.structs.replace(one.commit, block_id=BlockId(digest, Parts(1, digest))),
        msgspec.structs.replace(one.commit, block_id=BlockId(one.commit.block_id.hash, Parts(2, "ab" * 32))),
    )
    for commit in elsewhere:
        assert refusal(one.check, one.with_votes({0: one.vote(0, commit=commit)})) == NOT_THE_VALIDATORS
    later = msgspec.structs.replace(one.vote(0), time=Moment(1_780_000_000, 1))
    assert refusal(one.check, one.with_votes({0: later})) == NOT_THE_VALIDATORS
    assert (
        refusal(check_final, "other", one.validators, one.header, one.commit)
        == "the header is of another chain"
    )


def test_a_commit_of_another_height_is_not_for_the_header():
    one = made(1, 1, 1)
    higher = msgspec.structs.replace(one.commit, height=8)
    votes = tuple(one.vote(place, commit=higher) for place in range(3))
    commit = msgspec.structs.replace(higher, signatures=votes)
    assert refusal(one.check, commit) == "the commit is not for the header"


def test_a_signature_of_another_key_does_not_count():
    one = made(1, 1, 1)
    strange = one.vote(0, key=SigningKey(b"\x05" * 32))
    assert refusal(one.check, one.with_votes({0: strange})) == NOT_THE_VALIDATORS


def test_an_absent_vote_holds_nothing():
    one = made(1, 1, 1, 1)
    for name, value in {"address": "00" * 20, "time": Moment(0, 0), "signature": "00" * 64}.items():
        vote = msgspec.structs.replace(ABSENT_VOTE, **{name: value})
        assert refusal(one.check, one.with_votes({0: vote})) == NOT_THE_VALIDATORS


def test_nobody_at_all_makes_nothing_final():
    nothing = made()
    assert refusal(nothing.check) == NOT_ENOUGH


def test_one_doubtful_signature_keeps_no_header_from_being_proved():
    """CometBFT checks signatures less strictly: one of four could sign so that only it accepts that."""
    one = made(1, 1, 1, 1)
    doubtful = one.with_votes({0: msgspec.structs.replace(one.vote(0), signature="00" * 64)})
    assert refusal(one.check, doubtful) == NOT_THE_VALIDATORS
    sieved = countable(CHAIN, one.validators, doubtful)
    one.check(sieved)
    assert sieved.signatures == (ABSENT_VOTE, *one.commit.signatures[1:])


def test_what_is_left_out_is_what_does_not_count():
    one = made(1, 1, 1, 1)
    assert countable(CHAIN, one.validators, one.commit) == one.commit
    commit = one.with_votes({0: one.vote(0, FOR_NIL), 1: ABSENT_VOTE})
    assert countable(CHAIN, one.validators, commit).signatures[:2] == (ABSENT_VOTE, ABSENT_VOTE)


# ---- the genesis document


def genesis(**parts):
    key = {"type": "tendermint/PubKeyEd25519", "value": "sB7XMtHmYccwaxH1znFfMUDvY2CsnBY5vpnQdG9Qf9A="}
    document = {
        "chain_id": CHAIN,
        "validators": [{"pub_key": key, "power": "2", "name": "n"}],
        "app_hash": "",
    }
    return json.dumps({**document, **parts}).encode()


def test_trust_is_the_chain_and_its_first_validators_in_order(lived):
    assert lived.trust.validators == lived.blocks[0][2]
    assert read_trust(genesis()).validators[0].power == 2


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        genesis(chain_id=""),
        genesis(chain_id="c" * 51),
        genesis(validators=[]),
        genesis(validators=None),
        genesis(validators=[{"power": "1"}]),
        genesis(validators=2 * json.loads(genesis())["validators"]),
        genesis(validators=[{**json.loads(genesis())["validators"][0], "power": "0"}]),
        genesis(validators=[{**json.loads(genesis())["validators"][0], "power": str(2**53)}]),
    ],
)
def test_a_genesis_document_that_names_nobody_to_trust_is_refused(document):
    with pytest.raises(Malformed, check=lambda error: error.code == "malformed_genesis"):
        read_trust(document)
