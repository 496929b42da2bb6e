"""A picture comes through as its pixels, upright, or not at all."""

import resource
from io import BytesIO
from zipfile import ZipFile, is_zipfile

import numpy as np
import pytest
from PIL import Image

from tallystick.capture.pictures import decode, encode_jpeg
from tallystick.capture.sniffing import media_type_of
from tallystick.errors import Rejection
from tallystick.evidence.assessment import Picture
from tests.capture import files

ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


def refusal(data: bytes) -> str:
    with pytest.raises(Rejection) as refused:
        decode(data)
    return refused.value.code


def pixels(picture: Picture) -> np.ndarray:
    return np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_decoded_to_rgb_row_by_row(kind: str) -> None:
    found = decode(files.picture(kind, (64, 48)), "goods")
    assert (found.name, found.width, found.height) == ("goods", 64, 48)
    assert np.abs(pixels(found)[10, 5].astype(int) - files.RED).max() < 12
    assert pixels(found)[10, 60].min() > 240


def test_a_photograph_taken_sideways_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera was turned a quarter to the right
    found = decode(files.picture("JPEG", (64, 48), exif=exif, quality=95))
    assert (found.width, found.height) == (48, 64)
    assert pixels(found)[5, 20][1] < 90  # what was left is on top
    assert pixels(found)[60, 20].min() > 240


def test_place_comment_and_thumbnail_of_the_camera_do_not_come_through() -> None:
    exif = Image.Exif()
    exif[MAKER] = "SECRETCAMERA"
    exif.get_ifd(GPS)[29] = "2026:01:01"
    data = files.picture("JPEG", exif=exif, comment=b"SECRETCOMMENT")
    assert b"SECRETCAMERA" in data
    assert b"SECRETCOMMENT" in data
    safe = encode_jpeg(decode(data))
    with Image.open(BytesIO(safe)) as image:
        assert not dict(image.getexif())
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"SECRET" not in safe
    assert b"2026:01:01" not in safe


def test_a_polyglot_loses_its_tail() -> None:
    hidden = files.archive({"payload.html": b"<script>1</script>"})
    data = files.picture("JPEG") + hidden
    assert media_type_of(data) == "image/jpeg"
    with ZipFile(BytesIO(data)) as opened:
        assert opened.namelist() == ["payload.html"]
    safe = encode_jpeg(decode(data))
    assert not is_zipfile(BytesIO(safe))
    assert b"PK\x03\x04" not in safe
    assert safe.endswith(b"\xff\xd9")


def test_bombs_are_refused_by_their_header() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refusal(files.png_bomb(12_000)) == "picture_too_large"
    assert refusal(files.png_bomb(30_000)) == "picture_too_large"
    assert refusal(files.webp_bomb()) == "picture_too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # KB


def test_a_strip_longer_than_a_side_may_be_is_refused() -> None:
    assert refusal(files.saved(Image.new("1", (12_001, 2)), "PNG")) == "picture_too_large"
    assert decode(files.saved(Image.new("1", (12_000, 2)), "PNG")).width == 12_000


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kind: str) -> None:
    assert refusal(files.animated(kind)) == "animated_picture"


def test_of_a_photograph_that_carries_a_second_one_the_first_is_taken() -> None:
    first, second = Image.new("RGB", (32, 16), "red"), Image.new("RGB", (16, 8), "blue")
    found = decode(files.saved(first, "MPO", save_all=True, append_images=[second]))
    assert (found.width, found.height) == (32, 16)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_is_cut_off_is_refused(kind: str) -> None:
    whole = files.picture(kind, (200, 200))
    for length in (12, len(whole) // 2, len(whole) - 60):
        assert refusal(whole[:length]) == "file_not_readable"


@pytest.mark.parametrize("data", [b"", b"GIF89a", files.animated("GIF"), files.pdf((9, 9))])
def test_what_is_no_picture_of_the_three_kinds_is_refused(data: bytes) -> None:
    assert refusal(data) == "file_not_readable"


def test_transparent_parts_are_white_and_fine_greys_keep_their_shade() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert pixels(decode(files.saved(clear, "PNG"))).min() == 255
    grey = Image.fromarray(np.full((4, 4), 0x8000, np.uint16))
    assert set(pixels(decode(files.saved(grey, "PNG"))).flat) == {0x80}


def test_a_large_picture_is_made_smaller_and_a_small_one_is_left() -> None:
    wide = Picture("", 5000, 10, bytes(5000 * 10 * 3))
    assert decode(encode_jpeg(wide)).width == 4000
    assert decode(encode_jpeg(wide, longest_side=480)).width == 480
    assert decode(encode_jpeg(Picture("", 3, 2, bytes(18)))).width == 3
