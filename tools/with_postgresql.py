"""Run a command with a throw-away PostgreSQL: ``tools/with_postgresql.py COMMAND...``.

The cluster lives in a temporary folder, listens on the loopback address with a password of its own, and
is gone when the command ends. The command finds it in ``TALLYSTICK_DATABASE_URL``. With ``--or-skip``
before the command, a machine without PostgreSQL is a reason to do nothing, except under ``CI=true``.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROLE = "tallystick"
# What is thrown away need not survive a power cut.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "50"}
ATTEMPTS = 3


class PostgreSQLMissingError(Exception):
    """This machine has no PostgreSQL server."""


def server_programs() -> Path:
    """Return the folder with ``initdb`` and ``pg_ctl`` of the newest server that is installed.

    Raises:
        PostgreSQLMissingError: no server is installed.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    for folder in [*reversed(debian), *([Path(on_path).parent] if on_path else [])]:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise PostgreSQLMissingError(
        "PostgreSQL's server programs are not installed (Debian: apt-get install postgresql)."
    )


@contextmanager
def throw_away_cluster() -> Iterator[str]:
    """Start a cluster in a temporary folder; yield its database URL; stop and remove it.

    Raises:
        PostgreSQLMissingError: no server is installed.
        RuntimeError: the server did not start; the message is the end of its log.
    """
    programs = server_programs()
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="tallystick-postgresql-"))
    try:
        password = secrets.token_hex(16)
        (folder / "password").write_text(password)
        if owner is not None:
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        cluster = folder / "cluster"
        identity = ["-U", ROLE, "-A", "scram-sha-256", f"--pwfile={folder / 'password'}"]
        text = ["-E", "UTF8", "--locale=C.UTF-8"]
        _run([programs / "initdb", "-D", cluster, "--no-sync", *identity, *text], owner)
        port = _start(programs, cluster, owner)
        try:
            yield f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/postgres"
        finally:
            _run([programs / "pg_ctl", "stop", "-D", cluster, "-m", "immediate"], owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Return whom to run the server as: it refuses root; anyone else runs it as themselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _start(programs: Path, cluster: Path, owner: pwd.struct_passwd | None) -> int:
    """Start the server and return its port; another process may win a free port, so try more than once."""
    for _ in range(ATTEMPTS - 1):
        with suppress(RuntimeError):
            return _start_on(_free_port(), programs, cluster, owner)
    return _start_on(_free_port(), programs, cluster, owner)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _start_on(port: int, programs: Path, cluster: Path, owner: pwd.struct_passwd | None) -> int:
    log = cluster / "log"
    where = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
    options = " ".join(f"-c {name}={value}" for name, value in (where | QUICK).items())
    try:
        _run([programs / "pg_ctl", "start", "-w", "-D", cluster, "-l", log, "-o", options], owner)
    except RuntimeError as error:
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise RuntimeError(f"{error}\n{tail}") from error
    return port


def _run(command: list[Path | str], owner: pwd.struct_passwd | None) -> None:
    # Output goes to a file, not a pipe: the server would inherit the pipe and hold it open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            check=False,
            timeout=120,
            user=owner and owner.pw_uid,
            group=owner and owner.pw_gid,
            extra_groups=owner and (),
        )
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed: {said}")


def main(arguments: list[str]) -> int:
    """Run the command and return its exit status."""
    may_skip = arguments[:1] == ["--or-skip"]
    command = arguments[1:] if may_skip else arguments
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave through `finally`
    try:
        with throw_away_cluster() as url:
            return subprocess.run(
                command, env=os.environ | {"TALLYSTICK_DATABASE_URL": url}, check=False
            ).returncode
    except PostgreSQLMissingError as error:
        skip = may_skip and os.environ.get("CI") != "true"
        print(f"{'Skipped' if skip else 'Failed'}: {' '.join(command)}: {error}", file=sys.stderr)
        return 0 if skip else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
