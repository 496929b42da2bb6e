"""Members and users: who is in the consortium, and who may sign in for them."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tallystick.contracts.membership import Join, join_statement
from tallystick.errors import Conflict, Malformed, Rejection
from tallystick.records.models import AccessToken, Member, User
from tallystick.records.models.members import USER_ROLES
from tallystick.services import outbox
from tallystick.services.installation import Installation
from tallystick.values.identifiers import parse_credit_code

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
        Rejection: with the ledger's code when the membership contract refuses.
    """
    code = parse_credit_code(credit_code) if credit_code else ""
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
    if sent.code not in ("", "ok"):
        member.delete()
        raise Rejection(sent.code, sent.message)
    return member


def add_user(member: Member | None, username: str, password: str, roles: Sequence[str]) -> User:
    """Create a user who acts for ``member``.

    Raises:
        Malformed: ``unknown_role``; ``weak_password`` with the reasons.
        Conflict: ``username_taken``.
    """
    unknown = sorted(set(roles) - USER_ROLES.keys())
    if unknown:
        raise Malformed("unknown_role", f"There is no user role {unknown[0]!r}.", role=unknown[0])
    user = User(username=username, member=member, roles=list(roles))
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
