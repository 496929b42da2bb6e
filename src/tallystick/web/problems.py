"""Pages that say why something was not done: one table from error class to status, one to words."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.errors import (
    Conflict,
    Corruption,
    Forbidden,
    Malformed,
    NotFound,
    Rejection,
    TallystickError,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from tallystick.web.sentences import sentence

logger = logging.getLogger(__name__)

#: Error class -> HTTP status; the first class that fits decides.
STATUS: Final[Mapping[type[TallystickError], int]] = MappingProxyType(
    {
        Malformed: 400,
        Unauthorised: 401,
        Forbidden: 403,
        NotFound: 404,
        Conflict: 409,
        TooLarge: 413,
        Rejection: 400,
        Unavailable: 503,
        Corruption: 500,
        TallystickError: 500,
    }
)


@dataclass(frozen=True)
class Page:
    """Heading and advice of the page for one HTTP status."""

    title: str | Promise
    advice: str | Promise


PAGES: Final[Mapping[int, Page]] = MappingProxyType(
    {
        400: Page(
            _("This request cannot be read"),
            _("Go back, check what was entered and send it again. Nothing was saved."),
        ),
        401: Page(
            _("Please sign in"),
            _("Who is asking could not be established. Sign in and try again. Nothing was saved."),
        ),
        403: Page(
            _("You may not see this"),
            _(
                "This page belongs to another organisation or to another role. "
                "If it should be yours, ask your organisation's operator to give you the role."
            ),
        ),
        404: Page(
            _("There is no such page"),
            _("The address may be mistyped, or what it showed is not yours to see."),
        ),
        409: Page(
            _("This no longer fits what is recorded"),
            _("Someone may have acted in the meantime. Open the page again to see where it stands."),
        ),
        413: Page(
            _("This is too large"),
            _("Send fewer or smaller files. Nothing was saved."),
        ),
        500: Page(
            _("Something is wrong on our side"),
            _("Nothing was saved half-way. The operator finds the cause in the log by the time shown here."),
        ),
        503: Page(
            _("A part did not answer in time"),
            _("Wait a moment and try again; sending the same request twice does no harm."),
        ),
    }
)


def problem(request: HttpRequest, status: int, said: str = "", code: str = "") -> HttpResponse:
    """Return the page for ``status``; only its inner part when htmx asks.

    Args:
        request: what was asked.
        status: an HTTP status that ``PAGES`` describes.
        said: the sentence of the error, in the reader's language.
        code: the error's stable code, shown so that it can be quoted.
    """
    partial = bool(getattr(request, "htmx", False))
    template = "web/errors/part.html" if partial else "web/errors/page.html"
    context = {"page": PAGES[status], "status": status, "said": said, "code": code}
    return render(request, template, context, status=status)


def problem_of(request: HttpRequest, error: TallystickError) -> HttpResponse:
    """Return the page that explains ``error``; what is stored wrongly is also logged."""
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    if status == 500:
        logger.error("%s: %s", error.code, error.message, exc_info=error)
        return problem(request, status, code=error.code)
    return problem(request, status, sentence(error), error.code)
