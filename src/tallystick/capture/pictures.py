"""Photographs, decoded to bare pixels and written anew: nothing but what can be seen comes through.

Only these bytes may reach other libraries: Pillow refuses a picture by its header, where OpenCV's decoder
allocates whatever the header claims.
"""

from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from tallystick.capture.refusals import not_readable, too_demanding
from tallystick.errors import Malformed, Rejection, TooLarge
from tallystick.evidence.assessment import Picture

MAX_PIXELS: Final = 40_000_000
MAX_SIDE: Final = 12_000
LONGEST_SIDE: Final = 4_000
QUALITY: Final = 92
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_WHITE: Final = (255, 255, 255)

# Pillow's own bound, twice this, stands before ours where a decoder allocates on opening (WebP).
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def decode(data: bytes, name: str = "") -> Picture:
    """Return a JPEG, PNG or WebP picture, upright, its transparent parts white.

    Of a JPEG that carries further pictures (depth, brightness, a second view), it is the first.

    Args:
        data: the file.
        name: how the evidence calls it.

    Raises:
        Malformed: ``animated_picture``; ``file_not_readable`` when it is damaged, cut off or none of these.
        TooLarge: ``picture_too_large`` above ``MAX_PIXELS`` or ``MAX_SIDE``; ``file_too_demanding``.
    """
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            _check_header(image)
            image.load()
            upright = _rgb(ImageOps.exif_transpose(image))
            return Picture(name, upright.width, upright.height, upright.tobytes())
    except Rejection:
        raise
    except MemoryError as error:
        raise too_demanding() from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except Exception as error:  # the library raises whatever a damaged file leads it to
        raise not_readable("a picture") from error


def encode_jpeg(picture: Picture, longest_side: int = LONGEST_SIDE, quality: int = QUALITY) -> bytes:
    """Return ``picture`` as a JPEG file of its pixels alone: no EXIF, no comment, nothing behind its end.

    Args:
        picture: any.
        longest_side: in pixels; a larger picture is made smaller.
        quality: 1 to 95, as libjpeg counts.
    """
    image = Image.frombytes("RGB", (picture.width, picture.height), picture.pixels)
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    file = BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _check_header(image: Image.Image) -> None:
    width, height = image.size
    if not (width and height):
        raise not_readable("a picture", "it has no pixels")
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_large()
    # A JPEG's further pictures (MPO) are left behind when it is written anew.
    if image.format != "MPO" and getattr(image, "n_frames", 1) != 1:
        raise Malformed("animated_picture", "The picture moves; send a still picture, or a film.")


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey, of which the upper 8 are kept
        image = image.convert("I").point(lambda grey: grey / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    sheet = Image.new("RGB", image.size, _WHITE)
    veiled = image.convert("RGBA")
    sheet.paste(veiled, mask=veiled)
    return sheet


def _too_large() -> TooLarge:
    return TooLarge(
        "picture_too_large",
        f"A picture may have {MAX_PIXELS // 1_000_000} million pixels, and {MAX_SIDE:,} along a side.",
        max_pixels=MAX_PIXELS,
        max_side=MAX_SIDE,
    )
