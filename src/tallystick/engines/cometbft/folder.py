"""The folder of one node: CometBFT's settings, its genesis file and its key on the network.

CometBFT takes its own default for every setting that is not written here.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from nacl.signing import SigningKey

from tallystick.engines.abci.application import FIRST_BLOCK_MS
from tallystick.engines.abci.limits import MAX_BLOCK_BYTES
from tallystick.errors import Malformed
from tallystick.ledger.genesis import parse_genesis
from tallystick.ledger.transaction import MAX_TRANSACTION_BYTES
from tallystick.values.canonical import sha256 as digest

#: Sockets lie in the folder that both processes run in: a path of a socket may have 107 bytes only.
RUN: Final = "run"
APPLICATION_SOCKET: Final = "application.sock"
SIGNER_SOCKET: Final = "signer.sock"
GENESIS: Final = "config/genesis.json"
NODE_KEY: Final = "config/node_key.json"
KEY_TYPE: Final = "tendermint/PubKeyEd25519"
#: A network without transactions makes a block this often, so that changes of validators come into force.
IDLE_BLOCK_S: Final = 300

Setting = str | int | bool
Table = Mapping[str, Mapping[str, Setting]]


@dataclass(frozen=True)
class Addresses:
    """Where one node listens and whom it calls.

    Attributes:
        p2p: host and port for other nodes.
        rpc: host and port for its own member's software; keep it where only that reaches it.
        metrics: host and port of CometBFT's own metrics; empty for none.
        external: host and port under which others reach ``p2p``; empty where they are the same.
        peers: ``node id@host:port`` of each node that is called.
    """

    p2p: str
    rpc: str
    metrics: str = ""
    external: str = ""
    peers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pace:
    """How long a node waits for what, in milliseconds.

    Attributes:
        propose: for a proposal, before it votes for none.
        vote: for the votes that are still missing once two thirds have come.
        commit: for late votes after a block, before the next one begins.
    """

    propose: int = 2000
    vote: int = 500
    commit: int = 250


@dataclass(frozen=True)
class StateSync:
    """From where a new node takes a snapshot: servers, and a header that the validators have signed."""

    servers: tuple[str, ...]
    height: int
    block_hash: str


DEFAULT_PACE: Final = Pace()


def settings(name: str, addresses: Addresses, pace: Pace, sync: StateSync | None) -> Table:
    """Return CometBFT's settings, by section; the first section has no name."""
    return {
        "": {
            "proxy_app": f"unix://{APPLICATION_SOCKET}",
            "moniker": name,
            "priv_validator_laddr": f"unix://{SIGNER_SOCKET}",
            "filter_peers": True,
            "log_level": "p2p:error,consensus:error,state:error,*:info",
        },
        "rpc": {"laddr": f"tcp://{addresses.rpc}", "max_open_connections": 200},
        "p2p": {
            "laddr": f"tcp://{addresses.p2p}",
            "external_address": addresses.external,
            "persistent_peers": ",".join(addresses.peers),
            # Members' nodes lie behind each other's firewalls, often at private addresses.
            "addr_book_strict": False,
            "allow_duplicate_ip": True,
            "flush_throttle_timeout": "10ms",
        },
        "mempool": {"max_tx_bytes": MAX_TRANSACTION_BYTES},
        "consensus": {
            "timeout_propose": f"{pace.propose}ms",
            "timeout_prevote": f"{pace.vote}ms",
            "timeout_precommit": f"{pace.vote}ms",
            "timeout_commit": f"{pace.commit}ms",
            "create_empty_blocks": False,
            "create_empty_blocks_interval": f"{IDLE_BLOCK_S}s",
            "peer_gossip_sleep_duration": "10ms",
        },
        # The ledger file answers for transactions and results.
        "storage": {"discard_abci_responses": True},
        "tx_index": {"indexer": "null"},
        "instrumentation": {
            "prometheus": bool(addresses.metrics),
            "prometheus_listen_addr": addresses.metrics or "127.0.0.1:0",
        },
        "statesync": _state_sync(sync),
    }


def settings_text(table: Table) -> str:
    """Return settings as TOML."""
    lines: list[str] = []
    for section, pairs in table.items():
        lines += [f"\n[{section}]"] if section else []
        lines += [f"{key} = {json.dumps(value)}" for key, value in pairs.items()]
    return "\n".join(lines) + "\n"


def genesis_file(document: bytes, validators: Sequence[tuple[str, int, str]]) -> bytes:
    """Return CometBFT's genesis file around our genesis document.

    Args:
        document: the genesis document; it names no proposer.
        validators: consensus key (hex), power and name of each.

    Raises:
        Malformed: ``malformed_genesis``; ``no_validators``.
    """
    genesis = parse_genesis(document)
    if genesis.proposer or not validators:
        raise Malformed("no_validators", "A network begins with validators, and without a proposer.")
    begins_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=genesis.time + FIRST_BLOCK_MS)
    content: dict[str, Any] = {
        "genesis_time": begins_at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{begins_at.microsecond:06d}000Z",
        "chain_id": genesis.chain_id,
        "initial_height": "1",
        "consensus_params": {
            "block": {"max_bytes": str(MAX_BLOCK_BYTES), "max_gas": "-1"},
            "evidence": {
                "max_age_num_blocks": "100000",
                "max_age_duration": str(48 * 3600 * 10**9),
                "max_bytes": "1048576",
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": "1"},
            "abci": {"vote_extensions_enable_height": "0"},
        },
        "validators": [_validator(*each) for each in validators],
        "app_hash": "",
        "app_state": json.loads(document),
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def app_state_of(genesis: bytes) -> bytes:
    """Return the ``app_state`` in CometBFT's genesis file, as JSON.

    Raises:
        Malformed: ``malformed_genesis``.
    """
    try:
        return json.dumps(json.loads(genesis)["app_state"], ensure_ascii=False).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Malformed("malformed_genesis", "The genesis file of the network cannot be read.") from None


def node_id(public_key: bytes) -> str:
    """Return how CometBFT names a node: the first 20 bytes of the SHA-256 of its key, in hex."""
    return digest(public_key)[:20].hex()


def node_key_file(key: SigningKey) -> bytes:
    """Return CometBFT's file of the key that names a node on the network (it signs no blocks)."""
    private = base64.b64encode(bytes(key) + bytes(key.verify_key)).decode()
    return json.dumps({"priv_key": {"type": "tendermint/PrivKeyEd25519", "value": private}}).encode()


def is_ledger_of(genesis: bytes, document: bytes) -> bool:
    """Return whether a genesis document is the one in this genesis file."""
    return bool(json.loads(app_state_of(genesis)) == json.loads(document))


def write_folder(folder: Path, table: Table, genesis: bytes) -> None:
    """Write the files that CometBFT starts from, besides its key on the network (``NODE_KEY``)."""
    for name in ("config", "data", RUN):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "config" / "config.toml").write_text(settings_text(table), "utf-8")
    (folder / GENESIS).write_bytes(genesis)


def _validator(consensus_key: str, power: int, name: str) -> dict[str, Any]:
    public_key = bytes.fromhex(consensus_key)
    return {
        "address": sha256(public_key).hexdigest()[:40].upper(),
        "pub_key": {"type": KEY_TYPE, "value": base64.b64encode(public_key).decode()},
        "power": str(power),
        "name": name,
    }


def _state_sync(sync: StateSync | None) -> Mapping[str, Setting]:
    if sync is None:
        return {"enable": False}
    servers = sync.servers if len(sync.servers) > 1 else sync.servers * 2  # CometBFT wants two names
    return {
        "enable": True,
        "rpc_servers": ",".join(servers),
        "trust_height": sync.height,
        "trust_hash": sync.block_hash.upper(),
        "trust_period": "168h0m0s",
        "discovery_time": "5s",
    }
