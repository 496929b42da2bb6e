"""An application that kills itself once, at a point between FinalizeBlock and Commit, when it is told to.

``crashing_application.py FOLDER``, run in the product's place. ``FOLDER/run/crash-at`` names the point; it is
removed before the kill, so that the next process passes the point alive.
"""

import os
import signal
import sys
from pathlib import Path

from tallystick.bootstrap.node import application
from tallystick.engines.abci.application import Application
from tallystick.engines.storage.store import Store

FOLDER = Path(sys.argv[1])
ORDER = FOLDER / "run" / "crash-at"


def point(name):
    """Be killed here, if this point is named."""
    if ORDER.exists() and ORDER.read_text() == name:
        ORDER.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


class CrashingApplication(Application):
    """The product's, with points before and after what each message does."""

    def _finalize(self, request):
        point("before execution")
        response = super()._finalize(request)
        point("after execution")
        return response

    def _commit(self):
        response = super()._commit()
        point("after the commit, before the answer")
        return response


def main():
    whole = Store.put_changes

    def put_changes(store, *changes):
        point("inside the commit")  # the block is written, the state is not, and nothing is committed
        whole(store, *changes)

    Store.put_changes = put_changes
    application.Application = CrashingApplication
    return application.main(FOLDER)


if __name__ == "__main__":
    sys.exit(main())
