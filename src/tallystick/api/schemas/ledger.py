"""The ledger over HTTP: bytes are base64, hashes lower hex, times milliseconds since 1970 UTC."""

from typing import Literal

from ninja import Field

from tallystick.api.schemas.common import Sent, Shown


class LedgerStatus(Shown):
    """Where the ledger stands."""

    engine: str
    chain_id: str
    height: int
    time: int
    app_hash: str
    header_hash: str
    pending: int
    transactions: int


class Header(Shown):
    """What a block commits to; its canonical JSON is what its hash covers."""

    app_hash: str
    chain_id: str
    data_hash: str
    height: int
    previous_hash: str
    proposer: str
    results_hash: str
    time: int
    transactions: int


class Entry(Shown):
    """One transaction of a block, and what became of it."""

    address: str = Field(description="Storage address, height-index.")
    data: str = Field(description="The wire bytes, base64.")
    data_hash: str = Field(description="SHA-256 of the wire bytes: the transaction's hash.")
    code: str


class Block(Shown):
    """A committed block."""

    header: Header
    header_hash: str
    signature: str
    entries: list[Entry]


class Receipt(Shown):
    """What became of a transaction."""

    transaction_hash: str
    address: str = Field(description="Storage address, height-index.")
    height: int
    index: int
    code: str = Field(description="ok, or why the contract refused.")
    message: str
    data: str = Field(description="Canonical JSON of the result; empty when there is none.")
    time: int


class InclusionProof(Shown):
    """The bundle that `tallystick ledger` and any RFC 6962 reader can check offline."""

    format: Literal["tallystick/inclusion/1"]
    header: Header
    signature: str
    index: int
    data: str
    path: list[str]
    code: str
    result: str
    result_path: list[str]


class StateProof(Shown):
    """What the state holds under a key, with the pages that prove it; ``value`` null proves absence."""

    format: Literal["tallystick/state/1"]
    header: Header
    signature: str
    key: str
    value: str | None
    pages: list[str]


class SignedTransaction(Sent):
    """A transaction that was signed elsewhere."""

    data: str = Field(description="The wire bytes, base64: 64 bytes of signature, then the body.")


class Accepted(Shown):
    """The ledger has taken the transaction in; its receipt follows with the next block."""

    transaction_hash: str
