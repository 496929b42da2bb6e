"""Changing a member's key: the ledger takes a new key for the same account, then the key store follows.

What a member has waiting in the outbox is signed when it is sent, oldest first. So everything saved
before the rotation goes out under the old key, everything after it under the new one.
"""

from tallystick.contracts.membership import RotateKey, rotate_statement
from tallystick.errors import Conflict, Rejection, Unavailable
from tallystick.records.models import Member, Transmission
from tallystick.services import outbox
from tallystick.services.installation import Installation


def rotate_key(installation: Installation, member: Member) -> str:
    """Make a new key for a hosted member, let it replace the old one on the ledger, and sign with it.

    The member keeps its address, its standing and its open cases. A rotation that still waits for the
    ledger is carried on, with the key made for it.

    Returns:
        The new public key, 64 hex digits.

    Raises:
        Conflict: ``proposer_key_fixed`` for the account that signs this ledger's blocks.
        NotFound: ``unknown_key`` when the member's key is not here; ``unknown_successor`` when the new
            one no longer is.
        Unavailable: ``rotation_waits`` when the ledger has not answered yet; nothing is lost.
        Rejection: with the ledger's code when it refuses; the old key then stays in use.
        Corruption: ``damaged_key_file``.
    """
    _require_free_key(installation, member)
    row = _waiting(member) or _enqueue(installation, member)
    outbox.relay(installation)
    row.refresh_from_db()
    if not row.code:
        raise Unavailable(
            "rotation_waits",
            "The ledger has not answered yet; the change is saved and goes on by itself.",
        )
    if row.code != "ok":
        raise Rejection(row.code, row.message)
    outbox.keep_in_step(installation, member.address)
    return str(row.arguments["public_key"])


def _require_free_key(installation: Installation, member: Member) -> None:
    if installation.ledger.head().proposer == member.address:
        raise Conflict(
            "proposer_key_fixed",
            "This account's key signs the ledger's blocks and is fixed in its genesis; it cannot be changed.",
        )


def _waiting(member: Member) -> Transmission | None:
    calls = Transmission.objects.filter(signer=member.address, contract="membership", action="rotate_key")
    return calls.filter(code="").order_by("id").first()


def _enqueue(installation: Installation, member: Member) -> Transmission:
    """Make the key first: a row that speaks of a key that nobody kept must never be."""
    keys, address = installation.keys, member.address
    new = keys.prepare_successor(address)
    statement = rotate_statement(installation.ledger.chain_id, address, new.hex())
    possession = keys.sign_as_successor(address, new, statement)
    arguments = RotateKey(public_key=new.hex(), possession=possession.hex()).as_arguments()
    return outbox.enqueue(address, "membership", "rotate_key", arguments, installation.clock.now())
