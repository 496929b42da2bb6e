"""Django's own refusals (bad request, forbidden, not found, failure, CSRF), shown on our pages."""

import logging

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from tallystick.web.problems import PAGES, problem

logger = logging.getLogger(__name__)

_OVERSIZED = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 413 for an oversized request, 400 for any other that cannot be read."""
    return problem(request, 413 if isinstance(exception, _OVERSIZED) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the "you may not see this" page."""
    return problem(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for an address that leads nowhere, or nowhere the asker may look."""
    return problem(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the failure page, made without session or database: they may be what failed."""
    text = render_to_string("web/errors/page.html", {"page": PAGES[500], "status": 500})
    return HttpResponse(text, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form that was not sent from our own page, or was open for too long."""
    logger.warning("CSRF check failed at %s: %s", request.path, reason)
    said = _("The form was open for too long or came from another site. Reload the page and send it again.")
    return problem(request, 403, said, "csrf_failed")
