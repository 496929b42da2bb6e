"""The line to another member's installation: one question, one answer, to an address the operator named.

No other address is ever asked: nothing that a member or the ledger says becomes part of one, and an answer
that sends on elsewhere is none.
"""

import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import urllib3

from tallystick.errors import Unavailable

PATH: Final = "/peer/v1"
TIMEOUT_S: Final = 30.0
CONNECT_S: Final = 5.0
#: An answer that refuses is a short document.
MAX_REFUSAL_BYTES: Final = 16 * 1024
_PIECE_BYTES: Final = 64 * 1024
_OK: Final = 200


@dataclass(frozen=True)
class Reply:
    """What came back: whether it is an answer or a refusal, and its bytes."""

    is_answer: bool
    body: bytes


def ask(base: str, question: bytes, max_bytes: int, timeout_s: float = TIMEOUT_S) -> Reply:
    """Send a question (JSON) to the installation at ``base``, and return what it says.

    Args:
        base: as the operator wrote it (``config.Settings.peers``); TLS certificates are checked.
        question: the body.
        max_bytes: how much an answer may be; a refusal may be ``MAX_REFUSAL_BYTES``.
        timeout_s: how long all of it may take.

    Raises:
        Unavailable: ``peer_unreachable`` when no whole answer comes in time, or it sends on elsewhere;
            ``peer_answer_too_large``.
    """
    deadline = time.monotonic() + timeout_s
    try:
        response = _send(base, question, timeout_s)
        try:
            is_answer = response.status == _OK
            if response.get_redirect_location():
                raise _unreachable()
            body = _whole(response, max_bytes if is_answer else MAX_REFUSAL_BYTES, deadline)
        finally:
            response.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _unreachable() from error
    return Reply(is_answer, body)


def _send(base: str, question: bytes, timeout_s: float) -> urllib3.BaseHTTPResponse:
    place = urlsplit(base)
    timeout = urllib3.Timeout(connect=min(CONNECT_S, timeout_s), read=timeout_s)
    host = place.hostname or ""
    pool: urllib3.HTTPConnectionPool
    if place.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(host, place.port, timeout=timeout, cert_reqs="CERT_REQUIRED")
    else:
        pool = urllib3.HTTPConnectionPool(host, place.port, timeout=timeout)
    return pool.request(
        "POST",
        place.path + PATH,
        body=question,
        headers={
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "tallystick",
        },
        retries=False,
        redirect=False,
        preload_content=False,
    )


def _whole(response: urllib3.BaseHTTPResponse, max_bytes: int, deadline: float) -> bytes:
    pieces, size = [], 0
    while piece := response.read1(_PIECE_BYTES, decode_content=False):
        size += len(piece)
        if size > max_bytes:
            raise Unavailable("peer_answer_too_large", "The other member's installation answers too much.")
        if time.monotonic() > deadline:
            raise _unreachable()
        pieces.append(piece)
    return b"".join(pieces)


def _unreachable() -> Unavailable:
    return Unavailable("peer_unreachable", "The other member's installation does not answer; try again.")
