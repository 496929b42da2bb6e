"""The housekeepers: threads beside the web server.

One sends what waits and removes uploads given up; another fetches what lies with other members'
installations, which may take long.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError, connection

from tallystick.bootstrap import parts
from tallystick.errors import TallystickError
from tallystick.services import outbox
from tallystick.services.peers import arriving, errands, following, notes, releases

PERIOD_S: Final = 5
#: Old uploads are looked for once in this many periods.
PERIODS_TO_TIDY: Final = 120
#: Words with refusals are asked for once in this many periods.
PERIODS_TO_ASK: Final = 12
_log = logging.getLogger(__name__)


def start() -> threading.Event:
    """Start the threads; setting the returned event stops them."""
    stop = threading.Event()
    for name, work in (("outbox", _send_and_tidy), ("errands", _fetch_and_forget)):
        threading.Thread(target=_run, args=(stop, work), name=name, daemon=True).start()
    return stop


def _run(stop: threading.Event, work: Callable[[int], None]) -> None:
    rounds = 0
    while not stop.wait(PERIOD_S):
        try:
            work(rounds)
        except (TallystickError, DatabaseError) as error:
            _log.warning("What waits was not sent, fetched or tidied: %s", error)
        finally:
            connection.close()
            rounds += 1


def _send_and_tidy(rounds: int) -> None:
    outbox.relay(parts.installation())
    if rounds % PERIODS_TO_TIDY == 0:
        parts.installation().uploads.expire()


def _fetch_and_forget(rounds: int) -> None:
    house = parts.installation()
    errands.note_inboxes(house)
    errands.run(house)
    following.follow(house)
    if rounds % PERIODS_TO_ASK == 0:
        notes.fetch(house)
    if rounds % PERIODS_TO_TIDY == 0:
        releases.forget(house)
        arriving.tidy(house)
