"""Bundles that anyone can check offline, with nothing but the proposer's public key (mission E13)."""

from typing import Literal

import msgspec

from tallystick.errors import Malformed
from tallystick.ledger import block, merkle, trie_proof
from tallystick.values import canonical

MAX_BUNDLE_BYTES = 4 * 1024 * 1024


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A proof that can be kept and checked offline; its first field ``format`` says how."""


class InclusionProof(Bundle, frozen=True, kw_only=True):
    """Proves that a transaction stands in a block at a position, and what became of it.

    Attributes:
        header: the block's header.
        signature: the proposer's signature over it, hex.
        index: position of the transaction in the block.
        data: the transaction's wire bytes.
        path: audit path (RFC 6962) from SHA-256 of ``data`` to the header's ``data_hash``, hex.
        code: ``"ok"`` or the code of the refusal.
        result: canonical JSON of the action's result.
        result_path: audit path from the result to the header's ``results_hash``, hex.
    """

    format: Literal["tallystick/inclusion/1"] = "tallystick/inclusion/1"
    header: block.Header
    signature: str
    index: int
    data: bytes
    path: list[str]
    code: str
    result: bytes
    result_path: list[str]


class StateProof(Bundle, frozen=True, kw_only=True):
    """Proves what the state holds under a key after a block, or that it holds nothing.

    Attributes:
        header: the block's header.
        signature: the proposer's signature over it, hex.
        key: the state key.
        value: what it holds; None when it holds nothing.
        pages: bodies of the trie pages from the root towards the key.
    """

    format: Literal["tallystick/state/1"] = "tallystick/state/1"
    header: block.Header
    signature: str
    key: str
    value: bytes | None
    pages: list[bytes]


def make_inclusion(signed: block.Block, index: int) -> InclusionProof:
    """Return the proof for the transaction at ``index`` of a block."""
    entry, result = signed.entries[index], signed.results[index]
    data_hashes = [bytes.fromhex(one.data_hash) for one in signed.entries]
    results = [block.result_leaf(one) for one in signed.results]
    return InclusionProof(
        header=signed.header,
        signature=signed.signature,
        index=index,
        data=entry.data,
        path=[one.hex() for one in merkle.inclusion_path(data_hashes, index)],
        code=result.code,
        result=result.data,
        result_path=[one.hex() for one in merkle.inclusion_path(results, index)],
    )


def check_inclusion(proof: InclusionProof, proposer_public_key: bytes) -> None:
    """Check an inclusion proof against the proposer's public key (32 bytes).

    Raises:
        Malformed: ``proof_does_not_hold``, saying which part fails.
    """
    header = proof.header
    _check_header(header, proof.signature, proposer_public_key)
    leaf = canonical.sha256(proof.data)
    if not _is_included(header.data_hash, leaf, proof.index, header.transactions, proof.path):
        raise _fails("the transaction is not in the block at that position")
    result = block.result_leaf(block.Result(proof.code, proof.result))
    if not _is_included(header.results_hash, result, proof.index, header.transactions, proof.result_path):
        raise _fails("the result is not the transaction's")


def check_state(proof: StateProof, proposer_public_key: bytes) -> None:
    """Check a state proof against the proposer's public key (32 bytes).

    Raises:
        Malformed: ``proof_does_not_hold``, saying which part fails.
    """
    _check_header(proof.header, proof.signature, proposer_public_key)
    root = _from_hex(proof.header.app_hash)
    if not trie_proof.verify(root, proof.key, proof.value, proof.pages):
        raise _fails("the state does not hold that value under the key")


def encode_proof(proof: Bundle) -> bytes:
    """Return the bundle as canonical JSON; bytes are base64."""
    return canonical.encode(proof)


def parse_proof(data: bytes) -> InclusionProof | StateProof:
    """Return the bundle in these bytes.

    Raises:
        Malformed: ``malformed_document``.
    """
    if len(data) > MAX_BUNDLE_BYTES:
        raise Malformed("malformed_document", f"A proof may have {MAX_BUNDLE_BYTES} bytes.")
    if b'"tallystick/inclusion/1"' in data:
        return canonical.decode(data, InclusionProof)
    return canonical.decode(data, StateProof)


def _check_header(header: block.Header, signature: str, proposer_public_key: bytes) -> None:
    if not block.verify_header(block.SignedHeader(header, signature), proposer_public_key):
        raise _fails("the header is not signed by the trusted proposer")


def _is_included(root: str, leaf: bytes, index: int, size: int, path: list[str]) -> bool:
    siblings = [_from_hex(one) for one in path]
    return merkle.verify_inclusion(_from_hex(root), leaf, index, size, siblings)


def _from_hex(text: str) -> bytes:
    try:
        return block.from_hex(text)
    except ValueError:
        raise _fails("a hash in it is not hexadecimal") from None


def _fails(reason: str) -> Malformed:
    return Malformed("proof_does_not_hold", f"The proof does not hold: {reason}.")
