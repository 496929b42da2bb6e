"""What members sign: transactions, and the arguments that need a signature of their own."""

from collections.abc import Mapping, Sequence

from nacl.signing import SigningKey

from tallystick.contracts import anchoring, membership, nodes
from tallystick.ledger.transaction import Body, assemble, parse, signing_bytes
from tallystick.values import canonical

CHAIN = "simulated-consortium"
Arguments = dict[str, object]


def public(key: SigningKey) -> str:
    return bytes(key.verify_key).hex()


def sign(key: SigningKey, message: bytes) -> str:
    return key.sign(message).signature.hex()


def transaction(
    key: SigningKey,
    sender: str,
    sequence: int,
    contract: str,
    action: str,
    arguments: Mapping[str, object],
    chain: str = CHAIN,
) -> bytes:
    """Return a signed transaction."""
    body = Body(action, canonical.encode(dict(arguments)), chain, contract, sender, sequence)
    return assemble(body, bytes.fromhex(sign(key, signing_bytes(body))))


def join(key: SigningKey, roles: Sequence[str], name: str) -> Arguments:
    possession = sign(key, membership.join_statement(CHAIN, public(key)))
    return {"public_key": public(key), "possession": possession, "roles": list(roles), "name": name}


def rotation(address: str, key: SigningKey) -> Arguments:
    possession = sign(key, membership.rotate_statement(CHAIN, address, public(key)))
    return {"public_key": public(key), "possession": possession}


def registration(address: str, key: SigningKey, node_id: str, endpoint: str | None) -> Arguments:
    possession = sign(key, nodes.register_statement(CHAIN, address, public(key)))
    named: Arguments = {"consensus_key": public(key), "possession": possession, "node_id": node_id}
    return named | ({} if endpoint is None else {"endpoint": endpoint})


def step(lender: str, case: str, name: str, digest: str, applicant: SigningKey) -> Arguments:
    """Return the arguments of one step of a case, with the applicant's signature where it takes one."""
    carries = anchoring.STEPS[name].carries if name in anchoring.STEPS else ()
    statement = anchoring.applicant_statement(CHAIN, case, name, digest, lender)
    more: Arguments = {"applicant_key": public(applicant), "applicant_signature": sign(applicant, statement)}
    return {"case": case, "step": name, "digest": digest} | {each: more[each] for each in carries}


def sequence_of(wire: bytes) -> int:
    """Return the sequence number that a transaction carries."""
    return parse(wire).body.sequence
