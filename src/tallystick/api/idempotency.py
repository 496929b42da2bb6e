"""Requests that count once: the first answer to an ``Idempotency-Key`` is kept and given again.

The claim is one row that the database lets in once for each user and key, committed before the work
begins: of requests that arrive together one works and the others are told so. An answer that blames
this side (5xx) is not kept, and a claim whose process died can be taken over after ``STALE``.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from tallystick.api import auth
from tallystick.api.problems import problem_of
from tallystick.bootstrap.parts import installation
from tallystick.errors import Conflict, Malformed, TallystickError
from tallystick.records.models import IdempotentRequest

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
KEY_PATTERN: Final = "^[!-~]{1,128}$"
#: A claim without an answer is given up after this long: its process died.
STALE: Final = timedelta(seconds=60)
#: Answers are forgotten after this long, so that the table does not grow for ever.
LIFETIME: Final = timedelta(days=30)

_KEY = re.compile(KEY_PATTERN.rstrip("$") + r"\Z")
_MULTIPART = "multipart/form-data"
Run = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Claim:
    """The right to do the work for one key; ``since`` tells it from a later claim on the same row."""

    pk: int
    since: datetime


def once(run: Run) -> Run:
    """Wrap an operation so that a POST with a key is done once and answered alike ever after."""

    @wraps(run)
    def run_once(request: HttpRequest, **arguments: object) -> HttpResponse:
        if request.method != "POST" or HEADER not in request.headers:
            return run(request, **arguments)
        try:
            user = auth.user_of(request)
            if user is None:
                return run(request, **arguments)  # which answers 401
            claim = _claim(user.pk, _key(request), _digest(request))
        except Exception as refused:  # noqa: BLE001 - whatever it is, it has one form over HTTP
            return problem_of(refused)
        if isinstance(claim, HttpResponse):
            return claim
        return _worked(claim, run, request, arguments)

    return run_once


def _worked(claim: Claim, run: Run, request: HttpRequest, arguments: dict[str, object]) -> HttpResponse:
    """Do the work and keep its answer, or let go of the claim."""
    mine = IdempotentRequest.objects.filter(pk=claim.pk, created_at=claim.since, status=0)
    try:
        response = run(request, **arguments)
    except BaseException:
        mine.delete()
        raise
    if response.status_code >= 500:
        mine.delete()
    else:
        mine.update(status=response.status_code, content_type=response["Content-Type"], body=response.content)
    return response


def _claim(user_id: int, key: str, digest: str) -> Claim | HttpResponse:
    """Return the claim on ``key``, or the answer that it already has.

    Raises:
        Conflict: ``idempotency_key_reused``, ``request_in_progress``.
    """
    now = installation().clock.now()
    rows = IdempotentRequest.objects.filter(user_id=user_id)
    rows.filter(created_at__lt=now - LIFETIME).delete()
    try:
        with transaction.atomic():
            made = IdempotentRequest.objects.create(
                user_id=user_id, key=key, request_digest=digest, created_at=now
            )
    except IntegrityError:
        first = rows.filter(key=key).first()
    else:
        return Claim(made.pk, now)
    if first is None:
        raise _in_progress()  # it ended in this moment without an answer to keep
    if first.request_digest != digest:
        raise Conflict("idempotency_key_reused", f"This {HEADER} was sent with another request before.")
    if first.status:
        return _replay(first)
    stale = rows.filter(pk=first.pk, status=0, created_at=first.created_at, created_at__lt=now - STALE)
    if stale.update(created_at=now):
        return Claim(first.pk, now)
    raise _in_progress()


def _in_progress() -> TallystickError:
    return Conflict("request_in_progress", "The first request with this key is still at work; ask again.")


def _replay(first: IdempotentRequest) -> HttpResponse:
    response = HttpResponse(bytes(first.body), content_type=first.content_type, status=first.status)
    response[REPLAYED] = "true"
    return response


def _key(request: HttpRequest) -> str:
    key = request.headers[HEADER]
    if not _KEY.match(key):
        raise Malformed("bad_idempotency_key", f"{HEADER} must have 1 to 128 visible ASCII characters.")
    return key


def _digest(request: HttpRequest) -> str:
    """Return the SHA-256 (hex) of method, path and content.

    The parts of a form count, not its bytes: each sending of the same form has another boundary.
    """
    whole = hashlib.sha256()
    for part in (str(request.method), request.get_full_path(), *_content(request)):
        whole.update(hashlib.sha256(part.encode()).digest())
    return whole.hexdigest()


def _content(request: HttpRequest) -> list[str]:
    if request.content_type != _MULTIPART:
        return [hashlib.sha256(request.body).hexdigest()]
    parts = [f"{name}={value}" for name, values in sorted(request.POST.lists()) for value in values]
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            content = hashlib.sha256()
            for chunk in file.chunks():
                content.update(chunk)
            file.seek(0)
            parts.append(f"{name}:{file.name}:{content.hexdigest()}")
    return parts
