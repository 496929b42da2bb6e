"""An upload goes on where it stopped, whatever stopped it, and belongs to who began it."""

import hashlib
import random
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tallystick.capture import resumable
from tallystick.capture.resumable import MAX_AGE, MAX_OPEN_PER_OWNER, Uploads
from tallystick.capture.sniffing import HEAD_BYTES
from tallystick.errors import Conflict, NotFound, TallystickError, TooLarge
from tallystick.values.clock import FixedClock
from tests.capture import files

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
NOISE = random.Random(5).randbytes(8100)  # noqa: S311 - it hides nothing
CONTENT = files.saved(Image.frombytes("L", (90, 90), NOISE), "PNG")


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path / "quarantine", FixedClock(NOW))


def begun(uploads, owner="a", content=CONTENT, sha256=""):
    return uploads.begin(owner, "goods.png", len(content), sha256)


@given(cuts=st.lists(st.integers(HEAD_BYTES, len(CONTENT)), max_size=6), repeat=st.booleans())
def test_pieces_of_any_size_some_of_them_twice_make_the_file(tmp_path_factory, cuts, repeat):
    uploads = Uploads(tmp_path_factory.mktemp("pieces"), FixedClock(NOW))
    token = begun(uploads, sha256=hashlib.sha256(CONTENT).hexdigest())
    places = [0, *sorted(cuts), len(CONTENT)]
    for start, end in pairwise(places):
        uploads.append(token, "a", start, CONTENT[start:end])
        if repeat:
            uploads.append(token, "a", start, CONTENT[start:end])
    assert uploads.finish(token, "a").read_bytes() == CONTENT


def test_a_gap_is_refused_and_says_where_to_go_on(uploads):
    token = begun(uploads)
    uploads.append(token, "a", 0, CONTENT[:100])
    with pytest.raises(Conflict) as caught:
        uploads.append(token, "a", 200, CONTENT[200:])
    assert (caught.value.code, caught.value.details["received_bytes"]) == ("wrong_offset", 100)
    with pytest.raises(Conflict) as caught:
        uploads.append(token, "a", 50, b"x" * 20)
    assert caught.value.code == "piece_differs"
    with pytest.raises(Conflict) as caught:
        uploads.finish(token, "a")
    assert caught.value.code == "upload_incomplete"


def test_another_process_goes_on_where_the_first_was_killed(uploads, tmp_path):
    token = begun(uploads)
    uploads.append(token, "a", 0, CONTENT[:100])
    (part,) = (tmp_path / "quarantine").glob("*.part")
    with part.open("ab") as torn:
        torn.write(b"half a piece that was never confirmed")
    again = Uploads(tmp_path / "quarantine", FixedClock(NOW))
    assert again.status(token, "a").received_bytes == 100
    again.append(token, "a", 100, CONTENT[100:])
    assert again.finish(token, "a").read_bytes()[: len(CONTENT)] == CONTENT


def test_parallel_senders_of_the_same_pieces_make_one_whole_file(uploads):
    token = begun(uploads)

    def send():
        place = 0
        while place < len(CONTENT):
            try:
                place = uploads.append(token, "a", place, CONTENT[place : place + 37]).received_bytes
            except Conflict as refused:
                place = int(refused.details["received_bytes"])

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert uploads.finish(token, "a").read_bytes() == CONTENT


def test_an_upload_is_its_owners(uploads):
    token = begun(uploads)
    for ask in (
        lambda: uploads.append(token, "b", 0, CONTENT),
        lambda: uploads.status(token, "b"),
        lambda: uploads.finish(token, "b"),
        lambda: uploads.abandon(token, "b"),
        lambda: uploads.status("0" * 48, "a"),
        lambda: uploads.status("../../etc/passwd", "a"),
    ):
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.code == "unknown_upload"


def test_what_goes_beyond_its_size_or_kind_or_number_is_refused(uploads):
    token = begun(uploads)
    with pytest.raises(TooLarge):
        uploads.append(token, "a", 0, CONTENT + b"more")
    with pytest.raises(TooLarge):
        uploads.begin("a", "film.mp4", resumable.sniffing.MAX_VIDEO_BYTES + 1)
    large = uploads.begin("a", "large.png", 50 * 2**20)
    with pytest.raises(TooLarge) as caught:
        uploads.append(large, "a", 0, CONTENT)
    assert caught.value.code == "file_too_large"
    for _ in range(MAX_OPEN_PER_OWNER - 2):
        begun(uploads)
    with pytest.raises(TooLarge) as caught:
        begun(uploads)
    assert caught.value.code == "too_many_uploads"
    assert begun(uploads, owner="b")


def test_a_file_that_arrived_otherwise_than_announced_does_not_stay(uploads):
    token = begun(uploads, sha256="0" * 64)
    uploads.append(token, "a", 0, CONTENT)
    with pytest.raises(Conflict) as caught:
        uploads.finish(token, "a")
    assert caught.value.code == "upload_differs"
    with pytest.raises(TallystickError):
        uploads.status(token, "a")


def test_old_uploads_are_removed(uploads, tmp_path):
    token = begun(uploads)
    assert uploads.expire() == 0
    later = Uploads(tmp_path / "quarantine", FixedClock(NOW + MAX_AGE + timedelta(seconds=1)))
    assert later.expire() == 1
    with pytest.raises(NotFound):
        later.status(token, "a")
