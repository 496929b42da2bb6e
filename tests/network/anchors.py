"""Transactions of members, signed with the keys of their homes."""

from hashlib import sha256

from nacl.signing import SigningKey

from tallystick.contracts.anchoring import Anchor, applicant_statement
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.values import canonical


def signed(network, key, contract, action, arguments, sequence=None, /, **change):
    """The transaction of the member whose home ``key`` is; ``change`` replaces fields of its body."""
    account = network.node(key).account
    fields = {
        "action": action,
        "arguments": canonical.encode(arguments),
        "chain_id": network.chain_id,
        "contract": contract,
        "sender": account,
        "sequence": sequence or network.engine(key).next_sequence(account),
    }
    body = Body(**(fields | change))
    return assemble(body, network.store(key).sign(account, signing_bytes(body)))


def opening(network, key, sequence=None, name="", **change):
    """The opening of a new loan case; its name follows from ``name``, the account and the number."""
    account = network.node(key).account
    number = sequence or network.engine(key).next_sequence(account)
    seed = sha256(f"{name}/{account}/{number}".encode()).digest()
    applicant, case = SigningKey(seed), seed.hex()
    digest = sha256(seed).hexdigest()
    statement = applicant_statement(network.chain_id, case, "application", digest, account)
    anchor = Anchor(
        case=case,
        step="application",
        digest=digest,
        applicant_key=bytes(applicant.verify_key).hex(),
        applicant_signature=applicant.sign(statement).signature.hex(),
    )
    return signed(network, key, "anchoring", "anchor", anchor.as_arguments(), number, **change)


def send(network, key, wire=None, timeout_s=20):
    """Send a transaction, by default the opening of a case, and return its receipt."""
    engine = network.engine(key)
    return engine.wait(engine.submit(wire or opening(network, key)), timeout_s)
