"""Bundles of a network put together from what one node answers; ``proofs`` checks them without a node."""

from collections.abc import Iterable, Sequence

from tallystick.engines.cometbft import headers
from tallystick.engines.cometbft.counting import prove_count
from tallystick.engines.cometbft.headers import Commit, Header, Validator
from tallystick.engines.cometbft.light import Hop, countable
from tallystick.engines.cometbft.proofs import (
    NetworkInclusion,
    NetworkState,
    check_network_inclusion,
    check_network_state,
    network_result_leaf,
    parse_bundle,
)
from tallystick.engines.cometbft.rpc import Rpc
from tallystick.errors import Corruption, NotFound, Unavailable
from tallystick.ledger import merkle
from tallystick.ledger.block import Block

__all__ = [
    "NetworkInclusion",
    "NetworkState",
    "check_network_inclusion",
    "check_network_state",
    "hops_to",
    "make_inclusion",
    "make_state",
    "parse_bundle",
]


def hops_to(rpc: Rpc, change_heights: Iterable[int], target: int) -> list[Hop]:
    """Return the changes of validators that lead from the first ones to those who decide on ``target``.

    Args:
        rpc: a node that keeps the headers of all changes.
        change_heights: the blocks whose execution changed the validators. What block h changes is in force
            from block h + 2 on, and header h + 1 names it. A height where nothing changed does no harm.
        target: height of the header that is to be proved.

    Raises:
        NotFound: ``unknown_block`` when the node keeps such a header no more.
        Unavailable: what ``Rpc`` raises.
    """
    hops = []
    for height in sorted({change + 1 for change in change_heights}):
        if height >= target:
            break
        header, commit, _ = _final(rpc, height)
        if header.next_validators_hash != header.validators_hash:
            hops.append(Hop(header, commit, rpc.validators(height + 1)))
    return hops


def make_inclusion(rpc: Rpc, block: Block, index: int, change_heights: Iterable[int]) -> NetworkInclusion:
    """Return the proof for the transaction at ``index`` of a block of the network.

    Args:
        rpc: a node that keeps the block.
        block: the block as the application executed it.
        index: position of the transaction in it.
        change_heights: see ``hops_to``.

    Raises:
        NotFound: ``unknown_block``.
        Unavailable: ``not_yet_provable`` until the next block is there; what ``Rpc`` raises.
    """
    height = block.header.height
    header, _ = rpc.commit(height)
    above, commit, validators = _next(rpc, height + 1)
    entry, result = block.entries[index], block.results[index]
    data_hashes = [bytes.fromhex(one.data_hash) for one in block.entries]
    results = [network_result_leaf(one) for one in block.results]
    return NetworkInclusion(
        hops=hops_to(rpc, change_heights, height + 1),
        header=header,
        next_header=above,
        commit=commit,
        validators=validators,
        index=index,
        transactions=len(block.entries),
        count_path=[[one.hex() for one in part] for part in prove_count(data_hashes)],
        data=entry.data,
        path=[one.hex() for one in merkle.inclusion_path(data_hashes, index)],
        code=result.code,
        result=result.data,
        result_path=[one.hex() for one in merkle.inclusion_path(results, index)],
    )


def make_state(
    rpc: Rpc,
    key: str,
    value: bytes | None,
    pages: Sequence[bytes],
    root: bytes,
    height: int,
    change_heights: Iterable[int],
) -> NetworkState:
    """Return the proof of what the state holds under a key after a block.

    Args:
        rpc: a node that keeps the block.
        key: the state key.
        value: what it holds; None when it holds nothing.
        pages: bodies of the trie pages from the root towards the key.
        root: root of that state.
        height: number of the last block that the state has seen.
        change_heights: see ``hops_to``.

    Raises:
        Corruption: ``state_differs`` when the network agreed on another root than the application's.
        NotFound: ``unknown_block``.
        Unavailable: ``not_yet_provable`` until a header names the root; what ``Rpc`` raises.
    """
    # A block that changes nothing has the root in its own header already, and may be the last for long.
    signed = _final(rpc, height) if height > 0 else None
    if signed is None or signed[0].app_hash != root.hex():
        signed = _next(rpc, height + 1)
    header, commit, validators = signed
    if header.app_hash != root.hex():
        raise Corruption(
            "state_differs", f"The network agreed on another state after block {height}.", height=height
        )
    return NetworkState(
        hops=hops_to(rpc, change_heights, header.height),
        header=header,
        commit=commit,
        validators=validators,
        key=key,
        value=value,
        pages=list(pages),
    )


def _next(rpc: Rpc, height: int) -> tuple[Header, Commit, tuple[Validator, ...]]:
    try:
        return _final(rpc, height)
    except NotFound:
        raise Unavailable(
            "not_yet_provable",
            f"Block {height} completes the proof and is not there yet; ask again.",
            height=height,
        ) from None


def _final(rpc: Rpc, height: int) -> tuple[Header, Commit, tuple[Validator, ...]]:
    header, commit = rpc.commit(height)
    validators = headers.in_order(rpc.validators(height))
    return header, countable(header.chain_id, validators, commit), validators
