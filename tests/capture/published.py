"""The public documents and what they say: from the labels beside them, or as read off the picture by eye.

The licences' labels say what was drawn on each blank; of two dates behind ``start_date`` only the first is
on the picture. The invoice specimen has no labels: what is here was read off it by eye, by its SHA-256.
"""

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tallystick.capture.figures import date_text, decimal
from tallystick.capture.layout import folded
from tallystick.evidence.papers import Kind, Paper

#: Labels of the published licences: the field of ours that says the same.
LICENCE = {
    "name": "name",
    "location": "address",
    "start_date": "founded_on",
    "operation_date": "period",
    "type": "type",
    "legal_person": "legal_representative",
    "social_credit_code": "credit_code",
    "registration_capital": "registered_capital",
    "business_scopes": "scope",
}
#: What decides what a document says; which of them are there depends on the kind.
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
SPECIMEN_SHA256 = "6ebaa6cda83810c292689507cb33273b55363e599f76e8e9e03487116d040616"
SPECIMEN = {
    "code": "1100094140",
    "number": "87654321",
    "date": "2010-11-18",
    "machine_number": "000000000001",
    "buyer_name": "测试购方企业",
    "buyer_tax_number": "410305123456789",
    "seller_name": "测试销方企业",
    "seller_tax_number": "410305012345678",
    "amount": "5999.00",
    "tax": "1019.83",
    "total": "7018.83",
    "total_in_capitals": "7018.83",
}
SPECIMEN_ROWS = (
    {
        "name": "计算机",
        "specification": "A6100",
        "unit": "台",
        "quantity": "1",
        "unit_price": "5999.00",
        "amount": "5999.00",
        "tax_rate": "17%",
        "tax": "1019.83",
    },
)


@dataclass(frozen=True)
class Published:
    """One public document: its file, and what is on it."""

    group: str
    path: Path
    kind: Kind
    truth: Mapping[str, str]
    rows: tuple[Mapping[str, str], ...] = ()


def published(folder: Path) -> Iterator[Published]:
    """Yield the documents of the public folder that have a truth."""
    for labels in sorted((folder / "business_licence").glob("*.tsv")):
        truth = _licence(labels.read_text("utf-8"))
        yield Published("licences", labels.with_suffix(".jpg"), Kind.BUSINESS_LICENCE, truth)
    specimen = folder / "vat_special_specimen.jpg"
    if hashlib.sha256(specimen.read_bytes()).hexdigest() == SPECIMEN_SHA256:
        yield Published("invoice specimen", specimen, Kind.VAT_INVOICE, SPECIMEN, SPECIMEN_ROWS)
    for expected in sorted((folder / "invoices_intl").glob("*.json")):
        said = json.loads(expected.read_text("utf-8"))[0]
        if expected.with_suffix(".pdf").exists() and "amount" in said:
            total = decimal(f"{said['amount']}")
            truth = {"number": str(said["invoice_number"]), "date": said["date"], "total": f"{total:.2f}"}
            yield Published("foreign invoices", expected.with_suffix(".pdf"), Kind.VAT_INVOICE, truth)


def refused(folder: Path) -> list[Path]:
    """Return the files that are no document of a kind of ours."""
    return [*sorted((folder / "ocr_smoke").iterdir()), folder / "delivery_notes_jp.pdf"]


def wrong_keys(
    paper: Paper, truth: Mapping[str, str], rows: tuple[Mapping[str, str], ...] = ()
) -> list[tuple[str, str, str]]:
    """Return the key fields and amounts of goods that are not as they stand: which, as read, as it is."""
    found = [
        (name, paper.fields[name].value, truth[name])
        for name in KEYS
        if name in truth and paper.fields[name].value != truth[name]
    ]
    for at, row in enumerate(rows):
        cells = paper.lines[at].fields if at < len(paper.lines) else {}
        for column in ("quantity", "amount"):
            read = cells[column].value if column in cells else ""
            if column in row and read != row[column]:
                found.append((f"{column} {at}", read, row[column]))
    return found


def _licence(labels: str) -> dict[str, str]:
    said: dict[str, str] = defaultdict(str)
    for line in csv.reader(labels.splitlines()):
        # eight corners, then the text, in which commas may stand, then the label
        name = LICENCE.get(line[-1])
        if name:
            said[name] += folded(",".join(line[9:-1]))
    said["founded_on"] = date_text(said["founded_on"].split(",")[0])
    if said["period"]:
        said["period"] = "/".join(date_text(each) for each in said["period"].split("至"))
    return {name: value.strip(",、。;") for name, value in said.items() if value}
