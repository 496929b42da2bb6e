"""Everybody who can read the ledger in the tests, what stands there, and what each of them may read of it."""

from dataclasses import dataclass

import msgspec

from tallystick.ledger.transaction import Body, assemble, parse, signing_bytes
from tallystick.records.models import Anchor, Application, User
from tallystick.services import consortium
from tallystick.services.installation import Installation
from tallystick.values import canonical
from tests.installation import PASSWORD, Consortium

#: Who reads the content of what: of the membership, of Harbour's calls, of River's calls.
MAY_READ: dict[str, set[str]] = {
    "harbour.officer": {"membership", "harbour"},
    "harbour.manager": {"membership", "harbour"},
    "harbour.auditor": {"membership", "harbour"},
    "river.officer": {"membership", "river"},
    "river.manager": {"membership", "river"},
    "river.auditor": {"membership", "river"},
    "office.auditor": {"membership", "harbour", "river"},
    "office.clerk": {"membership"},
    "rubber.owner": {"membership"},
    "castings.owner": {"membership"},
    "node.operator": {"membership"},
    "nobody": set(),
}


@dataclass(frozen=True)
class Sent:
    """A committed call, and texts of its content that nobody else may see."""

    of: str
    transaction_hash: str
    height: int
    secrets: tuple[str, ...]


def everybody(house: Installation, members: Consortium) -> dict[str, User]:
    """Return one user for each name of ``MAY_READ``."""
    office = consortium.admit(
        house, members.operator.address, name="Example Audit Office", roles=["auditor", "enterprise"]
    )
    for name, member, role in (
        ("harbour.manager", members.lender, "business_manager"),
        ("harbour.auditor", members.lender, "auditor"),
        ("river.manager", members.other_lender, "business_manager"),
        ("river.auditor", members.other_lender, "auditor"),
        ("office.auditor", office, "auditor"),
        ("office.clerk", office, "applicant"),
        ("nobody", None, "auditor"),
    ):
        consortium.add_user(member, name, PASSWORD, [role])
    return {user.username: user for user in User.objects.filter(username__in=MAY_READ)}


def calls(house: Installation, members: Consortium, application: Application) -> list[Sent]:
    """Return what was sent: a membership, Harbour's steps of an application, a call of River's, refused."""
    joined = house.ledger.block(1)
    found = [_sent(house, "membership", joined.entries[0].data_hash)]
    for anchor in Anchor.objects.filter(application=application).select_related("transmission"):
        found.append(_sent(house, "harbour", anchor.transmission.transaction_hash, anchor.digest))
    river = members.other_lender.address
    body = Body(
        action="anchor",
        arguments=canonical.encode({"case": "0" * 63 + "7", "digest": "1" * 63 + "7", "step": "admission"}),
        chain_id=house.ledger.chain_id,
        contract="anchoring",
        sender=river,
        sequence=house.ledger.next_sequence(river),
    )
    taken = house.ledger.submit(assemble(body, house.keys.sign(river, signing_bytes(body))))
    receipt = house.ledger.wait(taken)
    assert receipt.code == "step_out_of_order"
    return [*found, _sent(house, "river", taken, receipt.message, "1" * 63 + "7")]


def _sent(house: Installation, of: str, transaction_hash: str, *secrets: str) -> Sent:
    receipt = house.ledger.receipt(transaction_hash)
    assert receipt is not None
    wire = house.ledger.block(receipt.height).entries[receipt.index].data
    arguments: dict[str, str] = msgspec.json.decode(parse(wire).body.arguments)
    told = [text for text in arguments.values() if isinstance(text, str) and len(text) == 64]
    return Sent(of, transaction_hash, receipt.height, (*secrets, *told))
