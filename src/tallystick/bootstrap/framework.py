"""Django, started for programs that are not web servers (the command line, workers, benches)."""

import os

import django

from tallystick.bootstrap.home import make_home
from tallystick.config import from_environment

SETTINGS_MODULE = "tallystick.server.settings"


def start() -> None:
    """Make the records usable in this process; further calls do nothing.

    Raises:
        Rejection: ``home_not_writable``.
    """
    os.umask(0o077)  # what this process writes is its owner's alone, wherever the home lies
    make_home(from_environment().home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    django.setup()
