"""An Ed25519 key in a hardware security module (PKCS#11): it signs there and never comes out.

PKCS#11 3.0 calls the mechanism CKM_EDDSA and the kind of key CKK_EC_EDWARDS; CKA_EC_PARAMS names the curve by
its object identifier (RFC 8410), and CKA_EC_POINT is the public key in a DER octet string, or bare. Needs the
extra ``pkcs11``; tried with SoftHSM 2.6.1.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from tallystick.errors import Conflict, NotFound, Rejection, TallystickError, Unauthorised, Unavailable
from tallystick.ledger.keys import PUBLIC_KEY_BYTES, is_public_key, verify

try:
    import pkcs11
    from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error, Session, SignMixin
except ImportError:
    _INSTALLED = False
else:
    _INSTALLED = True

# 1.3.101.112 (id-Ed25519) in DER.
ED25519_PARAMETERS: Final = bytes.fromhex("06032b6570")
# Signed once when a key is opened; no vote, transaction or header begins like it.
PROBE: Final = b"tallystick/hardware-key-probe/1\n"
_OCTET_STRING: Final = bytes([0x04, PUBLIC_KEY_BYTES])

# What the answers of a module mean for whoever asked, by the name of python-pkcs11's class.
_MEANINGS: Final[dict[str, tuple[type[TallystickError], str, str]]] = {
    "NoSuchToken": (NotFound, "unknown_token", "The module has no token with this label."),
    "MultipleTokensReturned": (Conflict, "ambiguous_token", "Several tokens have this label."),
    "NoSuchKey": (NotFound, "unknown_hardware_key", "The token has no Ed25519 key pair with this label."),
    "MultipleObjectsReturned": (Conflict, "ambiguous_hardware_key", "Several keys have this label."),
    "PinIncorrect": (Unauthorised, "wrong_pin", "The token does not take this PIN."),
    "PinInvalid": (Unauthorised, "wrong_pin", "The token does not take this PIN."),
    "PinLenRange": (Unauthorised, "wrong_pin", "The token does not take this PIN."),
    "PinLocked": (Unauthorised, "pin_locked", "The token takes no PIN any more: too many were wrong."),
    "MechanismInvalid": (Rejection, "ed25519_not_supported", "The token cannot sign with Ed25519."),
    "DomainParamsInvalid": (Rejection, "ed25519_not_supported", "The token cannot sign with Ed25519."),
}


@dataclass(frozen=True)
class _Place:
    module: Path
    token_label: str
    key_label: str
    pin: str = field(repr=False)


class HardwareKey:
    """A key pair on a token, by its label. Safe to use from several threads; signatures wait for each other.

    A session that was lost (token pulled and back, module begun anew) is opened once more for a signature. A
    process logs in to a token once, for all keys it has open there: while it is logged in, PKCS#11 does not
    look at the PIN of another.

    Attributes:
        public_key: 32 bytes.
    """

    def __init__(self, place: _Place, opened: "_Opened") -> None:
        """Use ``open``."""
        self._place = place
        self._opened: _Opened | None = opened
        self._failure: TallystickError | None = None
        self._lock = threading.Lock()
        self.public_key = opened.public_key

    @classmethod
    def open(cls, module_path: Path, token_label: str, key_label: str, pin: str) -> Self:
        """Open the key ``key_label`` and try it by one signature.

        Args:
            module_path: the shared library of the module's maker.
            token_label: of the token.
            key_label: of the private and of the public key.
            pin: the user's PIN; kept in memory to open a lost session again.

        Raises:
            Rejection: ``pkcs11_not_installed``, ``pkcs11_module``, ``ed25519_not_supported``.
            Unauthorised: ``wrong_pin``, ``pin_locked``.
            NotFound: ``unknown_token``, ``unknown_hardware_key``.
            Conflict: ``ambiguous_token``, ``ambiguous_hardware_key``, ``hardware_key_mismatch``.
            Unavailable: ``token_unavailable``.
        """
        place = _Place(module_path, token_label, key_label, pin)
        return cls(place, _open(place))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session; nothing is signed afterwards."""
        with self._lock:
            self._failure = Unavailable("token_unavailable", "The key has been closed.")
            self._end()

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (RFC 8032, 64 bytes) of ``message``.

        Raises:
            Unavailable: ``token_unavailable`` when the token is gone; the same call may succeed later.
            Unauthorised: ``wrong_pin``, ``pin_locked`` when the token was given another PIN. It is not tried
                again, since every try brings the token nearer to being locked.
            Conflict: ``hardware_key_mismatch`` when the token was exchanged for one with another key.
        """
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._opened is not None:
                with suppress(PKCS11Error):
                    return self._opened.sign(message)
            self._end()
            self._opened = self._reopened()
            with _explained():
                return self._opened.sign(message)

    def _reopened(self) -> "_Opened":
        try:
            opened = _open(self._place)
        except Unauthorised as error:
            self._failure = error
            raise
        except TallystickError as error:
            raise Unavailable("token_unavailable", f"The token cannot be reached: {error.message}") from error
        if opened.public_key != self.public_key:
            opened.end()
            self._failure = Conflict("hardware_key_mismatch", "The token has another key by this label.")
            raise self._failure
        return opened

    def _end(self) -> None:
        if self._opened is not None:
            self._opened.end()
            self._opened = None


def create_key(module_path: Path, token_label: str, key_label: str, pin: str) -> bytes:
    """Make an Ed25519 key pair on the token, which never shows the private half, and return the public key.

    Raises:
        Conflict: ``hardware_key_exists`` when there is a key with this label; else as ``HardwareKey.open``.
    """
    with _explained():
        session = _logged_in(_Place(module_path, token_label, key_label, pin), write=True)
        try:
            if any(True for _ in session.get_objects({Attribute.LABEL: key_label})):
                raise Conflict("hardware_key_exists", "The token has a key with this label already.")
            curve = session.create_domain_parameters(
                KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: ED25519_PARAMETERS}, local=True
            )
            public, _ = curve.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                store=True,
                label=key_label,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
            return _public_key(public[Attribute.EC_POINT])
        finally:
            _close(session)


@dataclass(frozen=True)
class _Opened:
    session: "Session"
    key: "SignMixin"
    public_key: bytes

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, mechanism=Mechanism.EDDSA)

    def end(self) -> None:
        _close(self.session)


def _open(place: _Place) -> _Opened:
    with _explained():
        session = _logged_in(place)
        try:
            return _found(session, place.key_label)
        except BaseException:
            _close(session)
            raise


def _found(session: "Session", label: str) -> _Opened:
    private, public = (
        session.get_key(object_class=kind, key_type=KeyType.EC_EDWARDS, label=label)
        for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY)
    )
    if not isinstance(private, SignMixin):
        raise Rejection("ed25519_not_supported", "The token does not let this key sign.")
    opened = _Opened(session, private, _public_key(public[Attribute.EC_POINT]))
    if not verify(opened.public_key, PROBE, opened.sign(PROBE)):
        raise Conflict("hardware_key_mismatch", "The private and the public key are not one pair.")
    return opened


def _logged_in(place: _Place, *, write: bool = False) -> "Session":
    if not _INSTALLED:
        raise Rejection(
            "pkcs11_not_installed", "Keys in hardware need the extra: pip install tallystick[pkcs11]."
        )
    try:
        module = pkcs11.lib(str(place.module))
    except PKCS11Error as error:
        raise Rejection("pkcs11_module", f"{place.module} cannot be loaded as a PKCS#11 module.") from error
    token = module.get_token(token_label=place.token_label)
    try:
        return token.open(rw=write, user_pin=place.pin)
    except pkcs11.UserAlreadyLoggedIn:  # this process, for another key
        return token.open(rw=write)


def _close(session: "Session") -> None:
    with suppress(PKCS11Error):  # lost already
        session.close()


def _public_key(point: bytes) -> bytes:
    key = point.removeprefix(_OCTET_STRING) if len(point) > PUBLIC_KEY_BYTES else point
    if not is_public_key(key):
        raise Rejection("ed25519_not_supported", "The token's public key is not one of Ed25519.")
    return key


@contextmanager
def _explained() -> Iterator[None]:
    """Turn errors of the module into errors of ours; they carry nothing that was given to it."""
    if not _INSTALLED:
        raise Rejection("pkcs11_not_installed", "Keys in hardware need the extra tallystick[pkcs11].")
    try:
        yield
    except PKCS11Error as error:
        name = type(error).__name__
        kind, code, message = _MEANINGS.get(
            name, (Unavailable, "token_unavailable", f"The token does not answer as it should ({name}).")
        )
        raise kind(code, message) from error
