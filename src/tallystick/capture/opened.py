"""What a worker hands back of an uploaded file; the server needs none of the libraries that open it."""

import msgspec


class Opened(msgspec.Struct, frozen=True):
    """What a worker found.

    Attributes:
        media_type: of the file as it came.
        content: the picture written anew (JPEG); None where the file is kept as it came.
        count: pages of a document, or pictures taken from a film; 1 for a picture.
        thumbnail: JPEG of the first; None for OFD and XML, which are not drawn.
    """

    media_type: str
    content: bytes | None
    count: int
    thumbnail: bytes | None
