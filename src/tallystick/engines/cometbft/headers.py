"""What CometBFT's validators sign, hash by hash: header, commit, validators. Pure.

The hashes and the bytes that are signed are those of CometBFT v0.38 (its ``spec/core/data_structures.md``).
All hexadecimal text here is lower case, though the node writes capitals.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from tallystick.engines.wire import messages_pb2 as wire
from tallystick.engines.wire.framing import frame
from tallystick.ledger import merkle
from tallystick.ledger.block import from_hex
from tallystick.values.canonical import MAX_INTEGER

MAX_VALIDATORS: Final = 10_000  # CometBFT's own limit, MaxVotesCount
MAX_CHAIN_ID: Final = 50
ADDRESS_BYTES: Final = 20
ABSENT, FOR_BLOCK, FOR_NIL = wire.FLAG_ABSENT, wire.FLAG_COMMIT, wire.FLAG_NIL

Hex = Annotated[str, msgspec.Meta(pattern=r"^(?:[0-9a-f]{2})*\Z", max_length=128)]
Height = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
Power = Annotated[int, msgspec.Meta(ge=1, le=MAX_INTEGER)]


class Moment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time in UTC: whole seconds since 1970, and nanoseconds on top of them."""

    seconds: Annotated[int, msgspec.Meta(ge=-62_135_596_800, le=253_402_300_799)]
    nanos: Annotated[int, msgspec.Meta(ge=0, le=999_999_999)]

    @property
    def milliseconds(self) -> int:
        """Milliseconds since 1970 UTC, as the ledger counts; what is below one is cut off."""
        return self.seconds * 1000 + self.nanos // 1_000_000


# Go's zero time, which stands where nobody voted.
NEVER: Final = Moment(-62_135_596_800, 0)


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Versions of the block format and of the application."""

    block: Height
    app: Height = 0


class Parts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In how many parts a block travels, and the root over them."""

    total: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
    hash: Hex


class BlockId(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a vote names: the hash of the header, and the parts of the block. Empty in block 1 for block 0."""

    hash: Hex
    parts: Parts


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fourteen fields of a CometBFT header.

    Attributes:
        version: of the block format and of the application.
        chain_id: name of the chain.
        height: number of the block.
        time: weighted median of the times in the commit of the block before.
        last_block_id: the block before.
        last_commit_hash: RFC 6962 root over the votes for it.
        data_hash: RFC 6962 root over the SHA-256 of each transaction.
        validators_hash: hash of those who decide on this block.
        next_validators_hash: hash of those who decide on the next.
        consensus_hash: of the consensus parameters.
        app_hash: root of the state after the block before, as the application gave it.
        last_results_hash: RFC 6962 root over the results of the block before.
        evidence_hash: of the evidence of misbehaviour in the block.
        proposer_address: who proposed it (20 bytes).
    """

    version: Version
    chain_id: Annotated[str, msgspec.Meta(max_length=MAX_CHAIN_ID)]
    height: Height
    time: Moment
    last_block_id: BlockId
    last_commit_hash: Hex
    data_hash: Hex
    validators_hash: Hex
    next_validators_hash: Hex
    consensus_hash: Hex
    app_hash: Hex
    last_results_hash: Hex
    evidence_hash: Hex
    proposer_address: Hex


class Vote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One validator's place in a commit.

    Attributes:
        flag: 1 absent, 2 for the block, 3 for no block.
        address: of the validator (20 bytes); empty when absent.
        time: when it voted by its own clock; ``NEVER`` when absent.
        signature: 64 bytes; empty when absent.
    """

    flag: Annotated[int, msgspec.Meta(ge=ABSENT, le=FOR_NIL)]
    address: Hex
    time: Moment
    signature: Hex


class Commit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The votes that make a block final, one for each validator in the validators' order."""

    height: Height
    round: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    block_id: BlockId
    signatures: Annotated[tuple[Vote, ...], msgspec.Meta(max_length=MAX_VALIDATORS)]


class Validator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A voter: Ed25519 public key (64 hex digits) and voting power."""

    public_key: Hex
    power: Power

    @property
    def address(self) -> str:
        """The address that CometBFT gives it: 20 bytes of the SHA-256 of its key, hex."""
        return sha256(from_hex(self.public_key)).digest()[:ADDRESS_BYTES].hex()


Validators = Annotated[tuple[Validator, ...], msgspec.Meta(max_length=MAX_VALIDATORS)]
ABSENT_VOTE: Final = Vote(ABSENT, "", NEVER, "")


def in_order(validators: Iterable[Validator]) -> tuple[Validator, ...]:
    """Return the validators in CometBFT's order: most power first, then by address."""
    return tuple(sorted(validators, key=lambda one: (-one.power, one.address)))


def validators_hash(validators: Sequence[Validator]) -> str:
    """Return the hash of a validator set, hex; the set must stand in CometBFT's order (``in_order``)."""
    return merkle.root([_validator_bytes(one) for one in validators]).hex()


def header_hash(header: Header) -> str:
    """Return the hash of a header, which is the name of its block: RFC 6962 over its fourteen fields, hex."""
    return merkle.root(
        [
            wire.ConsensusVersion(block=header.version.block, app=header.version.app).SerializeToString(),
            wire.StringValue(value=header.chain_id).SerializeToString(),
            wire.Int64Value(value=header.height).SerializeToString(),
            _timestamp(header.time).SerializeToString(),
            _block_id(header.last_block_id).SerializeToString(),
            *(
                wire.BytesValue(value=from_hex(one)).SerializeToString()
                for one in (
                    header.last_commit_hash,
                    header.data_hash,
                    header.validators_hash,
                    header.next_validators_hash,
                    header.consensus_hash,
                    header.app_hash,
                    header.last_results_hash,
                    header.evidence_hash,
                    header.proposer_address,
                )
            ),
        ]
    ).hex()


def sign_bytes(chain_id: str, commit: Commit, vote: Vote) -> bytes:
    """Return what the validator signed for this vote: the canonical vote with its length in front.

    A vote for no block leaves the block out; height and round are left out when 0, the time never.
    """
    named = {"block_id": _block_id(commit.block_id)} if vote.flag == FOR_BLOCK else {}
    canonical_vote = wire.CanonicalVote(
        type=wire.PRECOMMIT,
        height=commit.height,
        round=commit.round,
        timestamp=_timestamp(vote.time),
        chain_id=chain_id,
        **named,
    )
    return frame(canonical_vote.SerializeToString())


def result_leaf(code: int, data: bytes, gas_wanted: int = 0, gas_used: int = 0) -> bytes:
    """Return the bytes of one result that the next header's ``last_results_hash`` covers."""
    return wire.ExecTxResult(
        code=code, data=data, gas_wanted=gas_wanted, gas_used=gas_used
    ).SerializeToString()


def _validator_bytes(validator: Validator) -> bytes:
    key = wire.PublicKey(ed25519=from_hex(validator.public_key))
    return wire.SimpleValidator(pub_key=key, voting_power=validator.power).SerializeToString()


def _timestamp(moment: Moment) -> Timestamp:
    return Timestamp(seconds=moment.seconds, nanos=moment.nanos)


def _block_id(block_id: BlockId) -> wire.BlockId:
    # The parts are written even when empty, as CometBFT's encoder does.
    parts = wire.PartSetHeader(total=block_id.parts.total, hash=from_hex(block_id.parts.hash))
    return wire.BlockId(hash=from_hex(block_id.hash), part_set_header=parts)
