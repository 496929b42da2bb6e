"""Reading the ledger for somebody: blocks, calls and what proves them.

It asks the engine only what the protocol ``Engine`` offers, and shows only what ``disclosure`` allows.
"""

from dataclasses import dataclass
from typing import Final

from tallystick.contracts import membership
from tallystick.errors import Malformed, NotFound, TooLarge
from tallystick.ledger.answers import OK, Certificate
from tallystick.ledger.block import Block
from tallystick.ledger.proof import Bundle
from tallystick.ledger.protocols import Engine
from tallystick.ledger.transaction import Body, parse
from tallystick.records.models import Member
from tallystick.services.access import Actor
from tallystick.services.disclosure import Viewer, may_read_call, require_call, require_state

#: What nobody's account address is: a transaction that cannot be read has no sender.
NOBODY: Final = ""


@dataclass(frozen=True)
class Content:
    """What a call says and what came of it, for those who may read it.

    Attributes:
        data: the wire bytes.
        sequence: number of the call among its sender's.
        arguments: canonical JSON.
        result: canonical JSON; empty when there is none.
        message: one sentence; empty when the call was carried out.
    """

    data: bytes
    sequence: int
    arguments: bytes
    result: bytes
    message: str


@dataclass(frozen=True)
class Entry:
    """One transaction of a block: the frame that everybody sees, and the content for those who may read it.

    Attributes:
        height, index: where it stands.
        time: block time, milliseconds since 1970 UTC.
        hash: SHA-256 of the wire bytes, hex.
        sender: account address; empty, like contract and action, when the bytes are no transaction.
        contract, action: what was called.
        code: ``"ok"`` or the code of the refusal.
        content: None when it is not the viewer's to read.
    """

    height: int
    index: int
    time: int
    hash: str
    sender: str
    contract: str
    action: str
    code: str
    content: Content | None

    @property
    def address(self) -> str:
        """Storage address in text form, for example ``18402-3``."""
        return f"{self.height}-{self.index}"

    @property
    def is_ok(self) -> bool:
        """Whether the call was carried out."""
        return self.code == OK


def viewer_of(ledger: Engine, actor: Actor) -> Viewer:
    """Return the actor as a reader of the ledger.

    Auditor is a role of users and of members, and it takes both to audit the consortium: an auditor who
    works for a lender audits that lender's own records. What the ledger says about the member decides.
    """
    if actor.member_id is None:
        return Viewer(NOBODY)
    address = Member.objects.values_list("address", flat=True).get(pk=actor.member_id)
    return Viewer(address, "auditor" in actor.roles and _audits(ledger, address))


def _audits(ledger: Engine, address: str) -> bool:
    member = membership.member_from_state(ledger.read, address)
    return member is not None and member.status == "active" and "auditor" in member.roles


def certificate(ledger: Engine, height: int) -> Certificate | None:
    """Return what makes a block final, or None where nobody has to sign it (a network's genesis block)."""
    try:
        return ledger.certificate(height)
    except NotFound:
        return None


def entries(viewer: Viewer, block: Block) -> list[Entry]:
    """Return the transactions of a block as the viewer sees them."""
    return [_entry(viewer, block, index) for index in range(len(block.entries))]


def transaction(ledger: Engine, viewer: Viewer, transaction_hash: str) -> Entry:
    """Return a committed transaction as the viewer sees it.

    Raises:
        NotFound: ``unknown_transaction``; ``unknown_block`` when its block is kept no more.
    """
    receipt = ledger.receipt(transaction_hash)
    if receipt is None:
        raise NotFound("unknown_transaction", "No block holds that transaction.")
    return _entry(viewer, ledger.block(receipt.height), receipt.index)


def prove_transaction(ledger: Engine, viewer: Viewer, transaction_hash: str) -> Bundle:
    """Return the bundle that proves a transaction, to those who may read it: it holds the wire bytes.

    Raises:
        NotFound: as ``transaction``.
        Forbidden: ``not_yours_to_read``.
    """
    entry = transaction(ledger, viewer, transaction_hash)
    require_call(viewer, entry.contract, entry.sender)
    return ledger.prove(transaction_hash)


def prove_state(ledger: Engine, viewer: Viewer, key: str) -> Bundle:
    """Return the bundle that proves what the state holds under a key, or that it holds nothing.

    Raises:
        Forbidden: ``not_yours_to_read``.
    """
    require_state(viewer, key)
    return ledger.prove_state(key)


def genesis(ledger: Engine, viewer: Viewer) -> bytes:
    """Return the genesis document to whoever works for a member.

    Raises:
        Forbidden: ``not_yours_to_read``.
    """
    require_state(viewer, membership.MEMBER_PREFIX)
    return ledger.genesis()


def _entry(viewer: Viewer, block: Block, index: int) -> Entry:
    stored, result, header = block.entries[index], block.results[index], block.header
    body = _body(stored.data, header.chain_id)
    content = None
    if may_read_call(viewer, body.contract, body.sender):
        content = Content(stored.data, body.sequence, body.arguments, result.data, result.message)
    return Entry(
        header.height,
        index,
        header.time,
        stored.data_hash,
        body.sender,
        body.contract,
        body.action,
        result.code,
        content,
    )


def _body(wire: bytes, chain_id: str) -> Body:
    """Return what the bytes say; a byzantine proposer can put bytes into a block that say nothing."""
    try:
        return parse(wire).body
    except (Malformed, TooLarge):
        return Body("", b"{}", chain_id, "", NOBODY, 0)
