"""Where mail goes out, from one address in the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from tallystick.errors import Malformed

#: Scheme -> (usual port, TLS from the first byte, TLS once the server has been greeted).
_WAYS: Final[Mapping[str, tuple[int, bool, bool]]] = {
    "smtps": (465, True, False),
    "smtp+tls": (587, False, True),
    "smtp": (25, False, False),
}
#: Without TLS mail is handed to this machine alone.
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class MailServer:
    """The server that takes mail; the backend ``dummy`` is the want of one."""

    backend: str = "dummy"
    host: str = ""
    port: int = 0
    user: str = ""
    is_sealed: bool = False
    becomes_sealed: bool = False
    sender: str = ""


def mail_server(url: str, sender: str) -> MailServer:
    """Return the server at ``url`` (``Settings.mail_url``), for mail from ``sender``.

    Raises:
        Malformed: ``bad_setting`` when the address cannot be meant, holds a password, or would send mail over
            the net unsealed.
    """
    if not url:
        return MailServer()
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise _bad("TALLYSTICK_MAIL_URL is not an address with a host and a port.") from None
    if parts.scheme not in _WAYS or not host or parts.password is not None:
        raise _bad("TALLYSTICK_MAIL_URL must be smtps://USER@HOST or smtp+tls://USER@HOST, and no password.")
    usual_port, is_sealed, becomes_sealed = _WAYS[parts.scheme]
    if not (is_sealed or becomes_sealed or host in _HERE):
        raise _bad("TALLYSTICK_MAIL_URL may leave out TLS for a mail server on this machine only.")
    if "@" not in sender:
        raise _bad("TALLYSTICK_MAIL_FROM must be the address that mail comes from.")
    return MailServer(
        "smtp", host, port or usual_port, unquote(parts.username or ""), is_sealed, becomes_sealed, sender
    )


def _bad(message: str) -> Malformed:
    return Malformed("bad_setting", message, setting="mail")
