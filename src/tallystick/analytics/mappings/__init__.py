"""The mapping files that come with Tallystick, and how one is found by name or by path."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Final

from tallystick.admission.mapping import MAX_MAPPING_BYTES, nearest
from tallystick.errors import NotFound

INVOICES: Final = "."
TAX: Final = "tax"

_NAME = re.compile(r"[a-z0-9-]{1,60}")


def mapping_names(folder: str = INVOICES) -> tuple[str, ...]:
    """Return the names of the mappings that come with Tallystick, of invoices or of ``TAX`` books."""
    names = (item.name for item in files(__name__).joinpath(folder).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def find_mapping(name_or_path: str, folder: str = INVOICES) -> bytes:
    """Return the bytes of a mapping: one of ours by its name, otherwise a file by its path.

    At most one byte more than a mapping may have is read, so that parsing can refuse a larger one.

    Raises:
        NotFound: ``unknown_mapping`` when there is neither, with the nearest name.
    """
    if _NAME.fullmatch(name_or_path) and name_or_path in mapping_names(folder):
        return files(__name__).joinpath(folder, f"{name_or_path}.toml").read_bytes()
    try:
        with Path(name_or_path).open("rb") as file:
            return file.read(MAX_MAPPING_BYTES + 1)
    except (OSError, ValueError) as error:
        hint = nearest(name_or_path, mapping_names(folder))
        raise NotFound(
            "unknown_mapping",
            f"There is no mapping {name_or_path!r}, by name or as a file"
            + (f"; did you mean {hint!r}?" if hint else "."),
            nearest=hint,
        ) from error
