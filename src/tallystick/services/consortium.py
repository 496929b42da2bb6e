"""Members and users: who is in the consortium, and who may sign in for them."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from tallystick.contracts import membership
from tallystick.contracts.membership import Join, Reinstate, Suspend, join_statement
from tallystick.contracts.shapes import decode_kept
from tallystick.errors import Conflict, Corruption, Malformed, NotFound, Rejection, Unavailable
from tallystick.records.models import AccessToken, Member, User
from tallystick.records.models.members import USER_ROLES
from tallystick.services import outbox
from tallystick.services.installation import Installation
from tallystick.values.identifiers import parse_credit_code

StandingAction = Literal["suspend", "reinstate"]
STANDING_ACTIONS: Final[Mapping[StandingAction, type[Suspend] | type[Reinstate]]] = MappingProxyType(
    {"suspend": Suspend, "reinstate": Reinstate}
)
#: Role of a user -> the roles of a member, one of which it must have for the user's to make sense.
FITTING: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "applicant": frozenset({"enterprise", "person"}),
        "delivery_clerk": frozenset({"enterprise"}),
        "credit_officer": frozenset({"lender"}),
        "business_manager": frozenset({"lender"}),
        "analyst": frozenset({"lender"}),
        "operator": frozenset({"operator"}),
        "auditor": frozenset(membership.ROLES),
    }
)
TOKEN_LIFETIME: Final = timedelta(days=365)


def admit(
    installation: Installation,
    operator: str,
    *,
    name: str,
    roles: Sequence[str],
    name_zh: str = "",
    credit_code: str = "",
) -> Member:
    """Make a key for a new hosted member, let ``operator`` admit it on the ledger, and record it.

    Raises:
        Malformed: ``bad_credit_code`` when a credit code is given and does not check.
        Malformed: ``bad_name``, ``unknown_role``, ``repeated_role``.
        Rejection: with the ledger's code when the membership contract refuses.
        Unavailable: ``not_yet_committed`` when the ledger has not answered; the admission goes on by itself.
    """
    code = parse_credit_code(credit_code) if credit_code else ""
    # Asked before a key is made for it: key files are never removed.
    membership.check_name(name)
    membership.check_roles(roles)
    keys = installation.keys
    address = keys.create()
    public_key = keys.public_key(address).hex()
    possession = keys.sign(address, join_statement(installation.ledger.chain_id, public_key))
    arguments = Join(public_key=public_key, possession=possession.hex(), roles=list(roles), name=name)
    now = installation.clock.now()
    with transaction.atomic():
        sent = outbox.enqueue(operator, "membership", "join", arguments.as_arguments(), now)
        member = Member.objects.create(
            address=address, name=name, name_zh=name_zh, credit_code=code, roles=list(roles), joined_at=now
        )
    outbox.relay(installation)
    sent.refresh_from_db()
    if not sent.code:
        raise _not_yet_committed()
    if sent.code != "ok":
        member.delete()
        raise Rejection(sent.code, sent.message)
    return member


def change_standing(
    installation: Installation, operator: str, address: str, action: StandingAction
) -> membership.Member:
    """Let ``operator`` suspend or reinstate the member at ``address``; return its standing afterwards.

    Raises:
        Rejection: with the ledger's code when the membership contract refuses.
        Unavailable: ``not_yet_committed`` when the ledger has not answered; the change goes on by itself.
    """
    arguments = STANDING_ACTIONS[action](address=address).as_arguments()
    sent = outbox.enqueue(operator, "membership", action, arguments, installation.clock.now())
    outbox.relay(installation)
    sent.refresh_from_db()
    if not sent.code:
        raise _not_yet_committed()
    if sent.code != "ok":
        raise Rejection(sent.code, sent.message)
    standing = membership.member_from_state(installation.ledger.read, address)
    if standing is None:
        raise Corruption("member_missing", "The ledger changed a member that it does not hold.")
    return standing


def recognise(
    installation: Installation, address: str, *, name_zh: str = "", credit_code: str = ""
) -> Member:
    """Record a member of the ledger whose keys are elsewhere, so that its people can sign in here.

    Raises:
        NotFound: ``unknown_member`` when the ledger knows none at ``address``.
        Malformed: ``bad_credit_code``.
    """
    code = parse_credit_code(credit_code) if credit_code else ""
    standing = membership.member_from_state(installation.ledger.read, address)
    if standing is None:
        raise NotFound("unknown_member", "The ledger knows no member of that address.", address=address)
    member, _ = Member.objects.get_or_create(
        address=address,
        defaults={
            "name": standing.name,
            "name_zh": name_zh,
            "credit_code": code,
            "roles": list(standing.roles),
            "joined_at": datetime.fromtimestamp(standing.joined_at // 1000, UTC),
        },
    )
    return member


def members_on_ledger(installation: Installation) -> list[membership.Member]:
    """Return every member that the ledger knows, in the order of their addresses, at most 1,000."""
    kept = installation.ledger.scan(membership.MEMBER_PREFIX)
    return [decode_kept(key, value, membership.Member) for key, value in kept]


def find_member(address: str) -> Member:
    """Return the record of the member at ``address``.

    Raises:
        NotFound: ``unknown_member``.
    """
    member = Member.objects.filter(address=address).first()
    if member is None:
        raise NotFound("unknown_member", "No member of this installation has that address.", address=address)
    return member


def add_user(
    member: Member | None, username: str, password: str, roles: Sequence[str], email: str = ""
) -> User:
    """Create a user who acts for ``member``; without a member the user can sign in and do nothing.

    Raises:
        Malformed: ``bad_username``; ``bad_email``; ``unknown_role``; ``role_does_not_fit`` when the member
            lends nothing, applies for nothing or runs no node (``FITTING``); ``weak_password``, with why.
        Conflict: ``username_taken``.
    """
    unknown = sorted(set(roles) - USER_ROLES.keys())
    if unknown:
        raise Malformed("unknown_role", f"There is no user role {unknown[0]!r}.", role=unknown[0])
    if member is not None:
        _check_fit(member, roles)
    user = User(username=User.normalize_username(username), member=member, roles=list(roles))
    _check_username(user)
    user.email = _checked_email(email)
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise Malformed("weak_password", " ".join(weak.messages)) from weak
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as taken:
        raise Conflict(
            "username_taken", f"The user name {username!r} is taken.", username=username
        ) from taken
    return user


def set_email(username: str, email: str) -> User:
    """Keep the address that a user's reminders go to; an empty one sends none.

    Raises:
        NotFound: ``unknown_user``. Malformed: ``bad_email``.
    """
    user = find_user(username)
    user.email = _checked_email(email)
    user.save(update_fields=["email"])
    return user


def find_user(username: str) -> User:
    """Return the user of that name.

    Raises:
        NotFound: ``unknown_user``.
    """
    user: User | None = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound("unknown_user", f"There is no user {username!r}.", username=username)
    return user


def _checked_email(email: str) -> str:
    if email:
        try:
            validate_email(email)
        except ValidationError as bad:
            raise Malformed("bad_email", "That is no address that mail can be sent to.") from bad
    return email


def _check_fit(member: Member, roles: Sequence[str]) -> None:
    for role in roles:
        if not FITTING[role] & set(member.roles):
            fitting = " or ".join(sorted(FITTING[role]))
            raise Malformed(
                "role_does_not_fit",
                f"A user can be {role} for a member that is {fitting}; {member.name} is "
                f"{', '.join(member.roles)}.",
                role=role,
            )


def _check_username(user: User) -> None:
    others = {field.name for field in User._meta.get_fields()} - {"username"}
    try:
        user.clean_fields(exclude=others)
    except ValidationError as unfit:
        raise Malformed("bad_username", f"The user name does not fit: {' '.join(unfit.messages)}") from unfit


def enrol_second_factor(user: User, totp_secret: str) -> None:
    """Register a time-based one-time code (RFC 6238; ``totp_secret`` in base 32) as the second factor."""
    TOTP.activate(user, totp_secret)


def issue_token(installation: Installation, user: User, name: str) -> str:
    """Return a new access token for the API; only its digest is kept."""
    token = "tsk_" + secrets.token_urlsafe(32)
    now = installation.clock.now()
    AccessToken.objects.create(
        user=user, name=name, digest=token_digest(token), created_at=now, expires_at=now + TOKEN_LIFETIME
    )
    return token


def token_digest(token: str) -> str:
    """Return the digest under which a token is kept (it has 256 random bits: no stretching needed)."""
    return hashlib.sha256(token.encode()).hexdigest()


def _not_yet_committed() -> Unavailable:
    return Unavailable("not_yet_committed", "The ledger has not answered yet; the change goes on by itself.")
