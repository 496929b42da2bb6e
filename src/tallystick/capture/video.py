"""Films as a few still pictures: one a second or fewer, without the blurred and the repeated ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame

from tallystick.capture.refusals import not_readable, too_demanding
from tallystick.errors import Rejection, TooLarge
from tallystick.evidence.assessment import Clip, Picture

MAX_FRAME_PIXELS: Final = 2 * 1920 * 1080
MAX_DURATION_S: Final = 180
MAX_DECODED: Final = 9_000
MAX_KEPT: Final = 60
LONGEST_SIDE: Final = 1_280
#: Mean difference of grey, of 255, below which two pictures show the same.
SAME: Final = 2.0
#: Variance of the Laplacian below which a picture is blurred (grey of 0 to 255).
BLURRED: Final = 20.0
_FORMATS: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
_OPTIONS: Final = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
_TIMEOUT_S: Final = 5
_GRID: Final = 32

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def frames(path: Path, name: str) -> Clip:
    """Return at most ``MAX_KEPT`` pictures of an MP4, MOV or WebM film, upright, in their order.

    They lie a second apart, or further in a film longer than ``MAX_KEPT`` seconds. Where all are blurred,
    it is the sharpest one.

    Args:
        path: of the file.
        name: how the evidence calls it.

    Raises:
        Malformed: ``file_not_readable``, also for a playlist or a film without pictures.
        TooLarge: ``film_too_large`` above ``MAX_FRAME_PIXELS``, ``MAX_DURATION_S`` or ``MAX_DECODED``;
            ``file_too_demanding``.
    """
    try:
        with av.open(
            str(path),
            mode="r",
            timeout=(_TIMEOUT_S, _TIMEOUT_S),
            options=dict(_OPTIONS),
            metadata_errors="ignore",
        ) as film:
            kept = _keep(_sampled(film))
    except Rejection:
        raise
    except MemoryError as error:
        raise too_demanding() from error
    except (FFmpegError, ValueError, OverflowError, OSError) as error:
        raise not_readable("a film") from error
    if not kept:
        raise not_readable("a film", "it holds no picture")
    return Clip(
        name,
        tuple(
            Picture(f"{name} {number}", pixels.shape[1], pixels.shape[0], pixels.tobytes())
            for number, pixels in enumerate(kept, 1)
        ),
    )


def _sampled(film: InputContainer) -> Iterator[Pixels]:
    if not film.streams.video:
        raise not_readable("a film", "it holds no picture")
    stream = film.streams.video[0]
    stream.thread_count = 1
    _check_size(stream.codec_context.width, stream.codec_context.height)
    duration_s = (film.duration or 0) / 1_000_000
    if duration_s > MAX_DURATION_S:
        raise _too_large()
    step_s = max(1.0, duration_s / MAX_KEPT)
    first_s, taken = None, 0
    for number, frame in enumerate(film.decode(stream), 1):
        if number > MAX_DECODED:
            raise _too_large()
        _check_size(frame.width, frame.height)  # it may change in the middle of a film
        at_s = float(frame.time or 0)
        first_s = at_s if first_s is None else first_s
        if at_s - first_s > MAX_DURATION_S:
            raise _too_large()
        if at_s - first_s >= taken * step_s:
            taken += 1
            yield _pixels(frame)
        if taken >= MAX_KEPT:
            return


def _keep(sampled: Iterator[Pixels]) -> list[Pixels]:
    kept: list[Pixels] = []
    last: np.ndarray[Any, Any] | None = None
    best, sharpest = -1.0, list[Pixels]()
    for pixels in sampled:
        grey = pixels.mean(axis=2)
        sharpness = _sharpness(grey)
        if sharpness > best:
            best, sharpest = sharpness, [pixels]
        small = _small(grey)
        if sharpness < BLURRED or (last is not None and np.abs(small - last).mean() < SAME):
            continue
        kept.append(pixels)
        last = small
    return kept or sharpest


def _pixels(frame: VideoFrame) -> Pixels:
    scale = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height)
    quarters = round(frame.rotation / 90) % 4  # counted against the clock, as numpy does
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def _small(grey: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    rows = np.linspace(0, grey.shape[0] - 1, _GRID).astype(int)
    columns = np.linspace(0, grey.shape[1] - 1, _GRID).astype(int)
    found: np.ndarray[Any, Any] = grey[np.ix_(rows, columns)]
    return found


def _sharpness(grey: np.ndarray[Any, Any]) -> float:
    if min(grey.shape) < 3:
        return 0.0
    middle = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * middle).var())


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_FRAME_PIXELS:
        raise _too_large()


def _too_large() -> TooLarge:
    return TooLarge(
        "film_too_large",
        f"A film may have {MAX_FRAME_PIXELS:,} pixels a picture, {MAX_DURATION_S} seconds "
        f"and {MAX_DECODED:,} pictures.",
    )
