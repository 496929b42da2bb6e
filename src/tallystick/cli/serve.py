"""``tallystick serve``: the web site and the API under gunicorn."""

import click
from django.db import connections
from gunicorn.app.base import BaseApplication
from gunicorn.util import import_app

from tallystick.bootstrap import parts, relaying
from tallystick.cli.output import emit, json_option

WSGI = "tallystick.server.wsgi:application"
THREADS = 8


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
    parts.installation()  # says at once when there is nothing to serve
    parts.close()
    emit(
        {"address": f"http://{bind}/", "threads": threads}, f"Serving http://{bind}/ until you press Ctrl-C."
    )
    run(bind, threads)
