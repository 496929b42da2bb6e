"""What a test does when a part of the machine is missing: skip with the reason, or fail under ``CI=true``."""

import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the running test with ``reason``; under ``CI=true``, where nothing may be missing, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
