"""Reading: whole files of each kind, as pictures, PDF, OFD and XML, and files that are none of them."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tallystick.capture.reading import MAX_FILES, read_document
from tallystick.errors import Malformed, TooLarge
from tallystick.evidence.papers import Kind, Paper, Source, Status
from tests.capture import electronic
from tests.capture.specimens import KINDS, VARIANTS, Specimen, photograph, specimen

ONE_VARIANT = dict(
    zip(KINDS, ("phone", "5-degrees", "jpeg-30", "clean", "clean", "blur", "5-degrees", "clean"), strict=True)
)


def wrong(paper: Paper, truth: Specimen) -> dict[str, tuple[str, str]]:
    """The fields and cells that were not read as they are."""
    found = {name: (paper.fields[name].value, value) for name, value in truth.truth.items()}
    for at, row in enumerate(truth.rows):
        for column, value in row.items():
            cells = paper.lines[at].fields if at < len(paper.lines) else {}
            found[f"{column} {at}"] = (cells[column].value if column in cells else "", value)
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


FAST = {"delivery-note"}


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        pytest.param(name, variant, id=name, marks=() if name in FAST else pytest.mark.slow)
        for name, variant in ONE_VARIANT.items()
    ],
)
def test_a_specimen_of_each_kind_is_read(name: str, variant: str) -> None:
    made = specimen(name, 3)
    paper = read_document(made.kind, [photograph(made, variant)])
    amiss = wrong(paper, made)
    # A serial such as P.O42.5 may come out as P.042.5: nothing checks it, and nothing calls it verified.
    assert all(each.startswith("specification") for each in amiss), amiss
    assert paper.passes


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["delivery-note", "identity-card", "business-licence"])
def test_nothing_that_passes_has_a_wrong_key_field(name: str, variant: str) -> None:
    made = specimen(name, 4)
    paper = read_document(made.kind, [photograph(made, variant)])
    keys = {"total", "identity_number", "credit_code"} & made.truth.keys()
    assert not paper.passes or all(paper.fields[key].value == made.truth[key] for key in keys)


@pytest.mark.slow
def test_a_card_that_lies_on_its_side_is_read_and_its_boxes_lie_with_it() -> None:
    made = specimen("bank-card", 3)
    field = read_document(made.kind, [photograph(made, "rot-90")]).fields["card_number"]
    assert field.value == made.truth["card_number"]
    assert field.box is not None
    assert field.box.bottom - field.box.top > field.box.right - field.box.left


@pytest.mark.slow
def test_front_and_back_of_a_card_are_one_document() -> None:
    front, back = specimen("identity-card", 3), specimen("identity-card-back", 3)
    paper = read_document(Kind.IDENTITY_CARD, [photograph(front), photograph(back)])
    assert paper.pages == 2
    assert paper.fields["valid_until"].value == back.truth["valid_until"]
    assert paper.fields["valid_until"].box is not None
    assert paper.fields["valid_until"].box.page == 1
    assert paper.fields["identity_number"].status is Status.VERIFIED


INVOICE = specimen("vat-invoice", 3)


def test_the_data_of_an_electronic_invoice_come_first_and_are_exact() -> None:
    paper = read_document(Kind.VAT_INVOICE, [electronic.invoice_xml(INVOICE.truth, INVOICE.rows)])
    amiss = wrong(paper, INVOICE)
    assert amiss.keys() <= {"total_in_capitals"}
    assert paper.fields["number"].source is Source.ORIGINAL
    assert paper.passes


def test_an_ofd_is_read_by_its_data_and_by_its_page_and_both_have_to_agree() -> None:
    words = electronic.header_words(INVOICE)
    paper = read_document(Kind.VAT_INVOICE, [electronic.ofd_of(words, electronic.invoice_xml(INVOICE.truth))])
    assert paper.fields["number"].status is Status.VERIFIED
    other = electronic.invoice_xml({**INVOICE.truth, "total": "1.00"})
    paper = read_document(Kind.VAT_INVOICE, [electronic.ofd_of(words, other)])
    assert any(check.name == "sources-agree" and not check.ok for check in paper.fields["total"].checks)
    assert not paper.passes


def test_an_ofd_without_data_is_read_by_its_page() -> None:
    paper = read_document(Kind.VAT_INVOICE, [electronic.ofd_of(electronic.header_words(INVOICE))])
    assert paper.fields["number"].value == INVOICE.truth["number"]
    assert paper.fields["number"].source is Source.TEXT_LAYER
    assert paper.fields["number"].status is Status.NEEDS_REVIEW


def test_a_born_digital_pdf_is_read_by_its_text_layer_and_verified_by_nothing_but_that() -> None:
    paper = read_document(Kind.VAT_INVOICE, [electronic.pdf_of(electronic.header_words(INVOICE))])
    for name in ("number", "date", "total"):
        field = paper.fields[name]
        assert (field.value, field.source) == (INVOICE.truth[name], Source.TEXT_LAYER)
        assert field.status is Status.NEEDS_REVIEW
        assert field.score is None
    assert not paper.passes


def blank(shade: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (600, 400), (shade,) * 3).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "shade"), [(Kind.VAT_INVOICE, 255), (Kind.BANK_CARD, 0)], ids=["white", "black"]
)
def test_a_blank_page_is_refused_and_nothing_made_up(kind: Kind, shade: int) -> None:
    with pytest.raises(Malformed) as refused:
        read_document(kind, [blank(shade)])
    assert refused.value.code == "no_text_found"


def test_another_kind_of_document_is_refused() -> None:
    with pytest.raises(Malformed) as refused:
        read_document(Kind.IDENTITY_CARD, [photograph(specimen("bank-card", 3))])
    assert refused.value.code == "not_this_kind"


@pytest.mark.parametrize(
    ("files", "code"),
    [([], "no_file"), ([b"<html>"], "unknown_media_type"), ([b"%PDF-1.4 no more"], "file_not_readable")],
)
def test_a_file_that_is_no_document_is_refused_by_name(files: list[bytes], code: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_document(Kind.VAT_INVOICE, files)
    assert refused.value.code == code


def test_more_files_than_a_document_has_are_refused() -> None:
    with pytest.raises(TooLarge, match="files"):
        read_document(Kind.CONTRACT, [b""] * (MAX_FILES + 1))


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_published_invoice_specimen_adds_up(shared_data: Path) -> None:
    data = (shared_data / "documents" / "vat_special_specimen.jpg").read_bytes()
    paper = read_document(Kind.VAT_INVOICE, [data])
    values = {name: paper.fields[name].value for name in ("code", "number", "date", "total", "tax")}
    assert values == {
        "code": "1100094140",
        "number": "87654321",
        "date": "2010-11-18",
        "total": "7018.83",
        "tax": "1019.83",
    }
    assert paper.fields["total"].status is Status.VERIFIED
    assert not paper.passes  # it has no QR code: nothing speaks for its number


def test_an_electronic_original_says_that_its_signature_was_not_checked() -> None:
    paper = read_document(Kind.VAT_INVOICE, [electronic.invoice_xml(INVOICE.truth, INVOICE.rows)])
    assert [check.name for check in paper.checks if "signature" in check.name] == ["signature-not-checked"]
