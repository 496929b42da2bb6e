"""Django, started for programs that are not web servers (the command line, workers, benches)."""

import os

import django

SETTINGS_MODULE = "tallystick.server.settings"


def start() -> None:
    """Make the records usable in this process; further calls do nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    django.setup()
