"""Films made by the tests."""

from pathlib import Path

import av
import numpy as np

RATE = 5


def film(
    path: Path, scenes: list[np.ndarray], seconds: int = 1, codec: str = "mpeg4", rate: int = RATE
) -> Path:
    """Write a film that shows each scene for so many seconds."""
    with av.open(str(path), "w") as opened:
        stream = opened.add_stream(codec, rate=rate)
        stream.height, stream.width = scenes[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for scene in scenes:
            for _ in range(seconds * rate):
                for packet in stream.encode(av.VideoFrame.from_ndarray(scene, format="rgb24")):
                    opened.mux(packet)
        for packet in stream.encode():
            opened.mux(packet)
    return path


def scene(seed: int, size: tuple[int, int] = (160, 120)) -> np.ndarray:
    """A sharp scene: squares of random colours."""
    squares = np.random.default_rng(seed).integers(0, 255, (size[1] // 8, size[0] // 8, 3), np.uint8)
    return squares.repeat(8, 0).repeat(8, 1)


def grey(size: tuple[int, int] = (160, 120)) -> np.ndarray:
    return np.full((size[1], size[0], 3), 90, np.uint8)
