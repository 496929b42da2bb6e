"""Django's settings for tests: the product's own, on a home that each test process makes and removes.

pytest-django reads this before any conftest, so that no test can reach a real installation.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_home = Path(tempfile.mkdtemp(prefix="tallystick-tests-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["TALLYSTICK_HOME"] = str(_home)
(_home / "static").mkdir()

from tallystick.server.settings import *  # noqa: E402, F403 -- the environment has to be set first
from tallystick.server.settings import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in an installation: SQLite locks its shared in-memory databases in another way.
    DATABASES["default"]["TEST"] = {"NAME": str(_home / "test-records.sqlite3")}

# A password hash that is slow on purpose proves nothing here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
