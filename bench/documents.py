"""Documents: fields right for each kind, pages per second, and what we add to bare RapidOCR."""

import argparse
import csv
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rapidocr import RapidOCR
from report import note, spread, table

from tallystick.capture.figures import date_text, decimal
from tallystick.capture.kinds import KINDS as RULES
from tallystick.capture.layout import folded
from tallystick.capture.ocr import engine, pixels
from tallystick.capture.pictures import decode
from tallystick.capture.reading import read_document
from tallystick.errors import TallystickError
from tallystick.evidence.papers import Kind, Paper

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))  # the specimens are drawn by what the tests draw them with
from tests.capture.specimens import KINDS, VARIANTS, photograph, specimen  # noqa: E402


@dataclass(frozen=True)
class Size:
    """How much is read: one page takes seconds."""

    seeds: tuple[int, ...]
    variants: tuple[str, ...]
    published: int  # files of each kind
    repeats: int


SIZES = {
    "small": Size((11,), ("clean", "phone"), 6, 1),
    "full": Size((11, 12, 13), tuple(VARIANTS), 1_000, 3),
}
AIM_PER_CENT = 15
KEYS = (
    "credit_code",
    "identity_number",
    "valid_from",
    "valid_until",
    "card_number",
    "code",
    "number",
    "date",
    "total",
)
# Labels of the published licences: the field of ours that says the same.
LICENCE = {
    "name": "name",
    "location": "address",
    "start_date": "founded_on",
    "type": "type",
    "legal_person": "legal_representative",
    "social_credit_code": "credit_code",
    "registration_capital": "registered_capital",
    "business_scopes": "scope",
}


@dataclass
class Tally:
    """What came of one group of documents."""

    right: Counter[str] = field(default_factory=Counter)
    all: Counter[str] = field(default_factory=Counter)
    documents: int = 0
    passing: int = 0
    passing_wrong: int = 0
    refused: int = 0

    def add(self, paper: Paper | None, truth: dict[str, str], rows: tuple[dict[str, str], ...] = ()) -> None:
        self.documents += 1
        self.refused += paper is None
        found = {name: paper.fields[name].value if paper else "" for name in truth}
        for at, row in enumerate(rows):
            cells = paper.lines[at].fields if paper and at < len(paper.lines) else {}
            for column, value in row.items():
                self.all["cells"] += 1
                self.right["cells"] += column in cells and cells[column].value == value
        for name, value in truth.items():
            self.all[name] += 1
            self.right[name] += found[name] == value
        if paper and paper.passes:
            self.passing += 1
            keys = set(KEYS) & truth.keys()
            wrong = [name for name in keys if found[name] != truth[name]]
            amounts = [
                (at, name)
                for at, row in enumerate(rows)
                for name in ("quantity", "amount")
                if at >= len(paper.lines) or paper.lines[at].fields[name].value != row[name]
            ]
            self.passing_wrong += bool(wrong or amounts)

    def row(self, name: str) -> tuple[object, ...]:
        right, total = self.right.total(), self.all.total()
        worst = [
            f"{each} {self.right[each]}/{self.all[each]}"
            for each in self.all
            if self.right[each] < self.all[each]
        ]
        share = f"{100 * right / total:.1f} %"
        return (
            name,
            self.documents,
            f"{right}/{total}",
            share,
            self.passing,
            self.passing_wrong,
            ", ".join(worst) or "-",
        )


HEADINGS = (
    "documents",
    "pages",
    "fields right",
    "share",
    "pass",
    "pass with a wrong key field",
    "not all right",
)


def read(kind: Kind, data: bytes) -> Paper | None:
    try:
        return read_document(kind, [data])
    except TallystickError:
        return None


def specimens(size: Size) -> str:
    by_kind: dict[str, Tally] = defaultdict(Tally)
    by_variant: dict[str, Tally] = defaultdict(Tally)
    for name in KINDS:
        note(f"documents: specimens, {name}")
        for seed in size.seeds:
            made = specimen(name, seed)
            for variant in size.variants:
                paper = read(made.kind, photograph(made, variant))
                for tally in (by_kind[name], by_variant[variant]):
                    tally.add(paper, dict(made.truth), made.rows)
    rows = [tally.row(name) for name, tally in (*by_kind.items(), *by_variant.items())]
    return table(HEADINGS, rows)


def published(folder: Path, most: int) -> Iterator[tuple[str, Tally]]:
    note("documents: published licences")
    tally = Tally()
    for labels in sorted((folder / "business_licence").glob("*.tsv"))[:most]:
        truth: dict[str, str] = defaultdict(str)
        for line in csv.reader(labels.read_text("utf-8").splitlines()):
            # eight corners, then the text, in which commas may stand, then the label
            name = LICENCE.get(line[-1])
            if name:
                truth[name] += folded(",".join(line[9:-1]))
        truth["founded_on"] = date_text(truth["founded_on"].split(",")[0])
        paper = read(Kind.BUSINESS_LICENCE, labels.with_suffix(".jpg").read_bytes())
        tally.add(paper, {name: value.strip(",、。;") for name, value in truth.items() if value})
    yield "licences on photographed blanks", tally
    note("documents: published invoices")
    tally = Tally()
    for expected in sorted((folder / "invoices_intl").glob("*.json"))[:most]:
        if expected.with_suffix(".pdf").exists():
            said = json.loads(expected.read_text("utf-8"))[0]
            total = decimal(f"{said['amount']}")
            truth = {"number": str(said["invoice_number"]), "date": said["date"], "total": f"{total:.2f}"}
            tally.add(read(Kind.VAT_INVOICE, expected.with_suffix(".pdf").read_bytes()), truth)
    yield "foreign invoices, born-digital PDF", tally


def overhead(seeds: tuple[int, ...], repeats: int) -> list[tuple[str, float, float, float]]:
    """Return, for each kind, pages a second, a CPU second, and our CPU time over that of bare RapidOCR."""
    bare = RapidOCR(params={"Global.log_level": "error"})
    engine()
    found = []
    for name in KINDS:
        note(f"documents: overhead, {name}")
        pages = [(specimen(name, seed).kind, photograph(specimen(name, seed))) for seed in seeds]
        arrays = [np.ascontiguousarray(pixels(decode(data))[:, :, ::-1]) for _, data in pages]
        for _ in range(repeats):
            wall, cpu = time.perf_counter(), time.process_time()
            for kind, data in pages:
                read_document(kind, [data])
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            bare_cpu = time.process_time()
            for array in arrays:
                bare(array)
            bare_cpu = time.process_time() - bare_cpu
            words = time.process_time()
            for array in arrays:
                engine()._engine(array)
            words = time.process_time() - words
            found.append((name, len(pages) / wall, cpu / bare_cpu, cpu / words))
    return found


PAGE = """## Documents

Fields that come out exactly as they were drawn (NFKC, blanks removed; each cell of goods is one). The
specimens are drawn from seeds {seeds}, in these ways: {variants}. They are clean fonts without seals or
handwriting, and so an upper bound. The published licences have made-up values on photographs of blanks;
few of their credit codes pass the check digit, so few can pass. Of the foreign invoices number, date and
total are compared. *Pass* is a paper of which every check holds; with a wrong key field it must never be.
"""
SPEED = """CPU time of reading whole documents, opening and checks included, over that of RapidOCR on the same
pixels: with its own defaults, and with our settings (side 1,280, no orientation classifier). The aim is
at most 1.{aim} times. On invoices a QR code is looked for as well.
"""


def section(size: Size) -> str:
    assert set(RULES) == set(Kind)
    parts = [
        PAGE.format(seeds=", ".join(map(str, size.seeds)), variants=", ".join(size.variants)),
        specimens(size),
    ]
    folder = Path(os.environ.get("TALLYSTICK_SHARED", REPOSITORY.parent / "shared")) / "data" / "documents"
    if folder.is_dir():
        parts.append(
            "\n" + table(HEADINGS, [tally.row(name) for name, tally in published(folder, size.published)])
        )
    measured = overhead(size.seeds, size.repeats)
    names = dict.fromkeys(each[0] for each in measured)
    rows = [
        (name, *(spread([each[at] for each in measured if each[0] == name]) for at in (1, 2, 3)))
        for name in names
    ]
    headings = ("kind", "pages/s", "CPU: times RapidOCR", "CPU: times RapidOCR with our settings")
    return "\n".join([*parts, "", SPEED.format(aim=AIM_PER_CENT), table(headings, rows)])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", choices=SIZES, default="small")
    print(section(SIZES[options.parse_args().size]))


if __name__ == "__main__":
    main()
