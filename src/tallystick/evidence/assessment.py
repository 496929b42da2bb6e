"""Assessment: what a target model makes of the media of one delivery: quality, quantity and value (E8).

Each figure carries its range, confidence and basis, or abstains. Documents decide quantity and value;
pictures confirm or contradict, and never outrank a reconciled document.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from tallystick.evidence.papers import Paper


class Basis(StrEnum):
    """What a figure rests on, strongest first."""

    DOCUMENTS = "documents"  # reconciled line by line: contract, delivery note, invoice
    PERSON = "person"  # a reviewer looked at the media and graded by hand
    MODEL = "model"  # a network of ours that knows this product family
    LANGUAGE_MODEL = "language-model"
    NOTHING = "nothing"  # it abstains


class Quality(StrEnum):
    """How good the goods are; ``UNKNOWN`` is an abstention and meets no limit."""

    GOOD = "good"
    MEDIUM = "medium"
    POOR = "poor"
    UNKNOWN = "unknown"


class Figure(msgspec.Struct, frozen=True):
    """One figure of an assessment.

    Attributes:
        value: quality as a name of ``Quality``; quantity in pieces and value in ``currency`` as exact decimal
            text; None when it abstains.
        low, high: the range that the value lies in, in the same form; None where there is no range.
        confidence: in ten-thousandths; None where the basis gives none (a person, a reconciled document).
        basis: what it rests on.
        because: one sentence: why this value, or why it abstains.
        conflicts: what contradicts it, one sentence each.
    """

    value: str | None
    basis: Basis
    because: str
    low: str | None = None
    high: str | None = None
    confidence: int | None = None
    conflicts: tuple[str, ...] = ()


class Assessment(msgspec.Struct, frozen=True):
    """What one model (or one person) makes of one delivery.

    Attributes:
        model: name and version of who assessed, for example ``documents/1``.
        model_sha256: of the model's file, 64 hex digits; empty where there is none.
        currency: of the value; ISO 4217.
    """

    model: str
    quality: Figure
    quantity: Figure
    value: Figure
    currency: str = "CNY"
    model_sha256: str = ""


class Picture(msgspec.Struct, frozen=True):
    """One photograph, decoded and made safe: RGB, 8 bits a channel, row by row.

    Attributes:
        pixels: ``width * height * 3`` bytes.
        name: how the evidence calls it, for sentences.
    """

    name: str
    width: int
    height: int
    pixels: bytes


class Clip(msgspec.Struct, frozen=True):
    """Frames of one video, one a second or fewer, near-duplicates and blurred ones left out."""

    name: str
    frames: tuple[Picture, ...]


class Pack(msgspec.Struct, frozen=True):
    """Everything that a target model may look at for one delivery.

    Attributes:
        papers: what was read off contract, delivery note and invoice.
        product_family: as the lender calls the goods, for example ``magnetic-tile``; empty when not said.
    """

    papers: tuple[Paper, ...] = ()
    pictures: tuple[Picture, ...] = ()
    clips: tuple[Clip, ...] = ()
    product_family: str = ""


class ImageUnit(Protocol):
    """Reads photographs (E8)."""

    def assess_pictures(self, pictures: Sequence[Picture], product_family: str) -> Assessment:
        """Return what it makes of the photographs; it abstains where it cannot tell."""
        ...


class VideoUnit(Protocol):
    """Reads videos, frame by frame and together (E8)."""

    def assess_clips(self, clips: Sequence[Clip], product_family: str) -> Assessment:
        """Return what it makes of the videos; it abstains where it cannot tell."""
        ...


class TargetModel(Protocol):
    """What looks at a delivery; a lender may replace it (E8)."""

    def assess(self, pack: Pack) -> Assessment:
        """Return what it makes of the pack; it abstains where it cannot tell, and says why."""
        ...
