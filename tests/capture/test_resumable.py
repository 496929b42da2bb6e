"""An upload goes on where it was, whatever happened in between, and is whole or is not."""

import hashlib
import multiprocessing
import os
import random
import signal
import stat
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.capture import resumable, sniffing
from tallystick.capture.resumable import Uploads
from tallystick.errors import Conflict, TallystickError
from tallystick.values.clock import FixedClock
from tests.capture import files

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CONTENT = files.picture() + random.Random(1).randbytes(60_000)  # noqa: S311  # the same in every run
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def uploads(tmp_path: Path, clock: FixedClock) -> Uploads:
    return Uploads(tmp_path / "quarantine", clock)


def code(function, *arguments: object) -> str:
    with pytest.raises(TallystickError) as refused:
        function(*arguments)
    return refused.value.code


def test_pieces_in_order_make_the_file_in_quarantine_under_a_random_name(
    uploads: Uploads, tmp_path: Path
) -> None:
    token = uploads.begin("u1", "../../货物.jpg", len(CONTENT), HASH)
    for offset in range(0, len(CONTENT), 5000):
        progress = uploads.append(token, "u1", offset, CONTENT[offset : offset + 5000])
    assert progress.received_bytes == progress.size_bytes == len(CONTENT)
    path = uploads.finish(token, "u1")
    assert path.read_bytes() == CONTENT
    assert path.parent == tmp_path / "quarantine"
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}
    uploads.abandon(token, "u1")
    assert [each.name for each in path.parent.iterdir()] == [".lock"]


def test_a_gap_is_refused_with_where_to_go_on(uploads: Uploads) -> None:
    token = uploads.begin("u1", "a.jpg", len(CONTENT))
    uploads.append(token, "u1", 0, CONTENT[:7000])
    with pytest.raises(Conflict) as refused:
        uploads.append(token, "u1", 7001, CONTENT[7001:8000])
    assert refused.value.code == "wrong_offset"
    assert refused.value.details == {"received_bytes": 7000}
    assert uploads.status(token, "u1").received_bytes == 7000


def test_a_piece_may_come_again_and_no_other_in_its_place(uploads: Uploads) -> None:
    token = uploads.begin("u1", "a.jpg", len(CONTENT))
    uploads.append(token, "u1", 0, CONTENT[:7000])
    assert uploads.append(token, "u1", 0, CONTENT[:7000]).received_bytes == 7000
    assert uploads.append(token, "u1", 6000, CONTENT[6000:9000]).received_bytes == 9000
    assert code(uploads.append, token, "u1", 100, b"\x00other") == "piece_differs"
    assert uploads.status(token, "u1").received_bytes == 9000


@given(
    pieces=st.lists(
        st.tuples(st.integers(0, len(CONTENT)), st.integers(0, len(CONTENT))), min_size=1, max_size=12
    )
)
@settings(max_examples=30)
def test_pieces_at_any_offset_leave_a_true_beginning(pieces: list[tuple[int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        uploads = Uploads(Path(folder), FixedClock(NOON))
        token = uploads.begin("u1", "a.jpg", len(CONTENT), HASH)
        done = 0
        for offset, length in pieces:
            piece = CONTENT[offset : offset + length]
            if offset > done:
                assert code(uploads.append, token, "u1", offset, piece) == "wrong_offset"
            else:
                done = max(done, offset + len(piece))
                assert uploads.append(token, "u1", offset, piece).received_bytes == done
        uploads.append(token, "u1", done, CONTENT[done:])
        assert uploads.finish(token, "u1").read_bytes() == CONTENT


def test_writers_at_the_same_time_cannot_spoil_it(uploads: Uploads) -> None:
    token = uploads.begin("u1", "a.jpg", len(CONTENT), HASH)

    def send() -> None:
        done = 0
        while done < len(CONTENT):
            try:
                done = uploads.append(token, "u1", done, CONTENT[done : done + 9000]).received_bytes
            except Conflict as refused:
                done = int(refused.details["received_bytes"] or 0)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert uploads.finish(token, "u1").read_bytes() == CONTENT


def _die_after_writing(folder: str, token: str) -> None:
    def die(_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    resumable.os.fsync = die
    Uploads(Path(folder), FixedClock(NOON)).append(token, "u1", 5000, CONTENT[5000:20000])


def test_a_process_killed_in_the_middle_of_a_piece_loses_that_piece_only(
    uploads: Uploads, tmp_path: Path
) -> None:
    token = uploads.begin("u1", "a.jpg", len(CONTENT), HASH)
    uploads.append(token, "u1", 0, CONTENT[:5000])
    folder = tmp_path / "quarantine"
    killed = multiprocessing.get_context("spawn").Process(
        target=_die_after_writing, args=(str(folder), token)
    )
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    part = folder / f"{token}.part"
    assert part.stat().st_size == 20000
    part.write_bytes(part.read_bytes()[:9000] + bytes(11000))  # pages that never reached the disk
    again = Uploads(folder, FixedClock(NOON))
    assert again.status(token, "u1").received_bytes == 5000
    again.append(token, "u1", 5000, CONTENT[5000:])
    assert again.finish(token, "u1").read_bytes() == CONTENT


def test_an_upload_is_finished_only_when_it_is_whole_and_what_was_announced(uploads: Uploads) -> None:
    token = uploads.begin("u1", "a.jpg", len(CONTENT), "0" * 64)
    uploads.append(token, "u1", 0, CONTENT[:-1])
    assert code(uploads.finish, token, "u1") == "upload_incomplete"
    uploads.append(token, "u1", len(CONTENT) - 1, CONTENT[-1:])
    assert code(uploads.finish, token, "u1") == "upload_differs"
    assert code(uploads.status, token, "u1") == "unknown_upload"


def test_nobody_else_sees_an_upload_nor_one_by_a_name_that_is_no_token(uploads: Uploads) -> None:
    token = uploads.begin("u1", "a.jpg", 10)
    for other, owner in ((token, "u2"), ("0" * 48, "u1"), ("../" + token, "u1"), ("", "u1")):
        for ask in (uploads.status, uploads.finish, uploads.abandon):
            assert code(ask, other, owner) == "unknown_upload"
        assert code(uploads.append, other, owner, 0, b"x") == "unknown_upload"


def test_sizes_are_bounded_by_kind_piece_and_announcement(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code(uploads.begin, "u1", "a", sniffing.MAX_VIDEO_BYTES + 1) == "file_too_large"
    for name, size, sha256 in (
        ("", 1, ""),
        ("a\n", 1, ""),
        ("a", 0, ""),
        ("a", 1, "abc"),
        ("x" * 201, 1, ""),
    ):
        assert code(uploads.begin, "u1", name, size, sha256) == "malformed_upload"
    picture = uploads.begin("u1", "a.jpg", sniffing.MAX_IMAGE_BYTES + 1)
    assert code(uploads.append, picture, "u1", 0, CONTENT[:9000]) == "file_too_large"
    page = uploads.begin("u1", "a.jpg", 20)
    assert code(uploads.append, page, "u1", 0, b"<html>" + bytes(14)) == "unknown_media_type"
    assert code(uploads.append, page, "u1", 15, b"123456") == "file_too_large"
    assert code(uploads.append, page, "u1", -1, b"1") == "file_too_large"
    monkeypatch.setattr(resumable, "MAX_CHUNK_BYTES", 10)
    assert code(uploads.append, page, "u1", 0, bytes(11)) == "piece_too_large"


def test_only_so_many_uploads_are_open_at_once_and_old_ones_expire(
    uploads: Uploads, clock: FixedClock, tmp_path: Path
) -> None:
    for _ in range(resumable.MAX_OPEN_PER_OWNER):
        uploads.begin("u1", "a.jpg", 10)
    assert code(uploads.begin, "u1", "a.jpg", 10) == "too_many_uploads"
    uploads.begin("u2", "a.jpg", 10)
    clock.advance(timedelta(hours=23))
    late = uploads.begin("u2", "b.jpg", 10)
    assert uploads.expire() == 0
    clock.advance(timedelta(hours=2))
    (tmp_path / "quarantine" / f"{'a' * 48}.part").write_bytes(b"left by a crash")
    assert uploads.expire() == resumable.MAX_OPEN_PER_OWNER + 2
    assert uploads.status(late, "u2").received_bytes == 0
    assert len(list((tmp_path / "quarantine").iterdir())) == 4
