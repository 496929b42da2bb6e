"""What an engine answers: receipts, where it stands, who decides, and what makes a block final."""

import msgspec

OK = "ok"


class Receipt(msgspec.Struct, frozen=True):
    """What became of one transaction.

    Attributes:
        transaction_hash: SHA-256 of the wire bytes, 64 lower hex digits.
        height: block number.
        index: position in the block, from 0.
        code: ``"ok"`` or the code of the refusal.
        message: one sentence for a person; empty when ok.
        data: canonical JSON of the action's result; empty when there is none.
        time: block time, milliseconds since 1970 UTC.
    """

    transaction_hash: str
    height: int
    index: int
    code: str
    message: str
    data: bytes
    time: int

    @property
    def address(self) -> str:
        """Storage address in text form, for example ``18402-3``."""
        return f"{self.height}-{self.index}"


class Status(msgspec.Struct, frozen=True):
    """Where an engine stands.

    Attributes:
        engine: name of the engine, for example ``"embedded"``.
        chain_id: name of the chain.
        height: number of the last committed block.
        time: its block time, milliseconds since 1970 UTC.
        app_hash: root of the state after it, hex.
        header_hash: hash of its header, hex.
        pending: transactions accepted and not yet in a block.
        transactions: transactions in all committed blocks.
    """

    engine: str
    chain_id: str
    height: int
    time: int
    app_hash: str
    header_hash: str
    pending: int
    transactions: int


class Validator(msgspec.Struct, frozen=True):
    """One of those who decide on blocks.

    Attributes:
        address: account address form of its public key.
        public_key: Ed25519 key that signs blocks or votes, 64 lower hex digits.
        power: its weight; a block needs more than two thirds of all.
    """

    address: str
    public_key: str
    power: int


class Assent(msgspec.Struct, frozen=True):
    """Whether one validator has signed a block, and with which signature (128 hex digits, or empty)."""

    address: str
    power: int
    signature: str


class Certificate(msgspec.Struct, frozen=True):
    """What makes a block final: the signatures of those who decided on it.

    Attributes:
        height: number of the block.
        block_hash: what they signed, 64 lower hex digits.
        round: how many rounds it took, from 0.
        proposer: address of who proposed the block.
        assents: one for each validator of that height.
    """

    height: int
    block_hash: str
    round: int
    proposer: str
    assents: tuple[Assent, ...]
