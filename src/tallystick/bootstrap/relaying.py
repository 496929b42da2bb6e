"""The outbox's messenger: a thread beside the web server that sends what still waits for the ledger."""

import logging
import threading
from typing import Final

from django.db import DatabaseError, connection

from tallystick.bootstrap import parts
from tallystick.errors import TallystickError
from tallystick.services import outbox

PERIOD_S: Final = 5
_log = logging.getLogger(__name__)


def start() -> threading.Event:
    """Start the messenger; setting the returned event stops it."""
    stop = threading.Event()
    threading.Thread(target=_run, args=(stop,), name="outbox", daemon=True).start()
    return stop


def _run(stop: threading.Event) -> None:
    while not stop.wait(PERIOD_S):
        try:
            outbox.relay(parts.installation())
        except (TallystickError, DatabaseError) as error:
            _log.warning("The outbox was not sent: %s", error)
        finally:
            connection.close()
