"""Fetching media given by location and hash (E2), from hosts that the operator lists and no others.

A name is resolved once, its addresses are judged, and the connection goes to the very address that was
judged; what comes is believed for its hash only.
"""

import hashlib
import ipaddress
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3

from tallystick.capture.media_store import MAX_CIPHERTEXT_BYTES
from tallystick.errors import Conflict, Forbidden, NotFound, TallystickError, TooLarge, Unavailable

MAX_URL: Final = 2_000
MAX_REDIRECTS: Final = 3
TIMEOUT_S: Final = 60.0
CONNECT_S: Final = 5.0
_PIECE_BYTES: Final = 64 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({401, 403, 404, 410, 451})
_OK: Final = 200
_PORTS: Final = {"https": 443, "http": 80}

Resolve = Callable[[str, int], Sequence[str]]


def addresses_of(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host name; none when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def fetch(
    url: str,
    sha256: str,
    hosts: Sequence[str],
    *,
    max_bytes: int = MAX_CIPHERTEXT_BYTES,
    timeout_s: float = TIMEOUT_S,
    resolve: Resolve = addresses_of,
) -> Iterator[bytes]:
    """Yield what lies at ``url`` in pieces; believe it only once the iterator has ended without an error.

    Plain ``http``, and addresses of this machine, only where the host is listed as ``localhost:PORT`` or
    ``127.0.0.1:PORT``. Redirects are followed on the same host.

    Args:
        url: where it lies.
        sha256: what it must hash to, 64 hex digits.
        hosts: what may be asked: ``NAME`` stands for its HTTPS port 443, ``NAME:PORT`` for another.
        max_bytes: how much it may be.
        timeout_s: how long all of it may take.
        resolve: gives the addresses of a host.

    Raises:
        Forbidden: ``location_not_allowed`` for a host that is not listed, a private address, another scheme,
            or a redirect to another host.
        NotFound: ``location_gone`` when the host does not give it (any more).
        Conflict: ``location_changed`` when it is not what the hash says.
        TooLarge: ``location_too_large``.
        Unavailable: ``location_unreachable`` when no whole answer comes in time.
    """
    deadline = time.monotonic() + timeout_s
    digest, size = hashlib.sha256(), 0
    response = _follow(url, hosts, resolve, deadline)
    try:
        while piece := response.read1(_PIECE_BYTES, decode_content=False):
            size += len(piece)
            if size > max_bytes:
                raise TooLarge(
                    "location_too_large",
                    f"What lies there has over {max_bytes} bytes.",
                    limit_bytes=max_bytes,
                )
            if time.monotonic() > deadline:
                raise _unreachable()
            digest.update(piece)
            yield piece
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _unreachable() from error
    finally:
        response.close()
    if digest.hexdigest() != sha256:
        raise Conflict("location_changed", "What lies at the location is not what was recorded.")


def _follow(url: str, hosts: Sequence[str], resolve: Resolve, deadline: float) -> urllib3.BaseHTTPResponse:
    place = _checked(url, hosts)
    for _ in range(MAX_REDIRECTS + 1):
        response = _ask(place, _address(place, resolve), deadline)
        if response.status == _OK:
            return response
        response.close()
        if response.status not in _REDIRECTS:
            raise _gone() if response.status in _GONE else _unreachable()
        following = _checked(urljoin(place.geturl(), response.headers.get("Location", "")), hosts)
        if following.netloc != place.netloc:
            raise _not_allowed("it sends on to another host")
        place = following
    raise _unreachable()


def _checked(url: str, hosts: Sequence[str]) -> SplitResult:
    try:
        place = urlsplit(url)
        port = place.port or _PORTS.get(place.scheme, 0)
    except ValueError as error:
        raise _not_allowed("it is no URL") from error
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or place.username is not None:
        raise _not_allowed("it is no plain URL")
    host = (place.hostname or "").lower()
    named = f"{host}:{port}" in hosts
    loopback = named and _is_loopback_name(host)
    if place.scheme != "https" and not (place.scheme == "http" and loopback):
        raise _not_allowed("only https is")
    if not host or not (named or (port == _PORTS["https"] and host in hosts)):
        raise _not_allowed("its host is not listed")
    return place


def _address(place: SplitResult, resolve: Resolve) -> str:
    """Return one address of the host, after every one of them was judged."""
    host = place.hostname or ""
    found = resolve(host, place.port or _PORTS[place.scheme])
    if not found:
        raise _unreachable()
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        inner = getattr(address, "ipv4_mapped", None) or address
        fits = inner.is_loopback if _is_loopback_name(host.lower()) else _is_public(inner)
        if not fits:
            raise _not_allowed("its address is a private one")
    return found[0]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _is_loopback_name(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


def _ask(place: SplitResult, address: str, deadline: float) -> urllib3.BaseHTTPResponse:
    host, port = place.hostname or "", place.port or _PORTS[place.scheme]
    left_s = max(0.1, deadline - time.monotonic())
    timeout = urllib3.Timeout(connect=min(CONNECT_S, left_s), read=left_s)
    pool: urllib3.HTTPConnectionPool
    if place.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            address,
            port,
            timeout=timeout,
            server_hostname=host,
            assert_hostname=host,
            cert_reqs="CERT_REQUIRED",
        )
    else:
        pool = urllib3.HTTPConnectionPool(address, port, timeout=timeout)
    path = place._replace(scheme="", netloc="", fragment="").geturl() or "/"
    headers = {"Host": place.netloc, "Accept-Encoding": "identity", "User-Agent": "tallystick"}
    try:
        return pool.request(
            "GET", path, headers=headers, retries=False, redirect=False, preload_content=False
        )
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _unreachable() from error


def _not_allowed(why: str) -> Forbidden:
    return Forbidden("location_not_allowed", f"Media may not be fetched from this location: {why}.")


def _gone() -> TallystickError:
    return NotFound("location_gone", "The media file is not at its location any more.")


def _unreachable() -> Unavailable:
    return Unavailable("location_unreachable", "The location of the media file does not answer; try again.")
