"""Papers as a reader gives them, for tests: contract, delivery note, invoice."""

from collections.abc import Sequence

from tallystick.evidence.papers import Check, Field, Kind, Line, Paper, Source, Status

Row = tuple[str, str, str, str, str]  # name, specification, unit, quantity, unit price


def field(value: str, *checks: Check) -> Field:
    return Field(value, Source.OCR, Status.VERIFIED, checks=checks)


def line(row: Row, **more: str) -> Line:
    columns = dict(zip(("name", "specification", "unit", "quantity", "unit_price"), row, strict=True)) | more
    return Line({name: field(value) for name, value in columns.items() if value})


def paper(kind: Kind, rows: Sequence[Row], number: str = "1", **fields: str) -> Paper:
    said = {"number": number, **fields}
    return Paper(kind, {name: field(value) for name, value in said.items() if value}, tuple(map(line, rows)))


def contract(*rows: Row, number: str = "K1", **fields: str) -> Paper:
    return paper(Kind.CONTRACT, rows, number, **fields)


def note(*rows: Row, number: str = "L1", **fields: str) -> Paper:
    return paper(Kind.DELIVERY_NOTE, rows, number, **fields)


def invoice(*rows: Row, number: str = "12345678", **fields: str) -> Paper:
    return paper(Kind.VAT_INVOICE, rows, number, **fields)
