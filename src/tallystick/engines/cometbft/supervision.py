"""Keeping a node's two processes running: CometBFT stops when its application does, and both start again.

Both are always started together: CometBFT takes the application through what it has missed each time.
"""

import contextlib
import fcntl
import logging
import os
import select
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tallystick.errors import Conflict, Corruption, NotFound

#: Exit code of the application when a person must look before it may run again.
STOP_CODE: Final = 4
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 8.0
#: Who has run this long starts again without a long pause.
STEADY_S: Final = 15.0
TERMINATE_S: Final = 10.0
#: CometBFT may wait for ever for the answer of an application that has gone; it is not waited for so long.
ALONE_S: Final = 2.0
WATCH_S: Final = 0.1
#: CometBFT waits 3 s before it calls an application again that it has called in vain.
LISTEN_S: Final = 10.0
LISTEN_POLL_S: Final = 0.02
MAX_LOG_BYTES: Final = 32 * 1024 * 1024
LOCK: Final = "node.lock"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Program:
    """One process of a node.

    Attributes:
        name: what its log and its process id are filed under.
        command: program and arguments.
        socket: that it listens at, in the folder; what a killed process has left there is removed, since it
            would keep CometBFT from listening. The next program starts when it is there.
    """

    name: str
    command: tuple[str, ...]
    socket: str


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Be the only one who runs the node in this folder.

    Raises:
        NotFound: ``no_node`` when there is no such folder.
        Conflict: ``node_running``.
    """
    if not folder.is_dir():
        raise NotFound("no_node", "There is no node in this installation; run `tallystick node init` first.")
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict("node_running", "This node is running already.") from None
        yield
    finally:
        os.close(lock)


class Supervisor:
    """Runs a node's programs in its folder until told to stop; for the thread that calls ``run``.

    Args:
        folder: where the programs run; their logs and process ids lie in it.
        programs: in the order in which they start.
        environment: what they are given.

    Attributes:
        restarts: how often they have been started again.
    """

    def __init__(self, folder: Path, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._programs = tuple(programs)
        self._environment = dict(environment)
        self._stopping = threading.Event()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts = 0

    def stop(self) -> None:
        """Let ``run`` end the programs and return; may be called from anywhere."""
        self._stopping.set()

    def is_running(self, name: str) -> bool:
        """Return whether the program of that name runs now."""
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def run(self) -> None:
        """Keep the programs running until ``stop``.

        Raises:
            NotFound: ``program_missing`` when one of them is not installed.
            Corruption: ``node_stopped`` when the application says that a person must look first.
        """
        pause_s = FIRST_PAUSE_S
        self._end_leftovers()
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                self._start()
                ended = self._watch()
                self._end()
                if self._stopping.is_set() or ended is None:
                    return
                if self._exit_codes().get(ended) == STOP_CODE:
                    log = str(self._log_path(ended))
                    raise Corruption(
                        "node_stopped", f"The node has stopped and may not simply go on; see {log}.", log=log
                    )
                if time.monotonic() - began > STEADY_S:
                    pause_s = FIRST_PAUSE_S
                _log.warning("%s has ended; the node starts again in %.1f s", ended, pause_s)
                self._stopping.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                self.restarts += 1
        finally:
            self._end()

    def _end_leftovers(self) -> None:
        """End what a supervisor that was killed has left running.

        CometBFT means to end when its application has gone, but may hang on the way, with its files locked.
        """
        for program in self._programs:
            with contextlib.suppress(OSError, ValueError):
                _kill(int(self._pid_path(program.name).read_text()), program.command[-1])

    def _start(self) -> None:
        for program in self._programs:
            (self._folder / program.socket).unlink(missing_ok=True)
        for program in self._programs:
            self._await_sockets()
            with self._log_path(program.name).open("ab") as output:
                try:
                    process = subprocess.Popen(
                        program.command,
                        cwd=self._folder,
                        env=self._environment,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,  # an interrupt at the terminal is for us, who then stop them
                    )
                except FileNotFoundError:
                    raise NotFound(
                        "program_missing", f"The program {program.command[0]} is not installed."
                    ) from None
            self._running[program.name] = process
            self._pid_path(program.name).write_text(str(process.pid))

    def _await_sockets(self) -> None:
        """Return when those that run listen, or one of them has ended, or it takes too long."""
        sockets = [self._folder / each.socket for each in self._programs if self.is_running(each.name)]
        deadline = time.monotonic() + LISTEN_S
        while time.monotonic() < deadline and not all(each.exists() for each in sockets):
            if self._stopping.wait(LISTEN_POLL_S) or None not in self._exit_codes().values():
                return

    def _watch(self) -> str | None:
        """Return the name of the first program that ends, or None when all are to end."""
        while not self._stopping.wait(WATCH_S):
            for name, process in self._running.items():
                _turn_over(self._log_path(name))
                if process.poll() is not None:
                    return self._first_to_end(name)
        return None

    def _first_to_end(self, seen: str) -> str:
        """Return whose end took the others along: CometBFT ends at once when its application does."""
        first = self._programs[0].name
        with contextlib.suppress(subprocess.TimeoutExpired):
            if seen != first:
                self._running[first].wait(WATCH_S)
                return first
        return seen

    def _end(self) -> None:
        """End what still runs, the last started first; who does not listen is killed."""
        running = [
            self._running[program.name]
            for program in reversed(self._programs)
            if program.name in self._running
        ]
        exit_codes = self._exit_codes()
        is_answered = exit_codes.get(self._programs[0].name, 0) is None
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)  # who is stopped hears nothing
                process.terminate()
            try:
                process.wait(TERMINATE_S if is_answered else ALONE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _exit_codes(self) -> dict[str, int | None]:
        return {name: process.poll() for name, process in self._running.items()}

    def _log_path(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _pid_path(self, name: str) -> Path:
        return self._folder / f"{name}.pid"


def _kill(number: int, last_argument: str) -> None:
    """Kill the process of this number, if it is the one that was started with that last argument."""
    process = os.pidfd_open(number)
    try:
        if Path(f"/proc/{number}/cmdline").read_bytes().endswith(os.fsencode(f"\0{last_argument}\0")):
            signal.pidfd_send_signal(process, signal.SIGKILL)
            select.select([process], [], [], TERMINATE_S)
    finally:
        os.close(process)


def _turn_over(log_path: Path) -> None:
    """Keep a long log as the old one, and let the program that appends to it begin anew."""
    with contextlib.suppress(OSError):
        if log_path.stat().st_size > MAX_LOG_BYTES:
            shutil.copyfile(log_path, log_path.with_suffix(".log.1"))
            os.truncate(log_path, 0)
