"""A film becomes a few sharp and different pictures, or is refused."""

from pathlib import Path

import numpy as np
import pytest

from tallystick.capture import video
from tallystick.errors import Rejection
from tests.capture.films import film, grey, scene


def refusal(path: Path) -> str:
    with pytest.raises(Rejection) as refused:
        video.frames(path, "film")
    return refused.value.code


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.mov", "mpeg4"), ("a.webm", "libvpx")])
def test_a_film_gives_a_picture_for_each_second_that_shows_something_new(
    tmp_path: Path, name: str, codec: str
) -> None:
    scenes = [scene(1), scene(2), scene(2), scene(3)]
    clip = video.frames(film(tmp_path / name, scenes, codec=codec), "goods")
    assert clip.name == "goods"
    assert len(clip.frames) == 3
    for found, meant in zip(clip.frames, (scenes[0], scenes[1], scenes[3]), strict=True):
        assert (found.width, found.height) == (160, 120)
        pixels = np.frombuffer(found.pixels, np.uint8).reshape(120, 160, 3)
        assert np.abs(pixels.astype(int) - meant).mean() < 40


def test_blurred_pictures_are_left_out_unless_there_is_nothing_else(tmp_path: Path) -> None:
    assert len(video.frames(film(tmp_path / "a.mp4", [grey(), scene(1), grey()]), "").frames) == 1
    (only,) = video.frames(film(tmp_path / "b.mp4", [grey(), grey()]), "").frames
    assert set(only.pixels[:3]) <= set(range(80, 100))


def test_a_long_film_is_sampled_over_its_whole_length(tmp_path: Path) -> None:
    scenes = [scene(seed, (32, 32)) for seed in range(100)]
    clip = video.frames(film(tmp_path / "a.mp4", scenes), "")
    assert 55 <= len(clip.frames) <= video.MAX_KEPT
    last = np.frombuffer(clip.frames[-1].pixels, np.uint8).reshape(32, 32, 3)
    nearest = min(range(100), key=lambda seed: np.abs(last.astype(int) - scenes[seed]).mean())
    assert nearest >= 96


def test_a_film_that_is_too_long_or_too_large_is_refused(tmp_path: Path) -> None:
    long = film(tmp_path / "long.mp4", [grey((16, 16))], seconds=video.MAX_DURATION_S + 5, rate=1)
    assert refusal(long) == "film_too_large"
    assert refusal(film(tmp_path / "large.mp4", [grey((3840, 2160))], rate=1)) == "film_too_large"


def test_a_playlist_named_as_a_film_opens_nothing(tmp_path: Path) -> None:
    secret = film(tmp_path / "secret.mp4", [scene(1)])
    playlist = tmp_path / "a.mp4"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n")
    assert refusal(playlist) == "file_not_readable"
    concat = tmp_path / "b.mp4"
    concat.write_text(f"ffconcat version 1.0\nfile {secret}\n")
    assert refusal(concat) == "file_not_readable"


def test_what_is_no_film_or_cut_off_is_refused(tmp_path: Path) -> None:
    whole = film(tmp_path / "a.mp4", [scene(1)]).read_bytes()
    for content in (b"", whole[:40], whole[: len(whole) // 2], b"\x00\x00\x00\x20ftypisom" + bytes(500)):
        (tmp_path / "b.mp4").write_bytes(content)
        assert refusal(tmp_path / "b.mp4") == "file_not_readable"
