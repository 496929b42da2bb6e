"""Loads for the ledger: calls of the anchoring contract, and of a small one of the benchmark's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from nacl.signing import SigningKey

from tallystick.contracts.anchoring import applicant_statement
from tallystick.contracts.catalogue import CONTRACTS
from tallystick.errors import Conflict
from tallystick.ledger.genesis import compose_genesis
from tallystick.ledger.protocols import Action, Call, Contract
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.values import canonical
from tallystick.values.identifiers import account_address

CHAIN = "bench"
GENESIS_TIME = 1_780_000_000_000


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document's digest, to be registered once under its reference."""

    digest: str
    reference: str


class Registered(msgspec.Struct, frozen=True):
    """Where it stands."""

    address: str


def register(call: Call, arguments: Register) -> Registered:
    """Register a digest once, by a member of the register, with its place and time."""
    if call.get(f"register/member/{call.sender}") is None:
        raise Conflict("not_a_member", "The sender is not a member of the register.")
    key = f"register/document/{arguments.reference}"
    if call.get(key) is not None:
        raise Conflict("already_registered", "That reference is registered already.")
    address = f"{call.height}-{call.index}"
    record = {
        "address": address,
        "by": call.sender,
        "digest": arguments.digest,
        "time": call.time,
    }
    call.put(key, canonical.encode(record))
    return Registered(address)


def begin(call: Call, document: bytes) -> None:
    """Open an account for every key in the genesis document."""
    for key in canonical.decode(document, list[str]):
        address = call.open_account(bytes.fromhex(key))
        call.put(f"register/member/{address}", b"{}")


CONTRACT = Contract("register", {"register": Action(Register, register)}, genesis=begin, privileged=True)


@dataclass(frozen=True)
class Sender:
    """An account that signs."""

    key: SigningKey
    address: str

    def sign(self, sequence: int, contract: str, action: str, arguments: dict[str, str]) -> bytes:
        """Return the wire bytes of one call."""
        body = Body(
            action=action,
            arguments=canonical.encode(arguments),
            chain_id=CHAIN,
            contract=contract,
            sender=self.address,
            sequence=sequence,
        )
        return assemble(body, self.key.sign(signing_bytes(body)).signature)


def signing_key(name: str) -> SigningKey:
    """Return the key made from a name, the same in every run."""
    return SigningKey(sha256(name.encode()).digest())


PROPOSER = signing_key("proposer")
PROPOSER_PUBLIC_KEY = bytes(PROPOSER.verify_key)
SENDERS = 16


def sign_header(message: bytes) -> bytes:
    """Sign as the proposer."""
    return PROPOSER.sign(message).signature


@dataclass(frozen=True)
class Load:
    """Transactions for one ledger.

    Attributes:
        name: what the page calls it.
        contracts: the contracts they call.
        genesis: the document that the ledger starts from.
        wires: the signed transactions, in order.
        signatures: how many signatures the ledger checks for them altogether.
    """

    name: str
    contracts: Sequence[Contract]
    genesis: bytes
    wires: list[bytes]
    signatures: int


def _senders() -> list[Sender]:
    keys = [signing_key(f"sender {number}") for number in range(SENDERS)]
    return [Sender(key, account_address(bytes(key.verify_key))) for key in keys]


def register_load(count: int) -> Load:
    """Return ``count`` documents registered once each: a lookup, a check, a write, an answer."""
    accounts = _senders()
    members = [bytes(account.key.verify_key).hex() for account in accounts]
    wires = []
    for number in range(count):
        digest = sha256(f"document {number}".encode()).hexdigest()
        arguments = {"digest": digest, "reference": digest}
        sender = accounts[number % SENDERS]
        wires.append(sender.sign(number // SENDERS + 1, "register", "register", arguments))
    genesis = compose_genesis(CHAIN, GENESIS_TIME, PROPOSER_PUBLIC_KEY, {"register": members})
    return Load("register a document", [CONTRACT], genesis, wires, count)


def anchoring_load(count: int) -> Load:
    """Return whole loan cases, five steps each, two of them signed by the applicant as well."""
    lenders = _senders()
    members = [
        {
            "name": f"Lender {place}",
            "public_key": bytes(one.key.verify_key).hex(),
            "roles": ["lender", "operator"],
        }
        for place, one in enumerate(lenders)
    ]
    sequences = [0] * SENDERS
    wires: list[bytes] = []
    cases = range(count // len(STEPS))
    for start in range(0, len(cases), CASES_AT_ONCE):
        for step in STEPS:
            for case in cases[start : start + CASES_AT_ONCE]:
                lender = case % SENDERS
                sequences[lender] += 1
                arguments = _anchor_arguments(case, step, lenders[lender].address)
                wires.append(lenders[lender].sign(sequences[lender], "anchoring", "anchor", arguments))
    genesis = compose_genesis(CHAIN, GENESIS_TIME, PROPOSER_PUBLIC_KEY, {"membership": {"members": members}})
    return Load("anchor the steps of loan cases", CONTRACTS, genesis, wires, len(wires) + 2 * len(cases))


STEPS = ("application", "admission", "offer", "confirmation", "disbursement")
CASES_AT_ONCE = 200


def _anchor_arguments(number: int, step: str, lender: str) -> dict[str, str]:
    case = sha256(f"case {number}".encode()).hexdigest()
    digest = sha256(f"case {number} {step}".encode()).hexdigest()
    arguments = {"case": case, "digest": digest, "step": step}
    key = signing_key(f"applicant {number}")
    if step == "application":
        arguments["applicant_key"] = bytes(key.verify_key).hex()
    if step in {"application", "confirmation"}:
        statement = applicant_statement(CHAIN, case, step, digest, lender)
        arguments["applicant_signature"] = key.sign(statement).signature.hex()
    return arguments
