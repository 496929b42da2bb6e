"""Run the benchmarks of ``bench/`` and write ``docs/benchmarks.md`` with a description of the machine.

A benchmark is a program whose standard output is its section of the page, in Markdown. All are run, or those
that are named: ``python tools/bench.py documents`` puts that section into the page and leaves the others.
"""

import os
import platform
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`, on this machine:

{machine}

A section that says when it was measured was measured by itself, on a machine of the same kind. Read figures
against the machine's own limits beside them, not against another machine's.
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


def replaced(page: str, section: str) -> str:
    """Return the page with ``section`` in the place of the one of the same heading, or at the end."""
    head, *sections = re.split(r"(?m)^(?=## )", page)
    headings = [each.partition("\n")[0] for each in sections]
    heading = section.partition("\n")[0]
    if heading not in headings:
        headings.append(heading)
        sections.append("")
    sections[headings.index(heading)] = section
    return "\n".join(part.strip("\n") + "\n" for part in [head, *sections])


def dated(section: str) -> str:
    """Return the section with the day and the load under its heading."""
    heading, _, rest = section.partition("\n")
    load = f"{os.getloadavg()[0]:.1f}"
    return f"{heading}\n\nMeasured on {datetime.now(UTC).date()}, load average at the end {load}.\n{rest}"


def main() -> int:
    """Write the page; return 1, and write nothing, when a benchmark fails or there is none of a name."""
    named = sys.argv[1:]
    chosen = [program for program in programs() if not named or program.stem in named]
    if not chosen or len(chosen) < len(set(named)):
        print(f"bench/ holds: {', '.join(program.stem for program in programs())}.", file=sys.stderr)
        return 1
    sections = [] if named else [HEAD.format(machine=machine())]
    for program in chosen:
        print(f"{program.name} ...", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, program], cwd=REPOSITORY, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            print(f"{program.name} failed; {PAGE.name} is left as it was.", file=sys.stderr)
            return 1
        sections.append(done.stdout.decode().strip() + "\n")
    page = PAGE.read_text("utf-8") if named else "\n".join(sections)
    for section in sections if named else []:
        page = replaced(page, dated(section.strip()))
    PAGE.write_text(page, "utf-8")
    print(f"{PAGE.relative_to(REPOSITORY)} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
