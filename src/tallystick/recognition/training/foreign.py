"""Pictures that show no piece of any product family: a network that does not abstain on them is no use."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tallystick.evidence.assessment import Picture

SIZE: Final = 320
WORDS: Final = "Delivery note number quantity unit price amount total signed received by "


def foreign_pictures(seed: int, each: int = 10) -> Iterator[Picture]:
    """Yield ``each`` pictures of every kind: noise, clouds, pages of text, shapes, stripes, slopes."""
    chance = np.random.default_rng(seed)
    for _ in range(each):
        for kind, make in KINDS.items():
            image = make(chance).convert("RGB")
            yield Picture(kind, image.width, image.height, image.tobytes())


def noise(chance: np.random.Generator) -> Image.Image:
    """Return every pixel by chance, in colour."""
    return Image.fromarray(chance.integers(0, 256, (SIZE, SIZE, 3), np.uint8))


def coarse_noise(chance: np.random.Generator) -> Image.Image:
    """Return grey clouds."""
    small = Image.fromarray(chance.integers(0, 256, (9, 9), np.uint8))
    return small.resize((SIZE, SIZE), Image.Resampling.BICUBIC)


def page(chance: np.random.Generator) -> Image.Image:
    """Return lines of text on white."""
    image = Image.new("L", (SIZE, SIZE), 255)
    draw = ImageDraw.Draw(image)
    for top in range(8, SIZE - 12, int(chance.integers(12, 22))):
        start = int(chance.integers(0, 40))
        draw.text((10, top), (WORDS[start:] + WORDS)[: int(chance.integers(20, 55))], fill=0)
    return image


def shapes(chance: np.random.Generator) -> Image.Image:
    """Return coloured boxes and discs, as goods of another kind look from afar."""
    image = Image.new("RGB", (SIZE, SIZE), tuple(int(one) for one in chance.integers(0, 256, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(int(chance.integers(4, 12))):
        left, top, width, height = (int(one) for one in chance.integers(10, SIZE // 2, 4))
        colour = tuple(int(one) for one in chance.integers(0, 256, 3))
        paint = draw.rectangle if chance.random() < 0.5 else draw.ellipse
        paint((left, top, left + width, top + height), fill=colour)
    return image.filter(ImageFilter.GaussianBlur(1))


def stripes(chance: np.random.Generator) -> Image.Image:
    """Return a grey grating."""
    period, angle = chance.uniform(6, 40), chance.uniform(0, np.pi)
    across = np.arange(SIZE)[None, :] * np.cos(angle) + np.arange(SIZE)[:, None] * np.sin(angle)
    return Image.fromarray((127 + 120 * np.sin(across / period * 2 * np.pi)).astype(np.uint8))


def slope(chance: np.random.Generator) -> Image.Image:
    """Return an even slope from one colour to another."""
    ends = chance.integers(0, 256, (2, 3))
    weight = np.linspace(0, 1, SIZE)[:, None, None]
    return Image.fromarray(
        np.broadcast_to(ends[0] * (1 - weight) + ends[1] * weight, (SIZE, SIZE, 3)).astype(np.uint8)
    )


KINDS: Final = {
    "noise": noise,
    "coarse noise": coarse_noise,
    "page": page,
    "shapes": shapes,
    "stripes": stripes,
    "slope": slope,
}
