"""A small contract for tests, with accounts that sign for it: writes, erases, refuses, fails, rotates."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import msgspec
from nacl.signing import SigningKey

from tallystick.errors import Conflict
from tallystick.ledger.genesis import compose_genesis
from tallystick.ledger.protocols import Action, Call, Contract
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.values import canonical
from tallystick.values.identifiers import account_address

CHAIN = "test-chain"
GENESIS_TIME = 1_780_000_000_000


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    text: str = ""


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    public_key: str


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: str
    active: bool = False


class Written(msgspec.Struct, frozen=True):
    address: str
    pages: int


def write(call: Call, page: Page) -> Written:
    call.put(f"notebook/{page.key}", page.text.encode())
    return Written(f"{call.height}-{call.index}", sum(1 for _ in call.scan("notebook/")))


def erase(call: Call, page: Page) -> None:
    call.delete(f"notebook/{page.key}")


def refuse(call: Call, page: Page) -> None:
    call.put(f"notebook/{page.key}", b"never kept")
    raise Conflict("notebook_closed", "The notebook is closed.")


def fail(call: Call, page: Page) -> None:
    call.put(f"notebook/{page.key}", b"never kept")
    raise KeyError(page.key)


def trespass(call: Call, page: Page) -> None:
    call.put(f"other/{page.key}", b"never kept")


def rotate(call: Call, key: Key) -> None:
    call.rotate_account(call.sender, bytes.fromhex(key.public_key))


def suspend(call: Call, target: Target) -> None:
    call.set_account_active(target.address, target.active)


def begin(call: Call, document: bytes) -> None:
    for key in canonical.decode(document, list[str]):
        call.open_account(bytes.fromhex(key))


NOTEBOOK = Contract(
    "notebook",
    {
        "write": Action(Page, write),
        "erase": Action(Page, erase),
        "refuse": Action(Page, refuse),
        "fail": Action(Page, fail),
        "trespass": Action(Page, trespass),
        "rotate": Action(Key, rotate),
        "suspend": Action(Target, suspend),
    },
    genesis=begin,
    privileged=True,
)


def key_of(name: str) -> SigningKey:
    return SigningKey(sha256(name.encode()).digest())


@dataclass(frozen=True)
class Writer:
    """An account that signs calls of the notebook."""

    key: SigningKey
    address: str

    def body(self, sequence: int, action: str = "write", /, **arguments: Any) -> Body:
        return Body(
            action=action,
            arguments=canonical.encode(arguments or {"key": f"{self.address}-{sequence}", "text": "x"}),
            chain_id=CHAIN,
            contract="notebook",
            sender=self.address,
            sequence=sequence,
        )

    def call(self, sequence: int, action: str = "write", /, **arguments: Any) -> bytes:
        return self.sign(self.body(sequence, action, **arguments))

    def sign(self, body: Body) -> bytes:
        return assemble(body, self.key.sign(signing_bytes(body)).signature)

    def with_key(self, name: str) -> "Writer":
        return replace(self, key=key_of(name))


def writer(name: str) -> Writer:
    key = key_of(name)
    return Writer(key, account_address(bytes(key.verify_key)))


PROPOSER = key_of("proposer")
PROPOSER_PUBLIC_KEY = bytes(PROPOSER.verify_key)
ANNE, BERT = writer("anne"), writer("bert")
STRANGER = writer("stranger")


def genesis_document() -> bytes:
    keys = [bytes(one.key.verify_key).hex() for one in (ANNE, BERT)]
    return compose_genesis(CHAIN, GENESIS_TIME, PROPOSER_PUBLIC_KEY, {"notebook": keys})


def sign_header(message: bytes) -> bytes:
    return PROPOSER.sign(message).signature
