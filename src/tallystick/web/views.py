"""Pages that belong to no part of the trade: the first page, and the page that shows the components."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tallystick.web.specimen import StyleForm, specimen


def home(request: HttpRequest) -> HttpResponse:
    """Return the first page: what to do next, or the way in."""
    return render(request, "web/home.html")


def style(request: HttpRequest) -> HttpResponse:
    """Return every component in every state; only for developers and operators.

    Raises:
        Http404: for everyone else, so that the page does not exist for them.
    """
    if not settings.DEBUG and "operator" not in getattr(request.user, "roles", ()):
        raise Http404
    filled = StyleForm({"registered_name": "", "amount": "12,5", "purpose": "stock"})
    return render(request, "web/style.html", {"form": StyleForm(), "filled": filled, **specimen()})
