"""Requests refused before any front door is reached, answered in the form of the door that was meant."""

from typing import Final

from django.http import HttpRequest, HttpResponse

from tallystick.api.problems import problem_of
from tallystick.web import errors

API_ROOT: Final = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a problem document under the API's addresses, and a page anywhere else."""
    if request.path_info.startswith(API_ROOT):
        return problem_of(exception)
    return errors.bad_request(request, exception)
