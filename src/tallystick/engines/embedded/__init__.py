"""The embedded engine: one ledger in one SQLite file, for one machine, with nothing else to install."""

from tallystick.engines.embedded.engine import EmbeddedEngine
from tallystick.engines.embedded.limits import Limits

__all__ = ["EmbeddedEngine", "Limits"]
