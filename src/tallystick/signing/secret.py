"""The installation's own secret: random bytes, made on first use, for their owner only."""

import secrets
from pathlib import Path
from typing import Final

from tallystick.errors import Corruption, Forbidden
from tallystick.signing.files import create_private, make_private_folder, read_private

SECRET_BYTES: Final = 32
MAX_SECRET_BYTES: Final = 4096


def read_or_create_secret(path: Path) -> bytes:
    """Return the secret at ``path``, 32 bytes or more; make one of 32 random bytes if there is none.

    Processes that start at the same time all get the same one.

    Raises:
        Forbidden: ``secret_exposed`` when anyone but its owner may use the file.
        Corruption: ``damaged_secret`` when it holds fewer than 32 bytes or more than 4,096.
        Unavailable: ``files_unavailable``.
    """
    kept = read_private(path, MAX_SECRET_BYTES + 1)
    if kept is None:
        make_private_folder(path.parent)
        create_private(path, secrets.token_bytes(SECRET_BYTES))
        kept = read_private(path, MAX_SECRET_BYTES + 1)
    if kept is None or not SECRET_BYTES <= len(kept.data) <= MAX_SECRET_BYTES:
        raise Corruption("damaged_secret", f"{path} does not hold {SECRET_BYTES} bytes or more of a secret.")
    if kept.exposed:
        raise Forbidden("secret_exposed", f"Others can read the secret; run: chmod 600 {path}")
    return kept.data
