"""One member's installation as a process: its own home, database, keys and web server, a ledger shared.

The environment says where its home is; a line (JSON) what else it is. It then does what the test asks.
"""

import json
import sys
import threading
from multiprocessing.connection import Client

from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from tallystick.server.wsgi import application
from tests.services.peers import lines, steps


class Handler(WSGIRequestHandler):
    """Keeps the test's output clean."""

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def main(told: dict) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    with steps.opened(told["ledger"]) as house:
        server = ThreadedWSGIServer((told["host"], told["port"]), Handler)
        server.set_app(application)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Client(told["control"], authkey=lines.AUTHKEY) as line:
            line.send(told["name"])
            while True:
                try:
                    name, kwargs = line.recv()
                except EOFError:
                    return
                line.send(
                    lines.answer(lambda name=name, kwargs=kwargs: getattr(steps, name)(house, **kwargs))
                )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
