"""Who calls: a member's software with an access token, or a browser that has signed in.

A token is looked up by its SHA-256 in a unique index. The time that takes can tell an attacker at most
something about digests, and to steer a digest towards a stored one is to find a preimage of SHA-256;
that is why no comparison here has to take constant time. A token is read from the header
``Authorization`` only: addresses end up in logs and histories.
"""

from typing import Final

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware
from ninja.security import APIKeyCookie, HttpBearer

from tallystick.bootstrap.parts import installation
from tallystick.errors import Forbidden, Unauthorised
from tallystick.records.models import AccessToken, User
from tallystick.services.access import Actor, actor_of
from tallystick.services.consortium import token_digest

MAX_TOKEN: Final = 200
_SCHEME: Final = "bearer"
# Names with a dot cannot come from a client: what it sends arrives as HTTP_….
_KNOWN: Final = "tallystick.user"


def user_of(request: HttpRequest) -> User | None:
    """Return the user who calls, or ``None`` when nobody says who it is; asked once per request.

    Raises:
        Unauthorised: ``invalid_token``.
        Forbidden: ``csrf_failed``, ``second_factor_required``.
    """
    if _KNOWN not in request.META:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        is_token = scheme.lower() == _SCHEME
        request.META[_KNOWN] = _by_token(token.strip()) if is_token else _by_session(request)
    known: User | None = request.META[_KNOWN]
    return known


def actor(request: HttpRequest) -> Actor:
    """Return the caller as an actor of the use cases.

    Raises:
        Unauthorised: ``not_authenticated``; and as ``user_of``.
    """
    user = user_of(request)
    if user is None:
        raise Unauthorised("not_authenticated", "Nobody has signed in.")
    return actor_of(user)


class AccessTokenAuth(HttpBearer):
    """The scheme for software: ``Authorization: Bearer`` with a token of ``tallystick user token``."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return the token's user. Raises as ``user_of``."""
        return user_of(request)


class BrowserSessionAuth(APIKeyCookie):
    """The scheme for the web site's own pages: its session cookie, with the CSRF token on every change."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        """Return the session's user, or ``None``. Raises as ``user_of``."""
        return user_of(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Return the session's user, or ``None``. Raises as ``user_of``."""
        return user_of(request)


def _by_token(token: str) -> User:
    now = installation().clock.now()
    valid = AccessToken.objects.filter(revoked_at=None, expires_at__gt=now, user__is_active=True)
    found = None
    if len(token) <= MAX_TOKEN:
        found = valid.select_related("user__member").filter(digest=token_digest(token)).first()
    if found is None:
        raise Unauthorised("invalid_token", "The access token is unknown, expired or revoked.")
    return found.user


def _by_session(request: HttpRequest) -> User | None:
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    _check_csrf(request)
    if user.is_staff_member and not _passed_second_factor(request, user):
        raise Forbidden("second_factor_required", "Sign in again with the second factor.")
    return user


class _CsrfCheck(CsrfViewMiddleware):
    """The framework's check, answered by a problem and not by its page."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponseForbidden:
        raise Forbidden("csrf_failed", "The request does not carry this session's CSRF token.")


def _check_csrf(request: HttpRequest) -> None:
    check = _CsrfCheck(lambda request: HttpResponseForbidden())
    # The middleware in front took the operation for exempt, so the check has still to be made.
    request.csrf_processing_done = False  # type: ignore[attr-defined]  # Django sets it ad hoc
    check.process_request(request)
    check.process_view(request, lambda request: HttpResponseForbidden(), (), {})


def _passed_second_factor(request: HttpRequest, user: User) -> bool:
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, user))
