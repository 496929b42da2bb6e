"""Fetching: one answer of an HTTP source, asked for at the agreed rate and again where that may help.

No address, header or body is ever logged or shown in an error: they may carry what is nobody's business.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import urllib3

from tallystick.admission.pull_source import PullSource
from tallystick.errors import Malformed, TooLarge, Unavailable

PIECE_BYTES: Final = 64 * 1024
TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
HTTP_OK: Final = 200


@dataclass(frozen=True)
class PullLimits:
    """How much one pull may take.

    Attributes:
        page_bytes, table_bytes, table_rows: of one answer and of one table.
        seconds: of the whole pull, waiting included.
        attempts: for one page.
        first_wait_s: before the second attempt; each later wait is twice as long, up to ``longest_wait_s``.
        longest_wait_s: also the most that a source may ask for by ``Retry-After``.
    """

    page_bytes: int = 16 * 1024 * 1024
    table_bytes: int = 256 * 1024 * 1024
    table_rows: int = 5_000_000
    seconds: float = 600
    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 60


@dataclass(frozen=True)
class Answer:
    """A whole answer: its body, the target of its ``Link: rel="next"``, and the source's state if it says.

    The state is the header ``X-Snapshot``: an ``ETag`` speaks of one page only, and differs between pages.
    """

    body: bytes
    next_link: str | None
    snapshot: str | None


class Fetcher:
    """Asks one source; used by one thread."""

    def __init__(
        self, source: PullSource, allowed_hosts: Collection[str], secret: str, limits: PullLimits
    ) -> None:
        self._source = source
        self._allowed = {host.lower() for host in allowed_hosts}
        self._origin = urlsplit(source.base_url)[:2]
        self._headers = {source.secret_header: secret} if source.secret_header else {}
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._next_at = 0.0
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1)

    def close(self) -> None:
        """Close the connections that were kept."""
        self._pool.clear()

    def get(self, url: str) -> Answer:
        """Return the whole answer.

        Raises:
            Malformed: ``host_not_allowed``; ``source_refuses`` when asking again cannot help.
            TooLarge: ``pull_too_large``.
            Unavailable: ``source_unreachable``, ``pull_too_slow``.
        """
        parts = urlsplit(url)
        # A link from a page must not take the secret elsewhere.
        if not {parts.netloc.lower(), parts.hostname} & self._allowed or parts[:2] != self._origin:
            raise Malformed("host_not_allowed", f"{self._source.name}: its host is not on the allowed list.")
        wait_s = self._limits.first_wait_s
        for attempt in range(self._limits.attempts):
            if attempt:
                self._wait(wait_s)
                wait_s = min(wait_s * 2, self._limits.longest_wait_s)
            answer, asked_wait_s = self._once(url)
            if answer is not None:
                return answer
            wait_s = max(wait_s, min(asked_wait_s, self._limits.longest_wait_s))
        raise Unavailable("source_unreachable", f"{self._source.name} gives no whole answer; try later.")

    def check(self, rows: int, size: int) -> None:
        """Refuse a table that has grown beyond the limits.

        Raises:
            TooLarge: ``pull_too_large``.
        """
        if rows > self._limits.table_rows or size > self._limits.table_bytes:
            raise TooLarge("pull_too_large", f"{self._source.name}: a table is larger than allowed.")

    def _wait(self, seconds: float) -> None:
        if time.monotonic() + seconds > self._deadline:
            raise Unavailable("pull_too_slow", f"{self._source.name} takes longer than allowed.")
        time.sleep(seconds)

    def _once(self, url: str) -> tuple[Answer | None, float]:
        """Return the answer, or none and how long the source asks to wait."""
        self._wait(max(self._next_at - time.monotonic(), 0))
        self._next_at = time.monotonic() + 1 / self._source.requests_per_second
        try:
            response = self._pool.request(
                "GET",
                url,
                headers=self._headers,
                timeout=urllib3.Timeout(total=self._source.timeout_s),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                return self._judged(response)
            finally:
                response.close()
        except urllib3.exceptions.HTTPError:
            return None, 0

    def _judged(self, response: urllib3.BaseHTTPResponse) -> tuple[Answer | None, float]:
        if response.status in TRY_AGAIN:
            asked = response.headers.get("Retry-After", "")
            return None, int(asked) if asked.isascii() and asked.isdigit() else 0
        if response.status != HTTP_OK:
            raise Malformed(
                "source_refuses", f"{self._source.name} answers {response.status}.", status=response.status
            )
        body = self._body(response)
        link = next_link_of(response.headers.get("Link", ""))
        return Answer(body, link, response.headers.get("X-Snapshot")), 0

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        pieces, size, until = [], 0, time.monotonic() + self._source.timeout_s
        while piece := response.read1(PIECE_BYTES, decode_content=False):
            pieces.append(piece)
            size += len(piece)
            if size > self._limits.page_bytes:
                raise TooLarge("pull_too_large", f"{self._source.name}: an answer is larger than allowed.")
            if time.monotonic() > until:
                raise urllib3.exceptions.TimeoutError
        return b"".join(pieces)


def next_link_of(header: str) -> str | None:
    """Return the target of ``rel="next"`` in a ``Link`` header (RFC 8288), if there is one."""
    for part in header.split(","):
        target, _, parameters = part.partition(";")
        relations = parameters.replace('"', "").replace(" ", "").lower().split(";")
        if "rel=next" in relations and target.strip()[:1] == "<":
            return target.strip().strip("<>")
    return None
