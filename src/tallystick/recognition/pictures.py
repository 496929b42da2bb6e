"""Photographs as the networks take them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tallystick.errors import Malformed
from tallystick.evidence.assessment import Picture


def as_image(picture: Picture) -> Image.Image:
    """Return the picture for Pillow.

    Raises:
        Malformed: ``bad_picture`` when the pixels are not as many as its size says.
    """
    if min(picture.width, picture.height) < 1 or len(picture.pixels) != picture.width * picture.height * 3:
        raise Malformed(
            "bad_picture", f"The picture {picture.name!r:.80} has other pixels than its size says."
        )
    return Image.frombytes("RGB", (picture.width, picture.height), picture.pixels)


def as_input(picture: Picture, side: int) -> NDArray[np.float32]:
    """Return float32 [3, side, side], 0 to 1: squeezed to a square, so that all of the piece stays in sight.

    Raises:
        Malformed: ``bad_picture``.
    """
    small = as_image(picture).resize((side, side), Image.Resampling.BILINEAR)
    return np.ascontiguousarray(np.asarray(small, np.float32).transpose(2, 0, 1) / np.float32(255))


def read_picture(path: Path) -> Picture:
    """Return a file of our own set as a picture; what people upload comes through ``capture`` instead."""
    with Image.open(path) as image:
        rgb = image.convert("RGB")
    return Picture(path.name, rgb.width, rgb.height, rgb.tobytes())
