"""What was answered as committed is there after ``kill -9``, also with two processes on one file."""

import os
import subprocess
import sys
import time

from tallystick.engines.storage import maintenance
from tallystick.engines.storage.reading import LedgerFile
from tests.engines.embedded import create
from tests.ledger.notebook import NOTEBOOK

PAUSES_S = (0.01, 0.13, 0.05, 0.19)


def start(path, who, log):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "tests.engines.writing_process", str(path), who]
    return subprocess.Popen(command, stdout=log, env=environment)


def await_lines(log, count):
    deadline = time.monotonic() + 20
    while log.read_bytes().count(b"\n") < count and time.monotonic() < deadline:
        time.sleep(0.01)


def test_what_was_answered_survives_kill_9(tmp_path):
    path, log = tmp_path / "ledger.sqlite3", tmp_path / "committed"
    create(path).close()
    log.touch()
    for turn, pause_s in enumerate(PAUSES_S):
        with log.open("ab") as out:
            processes = [start(path, who, out) for who in ("anne", "bert")]
            await_lines(log, (turn + 1) * 60)
            time.sleep(pause_s)
            for process in processes:
                process.kill()
            for process in processes:
                process.wait()
    lines = log.read_text().splitlines()
    # The very last line of a killed process may be cut.
    answered = [line.split() for line in lines if len(line.split()) == 3]
    assert len(answered) >= len(PAUSES_S) * 50
    ledger = LedgerFile(path)
    for name, address, code in answered:
        receipt = ledger.receipt(name)
        assert (receipt.address, receipt.code) == (address, code) == (address, "ok")
    height, app_hash = ledger.head().height, ledger.head().app_hash
    ledger.close()
    followed = maintenance.verify(path, [NOTEBOOK], lambda done, total: None)
    assert (followed.height, followed.app_hash) == (height, app_hash)
    assert followed.transactions >= len(answered)
