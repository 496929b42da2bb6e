"""A made-up consortium: two suppliers, a core buyer and three lenders, with people who sign in.

Everything follows from the installation's secret, so that the logins can be printed again whenever the
demonstration is run again on the same installation.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tallystick.records.models import Member, User
from tallystick.records.models.members import STAFF_ROLES
from tallystick.services import catalogue, consortium, programmes
from tallystick.services.installation import Installation
from tallystick.values.identifiers import credit_code_check_digit


@dataclass(frozen=True)
class Part:
    """One member of the made-up consortium; ``credit_code`` lacks its check digit."""

    key: str
    name: str
    name_zh: str
    role: str
    credit_code: str

    @property
    def whole_credit_code(self) -> str:
        """The credit code with its check digit."""
        return self.credit_code + credit_code_check_digit(self.credit_code)


@dataclass(frozen=True)
class Login:
    """What a person types to sign in; ``totp_secret`` is empty where no second factor is needed."""

    username: str
    password: str
    totp_secret: str
    works_for: str
    roles: tuple[str, ...]


PARTS: Final = (
    Part("rubber", "Example Rubber Co., Ltd.", "样例橡胶有限公司", "enterprise", "91330201MA2AF0B27"),
    Part("castings", "Example Castings Co., Ltd.", "样例铸件有限公司", "enterprise", "91320582MA1XK3T45"),
    Part("tyres", "Example Tyre Group", "样例轮胎集团", "enterprise", "91310000MA1FL5E60"),
    Part("harbour", "Example Harbour Bank", "样例海港银行", "lender", "91310115MA1K4P8R2"),
    Part("river", "Example River Bank", "样例江河银行", "lender", "91420100MA4KW7D13"),
    Part("hill", "Example Hill Credit", "样例山地信贷", "lender", "91510100MA6C9N3H8"),
)
CORE_BUYER: Final = "tyres"

#: user name -> (member, roles)
People = Mapping[str, tuple[str, tuple[str, ...]]]

#: The operator's person works for the node itself.
PEOPLE: Final[People] = {
    "rubber.owner": ("rubber", ("applicant", "delivery_clerk")),
    "castings.owner": ("castings", ("applicant", "delivery_clerk")),
    "harbour.officer": ("harbour", ("credit_officer", "analyst")),
    "harbour.manager": ("harbour", ("business_manager",)),
    "river.officer": ("river", ("credit_officer", "business_manager")),
    "hill.officer": ("hill", ("credit_officer", "business_manager")),
    "node.operator": ("operator", ("operator",)),
}


def found(installation: Installation, operator: str) -> dict[str, Member]:
    """Admit the members and add the people that are not there yet; return the members by key."""
    members = {"operator": Member.objects.get(address=operator)}
    for part in PARTS:
        members[part.key] = admitted(installation, operator, part)
        if part.role == "lender":
            offer_invoice_loan(installation, members[part.key])
    let_in(installation, members, PEOPLE)
    return members


def admitted(installation: Installation, operator: str, part: Part) -> Member:
    """Return the member that plays this part; the operator admits it, its key kept here, if need be."""
    known = Member.objects.filter(name=part.name).first()
    return known or consortium.admit(
        installation,
        operator,
        name=part.name,
        name_zh=part.name_zh,
        roles=[part.role],
        credit_code=part.whole_credit_code,
    )


def let_in(installation: Installation, members: Mapping[str, Member], people: People) -> None:
    """Add the people that are not there yet, each for a member."""
    for login in logins(installation, people):
        if not User.objects.filter(username=login.username).exists():
            member = members[people[login.username][0]]
            person = consortium.add_user(member, login.username, login.password, login.roles)
            if login.totp_secret:
                consortium.enrol_second_factor(person, login.totp_secret)


def logins(installation: Installation, people: People = PEOPLE) -> list[Login]:
    """Return how each person of the demonstration signs in."""
    names = {part.key: part.name for part in PARTS} | {"operator": "the node"}
    return [
        Login(
            username,
            _word(installation, f"password/{username}", 10),
            _word(installation, f"second-factor/{username}", 20) if STAFF_ROLES & set(roles) else "",
            names[key],
            roles,
        )
        for username, (key, roles) in people.items()
    ]


def one_time_codes(installation: Installation) -> dict[str, str]:
    """Return the second factor's code of this half minute for each person who needs one (RFC 6238)."""
    counter = int(installation.clock.now().timestamp()) // 30
    return {
        login.username: format_hotp_value(hotp_value(login.totp_secret, counter))
        for login in logins(installation)
        if login.totp_secret
    }


def _word(installation: Installation, purpose: str, size: int) -> str:
    """Return ``size`` bytes derived from the installation's secret, in letters and digits."""
    key = hmac.new(installation.secret, f"tallystick/demonstration/{purpose}".encode(), hashlib.sha256)
    return base64.b32encode(key.digest()[:size]).decode().rstrip("=")


def offer_invoice_loan(installation: Installation, lender: Member) -> None:
    """Let a lender offer the invoice loan that comes with Tallystick."""
    policies = {name: catalogue.policy_document(name) for name in catalogue.POLICIES}
    programmes.publish(installation, lender, catalogue.programme_document("invoice-loan"), policies)
