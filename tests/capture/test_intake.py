"""What comes out of the door is safe; what is not does not come in."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tallystick.capture import sniffing
from tallystick.capture.intake import TakenIn, take_in
from tallystick.capture.worker import Pool, reading_pool, shared_pool
from tallystick.errors import Rejection
from tests.capture import files
from tests.capture.films import film, scene


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool()
    yield pool
    pool.close()


@pytest.fixture
def send(pool: Pool, tmp_path: Path):
    def sent(data: bytes, name: str, declared: str | None = None) -> TakenIn:
        path = tmp_path / "quarantined"
        path.write_bytes(data)
        return take_in(path, name, declared, pool=pool)

    return sent


def test_a_picture_is_kept_as_the_worker_wrote_it_anew(send) -> None:
    data = files.picture("PNG", (900, 600)) + b"PK\x03\x04 tail"
    taken = send(data, "photo.png", "image/png")
    assert taken.content is not None
    assert (taken.media_type, taken.count) == ("image/jpeg", 1)
    assert taken.sha256 == hashlib.sha256(taken.content).hexdigest()
    assert taken.size_bytes == len(taken.content)
    assert taken.received_sha256 == hashlib.sha256(data).hexdigest()
    assert b"tail" not in taken.content
    with Image.open(BytesIO(taken.thumbnail)) as thumbnail:
        assert thumbnail.size == (480, 320)


@pytest.mark.parametrize(
    ("data", "name", "kind", "count", "drawn"),
    [
        (files.pdf((200, 100), (9, 9), (9, 9)), "note.pdf", "application/pdf", 3, True),
        (files.ofd(), "invoice.ofd", "application/ofd", 1, False),
        (files.INVOICE_XML, "invoice.xml", "application/xml", 1, False),
    ],
)
def test_a_document_is_kept_as_it_came(
    send, data: bytes, name: str, kind: str, count: int, drawn: bool
) -> None:
    taken = send(data, name)
    assert (taken.media_type, taken.count, taken.content) == (kind, count, None)
    assert taken.sha256 == taken.received_sha256 == hashlib.sha256(data).hexdigest()
    assert (taken.thumbnail is not None) is drawn


def test_a_film_is_kept_as_it_came_with_its_first_picture(send, tmp_path: Path) -> None:
    data = film(tmp_path / "a.mp4", [scene(1), scene(2)]).read_bytes()
    taken = send(data, "IMG_1.MP4", "video/mp4")
    assert (taken.media_type, taken.count, taken.content) == ("video/mp4", 2, None)
    with Image.open(BytesIO(taken.thumbnail)) as thumbnail:
        assert thumbnail.size == (160, 120)


REFUSED = {
    "empty": (b"", "a.jpg", "empty_file"),
    "page": (b"<html></html>", "a.jpg", "unknown_media_type"),
    "program": (b"\x7fELF" + bytes(99), "a.pdf", "unknown_media_type"),
    "drawing": (b'<?xml version="1.0"?><svg/>', "a.xml", "unknown_media_type"),
    "other zip": (files.archive({"a": b"b"}), "a.ofd", "unknown_media_type"),
    "another name": (files.picture("PNG"), "a.jpg", "media_type_mismatch"),
    "playlist": (b"#EXTM3U\n", "a.mp4", "unknown_media_type"),
    "empty film": (b"\x00\x00\x00\x20ftypisom" + bytes(99), "a.mp4", "file_not_readable"),
    "bomb": (files.png_bomb(12_000), "a.png", "picture_too_large"),
    "entities": (b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><r/>', "a.xml", "unsafe_xml"),
    "bad part": (files.ofd(**{"x.xml": b"<!DOCTYPE r><r/>"}), "a.ofd", "unsafe_xml"),
    "nested": (files.ofd(inner=files.ofd()), "a.ofd", "nested_archive"),
    "locked": (files.encrypted_pdf(b"x"), "a.pdf", "encrypted_document"),
    "long picture": (files.picture() + bytes(sniffing.MAX_IMAGE_BYTES), "a.jpg", "file_too_large"),
    "long document": (b"%PDF-1.7" + bytes(sniffing.MAX_DOCUMENT_BYTES), "a.pdf", "file_too_large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_safe_is_refused_by_name(send, name: str) -> None:
    data, file_name, code = REFUSED[name]
    with pytest.raises(Rejection) as refused:
        send(data, file_name)
    assert refused.value.code == code


def test_a_server_that_takes_files_in_has_loaded_nothing_that_opens_them() -> None:
    ask = (
        "import sys, tallystick.capture.intake; print({'PIL', 'av', 'numpy', 'pypdfium2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_upload_is_taken_in_while_a_long_paper_is_read(tmp_path: Path) -> None:
    """The reading holds its pool's turn for as long as the test likes; the upload does not wait for it."""
    path = tmp_path / "goods.png"
    Image.new("RGB", (40, 30), "white").save(path)
    with reading_pool()._my_turn():
        assert take_in(path, "goods.png", pool=None).count == 1
    assert reading_pool() is not shared_pool()
