"""A delivery's files as a browser may have them: shown where that is safe, saved otherwise."""

from typing import Final

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from tallystick.bootstrap.parts import installation
from tallystick.services import media as service
from tallystick.services.access import Actor
from tallystick.services.media import Content
from tallystick.web.asking import for_members

#: Types that a browser shows without running anything; every other file is offered to be saved.
SHOWN: Final = frozenset(
    {"image/jpeg", "image/png", "image/webp", "video/mp4", "video/quicktime", "video/webm"}
)
UNKNOWN: Final = "application/octet-stream"
#: Were a browser to take the file for a page after all: no scripts, no forms, no origin, nothing loaded.
POLICY: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"


@require_safe
@for_members
def media(request: HttpRequest, actor: Actor, media_id: int) -> StreamingHttpResponse:
    """Return a file, to those who may read it; that another member reads it is noted for its owner."""
    only_asks = request.method == "HEAD"
    return _answer(service.content(installation(), actor, media_id, only_asks=only_asks))


@require_safe
@for_members
def thumbnail(request: HttpRequest, actor: Actor, media_id: int) -> StreamingHttpResponse:
    """Return a small picture of a file, to those who may read it."""
    content = service.content(installation(), actor, media_id, thumbnail=True)
    return _answer(Content(content.media_type, f"{content.file_name}.jpg", content.pieces))


def _answer(content: Content) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content.pieces, content_type=content.media_type or UNKNOWN)
    is_shown = content.media_type in SHOWN
    disposition = content_disposition_header(not is_shown, content.file_name)
    if disposition is not None:
        response["Content-Disposition"] = disposition
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
