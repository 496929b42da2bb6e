"""A delivery's media as the ledger knows them, what the buyer signs, and the hash of the record (E4, E5).

The ledger never holds a photograph or a document: it holds the SHA-256 of each file's ciphertext and a
commitment to the key that opens it. Both together fix the content, and neither tells anything about it.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, Self

import msgspec

from tallystick.values import canonical

MAX_MEDIA: Final = 20
MAX_MEDIUM_BYTES: Final = 512 * 1024 * 1024

_Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class MediumKind(StrEnum):
    """What a file shows."""

    PICTURE = "picture"
    DOCUMENT = "document"
    VIDEO = "video"


class Medium(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a delivery, as the ledger and every member see it.

    Attributes:
        kind: what it shows.
        sha256: of the bytes as they are kept: ciphertext, or the file itself if ``key_commitment`` is empty.
        key_commitment: SHA-256 that fixes the key of the ciphertext, 64 hex digits; empty for a file that
            lies in the open at ``location``.
        size_bytes: of the bytes as they are kept.
        location: where the bytes can be fetched (https); empty where the supplier's node keeps them.
    """

    kind: MediumKind
    sha256: _Digest
    key_commitment: Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=MAX_MEDIUM_BYTES)]
    location: Annotated[str, msgspec.Meta(pattern=r"\A(https?://[!-~]{1,490})?\Z")] = ""

    @classmethod
    def checked(
        cls, kind: MediumKind, sha256: str, key_commitment: str, size_bytes: int, location: str = ""
    ) -> Self:
        """Return the medium, whose parts have their form.

        Raises:
            Malformed: ``malformed_document``.
        """
        parts = {
            "kind": kind.value,
            "sha256": sha256,
            "key_commitment": key_commitment,
            "size_bytes": size_bytes,
            "location": location,
        }
        return canonical.decode(canonical.encode(parts), cls)

    @property
    def is_open(self) -> bool:
        """Whether the file lies in the open, without a key."""
        return not self.key_commitment


def media_hash(media: Sequence[Medium]) -> str:
    """Return the hash that stands for all media of a delivery, in their order: 64 hex digits."""
    return canonical.digest({"media": list(media), "purpose": "tallystick/evidence/media/1"})


def delivery_statement(chain_id: str, request: str, supplier: str, buyer: str, media: str) -> bytes:
    """Return what the buyer signs to countersign a delivery.

    It names the chain, the request's storage address (so that a signature serves one request only), both
    parties (account addresses) and the media hash.
    """
    return canonical.encode(
        {
            "buyer": buyer,
            "chain_id": chain_id,
            "media_hash": media,
            "purpose": "tallystick/countersignature/1",
            "request": request,
            "supplier": supplier,
        }
    )


def record_hash(media: str, signature: str, address: str) -> str:
    """Return H(media hash, signature, storage address), the hash of a delivery record: 64 hex digits.

    Args:
        media: the media hash.
        signature: the buyer's, 128 hex digits.
        address: where the record stands on the ledger, ``height-index``.
    """
    return canonical.digest(
        {
            "address": address,
            "media_hash": media,
            "purpose": "tallystick/evidence/record/1",
            "signature": signature,
        }
    )
