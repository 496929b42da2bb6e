"""A gunicorn server whose worker opens a ledger with verifying processes; it answers with their numbers."""

import os
import sys
from pathlib import Path

from gunicorn.app.base import BaseApplication

from tests.engines.embedded import reopen
from tests.ledger.notebook import ANNE

VERIFIERS = 2


class Server(BaseApplication):
    """One worker with threads, as ``tallystick serve`` runs it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__()

    def load_config(self):
        for name, value in {
            "bind": f"unix:{self.path.with_name('socket')}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": 4,
            "loglevel": "warning",
            "worker_tmp_dir": str(self.path.parent),
        }.items():
            self.cfg.set(name, value)

    def load(self):
        opened = []

        def answer(environ, start_response):
            if not opened:
                opened.append(reopen(self.path, verifiers=VERIFIERS))
            engine = opened[0]
            names = [engine.submit(ANNE.call(engine.next_sequence(ANNE.address))) for _ in range(3)]
            codes = [engine.wait(name).code for name in names]
            verifiers = [worker._process.pid for worker in engine._verifier._workers]
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [" ".join(map(str, [os.getpid(), *verifiers, *codes])).encode()]

        return answer


if __name__ == "__main__":
    Server(Path(sys.argv[1])).run()
