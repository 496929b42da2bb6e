"""The parts that use cases need from the world, chosen once by ``tallystick.bootstrap``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tallystick.capture.media_store import MediaStore
from tallystick.capture.resumable import Uploads
from tallystick.evidence.assessment import TargetModel
from tallystick.ledger.protocols import Engine
from tallystick.recognition.language_model import Exchange
from tallystick.signing.keystore import KeyStore
from tallystick.values.clock import Clock


@dataclass(frozen=True)
class Installation:
    """One running installation.

    Attributes:
        clock: the time now.
        ledger: the engine that orders and keeps transactions.
        keys: the private keys of the members hosted here.
        files: folder of uploaded files, each named by its SHA-256.
        media: the encrypted media files of deliveries.
        uploads: files that are on their way in, piece by piece.
        media_hosts: hosts from which media are fetched by their location.
        peers: account address of a member -> where its own installation answers.
        pull_hosts: hosts from which books are pulled.
        language_model: makes the language model that looks at deliveries, given what keeps each exchange;
            None: none is asked.
        secret: this installation's own random bytes; never shown, logged or sent.
    """

    clock: Clock
    ledger: Engine
    keys: KeyStore
    files: Path
    media: MediaStore
    uploads: Uploads
    secret: bytes = field(repr=False)
    media_hosts: tuple[str, ...] = ()
    peers: Mapping[str, str] = field(default_factory=dict)
    pull_hosts: tuple[str, ...] = ()
    language_model: Callable[[Callable[[Exchange], None]], TargetModel] | None = None
