"""Who asks: every page behind the door is made for an actor, and everyone else is shown the way in."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from tallystick.records.models import User
from tallystick.services.access import Actor, actor_of

P = ParamSpec("P")


def for_members(
    view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Wrap a view so that it runs for whoever has signed in, as an actor."""

    def ask(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if isinstance(request.user, User):
            return view(request, actor_of(request.user), *args, **kwargs)
        way_in = redirect_to_login(request.get_full_path())
        return HttpResponseClientRedirect(way_in.url) if is_htmx(request) else way_in

    update_wrapper(ask, view)
    return ask


def is_htmx(request: HttpRequest) -> bool:
    """Return whether htmx asks, and so wants only the part that changes."""
    return bool(getattr(request, "htmx", False))


def to_application(reference: str) -> HttpResponse:
    """Return the way to the page of one application."""
    return redirect("web:application", reference)
