"""Two programs are kept running together, and their logs stay within bounds."""

import sys
import threading
import time

import pytest

from tallystick.engines.cometbft import supervision
from tallystick.engines.cometbft.supervision import STOP_CODE, Program, Supervisor, only_one
from tallystick.errors import Conflict, Corruption, NotFound
from tests.engines.cometbft.network import wait_until

LISTENS = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); "
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def program(name, code):
    return Program(name, (sys.executable, "-c", LISTENS + code, f"{name}.sock"), f"{name}.sock")


@pytest.fixture
def supervise(tmp_path):
    """Runs a supervisor of two programs in a thread; what it raised is in ``failures``."""
    running = []

    def start(first, second):
        supervisor = Supervisor(tmp_path, (program("first", first), program("second", second)), ENVIRONMENT)
        failures = []

        def run():
            try:
                supervisor.run()
            except (Corruption, NotFound) as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        running.append((supervisor, thread))
        return supervisor, failures, thread

    yield start
    for supervisor, thread in running:
        supervisor.stop()
        thread.join()


def pid(folder, name):
    return int((folder / f"{name}.pid").read_text())


def test_when_one_ends_both_start_again(supervise, tmp_path):
    supervisor, _, _ = supervise("time.sleep(60)", "time.sleep(0.3)")
    wait_until(lambda: supervisor.restarts >= 1)
    before = pid(tmp_path, "first")
    wait_until(lambda: supervisor.restarts >= 2 and pid(tmp_path, "first") != before)


def test_a_program_that_says_a_person_must_look_stops_both(supervise, tmp_path):
    supervisor, failures, thread = supervise(f"time.sleep(0.2); sys.exit({STOP_CODE})", "time.sleep(60)")
    thread.join(10)
    assert [error.code for error in failures] == ["node_stopped"]
    assert failures[0].details["log"].endswith("first.log")
    assert not supervisor.is_running("second")


def test_a_program_that_is_not_there_is_named(tmp_path):
    absent = Program("absent", ("/nowhere/program",), "absent.sock")
    with pytest.raises(NotFound) as caught:
        Supervisor(tmp_path, (absent,), ENVIRONMENT).run()
    assert caught.value.code == "program_missing"


def test_a_log_that_is_long_becomes_the_old_one_while_its_program_runs_on(supervise, tmp_path, monkeypatch):
    monkeypatch.setattr(supervision, "MAX_LOG_BYTES", 1000)
    chatty = "\nwhile True: print('x' * 99, flush=True); time.sleep(0.005)"
    supervisor, _, _ = supervise(chatty, "time.sleep(60)")
    wait_until(lambda: (tmp_path / "first.log.1").exists())
    time.sleep(0.5)
    assert (tmp_path / "first.log").stat().st_size < 100_000
    assert supervisor.restarts == 0


def test_a_node_runs_once(tmp_path):
    with only_one(tmp_path):
        with pytest.raises(Conflict) as caught, only_one(tmp_path):
            pass
        assert caught.value.code == "node_running"
    with only_one(tmp_path):
        pass
