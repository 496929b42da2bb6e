"""Every refusal as ``application/problem+json`` (RFC 9457): one table from error class to status.

Beyond the members of the RFC a problem carries ``code``, the stable name that programs compare, and
``details``, the values that belong to the sentence. ``type`` is a name, not an address: no installation
has to answer for it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgspec
from django.core.exceptions import (
    DisallowedHost,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja.errors import AuthenticationError, HttpError, ValidationError

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

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:tallystick:problem:"
RETRY_AFTER_S: Final = 2
MAX_FIELDS: Final = 20

_log = logging.getLogger(__name__)


class Unparsable(Malformed):
    """The body is not even in the form that its content type promises."""


class MethodNotAllowed(Rejection):
    """The address exists and does not know the method."""


@dataclass(frozen=True)
class Answer:
    """How a class of errors is answered over HTTP."""

    status: int
    title: str


#: Error class -> answer; the first class that fits decides, so a subclass stands before its parent.
ANSWERS: Final[Mapping[type[TallystickError], Answer]] = MappingProxyType(
    {
        Unparsable: Answer(400, "The request cannot be parsed"),
        Malformed: Answer(422, "The request cannot be read"),
        Unauthorised: Answer(401, "Who asks is not established"),
        Forbidden: Answer(403, "Not permitted"),
        NotFound: Answer(404, "Not found"),
        MethodNotAllowed: Answer(405, "Method not allowed"),
        Conflict: Answer(409, "Does not fit what is recorded"),
        TooLarge: Answer(413, "Too large"),
        Rejection: Answer(409, "Refused"),
        Unavailable: Answer(503, "Try again"),
        Corruption: Answer(500, "Internal fault"),
        TallystickError: Answer(500, "Internal fault"),
    }
)

#: What the framework raises -> what it means here; looked up along the exception's own ancestry.
FOREIGN: Final[Mapping[type[Exception], TallystickError]] = MappingProxyType(
    {
        AuthenticationError: Unauthorised(
            "not_authenticated", "Send an access token in the header Authorization: Bearer …, or sign in."
        ),
        HttpError: Unparsable("malformed_json", "The body is not a JSON document in UTF-8."),
        MultiPartParserError: Unparsable("malformed_multipart", "The body is not a multipart form."),
        UnreadablePostError: Unparsable("unreadable_body", "The body broke off before its end."),
        Http404: NotFound("unknown_path", "The API has no such address."),
        RequestDataTooBig: TooLarge("body_too_large", "The body is larger than this address takes."),
        TooManyFieldsSent: TooLarge("too_many_fields", "The form has more fields than this address takes."),
        TooManyFilesSent: TooLarge("too_many_fields", "The form has more files than this address takes."),
        DisallowedHost: Unparsable("bad_host", "This installation does not answer to that host name."),
        SuspiciousOperation: Unparsable("suspicious_request", "The request was refused as it stands."),
        OperationalError: Unavailable("database_busy", "The database did not answer in time; try again."),
    }
)
#: What pydantic calls a misfit -> what to tell whoever sent it; any other kind keeps pydantic's words.
MISFITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bool_type": "must be true or false",
        "dict_type": "must be a JSON object",
        "extra_forbidden": "is not known here",
        "greater_than_equal": "must be {ge} or more",
        "int_parsing": "must be a whole number",
        "int_type": "must be a whole number",
        "less_than_equal": "must be {le} or less",
        "list_type": "must be a JSON array",
        "missing": "is missing",
        "model_attributes_type": "must be a JSON object",
        "model_type": "must be a JSON object",
        "string_pattern_mismatch": "is not in the form that the description asks for",
        "string_too_long": "may have {max_length} characters",
        "string_too_short": "must have {min_length} characters or more",
        "string_type": "must be text",
    }
)
INTERNAL: Final = Corruption(
    "internal_error", "Something is wrong on this side; the operator finds the cause in the log."
)


def problem(error: TallystickError, details: Mapping[str, Any] | None = None) -> HttpResponse:
    """Return the problem document for ``error``; ``details`` stand in for the error's own."""
    answer = next(answer for kind, answer in ANSWERS.items() if isinstance(error, kind))
    document = {
        "type": TYPE_PREFIX + error.code,
        "title": answer.title,
        "status": answer.status,
        "code": error.code,
        "detail": error.message,
        "details": dict(error.details if details is None else details),
    }
    response = HttpResponse(msgspec.json.encode(document), content_type=MEDIA_TYPE, status=answer.status)
    response["Cache-Control"] = "no-store"
    if answer.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if answer.status == 503:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def problem_of(exception: Exception) -> HttpResponse:
    """Return the problem document for whatever was raised; what nobody foresaw is logged and not shown."""
    if isinstance(exception, ValidationError):
        return _misfit(exception)
    if isinstance(exception, Corruption):
        _log.error("%s: %s", exception.code, exception.message, exc_info=exception)
    if isinstance(exception, TallystickError):
        return problem(exception)
    known = next((FOREIGN[kind] for kind in type(exception).__mro__ if kind in FOREIGN), INTERNAL)
    if isinstance(known, Corruption | Unavailable):
        _log.error("%s", known.code, exc_info=exception)
    return problem(known)


def _misfit(exception: ValidationError) -> HttpResponse:
    """Name each field that does not fit its description; what was sent is not repeated."""
    fields = [{"at": _place(error), "says": _words(error)} for error in exception.errors[:MAX_FIELDS]]
    first = fields[0] if fields else {"at": "", "says": "cannot be read"}
    error = Malformed("malformed_request", f"{first['at'] or 'The request'} {first['says']}.")
    return problem(error, {"fields": fields})


def _place(error: Mapping[str, Any]) -> str:
    """Return the field as the sender knows it: a body's place begins with our own name for the body."""
    source, *steps = error["loc"]
    return ".".join(str(step) for step in (steps[1:] if source == "body" else steps))


def _words(error: Mapping[str, Any]) -> str:
    known = MISFITS.get(str(error["type"]))
    if known is None:
        return f"does not fit: {error['msg']}"
    return known.format_map(error.get("ctx", {}))
