"""The program CometBFT itself: which version is installed."""

import subprocess
from pathlib import Path
from typing import Final

from tallystick.errors import Unavailable

TIMEOUT_S: Final = 20


def program_version(path: Path) -> str:
    """Return the version of the program at ``path``, for example ``0.38.25``.

    Raises:
        Unavailable: ``program_failed``.
    """
    try:
        done = subprocess.run(
            [str(path), "version"], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        raise Unavailable("program_failed", f"The program {path} does not say its version.") from None
    return done.stdout.strip().removeprefix("v").partition("+")[0]
