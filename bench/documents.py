"""Documents: fields right for each kind, pages per second, and what we add to bare RapidOCR.

It ends with 1, and says which, when a document that passes its checks has a wrong key field.
"""

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rapidocr import RapidOCR
from report import note, spread, table

from tallystick.capture.ocr import RapidEngine
from tallystick.capture.reading import read_document
from tallystick.errors import TallystickError
from tallystick.evidence.assessment import Picture
from tallystick.evidence.papers import Kind, Paper

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))  # the specimens are drawn by what the tests draw them with
from tests.capture.published import published, refused, wrong_keys  # noqa: E402
from tests.capture.specimens import KINDS, VARIANTS, photograph, specimen  # noqa: E402


@dataclass(frozen=True)
class Size:
    """How much is read: one page takes seconds, twice."""

    seeds: tuple[int, ...]
    variants: tuple[str, ...]
    every: int  # one of so many published licences


SIZES = {
    "small": Size((11,), ("phone",), 3),
    "full": Size((11, 12, 13), tuple(VARIANTS), 1),
}
AIM_PER_CENT = 15


class Watched:
    """An engine that counts the time of its work; without the settings of ours, it is bare RapidOCR."""

    def __init__(self, bare: bool = False) -> None:
        self._engine = RapidEngine()
        if bare:
            self._engine._engine = RapidOCR(params={"Global.log_level": "error"})
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self.reads, self.cpu_s, self.wall_s = 0, list[float](), 0.0

    def read(self, picture: Picture):
        """Return the words, as ``capture.ocr.Engine`` says."""
        cpu, wall = time.process_time(), time.perf_counter()
        words = self._engine.read(picture)
        self.wall_s += time.perf_counter() - wall
        self.cpu_s.append(time.process_time() - cpu)
        self.reads += 1
        return words


@dataclass(frozen=True)
class Timed:
    """What one document took, in CPU seconds: all of it, the engine in it, bare RapidOCR once a page."""

    pages: int
    wall_s: float
    cpu_s: float
    engine_s: float
    bare_s: float
    bare_wall_s: float


@dataclass
class Tally:
    """What came of one group of documents, with our settings and with those of bare RapidOCR."""

    right: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    all: Counter[str] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    times: list[Timed] = field(default_factory=list)

    def add(
        self, who: str, paper: Paper | None, truth: Mapping[str, str], rows: tuple[Mapping[str, str], ...]
    ) -> None:
        for name, value in truth.items():
            self.all[name] += who == "ours"
            self.right[who][name] += bool(paper) and paper.fields[name].value == value
        for at, row in enumerate(rows):
            cells = paper.lines[at].fields if paper and at < len(paper.lines) else {}
            for column, value in row.items():
                self.all[f"{column} in rows"] += who == "ours"
                self.right[who][f"{column} in rows"] += column in cells and cells[column].value == value
        if who == "ours":
            self.came["documents"] += 1
            self.came["refused"] += paper is None
            self.came["passing"] += bool(paper) and paper.passes


ours, bare = Watched(), Watched(bare=True)
wrong: list[str] = []


def measure(
    tally: Tally,
    name: str,
    kind: Kind,
    data: bytes,
    truth: Mapping[str, str],
    rows: tuple[Mapping[str, str], ...] = (),
) -> None:
    """Read a document with our settings and, by the same rules, with those of bare RapidOCR."""
    ours.forget()
    bare.forget()
    wall, cpu = time.perf_counter(), time.process_time()
    paper = _read(kind, data, ours)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    tally.add("ours", paper, truth, rows)
    tally.add("bare", _read(kind, data, bare), truth, rows)
    if bare.reads:
        pages = paper.pages if paper else 1
        once = bare.wall_s / bare.reads * pages
        first = sum(bare.cpu_s) / bare.reads * pages
        tally.times.append(Timed(pages, wall, cpu, sum(ours.cpu_s), first, once))
    if paper and paper.passes and (amiss := wrong_keys(paper, truth, rows)):
        wrong.append(f"{name}: {amiss}")


def _read(kind: Kind, data: bytes, engine: Watched) -> Paper | None:
    try:
        return read_document(kind, [data], engine)
    except TallystickError:
        return None


PAGE = """## Documents

**Fields.** A field is right when it comes out exactly as it stands (NFKC, blanks removed). *Ours* is
`tallystick documents read`; *RapidOCR* is the same rules over the words of RapidOCR with its own defaults
(side 2,000, orientation classifier), since bare RapidOCR has words and no fields. The specimens are drawn
from seeds {seeds}, in these ways: {variants}; clean fonts without seals or handwriting, an upper bound. The
published licences have made-up values on photographs of blanks, as their labels say them; few of their credit
codes pass the check digit, so few can pass. The invoice specimen was read by eye. Of the foreign invoices
number, date and total are compared, and born-digital PDF needs no OCR.
"""
SPEED = """
**Speed.** *Pages/s* by the clock, one process, two threads. *Times RapidOCR* is the processor time of
reading whole documents, opening, second looks at a turned page and checks included, over that of one pass
of RapidOCR with its own defaults on the same pixels; *times the engine* over the engine's part of the same
run, with our settings (side 1,280, no orientation classifier). Medians of documents, with the least and the
most. The aim is at most 1.{aim} times RapidOCR.
"""


def section(size: Size) -> str:
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name in KINDS:
        note(f"documents: specimens, {name}")
        for seed in size.seeds:
            made = specimen(name, seed)
            for variant in size.variants:
                data = photograph(made, variant)
                measure(tallies[f"specimen {name}"], f"{name} {seed}", made.kind, data, made.truth, made.rows)
    folder = Path(os.environ.get("TALLYSTICK_SHARED", REPOSITORY.parent / "shared")) / "data" / "documents"
    parts = [PAGE.format(seeds=", ".join(map(str, size.seeds)), variants=", ".join(size.variants))]
    sent_back = ""
    if folder.is_dir():
        licences = 0
        for one in published(folder):
            licences += one.group == "licences"
            if one.group == "licences" and licences % size.every:
                continue
            note(f"documents: {one.group}, {one.path.name}")
            measure(tallies[one.group], one.path.name, one.kind, one.path.read_bytes(), one.truth, one.rows)
        sent_back = _refused(folder, with_notes=size.every == 1)
    parts += [_fields(tallies), "", _outcomes(tallies), sent_back, SPEED.format(aim=AIM_PER_CENT)]
    return "\n".join([*parts, _speed(tallies)])


def _fields(tallies: Mapping[str, Tally]) -> str:
    rows = []
    for group, tally in tallies.items():
        total, found, other = (
            count.total() for count in (tally.all, tally.right["ours"], tally.right["bare"])
        )
        each = [f"{name} {tally.right['ours'][name]}/{most}" for name, most in tally.all.items()]
        rows.append(
            (group, f"{found}/{total}", f"{100 * found / total:.1f} %", f"{other}/{total}", ", ".join(each))
        )
    return table(("documents", "ours", "share", "RapidOCR", "ours, each field"), rows)


def _outcomes(tallies: Mapping[str, Tally]) -> str:
    came = sum((tally.came for tally in tallies.values()), Counter[str]())
    line = (
        f"Of {came['documents']} documents {came['passing']} pass every check and {came['refused']} are"
        f" refused; **{len(wrong)} pass with a wrong key field** (number, code, date, total, quantities and"
        " amounts of goods)."
    )
    return "\n".join([line, *(f"- {each}" for each in wrong)])


def _refused(folder: Path, with_notes: bool) -> str:
    codes: Counter[str] = Counter()
    for path in refused(folder):
        if path.suffix == ".pdf" and not with_notes:
            continue  # seven pages, minutes on a busy machine
        note(f"documents: {path.name}")
        try:
            read_document(Kind.DELIVERY_NOTE, [path.read_bytes()], ours)
            codes["read"] += 1
        except TallystickError as error:
            codes[error.code] += 1
    said = ", ".join(f"`{code}` {count}" for code, count in sorted(codes.items()))
    return f"\nThe {codes.total()} other files (pictures of text, Japanese notes), as delivery notes: {said}."


def _speed(tallies: Mapping[str, Tally]) -> str:
    timed = {name: tally.times for name, tally in tallies.items() if tally.times}
    timed["all"] = [each for times in timed.values() for each in times]
    rows = []
    for name, times in timed.items():
        pages = sum(each.pages for each in times)
        ratios = [each.cpu_s / each.bare_s for each in times]
        whole = sum(each.cpu_s for each in times) / sum(each.bare_s for each in times)
        rows.append(
            (
                name,
                pages,
                f"{pages / sum(each.wall_s for each in times):.2f}",
                f"{pages / sum(each.bare_wall_s for each in times):.2f}",
                spread(ratios),
                f"{whole:.2f}",
                spread([each.cpu_s / each.engine_s for each in times]),
            )
        )
    headings = (
        "documents",
        "pages",
        "pages/s",
        "RapidOCR, pages/s",
        "times RapidOCR",
        "all of them together",
        "times the engine",
    )
    met = "met" if float(rows[-1][5]) <= 1 + AIM_PER_CENT / 100 else "not met"
    return (
        f"{table(headings, rows)}\n\nAll documents together: {rows[-1][5]} times RapidOCR; the aim is {met}."
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", choices=SIZES, default="small")
    print(section(SIZES[options.parse_args().size]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
