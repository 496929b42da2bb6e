"""A file that harms its reader harms a worker, and nothing else."""

import threading

import pytest

from tallystick.capture.intake import take_in
from tallystick.capture.worker import Pool
from tallystick.errors import Malformed, TallystickError, TooLarge, Unavailable
from tests.capture import files

TABLE = "tests.capture.hostile_jobs"


@pytest.fixture(scope="module")
def pool():
    made = Pool(TABLE)
    yield made
    made.close()


def code_of(ask) -> str:
    with pytest.raises(TallystickError) as caught:
        ask()
    return caught.value.code


def test_a_job_answers_and_its_process_serves_again(pool):
    assert pool.run("echo", "一", result_type=str) == "一"
    assert pool.run("echo", "two", result_type=str) == "two"


def test_a_refusal_of_the_job_comes_out_as_it_was_raised(pool):
    with pytest.raises(Malformed) as caught:
        pool.run("refuse", result_type=type(None))
    assert (caught.value.code, dict(caught.value.details)) == ("unknown_media_type", {"kind": "nothing"})


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ("eat_memory", "file_too_demanding"),
        ("eat_time", "file_too_demanding"),
        ("sleep", "file_too_demanding"),
        ("crash", "file_not_readable"),
        ("fail", "file_not_readable"),
    ],
)
def test_a_file_is_to_blame_for_what_happens_while_it_is_read(pool, job, code):
    assert code_of(lambda: pool.run(job, result_type=type(None))) == code
    assert pool.run("echo", "still here", result_type=str) == "still here"


def test_what_went_wrong_inside_is_not_told(pool):
    with pytest.raises(Malformed) as caught:
        pool.run("fail", result_type=type(None))
    assert "secret" not in caught.value.message


def test_a_worker_knows_nothing_of_its_parents_secrets(pool, monkeypatch):
    monkeypatch.setenv("TALLYSTICK_SECRET", "hidden")
    fresh = Pool(TABLE)
    try:
        environment = fresh.run("environment", result_type=dict[str, str])
        assert not [name for name in environment if name.startswith(("TALLYSTICK", "DJANGO", "HOME"))]
        assert fresh.run("open_files", result_type=int) <= 8
    finally:
        fresh.close()


def test_a_worker_writes_no_file(pool, tmp_path):
    target = tmp_path / "written"
    with pytest.raises(TallystickError):
        pool.run("write_file", str(target), result_type=type(None))
    assert not target.exists() or target.stat().st_size == 0


def test_a_process_is_replaced_after_its_jobs():
    pool = Pool(TABLE, max_jobs=1)
    try:
        assert [pool.run("echo", text, result_type=str) for text in "abc"] == ["a", "b", "c"]
    finally:
        pool.close()


def run_until_refused(pool):
    for _ in range(1000):
        pool.run("echo", "", result_type=str)


def test_who_finds_too_many_waiting_is_told_to_come_again():
    pool = Pool(TABLE, max_waiting=0)
    started, codes = threading.Event(), []

    def hold():
        started.set()
        codes.append(code_of(lambda: pool.run("sleep", result_type=type(None))))

    thread = threading.Thread(target=hold)
    thread.start()
    started.wait()
    try:
        said = {code_of(lambda: run_until_refused(pool))}
    finally:
        thread.join()
        pool.close()
    assert said == {"capture_busy"}
    assert codes in (["file_too_demanding"], ["capture_busy"])


def test_a_worker_that_cannot_start_is_not_the_files_fault(monkeypatch):
    pool = Pool(TABLE)
    monkeypatch.setattr("tallystick.capture.worker.sys.executable", "/nonexistent/python")
    with pytest.raises(Unavailable) as caught:
        pool.run("echo", "", result_type=str)
    assert caught.value.code == "capture_worker_unavailable"


def test_the_shipped_jobs_open_files_within_their_limits(tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(files.png_bomb(30_000))
    pool = Pool()
    try:
        with pytest.raises(TooLarge):
            take_in(path, "bomb.png", pool=pool)
    finally:
        pool.close()
