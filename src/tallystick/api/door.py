"""The outermost layer of the API: what no operation answers is still answered as a problem."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, re_path
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.security.base import AuthBase

from tallystick.api import openapi
from tallystick.api.problems import MethodNotAllowed, Unparsable, problem, problem_of
from tallystick.errors import NotFound, TooLarge
from tallystick.services.files import MAX_FILE_BYTES

View = Callable[..., HttpResponse]

#: Most bytes of a body, by content type; what else is said is a JSON document.
MAX_FORM_BYTES: Final = MAX_FILE_BYTES + 64 * 1024
MAX_JSON_BYTES: Final = 1024 * 1024


class StrictParser(Parser):
    """Reads JSON by the letter of RFC 8259: no NaN, no lone surrogates, UTF-8 only."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return the document; whatever fails here is answered as ``malformed_json``."""
        document: dict[str, Any] = msgspec.json.decode(request.body)
        return document


class ProblemAPI(NinjaAPI):
    """A ninja API whose every answer, wherever it comes from, keeps to the house's form."""

    def __init__(self, *, title: str, version: str, description: str, auth: list[AuthBase]) -> None:
        super().__init__(
            title=title,
            version=version,
            description=description,
            auth=auth,
            parser=StrictParser(),
            urls_namespace="api",
        )
        for kind in (Exception, Http404, HttpError, ValidationError):
            self.add_exception_handler(kind, _answer)

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """The addresses of the API, and one behind them that answers every other."""
        patterns, application, namespace = super().urls
        known: list[URLResolver | URLPattern] = [
            URLPattern(each.pattern, guarded(each.callback), each.default_args, each.name)
            for each in patterns
            if isinstance(each, URLPattern)
        ]
        return [*known, re_path(r"", guarded(_unknown))], application, namespace

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the OpenAPI document, with the problems that any operation may answer."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        return openapi.completed(document)


def guarded(view: View) -> View:
    """Wrap a view: a body within its limit, no other form of refusal, no exception to the outside."""

    @wraps(view)
    def guard(request: HttpRequest, **arguments: object) -> HttpResponse:
        try:
            _check_size(request)
            response = view(request, **arguments)
        except Exception as exception:  # noqa: BLE001 - the last place that can give it a form
            return problem_of(exception)
        if response.status_code == 405:
            return _not_allowed(response)
        response.setdefault("Cache-Control", "no-store")
        return response

    # Django's own check would answer with a page; the operations' schemes check for themselves.
    guard.csrf_exempt = True  # type: ignore[attr-defined]  # Django reads it off the view
    return guard


def _answer(request: HttpRequest, exception: Exception | type[Exception]) -> HttpResponse:
    return problem_of(exception if isinstance(exception, Exception) else exception())


def _check_size(request: HttpRequest) -> None:
    limit = MAX_FORM_BYTES if request.content_type == "multipart/form-data" else MAX_JSON_BYTES
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if not (length.isascii() and length.isdigit()):
        raise Unparsable("bad_content_length", "Content-Length is not a number.")
    if int(length) > limit:
        raise TooLarge("body_too_large", f"The body may have {limit} bytes.", limit_bytes=limit)


def _not_allowed(response: HttpResponse) -> HttpResponse:
    allowed = response["Allow"]
    answer = problem(
        MethodNotAllowed("method_not_allowed", f"This address knows {allowed}.", allowed=allowed)
    )
    answer["Allow"] = allowed
    return answer


def _unknown(request: HttpRequest) -> HttpResponse:
    raise NotFound("unknown_path", "The API has no such address.")
