"""Delivery records made by hand for the tests of evidence: real keys, real signatures, no ledger."""

from hashlib import sha256

from tallystick.contracts.delivery import DeliveryRecord
from tallystick.evidence.delivery import Medium, delivery_statement, media_hash, record_hash
from tallystick.evidence.verification import Fetch, Found, KeyOwner
from tests.contracts.chain import CHAIN, Key

SUPPLIER, BUYER, OTHER = Key(3), Key(4), Key(5)
SIGNED_AT = 1_790_000_100_000
BODIES = (b"a photograph, encrypted", b"a delivery note, encrypted", b"a clip in the open")


def media_of(bodies):
    """Return a picture and a document with keys of their own, and a video in the open."""
    picture, document, video = (sha256(body).hexdigest() for body in bodies)
    sizes = [len(body) for body in bodies]
    return (
        Medium("picture", picture, "bb" * 32, sizes[0]),
        Medium("document", document, "dd" * 32, sizes[1]),
        Medium("video", video, "", sizes[2], "https://media.example/clip.mp4"),
    )


MEDIA = media_of(BODIES)


def delivered(address="12-0", request="11-0", media=MEDIA, key=BUYER, supplier=SUPPLIER, buyer=BUYER):
    """Return a record that is right in everything."""
    hashed = media_hash(media)
    signature = key.sign(delivery_statement(CHAIN, request, supplier.address, buyer.address, hashed))
    return DeliveryRecord(
        address=address,
        buyer=buyer.address,
        key=key.public,
        media=media,
        media_hash=hashed,
        record_hash=record_hash(hashed, signature, address),
        recorded_at=SIGNED_AT + 1000,
        request=request,
        signature=signature,
        signed_at=SIGNED_AT,
        supplier=supplier.address,
    )


OWNER = KeyOwner(BUYER.address, since=0)
FOUND = tuple(
    Found(Fetch.FETCHED, medium.sha256, medium.size_bytes, medium.key_commitment) for medium in MEDIA
)
