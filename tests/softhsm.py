"""A hardware security module in software for tests: SoftHSM2, with its tokens in a folder of the test."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pkcs11

from tests.parts import missing

# Debian's place for it, and that of a build of one's own.
MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
)
PIN = "4711-validator"
SO_PIN = "0815-officer"


@dataclass(frozen=True)
class SoftHSM:
    """The module of SoftHSM, and the folder in which its tokens are for now.

    The module is loaded once in a process and reads its settings when it is begun: ``forget`` ends it, as a
    pulled and replaced device would, and the next use begins it anew.
    """

    module: Path
    folder: Path

    def make_token(self, label: str) -> None:
        """Make a token that takes ``PIN``; those who have the module open do not see it before ``forget``."""
        command = ["softhsm2-util", "--init-token", "--free", "--label", label]
        subprocess.run(
            [*command, "--so-pin", SO_PIN, "--pin", PIN], check=True, capture_output=True, timeout=30
        )

    def forget(self) -> None:
        """End the module in this process: every session is lost."""
        pkcs11.lib(str(self.module)).finalize()

    def remove_tokens(self) -> None:
        """Take all tokens away, as if the device was pulled out."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()


@contextmanager
def softhsm(folder: Path) -> Iterator[SoftHSM]:
    """Lend SoftHSM with its tokens below ``folder``; skips the test where it is not installed."""
    module = next((path for path in MODULES if path.exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        missing("SoftHSM is not installed (Debian: apt-get install softhsm2).")
    tokens = folder / "tokens"
    tokens.mkdir(mode=0o700, parents=True)
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    lent = SoftHSM(module, tokens)
    try:
        yield lent
    finally:
        lent.forget()
        os.environ.pop("SOFTHSM2_CONF")
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before
