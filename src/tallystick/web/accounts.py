"""How allauth behaves here: accounts are opened by an operator, and lockout is counted in one place."""

from collections.abc import Mapping
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from django.http import HttpRequest
from django.utils import timezone


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """Accounts that nobody can open for themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return ``False``: an operator opens accounts."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ANN401 - allauth's own signature
        """Leave counting wrong passwords to axes, which remembers it across restarts.

        allauth's own ``login_failed`` limit stays in force for authenticator codes, which axes never sees.
        """

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:  # noqa: ANN401 - allauth's own signature
        """Return whether to ask for the password again: not straight after signing in with it."""
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        return required and not _signed_in_recently(context.request)


def _signed_in_recently(request: HttpRequest) -> bool:
    since = timezone.now().timestamp() - app_settings.REAUTHENTICATION_TIMEOUT
    return any(record["at"] > since for record in get_authentication_records(request, request.user))


def login_name(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str | None:
    """Return the user name under which axes counts wrong passwords (``AXES_USERNAME_CALLABLE``).

    Letter case is folded as allauth folds it when it looks the user up; counted as written, every
    spelling of one name would have its own row of attempts.
    """
    given = (credentials or {}).get("username") or request.POST.get("login")
    return given.strip().lower() if isinstance(given, str) else None
