"""A worker does what it was asked within its limits, and a file that breaks it breaks nothing else."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.capture.worker import Pool
from tallystick.errors import Conflict, Rejection, TallystickError, Unavailable
from tests.capture import bad_jobs
from tests.parts import missing


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool(bad_jobs.__name__)
    yield pool
    pool.close()


def refusal(pool: Pool, job: str, *arguments: object) -> str:
    with pytest.raises(Rejection) as refused:
        pool.run(job, *arguments, result_type=object)
    return refused.value.code


def pid(pool: Pool) -> int:
    return pool.run("pid", result_type=int)


def test_a_job_runs_in_another_process_which_stays_for_the_next(pool: Pool) -> None:
    assert pool.run("double", 21, result_type=int) == 42
    assert pid(pool) == pid(pool) != os.getpid()


def test_an_error_of_ours_comes_out_as_it_went_in(pool: Pool) -> None:
    before = pid(pool)
    with pytest.raises(Conflict) as refused:
        pool.run("refuse", result_type=object)
    assert (refused.value.code, refused.value.message) == ("a_code", "A sentence.")
    assert refused.value.details == {"place": "here", "number": 3}
    assert pid(pool) == before


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ("eat_memory", "file_too_demanding"),
        ("eat_time", "file_too_demanding"),
        ("crash", "file_not_readable"),
        ("fail", "file_not_readable"),
        ("missing", "file_not_readable"),
    ],
)
def test_a_file_that_breaks_its_reader_is_to_blame_and_the_next_one_gets_another(
    pool: Pool, job: str, code: str
) -> None:
    before = pid(pool)
    assert refusal(pool, job) == code
    assert pid(pool) != before


def test_a_job_that_sleeps_is_stopped_by_the_clock(pool: Pool) -> None:
    started = time.monotonic()
    assert refusal(pool, "sleep", 30) == "file_too_demanding"
    assert time.monotonic() - started < 10


def test_an_answer_of_another_kind_than_asked_for_is_refused(pool: Pool) -> None:
    with pytest.raises(Rejection) as refused:
        pool.run("double", 1, result_type=str)
    assert refused.value.code == "file_not_readable"


def test_what_a_library_prints_is_no_answer(pool: Pool) -> None:
    assert pool.run("chatter", result_type=str) == "said"


def test_a_job_that_is_not_in_the_table_is_never_asked_for(pool: Pool) -> None:
    with pytest.raises(KeyError):
        pool.run("os.system", "true", result_type=object)


def test_a_worker_knows_no_secret_and_holds_no_file_of_its_parent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TALLYSTICK_PKCS11_PIN", "112233")
    kept = tmp_path / "secret"
    pool = Pool(bad_jobs.__name__)
    with kept.open("w") as file:
        os.set_inheritable(file.fileno(), True)
        found = pool.run("surroundings", result_type=dict[str, Any])
    pool.close()
    assert "112233" not in str(found["environment"])
    assert not [name for name in found["environment"] if name.startswith(("TALLYSTICK", "DJANGO"))]
    assert str(kept) not in found["descriptors"]
    assert all(name.startswith(("pipe:", "/dev/null", "/proc/")) for name in found["descriptors"])


def test_a_worker_writes_no_file(pool: Pool, tmp_path: Path) -> None:
    target = tmp_path / "written"
    assert refusal(pool, "write_file", str(target)) == "file_not_readable"
    assert not target.exists() or not target.stat().st_size


def test_a_worker_has_no_network_where_the_system_allows_it(pool: Pool) -> None:
    found = pool.run("interfaces", result_type=list[str])
    if len(found) > 1:
        missing("This system does not let a process leave the network (user namespaces are off).")
    assert found == ["lo"]


def test_a_process_is_replaced_after_its_number_of_jobs() -> None:
    pool = Pool(bad_jobs.__name__, max_jobs=2)
    pids = [pid(pool) for _ in range(4)]
    pool.close()
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_many_threads_get_each_their_own_answer(pool: Pool) -> None:
    answers: dict[int, int] = {}

    def ask(number: int) -> None:
        answers[number] = pool.run("double", number, result_type=int)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: 2 * number for number in range(12)}


def test_whoever_finds_no_room_is_told_so_at_once_or_in_time() -> None:
    for limits in ({"max_waiting": 0}, {"wait_s": 0.05}):
        pool = Pool(bad_jobs.__name__, **limits)
        pool.run("double", 1, result_type=int)
        busy = threading.Thread(target=lambda pool=pool: pool.run("sleep", 0.5, result_type=float))
        busy.start()
        time.sleep(0.1)
        with pytest.raises(Unavailable) as refused:
            pool.run("double", 1, result_type=int)
        busy.join()
        assert refused.value.code == "capture_busy"
        assert pool.run("double", 4, result_type=int) == 8
        pool.close()


def test_that_no_process_starts_is_not_the_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("/nowhere/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", program)
        with pytest.raises(TallystickError) as refused:
            Pool(bad_jobs.__name__).run("double", 1, result_type=int)
        assert isinstance(refused.value, Unavailable)
        assert refused.value.code == "capture_worker_unavailable"
