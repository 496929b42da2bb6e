"""The registered models of a folder: by sha256 of file and card, so that neither changes unseen.

``registered.json`` lists them. A model works only when both files are as registered and its card shows that
the activation gate was passed; everything else is refused.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import msgspec

from tallystick.errors import Conflict, Malformed, NotFound, TooLarge
from tallystick.recognition.card import MAX_CARD_BYTES, Card, check_gate, parse_card

LIST: Final = "registered.json"
MAX_LIST_BYTES: Final = 256 * 1024
MAX_MODEL_BYTES: Final = 64 * 1024 * 1024

_LABEL = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,59})/(?P<version>[1-9][0-9]{0,5})")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One registered model: ``name/version``, and the sha256 of its two files as hex."""

    label: str
    model_sha256: str
    card_sha256: str


@dataclass(frozen=True)
class Registered:
    """A model that may work: its card, the bytes of its ONNX file and their sha256."""

    card: Card
    onnx: bytes
    sha256: str


def shipped_models() -> Path:
    """Return the folder of the models that come with Tallystick."""
    with as_file(files("tallystick.recognition.models")) as folder:
        return folder


def entries(folder: Path) -> tuple[Entry, ...]:
    """Return what is registered in the folder, by label.

    Raises:
        Malformed: ``bad_model_list``.
    """
    try:
        data = _read(folder / LIST, MAX_LIST_BYTES)
        found = msgspec.json.decode(data, type=tuple[Entry, ...])
    except NotFound:
        return ()
    except msgspec.DecodeError as error:
        raise Malformed(
            "bad_model_list", f"The list of registered models cannot be read: {error}."
        ) from error
    return tuple(sorted(found, key=lambda one: one.label))


def load(folder: Path, label: str) -> Registered:
    """Return the model ``name/version`` of the folder.

    Raises:
        NotFound: ``unknown_model`` when no such model is registered, or a file of it is gone.
        Conflict: ``model_changed`` when a file is not the one that was registered; ``gate_not_passed``.
        Malformed: ``bad_model_card``, ``bad_model_list``.
        TooLarge: ``model_too_large``.
    """
    entry = next((one for one in entries(folder) if one.label == label), None)
    if entry is None:
        raise NotFound("unknown_model", f"No model {label!r:.80} is registered here.")
    onnx, said = _files(folder, label)
    if (_sha256(onnx), _sha256(said)) != (entry.model_sha256, entry.card_sha256):
        raise Conflict(
            "model_changed", f"A file of the model {label} is not the one that was registered.", model=label
        )
    return Registered(_checked(said, label), onnx, entry.model_sha256)


def register(folder: Path, label: str) -> Entry:
    """Register the model whose files lie in the folder, replacing an entry of that label, and return it.

    Raises:
        NotFound: ``unknown_model`` when a file is missing.
        Conflict: ``gate_not_passed``.
        Malformed: ``bad_model_card``, ``bad_model_list``.
        TooLarge: ``model_too_large``.
    """
    onnx, said = _files(folder, label)
    _checked(said, label)
    entry = Entry(label, _sha256(onnx), _sha256(said))
    kept = sorted([*(one for one in entries(folder) if one.label != label), entry], key=lambda one: one.label)
    draft = folder / f"{LIST}.draft"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    draft.replace(folder / LIST)
    return entry


def _files(folder: Path, label: str) -> tuple[bytes, bytes]:
    match = _LABEL.fullmatch(label)
    if not match:
        raise NotFound("unknown_model", f"{label!r:.80} does not name a model: name/version.")
    stem = f"{match['name']}-{match['version']}"
    return _read(folder / f"{stem}.onnx", MAX_MODEL_BYTES), _read(folder / f"{stem}.json", MAX_CARD_BYTES)


def _checked(said: bytes, label: str) -> Card:
    card = parse_card(said)
    if card.label != label:
        raise Malformed("bad_model_card", f"The card is that of {card.label}, not of {label}.")
    check_gate(card)
    return card


def _read(path: Path, limit_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise NotFound("unknown_model", f"The file {path.name} is not there.") from error
    if len(data) > limit_bytes:
        raise TooLarge("model_too_large", f"The file {path.name} may have {limit_bytes} bytes.")
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
