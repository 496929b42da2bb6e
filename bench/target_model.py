"""The shipped target model on tiles it did not see, its speed, and lines reconciled a second."""

import os
import time
from pathlib import Path

import numpy as np
from report import note, per_second, table

from tallystick.evidence.papers import Field, Kind, Line, Paper, Source, Status
from tallystick.evidence.reconciliation import reconcile
from tallystick.recognition.measures import auroc, recall_at
from tallystick.recognition.onnx_model import OnnxImageUnit
from tallystick.recognition.pictures import read_picture
from tallystick.recognition.registry import load, shipped_models
from tallystick.recognition.splitting import labelled_pictures, part_of

LABEL = "magnetic-tile/1"
LINES = 200
SHARED = Path(os.environ.get("TALLYSTICK_SHARED", Path(__file__).resolve().parents[2] / "shared"))
TILES = SHARED / "data" / "magnetic_tile"


def paper(kind: Kind) -> Paper:
    def field(value: str) -> Field:
        return Field(value, Source.OCR, Status.VERIFIED)

    rows = [
        {"name": f"镀锌六角螺栓 {'ABCDEFGHIJ'[at % 10]} 型", "specification": f"M{at // 10}", "unit": "件",
         "quantity": "100", "unit_price": "2.50", "amount": "250.00"}
        for at in range(LINES)
    ]  # fmt: skip
    lines = tuple(Line({name: field(value) for name, value in row.items()}) for row in rows)
    return Paper(kind, {"number": field("12345678")}, lines)


def held_out(unit: OnnxImageUnit) -> list[tuple[str, object]]:
    """Return the shipped file's figures, measured anew on the tiles that its seed held out."""
    if not TILES.is_dir():
        return [("the shipped file, measured here", "the pictures are not there")]
    held = [one for one in labelled_pictures(TILES) if part_of(one.piece, unit.card.seed) == "test"]
    pictures = [read_picture(one.path) for one in held]
    start = time.process_time()
    found = unit.look(pictures)
    each_ms = (time.process_time() - start) / len(held) * 1000
    scores = np.array([one.defect for one in found])
    bad = np.array([one.label != unit.card.good_class for one in held])
    return [
        (
            f"AUROC of the shipped file on its {len(held)} held-out tiles, one half where it abstains",
            f"{auroc(scores, bad):.3f}",
        ),
        ("its recall at 5 % false alarms", f"{recall_at(scores, bad):.0%}"),
        ("processor time for one photograph", f"{each_ms:.0f} ms"),
    ]


def main() -> None:
    note(f"{LABEL} on held-out tiles")
    unit = OnnxImageUnit(load(shipped_models(), LABEL))
    mean, deviation = unit.card.summary("auroc")
    recall, recall_deviation = unit.card.summary("recall_at_5")
    rows: list[tuple[str, object]] = [
        (f"AUROC over {len(unit.card.seeds)} seeds, as the card says", f"{mean:.3f} ± {deviation:.3f}"),
        ("recall at 5 % false alarms, as the card says", f"{recall:.0%} ± {recall_deviation:.0%}"),
        *held_out(unit),
    ]
    papers = [paper(kind) for kind in (Kind.CONTRACT, Kind.DELIVERY_NOTE, Kind.VAT_INVOICE)]
    start = time.process_time()
    found = reconcile(papers)
    seconds = time.process_time() - start
    if found.quantity != str(100 * LINES):
        raise SystemExit("The documents should have been reconciled whole.")
    rows.append((f"lines of a contract of {LINES} reconciled, each second", per_second(LINES / seconds)))
    print("## Target model\n")
    print(table(("what", "here"), rows))


if __name__ == "__main__":
    main()
