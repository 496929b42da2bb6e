"""Which CometBFT headers are final, told offline from nothing but the genesis validators. Pure.

Sequential rather than skipping: every change of the validators is a *hop*, and each hop is signed by those
before it. So no assumption is needed about how much of one set is still there in a later one, nor a clock.
A trusting period is not kept: who once held more than two thirds of the power, and lost its keys since,
could sign another past. Against that, compare with a copy of the chain.

Signatures are checked by ``ledger.keys``, which is stricter than CometBFT (ZIP 215). What honest software
signs passes both; ``countable`` takes out of a commit what only CometBFT accepts.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec

from tallystick.engines.cometbft import headers
from tallystick.engines.cometbft.documents import OTHER_SHAPE, read_validator
from tallystick.engines.cometbft.headers import (
    ABSENT,
    ABSENT_VOTE,
    FOR_BLOCK,
    MAX_CHAIN_ID,
    MAX_VALIDATORS,
    Commit,
    Header,
    Validator,
    Validators,
    Vote,
)
from tallystick.errors import Malformed
from tallystick.ledger import keys
from tallystick.ledger.block import from_hex

MAX_GENESIS_BYTES: Final = 64 * 1024 * 1024


class Trust(msgspec.Struct, frozen=True):
    """What is believed at the start: the name of a chain, and its first validators in CometBFT's order."""

    chain_id: str
    validators: tuple[Validator, ...]


class Hop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One change of the validators: a final header, and those who decide from the height above it on."""

    header: Header
    commit: Commit
    next_validators: Validators


class _Genesis(msgspec.Struct):
    chain_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CHAIN_ID)]
    validators: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=MAX_VALIDATORS)]


def read_trust(genesis: bytes) -> Trust:
    """Return what a CometBFT genesis document (``genesis.json``, or as a node answers it) makes one believe.

    It holds only for a chain whose application leaves the validators of the document as they are when the
    chain begins; ours does.

    Raises:
        Malformed: ``malformed_genesis``, also for a key that is not Ed25519, or one that stands there twice.
    """
    if len(genesis) > MAX_GENESIS_BYTES:
        raise _malformed(f"it has more than {MAX_GENESIS_BYTES} bytes")
    try:
        document = msgspec.json.decode(genesis, type=_Genesis)
        validators = headers.in_order(read_validator(one, power="power") for one in document.validators)
    except (Malformed, *OTHER_SHAPE) as error:
        raise _malformed(f"{error!s:.200}") from None
    if not validators:
        raise _malformed("it names no validators")
    if len({one.public_key for one in validators}) != len(validators):
        raise _malformed("a validator stands in it twice")
    return Trust(document.chain_id, validators)


def follow(trust: Trust, hops: Sequence[Hop]) -> tuple[Validator, ...]:
    """Return the validators in force above the last hop, in CometBFT's order; without hops, the first ones.

    Raises:
        Malformed: ``proof_does_not_hold``, saying which part of which hop fails.
    """
    validators, height = trust.validators, 0
    for hop in hops:
        part = f"change of validators at height {hop.header.height}"
        if hop.header.height <= height:
            raise fails(f"the {part} does not stand above the one before")
        check_final(trust.chain_id, validators, hop.header, hop.commit, part=part)
        if headers.validators_hash(hop.next_validators) != hop.header.next_validators_hash:
            raise fails(f"the {part} does not name the next validators")
        validators, height = hop.next_validators, hop.header.height
    return validators


def check_final(
    chain_id: str, validators: Sequence[Validator], header: Header, commit: Commit, part: str = "header"
) -> None:
    """Check that more than two thirds of the power of trusted validators signed a header of this chain.

    Every vote in the commit must be right, whether it is needed or not, so that nothing in it can be changed.
    ``part`` is what the header is called in the error.

    Raises:
        Malformed: ``proof_does_not_hold``, saying which part fails.
    """
    if header.chain_id != chain_id:
        raise fails(f"the {part} is of another chain")
    if headers.validators_hash(validators) != header.validators_hash:
        raise fails(f"the {part} names other validators than the trusted ones")
    if (commit.height, commit.block_id.hash) != (header.height, headers.header_hash(header)):
        raise fails(f"the commit is not for the {part}")
    if len(commit.signatures) != len(validators):
        raise fails(f"the commit of the {part} has not one place for each validator")
    signed = 0
    for validator, vote in zip(validators, commit.signatures, strict=True):
        if not _is_right(chain_id, validator, commit, vote):
            raise fails(f"a signature on the {part} is not the validator's")
        signed += validator.power if vote.flag == FOR_BLOCK else 0
    if 3 * signed <= 2 * sum(one.power for one in validators):
        raise fails(f"validators with more than two thirds of the power have not signed the {part}")


def countable(chain_id: str, validators: Sequence[Validator], commit: Commit) -> Commit:
    """Return the commit without the votes that ``check_final`` would not count, or would refuse.

    Otherwise one validator, by signing as only CometBFT accepts, could keep every block from being proved.
    """
    votes = zip(validators, commit.signatures, strict=False)
    kept = tuple(
        vote if vote.flag == FOR_BLOCK and _is_right(chain_id, one, commit, vote) else ABSENT_VOTE
        for one, vote in votes
    )
    return msgspec.structs.replace(commit, signatures=kept)


def fails(reason: str) -> Malformed:
    """Return the error that says which part of a proof fails."""
    return Malformed("proof_does_not_hold", f"The proof does not hold: {reason}.")


def _is_right(chain_id: str, validator: Validator, commit: Commit, vote: Vote) -> bool:
    # A vote's place is its validator's, so that nobody is counted twice.
    if vote.flag == ABSENT:
        return vote == ABSENT_VOTE
    return vote.address == validator.address and keys.verify(
        from_hex(validator.public_key), headers.sign_bytes(chain_id, commit, vote), from_hex(vote.signature)
    )


def _malformed(reason: str) -> Malformed:
    return Malformed("malformed_genesis", f"The genesis document cannot be used: {reason.rstrip('.')}.")
