"""OCR: the port that reads words off a picture, and its adapter for RapidOCR with measured settings.

``max_side_len`` 1280 and no orientation classifier: the classifier turned short numbers upside down, and
larger sides found fewer lone characters at a higher price.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final, Protocol

import numpy as np

from tallystick.capture.layout import Page, Point, Word, standing
from tallystick.capture.rules import KindRules
from tallystick.evidence.assessment import Picture
from tallystick.evidence.papers import Source

MAX_SIDE: Final = 1280
THREADS: Final = 2

#: Mean score of letters (ten-thousandths) of a page that surely stands upright: as measured, upright pages
#: had 9,300 and more, and pages on their heads 7,800 and less.
UPRIGHT_SCORE: Final = 9_000

_SIGN = 20  # what a known label weighs against one sure letter when the way up is chosen


class Engine(Protocol):
    """What reads words off a picture."""

    def read(self, picture: Picture) -> tuple[Word, ...]:
        """Return the words of an upright picture, corners in its pixels; none for a blank one."""
        ...


class RapidEngine:
    """RapidOCR with the models of its package; not to be shared between threads."""

    def __init__(self, threads: int = THREADS) -> None:
        from rapidocr import RapidOCR  # noqa: PLC0415 - loads models and OpenCV: only where pages are read

        onnx = "EngineConfig.onnxruntime"
        self._engine: Callable[..., Any] = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.max_side_len": MAX_SIDE,
                "Global.use_cls": False,
                f"{onnx}.intra_op_num_threads": threads,
                f"{onnx}.inter_op_num_threads": 1,
            }
        )

    def read(self, picture: Picture) -> tuple[Word, ...]:
        """Return the words of an upright picture, corners in its pixels; none for a blank one."""
        found = self._engine(np.ascontiguousarray(pixels(picture)[:, :, ::-1]))
        if found.boxes is None:
            return ()
        return tuple(
            Word(text, _corners(box), round(float(score) * 10_000))
            for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        )


@cache
def engine() -> Engine:
    """Return the engine of this process; making it takes about two seconds and 0.8 GB."""
    return RapidEngine()


def pixels(picture: Picture) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Return the RGB pixels of a picture as an array (height, width, 3), without a copy."""
    return np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 3)


def read_picture(reader: Engine, rules: KindRules, picture: Picture, number: int) -> Page:
    """Return the words of a picture that may lie on its side or stand on its head.

    A page on its side is read again both ways, one that reads badly and has no label of its kind once upside
    down; the way that reads best is kept: the letters by their scores, and the labels that the kind has.
    """
    page = _page(picture, reader.read(picture), number, 0)
    if standing(page.words):
        turns: Sequence[int] = (1, 3)
    elif page.words and _mean_score(page) < UPRIGHT_SCORE and not rules.signs_on([page]):
        turns = (2,)
    else:
        return page
    pages = [
        page,
        *(_page(turned, reader.read(turned), number, by) for by, turned in _turned(picture, turns)),
    ]
    return max(pages, key=lambda each: _worth(rules, each))


def _page(picture: Picture, words: tuple[Word, ...], number: int, turns: int) -> Page:
    return Page(number, picture.width, picture.height, words, Source.OCR, turns)


def _turned(picture: Picture, turns: Sequence[int]) -> list[tuple[int, Picture]]:
    made = []
    for by in turns:
        turned = np.rot90(pixels(picture), by)
        made.append((by, Picture(picture.name, turned.shape[1], turned.shape[0], turned.tobytes())))
    return made


def _worth(rules: KindRules, page: Page) -> float:
    return _letters(page) + _SIGN * rules.signs_on([page])


def _letters(page: Page) -> float:
    """Return how many letters were read, each counted by its score."""
    return math.fsum(len(word.text) * (word.score or 0) / 10_000 for word in page.words)


def _mean_score(page: Page) -> float:
    return 10_000 * _letters(page) / max(1, sum(len(word.text) for word in page.words))


def _corners(box: Iterable[tuple[float, float]]) -> tuple[Point, Point, Point, Point]:
    a, b, c, d = ((float(x), float(y)) for x, y in box)
    return a, b, c, d
