"""Run every benchmark of ``bench/`` and write ``docs/benchmarks.md`` with a description of the machine.

A benchmark is a program whose standard output is its section of the page, in Markdown.
"""

import os
import platform
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`; do not edit. Each figure was measured in this run, on this machine:

{machine}

Read figures against the machine's own limits beside them, not against another machine's.
"""


def machine() -> str:
    """Return what a reader needs to know of the machine, as a Markdown table."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    rows = {
        "processor": f"{_processor()}, {os.cpu_count()} logical cores",
        "memory": f"{memory_bytes / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "load average before": f"{os.getloadavg()[0]:.2f}",
        "measured on": datetime.now(UTC).date().isoformat(),
    }
    return "\n".join(
        ["| what | here |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"


def programs() -> list[Path]:
    """Return the benchmarks: every module of ``bench/`` that can be run."""
    return [
        path for path in sorted((REPOSITORY / "bench").glob("*.py")) if "__main__" in path.read_text("utf-8")
    ]


def main() -> int:
    """Write the page; return 1, and write nothing, when a benchmark fails or there is none."""
    sections = [HEAD.format(machine=machine())]
    for program in programs():
        print(f"{program.name} ...", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, program], cwd=REPOSITORY, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            print(f"{program.name} failed; {PAGE.name} is left as it was.", file=sys.stderr)
            return 1
        sections.append(done.stdout.decode().strip() + "\n")
    if len(sections) == 1:
        print("bench/ holds no benchmark.", file=sys.stderr)
        return 1
    PAGE.write_text("\n".join(sections), "utf-8")
    print(f"{PAGE.relative_to(REPOSITORY)} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
