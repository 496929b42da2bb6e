"""The page that shows every component in every state."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tallystick.web.specimen import StyleForm, specimen


def style(request: HttpRequest) -> HttpResponse:
    """Return every component in every state; only for developers and operators.

    Raises:
        Http404: for everyone else, so that the page does not exist for them.
    """
    if not settings.DEBUG and "operator" not in getattr(request.user, "roles", ()):
        raise Http404
    filled = StyleForm({"registered_name": "", "amount": "12,5", "purpose": "stock"})
    return render(request, "web/style.html", {"form": StyleForm(), "filled": filled, **specimen()})
