"""``tallystick serve``: the web site and the API under gunicorn."""

import errno
import re
import socket

import click
from django.db import connections
from gunicorn.app.base import BaseApplication
from gunicorn.util import import_app

from tallystick.bootstrap import parts, relaying
from tallystick.cli.output import emit, json_option
from tallystick.errors import Conflict, Malformed

WSGI = "tallystick.server.wsgi:application"
THREADS = 8
_BIND = re.compile(r"(\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\[\]:/\s]+)):(?P<port>[0-9]{1,5})", re.ASCII)


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """Gunicorn with our settings instead of its command line."""

    def __init__(self, options: dict[str, object]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        return import_app(WSGI)


def check_bind(bind: str) -> None:
    """Check that a server could listen at ``bind`` now.

    Args:
        bind: ``HOST:PORT``, an IPv6 address in brackets.

    Raises:
        Malformed: ``bad_bind``.
        Conflict: ``address_in_use``.
    """
    found = _BIND.fullmatch(bind)
    if found is None or not 1 <= int(found["port"]) <= 65_535:
        raise Malformed("bad_bind", f"{bind!r:.80} is not HOST:PORT with a port from 1 to 65535.")
    family = socket.AF_INET6 if found["six"] else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn does
            probe.bind((found["six"] or found["host"], int(found["port"])))
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise Conflict("address_in_use", f"Another program listens at {bind}; choose --bind.") from None
        reason = error.strerror if isinstance(error, OSError) else "it is no host name"
        raise Malformed("bad_bind", f"No server can listen at {bind}: {reason}.") from None


def run(bind: str, threads: int) -> None:
    """Serve until stopped.

    One process with threads: the embedded ledger has one writer, and its mempool lives in it.
    """
    connections.close_all()  # the worker opens its own after the fork
    options: dict[str, object] = {
        "bind": bind,
        "workers": 1,
        "worker_class": "gthread",
        "threads": threads,
        "timeout": 120,
        "graceful_timeout": 20,
        "limit_request_line": 8190,
        "accesslog": None,
        "loglevel": "warning",
        "post_worker_init": lambda _worker: relaying.start(),
        "worker_exit": lambda _server, _worker: parts.close(),
    }
    _Server(options).run()


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address and port to listen on.")
@click.option(
    "--threads", default=THREADS, show_default=True, type=click.IntRange(1, 64), help="Requests at once."
)
@json_option
def serve(bind: str, threads: int) -> None:
    """Serve the web site and the API; put TLS in front of it."""
    check_bind(bind)
    parts.installation()  # says at once when there is nothing to serve
    parts.close()
    emit(
        {"address": f"http://{bind}/", "threads": threads}, f"Serving http://{bind}/ until you press Ctrl-C."
    )
    run(bind, threads)
