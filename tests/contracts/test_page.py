"""The page on the contracts is true: its example's bytes, its tables, and every code that can be met."""

import ast
import re
from hashlib import blake2b
from pathlib import Path

import pytest

from tallystick import contracts
from tallystick.contracts import nodes
from tallystick.contracts.anchoring import NOTHING, STEPS, applicant_statement
from tallystick.contracts.membership import ROLES, RULES, join_statement
from tallystick.contracts.nodes import rules
from tallystick.ledger.keys import verify
from tallystick.ledger.transaction import Body, assemble, signing_bytes, transaction_hash
from tallystick.values import canonical
from tests.contracts.chain import CHAIN, START, Chain, Key, founder, join

OPERATOR, LENDER, SUPPLIER, CONSENSUS = Key(1), Key(2), Key(3), Key(4)
REFERENCE, SALT = "A-2026-0001", "5a17" * 8


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "contracts.md").read_text("utf-8")


def blocks(page: str) -> dict[str, str]:
    """Return the fenced blocks that have a name, ``text NAME``, by their name."""
    return dict(re.findall(r"^```text ([a-z-]+)\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL))


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the table that follows ``heading``, without its head."""
    part = page.split(f"\n{heading}\n", 1)[1].split("\n## ", maxsplit=1)[0].split("\n### ", maxsplit=1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def joining() -> dict[str, str]:
    """Return the blocks of the first example: the operator admits the supplier."""
    chain = Chain([founder(OPERATOR, "operator"), founder(LENDER, "lender")])
    arguments = join(SUPPLIER, "enterprise")
    body = Body("join", canonical.encode(arguments), CHAIN, "membership", OPERATOR.address, 1)
    signed = signing_bytes(body)
    wire = assemble(body, bytes.fromhex(OPERATOR.sign(signed)))
    result = chain.send(OPERATOR, "membership", "join", arguments)
    keys = [f"membership/key/{SUPPLIER.public}", f"membership/member/{SUPPLIER.address}"]
    return {
        "join-statement": join_statement(CHAIN, SUPPLIER.public).decode(),
        "join-possession": str(arguments["possession"]),
        "join-signed": signed.decode(),
        "join-hash": transaction_hash(wire),
        "join-result": result.data.decode(),
        "join-state": state(chain, keys),
    }


def anchoring() -> dict[str, str]:
    """Return the blocks of the second example: the lender opens the supplier's case."""
    chain = Chain([founder(OPERATOR, "operator"), founder(LENDER, "lender")])
    one_off = Key(int.from_bytes(case_seed(SUPPLIER), "big"))
    named = {"reference": REFERENCE, "salt": SALT}
    document = {"amount": "500000.00", "currency": "CNY", "term_months": 12}
    paper = {"application": REFERENCE, "document": document, "salt": SALT, "step": "application"}
    case, digest = canonical.digest(named), canonical.digest(paper)
    statement = applicant_statement(CHAIN, case, "application", digest, LENDER.address)
    arguments: dict[str, object] = {
        "applicant_key": one_off.public,
        "applicant_signature": one_off.sign(statement),
        "case": case,
        "digest": digest,
        "step": "application",
    }
    result = chain.send(LENDER, "anchoring", "anchor", arguments)
    key = f"anchoring/{LENDER.address}/{case}"
    return {
        "case": canonical.encode(named).decode(),
        "case-digest": case,
        "paper": canonical.encode(paper).decode(),
        "paper-digest": digest,
        "applicant-key": one_off.public,
        "applicant-statement": statement.decode(),
        "applicant-signature": one_off.sign(statement),
        "anchor-result": result.data.decode(),
        "anchor-state": state(chain, [key, f"{key}/application"]),
    }


def registering() -> dict[str, str]:
    """Return the blocks of the third example: the operator names a node."""
    statement = nodes.register_statement(CHAIN, OPERATOR.address, CONSENSUS.public)
    return {
        "register-statement": statement.decode(),
        "register-possession": CONSENSUS.sign(statement),
    }


def state(chain: Chain, keys: list[str]) -> str:
    return "\n".join(f"{key}\n  {(chain.get(key) or b'').decode()}" for key in keys)


def case_seed(member: Key) -> bytes:
    seed = member.number.to_bytes(32, "big")
    return blake2b(REFERENCE.encode(), digest_size=32, key=seed, person=b"tally/case-key/1").digest()


def test_the_worked_example_shows_the_very_bytes(page: str) -> None:
    assert blocks(page) == {**joining(), **anchoring(), **registering()}


def test_the_example_can_be_followed_with_the_page_alone(page: str) -> None:
    """What a reader would do: take keys, statements and signatures from the page and check them."""
    shown = blocks(page)
    for key, statement, signature in (
        (SUPPLIER.public, "join-statement", "join-possession"),
        (shown["applicant-key"], "applicant-statement", "applicant-signature"),
        (CONSENSUS.public, "register-statement", "register-possession"),
    ):
        assert verify(bytes.fromhex(key), shown[statement].encode(), bytes.fromhex(shown[signature]))
    assert canonical.sha256(shown["case"].encode()).hex() == shown["case-digest"]
    assert canonical.sha256(shown["paper"].encode()).hex() == shown["paper-digest"]
    for key in (OPERATOR, LENDER, SUPPLIER):
        assert f"`{key.address}`" in page
    assert str(START) in page


def test_the_tables_of_the_page_are_those_of_the_contracts(page: str) -> None:
    assert [row[0] for row in rows(page, "### Roles")] == [f"`{role}`" for role in ROLES]
    assert [row[:4] for row in rows(page, "### Who may do what")] == [
        [f"`{action}`", rule.by, rule.before or "not a member", rule.after] for action, rule in RULES.items()
    ]
    assert [row[:4] for row in rows(page, "### Steps")] == [
        [
            f"`{name}`",
            step.by,
            "nothing" if step.after == (NOTHING,) else ", ".join(step.after),
            ", ".join(f"`{argument}`" for argument in step.carries) or "nothing more",
        ]
        for name, step in STEPS.items()
    ]


def test_the_page_says_what_validators_decide_and_names_the_limits(page: str) -> None:
    assert [row[:4] for row in rows(page, "### Who decides what")] == [
        [f"`{action}`", rule.by, "-" if rule.agreed_by is None else "2/3", rule.power]
        for action, rule in nodes.RULES.items()
    ]
    assert rules.Share(2, 3) == rules.TWO_THIRDS
    part = " ".join(page.split("\n## Nodes\n", 1)[1].split("\n## ", maxsplit=1)[0].split())
    for sentence in (
        f"At most {rules.MAX_VALIDATORS} validators have together at most {rules.MAX_TOTAL_POWER:,}",
        f"ballots about {rules.MAX_STANDING_BALLOTS} members waiting",
        f"at least {rules.UPGRADE_NOTICE_BLOCKS} blocks after",
        f"less than {rules.UPGRADE_NOTICE_BLOCKS} blocks ahead",
        f"changed the power of {rules.MAX_CHANGES_IN_BLOCK} nodes already",
        f"`version` (to {rules.MAX_VERSION:,})",
    ):
        assert sentence in part, sentence


def raised() -> set[str]:
    """Return every code that the contracts' source gives to an error that a sender can meet."""
    kinds = {"Malformed", "Unauthorised", "Forbidden", "NotFound", "Conflict", "TooLarge"}
    found = set()
    for path in Path(contracts.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                code = node.args[0]
                found.add(code.value if isinstance(code, ast.Constant) else ast.unparse(code))
    return found


def test_the_page_lists_every_refusal_and_no_other(page: str) -> None:
    computed = "f'member_not_{rule.before}'"
    codes = raised()
    assert computed in codes
    changes = [RULES[action].before for action in ("suspend", "reinstate", "leave")]
    expected = {code for code in codes if code != computed} | {f"member_not_{status}" for status in changes}
    listed = [row[0].strip("`") for heading in HEADINGS for row in rows(page, heading)]
    assert set(listed) == expected


HEADINGS = [
    "### Refusals of membership",
    "### Refusals of anchoring",
    "### Refusals of nodes",
    "### Refusals of evidence",
]
