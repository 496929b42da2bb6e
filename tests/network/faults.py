"""What befalls nodes in the tests: each fault as how it begins and how it ends."""

import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.network.networks import Network

PROGRAMS = {"CometBFT": "cometbft", "the application": "application", "the supervisor": None}


@dataclass(frozen=True)
class Fault:
    """One way in which a node suffers.

    Attributes:
        name: for who reads why a test failed.
        begins, ends: called with the network and the node's key; after ``ends`` it must be back in time.
    """

    name: str
    begins: Callable[[Network, str], None]
    ends: Callable[[Network, str], None]


def _kill(program):
    def begins(network, key):
        network.hit(key, program, signal.SIGKILL)

    def ends(network, key):
        if program is None and not network.is_running(key):
            network.start(key)  # the others are started again by the supervisor

    return begins, ends


def _pause(program):
    def begins(network, key):
        network.hit(key, program, signal.SIGSTOP)

    def ends(network, key):
        network.hit(key, program, signal.SIGCONT)

    return begins, ends


def _restart():
    def begins(network, key):
        network.stop([key])

    def ends(network, key):
        if not network.is_running(key):
            network.start(key)

    return begins, ends


KILLS = [Fault(f"kill -9 of {name}", *_kill(program)) for name, program in PROGRAMS.items()]
PAUSES = [Fault(f"a pause of {name}", *_pause(program)) for name, program in PROGRAMS.items()]
RESTART = Fault("an orderly restart", *_restart())
ALL = [*KILLS, *PAUSES, RESTART]
