"""Blocks of transactions at random from a seed: members, cases and nodes come to be, and much is refused."""

import random
from hashlib import sha256

from nacl.signing import SigningKey

from tallystick.contracts.anchoring import STEPS, applicant_statement
from tallystick.contracts.membership import join_statement, rotate_statement
from tallystick.contracts.nodes import register_statement
from tallystick.ledger.genesis import compose_genesis
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.values import canonical
from tallystick.values.identifiers import account_address

CHAIN = "random-stream"
BEGAN = 1_790_000_000_000
#: Names whose case or order depends on the locale, where anything does.
NAMES = ("Istanbul", "ISTANBUL", "ılıca", "Ärger", "Zürich", "样例橡胶", "éclair")


def key(name):
    """The key that a name stands for."""
    return SigningKey(sha256(name.encode()).digest())


def public(name):
    return bytes(key(name).verify_key).hex()


def address(name):
    return account_address(bytes(key(name).verify_key))


FOUNDERS = ("F0", "F1", "F2", "F3")


def genesis():
    """The genesis document: four operators who lend, each with a validator."""
    members = [
        {"name": name, "public_key": public(name), "roles": ["operator", "lender"]} for name in FOUNDERS
    ]
    nodes = [
        {
            "operator": public(name),
            "consensus_key": public(f"{name}/node"),
            "node_id": node_id(name),
            "power": 1,
        }
        for name in FOUNDERS
    ]
    return compose_genesis(CHAIN, BEGAN, b"", {"membership": {"members": members}, "nodes": {"nodes": nodes}})


def node_id(name):
    return sha256(f"{name}/node".encode()).hexdigest()[:40]


class Stream:
    """Makes blocks; each is a height, a time in milliseconds, a proposer and its transactions' bytes."""

    def __init__(self, seed):
        self.chance = random.Random(seed)  # noqa: S311 - the same stream again is wanted
        self.sequences = {}
        self.names = list(FOUNDERS)
        self.lenders = list(FOUNDERS)
        self.operators = list(FOUNDERS)
        self.registered = list(FOUNDERS)
        self.motion = (FOUNDERS[0], 2)
        self.cases = []
        self.sent = []
        self.keys = {}

    def blocks(self, count):
        """Return blocks 1 to ``count``."""
        time = BEGAN
        made = []
        for height in range(1, count + 1):
            time += self.chance.randint(1, 5000)
            wires = [self.wire() for _ in range(self.chance.randint(0, 12))]
            made.append((height, time, address(f"{self.chance.choice(FOUNDERS)}/node"), wires))
        return made

    def wire(self):
        kinds = {
            self.join: 3,
            self.anchor: 8,
            self.rotate: 1,
            self.suspend: 2,
            self.register: 2,
            self.appoint: 5,
            self.upgrade: 1,
            self.bad: 4,
        }
        wire = self.chance.choices(list(kinds), list(kinds.values()))[0]()
        self.sent.append(wire)
        return wire

    def signed(self, name, contract, action, arguments, ahead=0, chain=CHAIN, signer=None):
        number = self.sequences.get(name, 0) + 1 + ahead
        if not ahead and chain == CHAIN and signer is None:
            self.sequences[name] = number
        body = Body(action, canonical.encode(arguments), chain, contract, address(name), number)
        signing = key(signer or self.keys.get(name, name))
        return assemble(body, bytes(signing.sign(signing_bytes(body)).signature))

    def member(self):
        return self.chance.choice(self.names)

    def some(self, fit):
        """Most often one of those whom the ledger will let do it."""
        return self.chance.choice(fit if self.chance.random() < 0.8 else self.names)

    def join(self):
        name = f"{self.chance.choice(NAMES)} {len(self.names)}"
        self.names.append(name)
        roles = self.chance.sample(["lender", "enterprise", "operator", "auditor"], self.chance.randint(1, 3))
        self.lenders += [name] if "lender" in roles else []
        self.operators += [name] if "operator" in roles else []
        possession = key(name).sign(join_statement(CHAIN, public(name))).signature.hex()
        arguments = {"name": name, "public_key": public(name), "roles": roles, "possession": possession}
        return self.signed(self.chance.choice(FOUNDERS), "membership", "join", arguments)

    def rotate(self):
        name = self.member()
        new = f"{name}/{len(self.sent)}"
        statement = rotate_statement(CHAIN, address(name), public(new))
        possession = key(new).sign(statement).signature.hex()
        wire = self.signed(
            name, "membership", "rotate_key", {"public_key": public(new), "possession": possession}
        )
        self.keys[name] = new
        return wire

    def suspend(self):
        action = self.chance.choice(["suspend", "reinstate"])
        return self.signed(self.member(), "membership", action, {"address": address(self.member())})

    def anchor(self):
        if not self.cases or self.chance.random() < 0.4:
            self.cases.append([self.some(self.lenders), f"case {len(self.cases)}", list(STEPS)])
        lender, case, left = self.chance.choice(self.cases)
        step = left.pop(0) if left and self.chance.random() < 0.8 else self.chance.choice(list(STEPS))
        name, digest = sha256(case.encode()).hexdigest(), sha256(f"{case}/{step}".encode()).hexdigest()
        arguments = {"case": name, "step": step, "digest": digest}
        if "applicant_signature" in STEPS[step].carries:
            statement = applicant_statement(CHAIN, name, step, digest, address(lender))
            arguments["applicant_signature"] = key(case).sign(statement).signature.hex()
        if "applicant_key" in STEPS[step].carries:
            arguments["applicant_key"] = public(case)
        return self.signed(lender, "anchoring", "anchor", arguments)

    def register(self):
        name = self.some(self.operators)
        self.registered.append(name)
        consensus = f"{name}/node/{self.chance.randint(0, 2)}"
        statement = register_statement(CHAIN, address(name), public(consensus))
        arguments = {
            "consensus_key": public(consensus),
            "possession": key(consensus).sign(statement).signature.hex(),
            "node_id": node_id(name),
            "endpoint": self.chance.choice([None, "node.example:26656"]),
        }
        return self.signed(name, "nodes", "register", arguments)

    def appoint(self):
        if self.chance.random() < 0.2:
            self.motion = (self.some(self.registered), self.chance.choice([0, 1, 1, 2]))
        member, power = self.motion
        arguments = {"member": address(member), "power": power}
        return self.signed(self.chance.choice(FOUNDERS), "nodes", "appoint", arguments)

    def upgrade(self):
        # Never agreed on: the software knows one version only, and two ballots are too few.
        return self.signed(
            self.chance.choice(FOUNDERS[:2]), "nodes", "schedule_upgrade", {"version": 2, "height": 900}
        )

    def bad(self):
        name = self.member()
        return self.chance.choice(
            [
                lambda: self.chance.randbytes(self.chance.randint(0, 200)),
                lambda: self.signed(name, "anchoring", "anchor", {}),
                lambda: self.signed(name, "nowhere", "anchor", {}),
                lambda: self.signed(name, "membership", "leave", {}, ahead=3),
                lambda: self.signed(name, "membership", "leave", {}, chain="elsewhere"),
                lambda: self.signed(name, "membership", "leave", {}, signer="nobody"),
                lambda: self.chance.choice(self.sent or [b""]),
            ]
        )()
