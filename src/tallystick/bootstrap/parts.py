"""The composition root: settings in, a running installation out.

Parts are opened on first use in each process, never before a fork, and kept until ``close``.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from tallystick.bootstrap.ledger import open_ledger
from tallystick.bootstrap.node.document import has_node
from tallystick.capture.media_store import MediaStore
from tallystick.capture.resumable import Uploads
from tallystick.config import Settings, from_environment
from tallystick.errors import Malformed, Rejection
from tallystick.recognition.language_model import Exchange, LanguageModel
from tallystick.services.installation import Installation
from tallystick.signing.keystore import KeyStore
from tallystick.signing.secret import read_or_create_secret

_lock = threading.Lock()
_current: list[Installation] = []


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time now, in UTC."""
        return datetime.now(UTC)


def open_keys(settings: Settings) -> KeyStore:
    """Return the key store of the members hosted here."""
    return KeyStore(settings.keys_path, read_or_create_secret(settings.secret_path))


def open_installation(settings: Settings) -> Installation:
    """Open every part that ``settings`` asks for.

    Raises:
        Rejection: ``not_initialised``; and what opening the ledger and the keys raises.
        Malformed: ``bad_setting`` when an address of a language model is given without its name.
        Forbidden: ``language_model_not_allowed``.
    """
    _require_ledger(settings)
    language_model = open_language_model(settings)
    clock, keys = SystemClock(), open_keys(settings)
    files = settings.home / "files"
    files.mkdir(mode=0o700, parents=True, exist_ok=True)
    ledger = open_ledger(settings, clock=clock, keys=keys)
    return Installation(
        clock=clock,
        ledger=ledger,
        keys=keys,
        files=files,
        media=MediaStore(settings.media_path),
        uploads=Uploads(settings.quarantine_path, clock),
        secret=read_or_create_secret(settings.secret_path),
        media_hosts=settings.media_hosts,
        peers=settings.peers,
        pull_hosts=settings.pull_hosts,
        language_model=language_model,
    )


def open_language_model(settings: Settings) -> Callable[[Callable[[Exchange], None]], LanguageModel] | None:
    """Return what makes the language model that the settings ask for, the first address; None: none is asked.

    Raises:
        Malformed: ``bad_setting`` when only one of address and name is given.
        Forbidden: ``language_model_not_allowed`` for an address without TLS on another machine.
    """
    urls, name = settings.language_model_urls, settings.language_model
    if not urls and not name:
        return None
    if not urls or not name:
        raise Malformed(
            "bad_setting",
            "TALLYSTICK_LANGUAGE_MODEL and TALLYSTICK_LANGUAGE_MODEL_URLS must be given together.",
            setting="TALLYSTICK_LANGUAGE_MODEL",
        )
    make = partial(_language_model, settings)
    make(lambda exchange: None)  # an address that is not allowed is told now, and not at the first look
    return make


def _language_model(settings: Settings, keep: Callable[[Exchange], None]) -> LanguageModel:
    urls = settings.language_model_urls
    return LanguageModel(urls[0], settings.language_model, urls, keep, settings.language_model_key)


def installation() -> Installation:
    """Return this process's installation, opening it on first use."""
    with _lock:
        if not _current:
            _current.append(open_installation(from_environment()))
        return _current[-1]


def require_initialised() -> None:
    """Check, without opening anything, that ``installation`` has one to return.

    Raises:
        Rejection: ``not_initialised`` when ``tallystick init`` has not been run here.
    """
    with _lock:
        if not _current:
            _require_ledger(from_environment())


@contextlib.contextmanager
def using(other: Installation) -> Iterator[Installation]:
    """Let ``installation()`` return ``other`` inside the block (tests)."""
    with _lock:
        _current.append(other)
    try:
        yield other
    finally:
        with _lock:
            _current.remove(other)


def close() -> None:
    """Close this process's installation if one was opened."""
    with _lock:
        while _current:
            _current.pop().ledger.close()


def _require_ledger(settings: Settings) -> None:
    if not settings.ledger_path.exists() and not has_node(settings):
        raise Rejection(
            "not_initialised", "This installation has no ledger yet; run `tallystick init` first."
        )
