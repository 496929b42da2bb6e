"""Our hashes and signed bytes are CometBFT's, on a real chain; and what a node writes is read exactly."""

import json
from hashlib import sha256
from itertools import pairwise

import msgspec
import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from tallystick.engines.cometbft import headers
from tallystick.engines.cometbft.documents import read_commit, read_header, read_moment, read_validator
from tallystick.engines.cometbft.headers import (
    FOR_BLOCK,
    FOR_NIL,
    NEVER,
    BlockId,
    Commit,
    Moment,
    Parts,
    Validator,
    Vote,
    header_hash,
    in_order,
    result_leaf,
    sign_bytes,
    validators_hash,
)
from tallystick.errors import Malformed
from tallystick.ledger import keys, merkle
from tests.engines.cometbft.network import Network

NO_BLOCK = BlockId("", Parts(0, ""))
PHANTOMS = 149
BIG = 3 * 2**40


def crowded(document):
    """Many validators, most of whom never vote: more than fit on one page, with equal and unequal powers."""
    document["validators"][0]["power"] = str(BIG)
    document["validators"] += [
        {
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": key_text(place)},
            "power": str(1 + place % 3),
        }
        for place in range(PHANTOMS)
    ]


def key_text(place):
    return msgspec.json.decode(msgspec.json.encode(sha256(b"%d" % place).digest()))


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    with Network(tmp_path_factory.mktemp("network"), genesis=crowded) as network:
        network.start()
        network.send(b"a=1")
        network.send(b"b=2")
        yield network


@pytest.fixture(scope="module")
def blocks(network):
    rpc = network.rpc()
    return [rpc.commit(height) for height in range(1, rpc.status().height + 1)]


def asked(network, method, **parameters):
    """What the node answers, as it is written."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    return urllib3.request("POST", network.nodes[0].url, json=request).json()["result"]


def test_the_hash_of_every_header_is_the_nodes(blocks):
    assert len(blocks) >= 4
    for header, commit in blocks:
        assert header_hash(header) == commit.block_id.hash
    for (below, _), (above, _) in pairwise(blocks):
        assert header_hash(below) == above.last_block_id.hash


def test_the_hash_of_the_validators_is_the_nodes(network, blocks):
    for header, _ in blocks:
        validators = network.rpc().validators(header.height)
        assert len(validators) == PHANTOMS + 1
        assert validators_hash(validators) == header.validators_hash
        assert in_order(reversed(validators)) == validators


def test_addresses_are_the_nodes(network):
    found = asked(network, "validators", height="1")["validators"]
    for document in found:
        assert read_validator(document).address == document["address"].lower()


def test_the_signed_bytes_are_what_the_validator_signed(network, blocks):
    [first, *others] = network.rpc().validators(1)
    assert first.power == BIG
    for _, commit in blocks:
        [vote, *absent] = commit.signatures
        message = sign_bytes(network.chain_id, commit, vote)
        assert keys.verify(bytes.fromhex(first.public_key), message, bytes.fromhex(vote.signature))
        assert set(absent) == {headers.ABSENT_VOTE}
        assert len(absent) == len(others)


def test_transactions_and_results_have_the_roots_in_the_headers(network, blocks):
    height = network.height_of(b"a=1")
    block, above = blocks[height - 1][0], blocks[height][0]
    assert block.data_hash == merkle.root([sha256(b"a=1").digest()]).hex()
    assert above.last_results_hash == merkle.root([result_leaf(0, b"")]).hex()


def test_the_first_header_names_no_block_before_it_and_the_root_of_no_votes(blocks):
    assert blocks[0][0].last_commit_hash == merkle.EMPTY_ROOT.hex()
    assert blocks[0][0].last_block_id == NO_BLOCK


def test_a_header_is_read_as_the_node_writes_it(network):
    document = asked(network, "commit", height="2")["signed_header"]
    header, commit = read_header(document["header"]), read_commit(document["commit"])
    assert header.app_hash == document["header"]["app_hash"].lower()
    assert header.height == commit.height == 2
    assert header.chain_id == network.chain_id
    assert msgspec.json.decode(msgspec.json.encode(header), type=headers.Header) == header


def test_every_field_of_a_header_is_in_its_hash(blocks):
    header = blocks[1][0]
    changes = {
        "version": headers.Version(header.version.block, header.version.app + 1),
        "chain_id": "other",
        "height": header.height + 1,
        "time": Moment(header.time.seconds, (header.time.nanos + 1) % 10**9),
        "last_block_id": NO_BLOCK,
    }
    for name in header.__struct_fields__:
        changed = msgspec.structs.replace(header, **{name: changes.get(name, "00")})
        assert header_hash(changed) != header_hash(header), name


@pytest.mark.parametrize(
    "damage",
    [
        lambda one: one["header"].pop("app_hash"),
        lambda one: one["header"].update(more="1"),
        lambda one: one["header"].update(height="two"),
        lambda one: one["header"].update(height="-1"),
        lambda one: one["header"].update(data_hash="XY"),
        lambda one: one["header"].update(time="yesterday"),
        lambda one: one["header"].update(last_block_id=None),
        lambda one: one["commit"].update(signatures=None),
        lambda one: one["commit"].update(round=2**31),
        lambda one: one["commit"]["signatures"][0].update(signature="*"),
        lambda one: one["commit"]["signatures"][0].update(block_id_flag=4),
        lambda one: one["commit"]["signatures"][0].update(validator_address=None),
        lambda one: one["commit"]["signatures"].append("text"),
    ],
)
def test_a_damaged_document_cannot_be_read(network, damage):
    document = asked(network, "commit", height="2")["signed_header"]
    damage(document)
    with pytest.raises(Malformed, check=lambda error: error.code == "malformed_document"):
        (read_header(document["header"]), read_commit(document["commit"]))


@pytest.mark.parametrize(
    "key",
    [
        {"type": "tendermint/PubKeySecp256k1", "value": key_text(1)},
        {"type": "tendermint/PubKeyEd25519", "value": "AAAA"},
        {"type": "tendermint/PubKeyEd25519", "value": None},
        None,
    ],
)
def test_a_validator_with_another_key_cannot_be_read(key):
    with pytest.raises(Malformed, check=lambda error: error.code == "malformed_document"):
        read_validator({"pub_key": key, "voting_power": "1"})


def test_a_vote_without_height_round_and_block_has_type_and_time_alone():
    """Length 4; field 1 (type) is 2, precommit; field 5 (time) has no content and is written all the same."""
    commit = Commit(0, 0, NO_BLOCK, ())
    assert sign_bytes("", commit, Vote(FOR_NIL, "", Moment(0, 0), "")) == bytes.fromhex("04 0802 2a00")


def test_a_vote_is_laid_out_as_the_canonical_vote_with_its_length():
    """Type 2; height 1, round 2 in eight bytes; block: hash, parts (1, hash); time 1 s 5 ns; chain c."""
    commit = Commit(1, 2, BlockId("aa", Parts(1, "bb")), ())
    fields = "0802 110100000000000000 190200000000000000 220a 0a01aa 1205 0801 1201bb 2a04 08011005 320163"
    expected = bytes.fromhex(fields)
    assert sign_bytes("c", commit, Vote(FOR_BLOCK, "", Moment(1, 5), "")) == bytes([len(expected)]) + expected


def test_a_vote_for_no_block_leaves_the_block_out():
    commit = Commit(1, 0, BlockId("aa", Parts(1, "bb")), ())
    expected = bytes.fromhex("0802 110100000000000000 2a00 320163")
    assert sign_bytes("c", commit, Vote(FOR_NIL, "", Moment(0, 0), ""))[1:] == expected


def test_a_result_with_gas_has_it_in_its_leaf():
    """Code 1 in field 1, data in field 2, gas in fields 5 and 6."""
    assert result_leaf(1, b"x", 3, 4) == bytes.fromhex("0801 120178 2803 3004")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", Moment(0, 0)),
        ("2020-06-08T14:21:28.000000123Z", Moment(1_591_626_088, 123)),
        ("2020-06-08T14:21:28.5Z", Moment(1_591_626_088, 500_000_000)),
        ("1969-12-31T23:59:59.9Z", Moment(-1, 900_000_000)),
        ("0001-01-01T00:00:00Z", NEVER),
    ],
)
def test_a_time_is_read_to_the_nanosecond(text, moment):
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "2020-06-08", "2020-06-08T14:21:28+01:00", "2020-13-08T14:21:28Z", "2020-06-08T14:21:28.Z", 5],
)
def test_what_is_no_time_in_utc_cannot_be_read(text):
    with pytest.raises(Malformed, check=lambda error: error.code == "malformed_document"):
        read_moment(text)


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(1, 3)), max_size=8))
def test_the_order_is_most_power_first_and_then_by_address(pairs):
    ordered = in_order(Validator(key.hex(), power) for key, power in pairs)
    for one, other in pairwise(ordered):
        assert one.power > other.power or (one.power == other.power and one.address <= other.address)


def test_milliseconds_cut_off_what_is_below_one():
    assert Moment(2, 1_999_999).milliseconds == 2001


def test_the_genesis_document_of_the_node_holds_what_the_file_holds(network):
    found, file = json.loads(network.rpc().genesis()), json.loads(network.genesis)
    assert found["chain_id"] == file["chain_id"]
    assert len(found["validators"]) == PHANTOMS + 1
