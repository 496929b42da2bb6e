"""What a node answers to the calls of ``rpc``, and how each is read out of its JSON. Pure.

A reader raises Malformed ``malformed_document``, or whatever Python raises, for an answer of another shape;
``rpc`` tells both apart from what the node refuses.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallystick.engines.cometbft.documents import (
    read_commit,
    read_header,
    read_moment,
    read_public_key,
    read_validator,
)
from tallystick.engines.cometbft.headers import Commit, Header, Moment, Validator
from tallystick.errors import NotFound


@dataclass(frozen=True)
class NodeStatus:
    """Where a node stands.

    Attributes:
        node_id: its address among the peers, 40 hex digits.
        chain_id: name of the chain.
        height: its last block; 0 before the first.
        time: time of that block.
        block_hash: its name, 64 hex digits; empty before the first.
        app_hash: root of the state that the block's header names, hex.
        lowest_height: the lowest block that it still keeps.
        catching_up: whether it is still fetching blocks from others.
        public_key: of its validator, 64 hex digits.
        power: what that validator's vote weighs; 0 when it does not vote.
    """

    node_id: str
    chain_id: str
    height: int
    time: Moment
    block_hash: str
    app_hash: str
    lowest_height: int
    catching_up: bool
    public_key: str
    power: int


@dataclass(frozen=True)
class CheckAnswer:
    """What the application said to a transaction at the door: 0 is yes; the hash has 64 hex digits."""

    code: int
    log: str
    hash: str


@dataclass(frozen=True)
class QueryAnswer:
    """What the application answered to a query; ``proof_ops`` are (type, key, data)."""

    code: int
    log: str
    info: str
    key: bytes
    value: bytes
    proof_ops: tuple[tuple[str, bytes, bytes], ...]
    height: int


@dataclass(frozen=True)
class Peer:
    """Another node that this one is connected with: its id (40 hex digits) and network address."""

    node_id: str
    address: str


def read_status(result: Mapping[str, Any]) -> NodeStatus:
    """Return where a node stands, out of ``status``."""
    node, sync, validator = result["node_info"], result["sync_info"], result["validator_info"]
    return NodeStatus(
        node_id=str(node["id"]),
        chain_id=str(node["network"]),
        height=int(sync["latest_block_height"]),
        time=read_moment(sync["latest_block_time"]),
        block_hash=sync["latest_block_hash"].lower(),
        app_hash=sync["latest_app_hash"].lower(),
        lowest_height=int(sync["earliest_block_height"]),
        catching_up=bool(sync["catching_up"]),
        public_key=read_public_key(validator["pub_key"]),
        power=int(validator["voting_power"]),
    )


def read_signed_header(result: Mapping[str, Any] | None) -> tuple[Header, Commit]:
    """Return header and commit, out of ``commit``.

    Raises:
        NotFound: ``unknown_block`` when the node has the one or the other no more.
    """
    found = (result or {}).get("signed_header") or {}
    if not found.get("header") or not found.get("commit"):
        raise NotFound("unknown_block", "The node does not keep that block.")
    return read_header(found["header"]), read_commit(found["commit"])


def read_validators(result: Mapping[str, Any]) -> tuple[list[Validator], int]:
    """Return one page of validators and how many there are in all, out of ``validators``."""
    return [read_validator(one) for one in result["validators"]], int(result["total"])


def read_check_answer(result: Mapping[str, Any]) -> CheckAnswer:
    """Return what the application said, out of ``broadcast_tx_sync``."""
    return CheckAnswer(int(result["code"]), str(result["log"]), result["hash"].lower())


def read_query_answer(result: Mapping[str, Any]) -> QueryAnswer:
    """Return what the application answered, out of ``abci_query``."""
    found = result["response"]
    operations = (found["proofOps"] or {}).get("ops") or []
    return QueryAnswer(
        code=int(found["code"]),
        log=str(found["log"]),
        info=str(found["info"]),
        key=_bytes(found["key"]),
        value=_bytes(found["value"]),
        proof_ops=tuple((str(one["type"]), _bytes(one["key"]), _bytes(one["data"])) for one in operations),
        height=int(found["height"]),
    )


def read_peers(result: Mapping[str, Any]) -> tuple[Peer, ...]:
    """Return the other nodes in the order of their ids, out of ``net_info``."""
    found = [Peer(str(one["node_info"]["id"]), str(one["remote_ip"])) for one in result["peers"]]
    return tuple(sorted(found, key=lambda peer: peer.node_id))


def read_chunk(result: Mapping[str, Any]) -> tuple[bytes, int]:
    """Return one piece of the genesis document and how many there are, out of ``genesis_chunked``."""
    return _bytes(result["data"]), int(result["total"])


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "", validate=True)
