"""The one address at which another member's installation asks; who asks is shown by its signature alone."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from tallystick.api.door import guarded
from tallystick.bootstrap.parts import installation
from tallystick.capture.peer_line import PATH
from tallystick.errors import TooLarge
from tallystick.services.peers.answering import answer
from tallystick.services.peers.questions import MAX_QUESTION_BYTES


@guarded
@require_POST
def peer(request: HttpRequest) -> HttpResponse:
    """Answer a signed question: a delivery's papers, a piece of a ciphertext, a sealed key, consents."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_QUESTION_BYTES:
        raise TooLarge("question_too_large", f"A question may have {MAX_QUESTION_BYTES} bytes.")
    told = answer(installation(), request.body)
    return HttpResponse(told.body, content_type=told.media_type)


urlpatterns = [path(PATH.lstrip("/"), peer)]
