"""Policies as files: JSON of ours, JDM, CSV and XLSX, read by their content and written by name."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final

import msgspec

from tallystick.analytics import workbook
from tallystick.errors import TooLarge
from tallystick.policy.graph import Graph, parse_policy
from tallystick.policy.jdm_read import read_jdm
from tallystick.policy.jdm_write import write_jdm
from tallystick.policy.sheet import read_csv, read_sheet, write_csv, write_sheet
from tallystick.policy.table import Table
from tallystick.policy.writing import plain_policy, policy_bytes

MAX_FILE_BYTES: Final = 4 << 20
#: Form of a file -> how a policy is written in it.
WRITERS: Final[Mapping[str, Callable[[Table | Graph], bytes]]] = {
    "json": lambda policy: policy_bytes(plain_policy(policy)),
    "jdm": lambda policy: policy_bytes(write_jdm(policy)),
    "csv": write_csv,
    "xlsx": lambda policy: workbook.write_rows(write_sheet(policy), policy.name),
}


def read_policy(file_name: str, data: bytes, effective_from: str | None = None) -> Table | Graph:
    """Return the policy in a file; ``effective_from`` is for a JDM document that does not say it.

    Raises:
        TooLarge: ``file_too_large``, ``policy_too_large``.
        Malformed: what its form refuses, by name.
    """
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge("file_too_large", f"{file_name} has more than {MAX_FILE_BYTES} bytes.")
    path = PurePath(file_name)
    if path.suffix.lower() == ".xlsx":
        return read_sheet(workbook.read_rows(data))
    if path.suffix.lower() == ".csv":
        return read_csv(data)
    if _is_jdm(data):
        name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60]
        return read_jdm(data, name if name[:1].isalpha() else "imported", effective_from)
    return parse_policy(data)


def _is_jdm(data: bytes) -> bool:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and "format" not in found and {"nodes", "edges"} <= found.keys()
