"""The second factor's secrets, sealed in the database: a copy of it alone lets nobody in."""

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from tallystick.signing.texts import TextSeal


class SealedSecondFactor(DefaultMFAAdapter):  # type: ignore[misc]  # allauth carries no types
    """allauth's adapter with its two hooks for what is kept."""

    def encrypt(self, text: str) -> str:
        """Return ``text`` as the database keeps it."""
        return self._seal.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return what ``encrypt`` was given."""
        return self._seal.unseal(encrypted_text)

    @property
    def _seal(self) -> TextSeal:
        return TextSeal(bytes.fromhex(settings.SECRET_KEY), "second factor")
