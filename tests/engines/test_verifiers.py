"""Verifying processes: the same answers, spread over them, and none that outlives the ledger's process."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tallystick.bootstrap.ledger import _limits
from tallystick.config import from_environment
from tallystick.engines.embedded.verifiers import LocalVerifier, ProcessVerifier
from tallystick.errors import Malformed
from tests.engines.embedded import create
from tests.ledger.notebook import ANNE, BERT

PATIENCE_S = 15
HOLDER = """
import os, sys, time
from tallystick.engines.embedded.verifiers import ProcessVerifier
verifier = ProcessVerifier(2)
child = os.fork()  # holds the pipes open after its parent is gone
if child == 0:
    time.sleep(60)
    os._exit(0)
print(child, *[worker._process.pid for worker in verifier._workers], flush=True)
time.sleep(60)
"""


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def is_running(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text()
        return state.rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def await_that(holds):
    deadline = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert holds()


def checks():
    genuine = [
        (bytes(who.key.verify_key), who.call(number)) for who in (ANNE, BERT) for number in range(1, 9)
    ]
    return [*genuine, (bytes(BERT.key.verify_key), ANNE.call(1))]


def test_the_setting_says_how_many_processes_there_are():
    assert _limits(from_environment({})).verifiers == 0
    assert _limits(from_environment({"TALLYSTICK_VERIFIERS": "16"})).verifiers == 16
    for text in ("-1", "17", "many"):
        with pytest.raises(Malformed) as refused:
            from_environment({"TALLYSTICK_VERIFIERS": text})
        assert refused.value.details == {"setting": "TALLYSTICK_VERIFIERS"}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_processes_answer_as_the_callers_own_thread_does(count):
    verifier = ProcessVerifier(count)
    expected = [True] * 16 + [False]
    assert verifier.verify(checks()) == LocalVerifier().verify(checks()) == expected
    assert [verifier.verify([check]) for check in checks()] == [[answer] for answer in expected]
    assert verifier.verify([]) == []
    verifier.close()
    assert not any(is_running(worker._process.pid) for worker in verifier._workers)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
def test_no_verifier_outlives_a_killed_process_though_its_fork_holds_the_pipes():
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, env=environment())
    child, *verifiers = map(int, holder.stdout.readline().split())
    try:
        assert all(map(is_running, verifiers))
        holder.kill()
        holder.wait()
        await_that(lambda: not any(map(is_running, verifiers)))
        assert is_running(child)
    finally:
        os.kill(child, signal.SIGKILL)
        holder.stdout.close()


class Connection(http.client.HTTPConnection):
    """HTTP over a socket file."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(self.host)


def ask(path):
    connection = Connection(str(path))
    connection.request("GET", "/", headers={"Host": "localhost"})
    worker, one, two, *codes = connection.getresponse().read().decode().split()
    connection.close()
    return int(worker), [int(one), int(two)], codes


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
def test_a_gunicorn_worker_has_its_verifiers_and_takes_them_with_it(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    create(path).close()
    command = [sys.executable, "-m", "tests.engines.serving_process", str(path)]
    server = subprocess.Popen(command, env=environment())
    try:
        await_that((tmp_path / "socket").exists)
        worker, verifiers, codes = ask(tmp_path / "socket")
        assert codes == ["ok"] * 3
        assert all(map(is_running, verifiers))
        os.kill(worker, signal.SIGKILL)
        await_that(lambda: not any(map(is_running, verifiers)))
        successor, others, codes = ask(tmp_path / "socket")  # the server starts another worker
        assert (successor != worker, codes) == (True, ["ok"] * 3)
    finally:
        server.terminate()
        server.wait(PATIENCE_S)
    await_that(lambda: not any(map(is_running, others)))
