"""The housekeeper: a thread beside the web server that sends what waits and removes uploads given up."""

import logging
import threading
from typing import Final

from django.db import DatabaseError, connection

from tallystick.bootstrap import parts
from tallystick.errors import TallystickError
from tallystick.services import outbox

PERIOD_S: Final = 5
#: Old uploads are looked for once in this many periods.
PERIODS_TO_TIDY: Final = 120
_log = logging.getLogger(__name__)


def start() -> threading.Event:
    """Start the thread; setting the returned event stops it."""
    stop = threading.Event()
    threading.Thread(target=_run, args=(stop,), name="outbox", daemon=True).start()
    return stop


def _run(stop: threading.Event) -> None:
    rounds = 0
    while not stop.wait(PERIOD_S):
        try:
            outbox.relay(parts.installation())
            if rounds % PERIODS_TO_TIDY == 0:
                parts.installation().uploads.expire()
        except (TallystickError, DatabaseError) as error:
            _log.warning("What waits was not sent or tidied: %s", error)
        finally:
            connection.close()
            rounds += 1
