"""The ledger over HTTP: bytes are base64, hashes lower hex, times milliseconds since 1970 UTC.

What the caller may not read is null; ``readable`` says so, and the hash stands in its place.
"""

from typing import Literal

from ninja import Field
from pydantic import ConfigDict

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
    sender: str = Field(description="Account address; empty when the bytes are no transaction.")
    contract: str
    action: str
    code: str
    data_hash: str = Field(description="SHA-256 of the wire bytes: the transaction's hash.")
    readable: bool = Field(description="Whether the content is the caller's to read.")
    data: str | None = Field(description="The wire bytes, base64; null when not the caller's to read.")


class Assent(Shown):
    """Whether one validator has signed a block."""

    address: str
    power: int
    signature: str = Field(description="128 hex digits; empty when it has not signed.")


class Certificate(Shown):
    """What makes a block final: the signatures of those who decided on it."""

    height: int
    block_hash: str = Field(description="What they signed.")
    round: int = Field(description="How many rounds it took, from 0.")
    proposer: str
    assents: list[Assent]


class Block(Shown):
    """A committed block."""

    header: Header
    header_hash: str = Field(description="What those who decided on the block have signed.")
    signature: str = Field(description="The proposer's; empty where validators agree on each block.")
    certificate: Certificate | None = Field(
        description="Null where nobody has to sign: the genesis document gives the first block."
    )
    entries: list[Entry]


class BlockPage(Shown):
    """Headers of blocks, newest first, and where the page after begins."""

    items: list[Header]
    next: str | None = Field(description="Send it as `cursor`; null on the last page.")


class Receipt(Shown):
    """What became of a transaction."""

    transaction_hash: str
    address: str = Field(description="Storage address, height-index.")
    height: int
    index: int
    time: int
    sender: str = Field(description="Account address; empty when the bytes are no transaction.")
    contract: str
    action: str
    code: str = Field(description="ok, or why the contract refused.")
    readable: bool = Field(description="Whether the content is the caller's to read.")
    message: str | None
    arguments: str | None = Field(description="Canonical JSON of the arguments.")
    data: str | None = Field(description="Canonical JSON of the result; empty when there is none.")


class LedgerMember(Shown):
    """A member, as the ledger names it."""

    name: str
    roles: list[str]
    status: Literal["active", "suspended", "departed"]
    joined_at: int


class Account(Shown):
    """An account: who may send, with which key, and how often it has."""

    address: str
    active: bool
    key: str = Field(description="Ed25519 public key that signs for it now.")
    sequence: int = Field(description="Transactions counted so far.")
    member: LedgerMember | None


class AccountPage(Shown):
    """Accounts in the order of their addresses, and where the page after begins."""

    items: list[Account]
    next: str | None = Field(description="Send it as `cursor`; null on the last page.")


class Contract(Shown):
    """A contract that the ledger runs."""

    name: str
    actions: list[str]
    entries: int = Field(description="How many entries its state holds, counted to 1,000.")
    has_more: bool = Field(description="Whether it holds more than were counted.")


class Validator(Shown):
    """One of those who decide on the next block."""

    address: str
    public_key: str
    power: int
    total_power: int
    member: str = Field(description="Name of the member that runs it; empty when not known.")


class Genesis(Shown):
    """The document that every node of the chain starts from; its other fields depend on the engine."""

    model_config = ConfigDict(extra="allow")

    chain_id: str


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


class NetworkInclusionProof(Shown):
    """The bundle of a chain on which validators agree; `docs/ledger.md` says what its other fields hold."""

    model_config = ConfigDict(extra="allow")

    format: Literal["tallystick/network-inclusion/1"]


class NetworkStateProof(Shown):
    """As above, for what the state holds under a key."""

    model_config = ConfigDict(extra="allow")

    format: Literal["tallystick/network-state/1"]


class SignedTransaction(Sent):
    """A transaction that was signed elsewhere."""

    data: str = Field(description="The wire bytes, base64: 64 bytes of signature, then the body.")


class Accepted(Shown):
    """The ledger has taken the transaction in; its receipt follows with the next block."""

    transaction_hash: str
