"""What happens around every page: the second factor before anything else, and refusals as pages."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from tallystick.errors import TallystickError
from tallystick.web.problems import problem_of

Respond = Callable[[HttpRequest], HttpResponse]

#: Pages that staff without a second factor may use: those that set it up, and the way out.
OPEN_WITHOUT_SECOND_FACTOR = frozenset(
    {"mfa_activate_totp", "account_login", "account_logout", "account_reauthenticate", "set_language"}
)


class SecondFactorMiddleware:
    """Sends staff without a second factor to the page that sets one up, whatever they asked for.

    It stands behind session, authentication, allauth's account and htmx middleware.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the page asked for, or the redirect to the set-up page."""
        user = request.user
        if not user.is_authenticated or not user.is_staff_member or _may_pass(request):
            return self.get_response(request)
        if is_mfa_enabled(user, [Authenticator.Type.TOTP]):
            return self.get_response(request)
        setup = reverse("mfa_activate_totp")
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(setup)
        return HttpResponseRedirect(setup)


def _may_pass(request: HttpRequest) -> bool:
    return any(request.path_info == reverse(name) for name in OPEN_WITHOUT_SECOND_FACTOR)


class ProblemMiddleware:
    """Turns an error of ours that a view let through into the page that explains it."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the view's own response."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for a ``TallystickError``; leave every other exception to Django."""
        return problem_of(request, exception) if isinstance(exception, TallystickError) else None
