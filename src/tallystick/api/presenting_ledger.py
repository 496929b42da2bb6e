"""The ledger as it goes out: blocks, calls and accounts as schemas, each call as far as it may be read."""

import base64
from typing import Any

import msgspec

from tallystick.api.schemas import ledger as out
from tallystick.ledger.answers import Certificate
from tallystick.ledger.block import Block, Header, header_hash
from tallystick.services import explorer
from tallystick.services.disclosure import Viewer
from tallystick.services.explorer import Entry
from tallystick.services.ledger_state import AccountSeen, ContractSeen, ValidatorSeen


def block(viewer: Viewer, found: Block, certificate: Certificate | None) -> out.Block:
    """Return a block with its certificate and its entries as the viewer sees them."""
    signed = header_hash(found.header).hex() if certificate is None else certificate.block_hash
    return out.Block(
        header=header(found.header),
        header_hash=signed,
        signature=found.signature,
        certificate=None if certificate is None else out.Certificate(**msgspec.to_builtins(certificate)),
        entries=[_entry(each) for each in explorer.entries(viewer, found)],
    )


def header(found: Header) -> out.Header:
    """Return a header field by field."""
    return out.Header(**msgspec.structs.asdict(found))


def receipt(entry: Entry) -> out.Receipt:
    """Return what became of a transaction; its content only where it is the viewer's to read."""
    content = entry.content
    return out.Receipt(
        **_frame(entry),
        transaction_hash=entry.hash,
        height=entry.height,
        index=entry.index,
        time=entry.time,
        message=content.message if content else None,
        arguments=content.arguments.decode() if content else None,
        data=content.result.decode() if content else None,
    )


def account(seen: AccountSeen) -> out.Account:
    """Return an account with its member."""
    found, member = seen.account, seen.member
    return out.Account(
        address=seen.address,
        active=found.active,
        key=found.key,
        sequence=found.sequence,
        member=None
        if member is None
        else out.LedgerMember(
            name=member.name, roles=list(member.roles), status=member.status, joined_at=member.joined_at
        ),
    )


def contract(seen: ContractSeen) -> out.Contract:
    """Return a contract with its actions and the size of its state."""
    return out.Contract(
        name=seen.name, actions=list(seen.actions), entries=seen.entries, has_more=seen.has_more
    )


def validator(seen: ValidatorSeen) -> out.Validator:
    """Return a validator with the power of all beside its own."""
    return out.Validator(
        **msgspec.structs.asdict(seen.validator), total_power=seen.total_power, member=seen.member
    )


def _entry(entry: Entry) -> out.Entry:
    content = entry.content
    return out.Entry(
        **_frame(entry),
        data_hash=entry.hash,
        data=base64.b64encode(content.data).decode() if content else None,
    )


def _frame(entry: Entry) -> dict[str, Any]:
    return {
        "address": entry.address,
        "sender": entry.sender,
        "contract": entry.contract,
        "action": entry.action,
        "code": entry.code,
        "readable": entry.content is not None,
    }
