"""The key store: members' private keys in one folder of encrypted files, used by address and never shown.

``store.json`` says how the sealing key follows from the passphrase and lets a wrong one be recognised;
each key file holds one sealed key and repeats the derivation, so that this file and the passphrase
are all that a recovery needs. Which file holds which key, ``folder`` says.

An account keeps its address when its key changes. A successor is prepared, the ledger is told, and only
when the ledger knows it does the store switch (``succeed``): until then both keys are here, and whoever
sees which one the ledger has can finish the switch at any later time.
"""

import secrets
import threading
from hashlib import blake2b
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from tallystick.errors import Conflict, Corruption, Malformed, NotFound, Unauthorised
from tallystick.signing.documents import KeyFile, SealedKey, StoreFile, damaged, read_document
from tallystick.signing.files import create_private, make_private_folder
from tallystick.signing.folder import KeyFolder, StoredKey
from tallystick.signing.sealing import MODERATE, Cost, Derivation, seal, unseal
from tallystick.values import canonical
from tallystick.values.identifiers import account_address

SEED_BYTES: Final = 32
MAX_REFERENCE_LENGTH: Final = 200
STORE_FILE: Final = "store.json"

# What store.json seals: it opens to this under the right passphrase and under no other.
_MARK: Final = b"tallystick/key-store/passphrase\n"
_CASE_KEY_PERSON: Final = b"tally/case-key/1"


class KeyStore:
    """The private keys in one folder, sealed under one passphrase.

    The passphrase is stretched once, at the first use of a private key; seeds are unsealed for each use.

    Args:
        path: the folder; made (0700) with the first key.
        passphrase: at least one byte.
        cost: of one guess at the passphrase, for a store that is new.

    Raises:
        Malformed: ``empty_passphrase``.
    """

    __slots__ = ("_cost", "_folder", "_lock", "_passphrase", "_unlocked")

    def __init__(self, path: Path, passphrase: bytes, cost: Cost = MODERATE) -> None:
        if not passphrase:
            raise Malformed("empty_passphrase", "A key store needs a passphrase.")
        self._folder = KeyFolder(path)
        self._passphrase = passphrase
        self._cost = cost
        self._lock = threading.Lock()
        self._unlocked: tuple[Derivation, bytes] | None = None

    def __repr__(self) -> str:
        return f"KeyStore({str(self._folder.path)!r})"

    def create(self) -> str:
        """Make a new random key and return its account address.

        Raises:
            Unauthorised: ``wrong_passphrase``; Corruption: ``damaged_key_file``;
            Unavailable: ``files_unavailable``, ``key_derivation_failed``.
        """
        return self.import_seed(secrets.token_bytes(SEED_BYTES))

    def import_seed(self, seed: bytes) -> str:
        """Keep the Ed25519 key of ``seed`` (32 bytes, RFC 8032) and return its account address.

        Raises:
            Malformed: ``bad_seed``; Conflict: ``key_exists``; and as ``create``.
        """
        if len(seed) != SEED_BYTES:
            raise Malformed("bad_seed", f"The seed of a key has {SEED_BYTES} bytes.")
        sealed = self._sealed(seed)
        address = account_address(bytes.fromhex(sealed.public_key))
        kept = KeyFile(sealed.derivation, sealed.public_key, sealed.seed, "tallystick/key/1")
        if not self._folder.add_first(address, kept):
            raise Conflict("key_exists", f"The key of {address} is in the store already.")
        return address

    def addresses(self) -> tuple[str, ...]:
        """Return the account addresses whose keys are here, sorted."""
        return self._folder.addresses()

    def public_key(self, address: str) -> bytes:
        """Return the public key (32 bytes) that ``address`` signs with now; needs no passphrase.

        Raises:
            NotFound: ``unknown_key``; Corruption: ``damaged_key_file``; Unavailable: ``files_unavailable``.
        """
        return bytes.fromhex(self._folder.in_use(address).sealed.public_key)

    def sign(self, address: str, message: bytes) -> bytes:
        """Return the Ed25519 signature (64 bytes) over ``message`` of the key that ``address`` uses now.

        Raises:
            NotFound: ``unknown_key``; and as ``create``.
        """
        return self._signing_key(self._folder.in_use(address)).sign(message).signature

    def prepare_successor(self, address: str) -> bytes:
        """Make a random key that may follow the one in use, and return its public half (32 bytes).

        Nothing else changes before ``succeed``; a successor that is never used does no harm.

        Raises:
            NotFound: ``unknown_key``; TooLarge: ``too_many_keys``; and as ``create``.
        """
        self._folder.in_use(address)
        sealed = self._sealed(secrets.token_bytes(SEED_BYTES))
        self._folder.add_successor(address, sealed)
        return bytes.fromhex(sealed.public_key)

    def sign_as_successor(self, address: str, public_key: bytes, message: bytes) -> bytes:
        """Return the signature (64 bytes) of the successor that has ``public_key``.

        Raises:
            NotFound: ``unknown_successor``; and as ``create``.
        """
        return self._signing_key(self._successor(address, public_key)).sign(message).signature

    def succeed(self, address: str, public_key: bytes) -> None:
        """Let the successor that has ``public_key`` sign for ``address`` from now on; once is enough.

        The keys before it stay, sealed; the first of them goes on giving the case keys.

        Raises:
            NotFound: ``unknown_key``; ``unknown_successor`` when no whole successor has that public key;
            and as ``create``. The key in use then stays in use.
        """
        if self.public_key(address) != public_key:
            successor = self._successor(address, public_key)
            self._signing_key(successor)  # one that does not open must not take over
            self._folder.use(address, successor)

    def case_public_key(self, address: str, reference: str) -> bytes:
        """Return the public key (32 bytes) that the member at ``address`` uses for one loan case only.

        The key is derived from the member's first seed and the reference (keyed BLAKE2b, RFC 7693), so
        that it needs no keeping and outlives a change of the member's key; without the seed nobody can
        tell that it belongs to the member.

        Raises:
            Malformed: ``bad_reference``; NotFound: ``unknown_key``; and as ``create``.
        """
        return bytes(self._case_key(address, reference).verify_key)

    def sign_for_case(self, address: str, reference: str, message: bytes) -> bytes:
        """Return the signature (64 bytes) of the case key over ``message``; raises as ``case_public_key``."""
        return self._case_key(address, reference).sign(message).signature

    def _case_key(self, address: str, reference: str) -> SigningKey:
        if not 1 <= len(reference) <= MAX_REFERENCE_LENGTH:
            raise Malformed(
                "bad_reference", f"A case's reference has 1 to {MAX_REFERENCE_LENGTH} characters."
            )
        derived = blake2b(
            reference.encode("utf-8", "surrogatepass"),
            digest_size=SEED_BYTES,
            key=self._seed(self._folder.first(address)),
            person=_CASE_KEY_PERSON,
        )
        return SigningKey(derived.digest())

    def _successor(self, address: str, public_key: bytes) -> StoredKey:
        for successor in self._folder.waiting(address):
            if successor.sealed.public_key == public_key.hex():
                return successor
        raise NotFound("unknown_successor", "The key store has no such key to follow the one in use.")

    def _sealed(self, seed: bytes) -> SealedKey:
        derivation, key = self._unlock()
        return SealedKey(derivation, bytes(SigningKey(seed).verify_key).hex(), seal(key, seed))

    def _signing_key(self, stored: StoredKey) -> SigningKey:
        return SigningKey(self._seed(stored))

    def _seed(self, stored: StoredKey) -> bytes:
        kept = stored.sealed
        derivation, key = self._unlock()
        seed = unseal(key, kept.seed) if kept.derivation == derivation else None
        if seed is None or bytes(SigningKey(seed).verify_key).hex() != kept.public_key:
            raise damaged(stored.path)
        return seed

    def _unlock(self) -> tuple[Derivation, bytes]:
        with self._lock:
            if self._unlocked is None:
                self._unlocked = self._open_store()
            return self._unlocked

    def _open_store(self) -> tuple[Derivation, bytes]:
        path = self._folder.path / STORE_FILE
        store = read_document(path, StoreFile)
        if store is None:
            made = self._create_store(path)
            if made is not None:
                return made
            store = read_document(path, StoreFile)
        if store is None:
            raise damaged(path)
        key = store.derivation.key(self._passphrase)
        if unseal(key, store.mark) != _MARK:
            raise Unauthorised("wrong_passphrase", "The passphrase does not open this key store.")
        return store.derivation, key

    def _create_store(self, path: Path) -> tuple[Derivation, bytes] | None:
        """Write ``store.json`` and return what opens it; None if another process was faster."""
        # Asked in this order: the first key is written after store.json, perhaps by another process.
        if self.addresses() and not path.exists():
            raise Corruption(
                "damaged_key_file", f"{path} is missing, but there are keys; put it back from a backup."
            )
        make_private_folder(self._folder.path)
        derivation = Derivation.fresh(self._cost)
        key = derivation.key(self._passphrase)
        written = canonical.encode(StoreFile(derivation, "tallystick/key-store/1", seal(key, _MARK)))
        return (derivation, key) if create_private(path, written) else None
