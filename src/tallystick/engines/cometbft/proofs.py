"""The two proofs of a network: checked offline with the genesis validators alone (mission E13). Pure.

``bundles`` puts them together. What the two bundles state is believed because more than two thirds of the
validators' power signed a header that commits to it, and the hops lead from the genesis validators to those.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from tallystick.engines.cometbft import headers
from tallystick.engines.cometbft.counting import is_count
from tallystick.engines.cometbft.headers import Commit, Header, Height, Hex, Validators
from tallystick.engines.cometbft.light import Hop, Trust, check_final, fails, follow
from tallystick.errors import Malformed
from tallystick.ledger import block, merkle, trie_proof
from tallystick.ledger.answers import OK
from tallystick.ledger.proof import MAX_BUNDLE_BYTES, Bundle
from tallystick.values import canonical

Path = Annotated[list[Hex], msgspec.Meta(max_length=64)]
REFUSED = 1


class NetworkInclusion(Bundle, frozen=True, kw_only=True):
    """Proves that a transaction stands in a block of the network at a position, and what became of it.

    The votes are for the next header: it names the block's header by its hash, and holds the root over the
    block's results. The number of transactions is in no header; without it a path would fit several
    positions. So ``count_path`` proves it (see ``counting``). It is that of the results too, since CometBFT
    ends a block only with one result for each transaction.

    Attributes:
        hops: the changes of the validators up to the next header.
        header: the header of the transaction's block.
        next_header: the header above it.
        commit: the votes for ``next_header``.
        validators: who voted.
        index: position of the transaction in the block.
        transactions: how many transactions the block holds.
        count_path: proves that number against ``data_hash``, hex.
        data: the transaction's wire bytes.
        path: audit path (RFC 6962) from SHA-256 of ``data`` to ``data_hash`` of ``header``, hex.
        code: ``"ok"`` or the code of the refusal.
        result: canonical JSON of the action's result.
        result_path: audit path from the result to ``last_results_hash`` of ``next_header``, hex.
    """

    format: Literal["tallystick/network-inclusion/1"] = "tallystick/network-inclusion/1"
    hops: list[Hop]
    header: Header
    next_header: Header
    commit: Commit
    validators: Validators
    index: Height
    transactions: Height
    count_path: Annotated[list[Path], msgspec.Meta(max_length=64)]
    data: bytes
    path: Path
    code: str
    result: bytes
    result_path: Path


class NetworkState(Bundle, frozen=True, kw_only=True):
    """Proves what the network's state holds under a key, or that it holds nothing.

    Attributes:
        hops: the changes of the validators up to the header.
        header: the header whose ``app_hash`` is the root of the state.
        commit: the votes for it.
        validators: who voted.
        key: the state key.
        value: what it holds; None when it holds nothing.
        pages: bodies of the trie pages from the root towards the key.
    """

    format: Literal["tallystick/network-state/1"] = "tallystick/network-state/1"
    hops: list[Hop]
    header: Header
    commit: Commit
    validators: Validators
    key: str
    value: bytes | None
    pages: list[bytes]


def parse_bundle(data: bytes) -> NetworkInclusion | NetworkState:
    """Return the bundle in these bytes.

    Raises:
        Malformed: ``malformed_document``.
    """
    if len(data) > MAX_BUNDLE_BYTES:
        raise Malformed("malformed_document", f"A proof may have {MAX_BUNDLE_BYTES} bytes.")
    if b'"tallystick/network-inclusion/1"' in data:
        return canonical.decode(data, NetworkInclusion)
    return canonical.decode(data, NetworkState)


def check_network_inclusion(bundle: NetworkInclusion, trust: Trust) -> None:
    """Check an inclusion bundle against the genesis validators.

    Raises:
        Malformed: ``proof_does_not_hold``, saying which part fails.
    """
    header, above, count = bundle.header, bundle.next_header, bundle.transactions
    _check_signed(bundle, above, trust)
    if (above.height, above.last_block_id.hash) != (header.height + 1, headers.header_hash(header)):
        raise fails("the next header does not name the header of the block")
    if not is_count(_bytes(header.data_hash), count, [_all_bytes(part) for part in bundle.count_path]):
        raise fails("the block does not hold that many transactions")
    leaf = canonical.sha256(bundle.data)
    if not _is_included(header.data_hash, leaf, bundle.index, count, bundle.path):
        raise fails("the transaction is not in the block at that position")
    leaf = network_result_leaf(block.Result(bundle.code, bundle.result))
    if not _is_included(above.last_results_hash, leaf, bundle.index, count, bundle.result_path):
        raise fails("the result is not the transaction's")


def check_network_state(bundle: NetworkState, trust: Trust) -> None:
    """Check a state bundle against the genesis validators.

    Raises:
        Malformed: ``proof_does_not_hold``, saying which part fails.
    """
    _check_signed(bundle, bundle.header, trust)
    if not trie_proof.verify(_bytes(bundle.header.app_hash), bundle.key, bundle.value, bundle.pages):
        raise fails("the state does not hold that value under the key")


def network_result_leaf(result: block.Result) -> bytes:
    """Return the bytes of a result that the next header covers: CometBFT's message with the ledger's leaf."""
    return headers.result_leaf(0 if result.code == OK else REFUSED, block.result_leaf(result))


def _check_signed(bundle: NetworkInclusion | NetworkState, signed: Header, trust: Trust) -> None:
    validators = follow(trust, bundle.hops)
    if bundle.hops and signed.height <= bundle.hops[-1].header.height:
        raise fails("the header does not stand above the last change of validators")
    if bundle.validators != validators:
        raise fails("the validators are not those that the changes lead to")
    check_final(trust.chain_id, validators, signed, bundle.commit)


def _is_included(root: str, leaf: bytes, index: int, size: int, path: Sequence[str]) -> bool:
    return merkle.verify_inclusion(_bytes(root), leaf, index, size, _all_bytes(path))


def _all_bytes(texts: Sequence[str]) -> list[bytes]:
    return [_bytes(one) for one in texts]


def _bytes(text: str) -> bytes:
    try:
        return block.from_hex(text)
    except ValueError:
        raise fails("a hash in it is not hexadecimal") from None
