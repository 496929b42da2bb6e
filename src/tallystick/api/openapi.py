"""What the OpenAPI document says of every operation alike: problems, and the key of a request."""

from typing import Any, Final, cast

from ninja.openapi.schema import OpenAPISchema

from tallystick.api.idempotency import HEADER, KEY_PATTERN, REPLAYED
from tallystick.api.problems import ANSWERS, MEDIA_TYPE

#: Statuses that any operation may answer with, and those that need something to act on.
ALWAYS: Final = (401, 403, 422, 500, 503)
WITH_PATH: Final = (404,)
WITH_CHANGE: Final = (400, 404, 409, 413)

PROBLEM: Final = {
    "title": "Problem",
    "description": "RFC 9457. Compare `code`; `detail` is for people and may be worded anew.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "details"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "detail": {"type": "string"},
        "details": {"type": "object"},
    },
}
KEY: Final = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "pattern": KEY_PATTERN},
    "description": f"Sent again, the first answer comes again, with `{REPLAYED}: true`.",
}
_TITLES: Final = {answer.status: answer.title for answer in reversed(list(ANSWERS.values()))}


def completed(document: OpenAPISchema) -> OpenAPISchema:
    """Return ``document`` with the problem responses and the idempotency header written in."""
    document["components"]["schemas"]["Problem"] = PROBLEM
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            changes = method in ("post", "patch")
            statuses = [*ALWAYS, *(WITH_CHANGE if changes else WITH_PATH if "{" in path else ())]
            responses = cast(dict[int, Any], operation["responses"])
            responses.update({status: _problem(status) for status in sorted(statuses)})
            if method == "post":
                operation["parameters"].append(KEY)
    return document


def _problem(status: int) -> dict[str, object]:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": _TITLES[status], "content": {MEDIA_TYPE: {"schema": reference}}}
