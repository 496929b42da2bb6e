"""A whole installation for tests: ledger, keys, members and people, without the web server."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tallystick.bootstrap import parts
from tallystick.bootstrap.ledger import create_ledger, open_ledger
from tallystick.capture.media_store import MediaStore
from tallystick.capture.resumable import Uploads
from tallystick.config import from_environment
from tallystick.records.models import Application, Member, User
from tallystick.services import applications, catalogue, consortium, programmes
from tallystick.services.access import Actor, actor_of
from tallystick.services.installation import Installation
from tallystick.services.sample_books import STRONG, Profile, sample_books
from tallystick.signing.keystore import KeyStore
from tallystick.signing.sealing import MINIMUM
from tallystick.values.clock import FixedClock
from tallystick.values.identifiers import credit_code_check_digit

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
SECRET = bytes(range(32))
CHAIN = "tallystick-test"
FULL_FORM = {
    "enterprise_name": "Example Rubber Co., Ltd.",
    "credit_code": "91330201MA2AF0B27" + credit_code_check_digit("91330201MA2AF0B27"),
    "founded_on": "2017-03-15",
    "legal_representative": "样例姓名",
    "staff_count": "46",
    "use_of_funds": "materials",
    "amount": "600000.00",
    "term_months": "12",
    "repayment_method": "equal-instalments",
    "account": "6217000012345678907",
}


@dataclass(frozen=True)
class Consortium:
    """Two lenders and two suppliers, each with one person; and the node's operator."""

    operator: Member
    lender: Member
    other_lender: Member
    supplier: Member
    other_supplier: Member
    officer: User
    other_officer: User
    owner: User
    other_owner: User
    node_operator: User


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[Installation]:
    """A running installation with a ledger of its own and a clock that stands still."""
    settings = replace(from_environment({"TALLYSTICK_HOME": str(tmp_path)}), block_period_ms=1)
    clock, keys = FixedClock(NOW), KeyStore(settings.keys_path, SECRET, MINIMUM)
    operator = keys.create()
    founder = {"public_key": keys.public_key(operator).hex(), "roles": ["operator"], "name": "Node operator"}
    create_ledger(settings, chain_id=CHAIN, members=[founder], proposer=operator, keys=keys, clock=clock)
    Member.objects.create(address=operator, name="Node operator", roles=["operator"], joined_at=NOW)
    files = tmp_path / "files"
    files.mkdir()
    made = Installation(
        clock=clock,
        ledger=open_ledger(settings, clock=clock, keys=keys),
        keys=keys,
        files=files,
        media=MediaStore(tmp_path / "media"),
        uploads=Uploads(tmp_path / "uploads", clock),
        secret=SECRET,
    )
    with parts.using(made):
        yield made
    made.ledger.close()


@pytest.fixture
def members(house: Installation) -> Consortium:
    """The members and people of the tests; both lenders offer the invoice loan."""
    operator = Member.objects.get(name="Node operator")
    policies = {name: catalogue.policy_document(name) for name in catalogue.POLICIES}

    def member(name: str, role: str, credit_code: str = "") -> Member:
        made = consortium.admit(house, operator.address, name=name, roles=[role], credit_code=credit_code)
        if role == "lender":
            programmes.publish(house, made, catalogue.programme_document("invoice-loan"), policies)
        return made

    def person(username: str, of: Member, *roles: str) -> User:
        return consortium.add_user(of, username, PASSWORD, roles)

    lender, other_lender = member("Example Harbour Bank", "lender"), member("Example River Bank", "lender")
    supplier = member("Example Rubber Co., Ltd.", "enterprise", FULL_FORM["credit_code"])
    other_supplier = member("Example Castings Co., Ltd.", "enterprise")
    return Consortium(
        operator=operator,
        lender=lender,
        other_lender=other_lender,
        supplier=supplier,
        other_supplier=other_supplier,
        officer=person("harbour.officer", lender, "credit_officer", "business_manager"),
        other_officer=person("river.officer", other_lender, "credit_officer", "business_manager"),
        owner=person("rubber.owner", supplier, "applicant", "delivery_clerk"),
        other_owner=person("castings.owner", other_supplier, "applicant", "delivery_clerk"),
        node_operator=person("node.operator", operator, "operator"),
    )


def filled_in(
    house: Installation, members: Consortium, profile: Profile = STRONG, owner: User | None = None
) -> Application:
    """Return a draft of a supplier's application with the form filled in and both books handed in."""
    actor: Actor = actor_of(owner or members.owner)
    programme = members.lender.programmes.get(retired_at=None)
    application = applications.begin(house, actor, programme_id=programme.pk)
    applications.fill(house, actor, application.reference, FULL_FORM)
    books = sample_books(profile, "Example Rubber Co., Ltd.", "Example Tyre Group", NOW.date(), seed=7)
    for item, side in (("sales_book", "sales"), ("purchase_book", "purchases")):
        applications.hand_in_book(
            house, actor, application.reference, item=item, file_name=f"{side}.csv", content=books[side]
        )
    application.refresh_from_db()
    return application
