"""Names of chains, as operators choose them."""

import re
from typing import Final

from tallystick.errors import Malformed

# Narrower than the genesis document's own rule: a name that needs no quoting in a file name or a URL.
_CHAIN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_chain_id(chain_id: str) -> str:
    """Return ``chain_id`` if it can name a chain.

    Raises:
        Malformed: ``bad_chain_id``.
    """
    if not _CHAIN_ID.fullmatch(chain_id):
        raise Malformed(
            "bad_chain_id",
            f"{chain_id!r:.70} cannot name a chain: use 1 to 64 letters, digits, dots, hyphens and "
            "underscores, beginning with a letter or digit.",
        )
    return chain_id
