"""What is kept of an upload is safe to show; everything else is refused by name."""

import hashlib
from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from tallystick.capture.intake import take_in
from tallystick.capture.worker import Pool
from tallystick.errors import TallystickError
from tests.capture import files


@pytest.fixture(scope="module")
def pool():
    made = Pool()
    yield made
    made.close()


def film(path, seconds=3, size=(320, 240), kind="mp4"):
    """A film whose every second shows other noise."""
    chance = np.random.default_rng(7)
    with av.open(str(path), "w", format=kind) as made:
        stream = made.add_stream("mpeg4" if kind == "mp4" else "libvpx", rate=4)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for _ in range(seconds):
            pixels = chance.integers(0, 255, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
            picture = np.kron(pixels, np.ones((8, 8, 1), dtype=np.uint8))
            for _ in range(4):
                for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                    made.mux(packet)
        for packet in stream.encode():
            made.mux(packet)
    return path


def taken(pool, tmp_path, content, name, declared=None):
    path = tmp_path / "arriving"
    path.write_bytes(content)
    return take_in(path, name, declared, pool=pool)


def test_a_picture_is_drawn_anew_and_nothing_that_was_hidden_in_it_stays(pool, tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x8825] = 6, {1: "N", 2: (31.0, 10.0, 0.0)}
    polyglot = files.picture(exif=exif, comment=b"secret comment") + files.archive({"evil.sh": b"rm"})
    kept = taken(pool, tmp_path, polyglot, "goods.jpg", "image/jpeg")
    assert kept.media_type == "image/jpeg"
    assert kept.sha256 == hashlib.sha256(kept.content).hexdigest()
    assert b"secret" not in kept.content
    assert b"evil" not in kept.content
    image = Image.open(BytesIO(kept.content))
    assert not image.getexif()
    assert image.size == (48, 64)  # turned as the camera said
    assert max(Image.open(BytesIO(kept.thumbnail)).size) <= 480


def test_documents_are_kept_as_they_came_once_they_are_checked(pool, tmp_path):
    for content, name, count in (
        (files.pdf((595, 842), (595, 842)), "note.pdf", 2),
        (files.INVOICE_XML, "invoice.xml", 1),
        (files.ofd(), "invoice.ofd", None),
    ):
        kept = taken(pool, tmp_path, content, name)
        assert kept.content is None
        assert kept.sha256 == kept.received_sha256 == hashlib.sha256(content).hexdigest()
        assert count is None or kept.count == count


def test_a_film_is_sampled_to_a_picture_a_second(pool, tmp_path):
    kept = take_in(film(tmp_path / "a.mp4", 3), "a.mp4", pool=pool)
    assert kept.media_type == "video/mp4"
    assert kept.count == 3
    assert kept.thumbnail


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "empty.jpg", "empty_file"),
        (b"<html><script>alert(1)</script></html>", "page.html", "unknown_media_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.svg", "unknown_media_type"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "clip.mp4", "unknown_media_type"),
        (files.picture("PNG"), "note.pdf", "media_type_mismatch"),
        (files.picture()[:200], "cut.jpg", "file_not_readable"),
        (files.animated("WEBP"), "moving.webp", "animated_picture"),
    ],
)
def test_what_is_no_safe_picture_document_or_film_is_refused_by_name(pool, tmp_path, content, name, code):
    with pytest.raises(TallystickError) as caught:
        taken(pool, tmp_path, content, name)
    assert caught.value.code == code


def test_a_playlist_that_calls_itself_a_film_reads_nothing_of_this_machine(pool, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    hidden = b"\x00\x00\x00\x18ftypmp42" + f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n".encode()
    with pytest.raises(TallystickError) as caught:
        taken(pool, tmp_path, hidden, "clip.mp4")
    assert caught.value.code == "file_not_readable"
