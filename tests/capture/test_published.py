"""The public documents: none passes with a wrong key field, and what is none of ours is refused by name.

A few files stand for all: ``bench/documents.py`` reads every one of them, and fails on the same rule.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from tallystick.capture.kinds import KINDS
from tallystick.capture.layout import Word
from tallystick.capture.ocr import engine, read_picture
from tallystick.capture.pictures import decode
from tallystick.capture.reading import read_document
from tallystick.errors import Malformed
from tallystick.evidence.assessment import Picture
from tallystick.evidence.papers import Kind
from tests.capture.published import Published, published, wrong_keys

pytestmark = pytest.mark.shared_data

#: Its credit code passes the check digit; most of the others are made up.
PASSES = "320.jpg"


class Recorded:
    """An engine that has read a picture before, and says the same again, or what a test makes of it."""

    def __init__(self, words: tuple[Word, ...]) -> None:
        self.words = words

    def read(self, picture: Picture) -> tuple[Word, ...]:
        return self.words


@pytest.fixture(scope="module")
def documents(shared_data: Path) -> dict[str, Published]:
    return {one.path.name: one for one in published(shared_data / "documents")}


def test_foreign_invoices_are_read_in_part_and_none_passes(documents: dict[str, Published]) -> None:
    foreign = [one for one in documents.values() if one.group == "foreign invoices"]
    assert len(foreign) >= 6
    right = 0
    for one in foreign:
        paper = read_document(one.kind, [one.path.read_bytes()])
        wrong = wrong_keys(paper, one.truth)
        assert not paper.passes
        assert all(read == "" for _, read, _ in wrong), wrong  # what is not found is left out, not made up
        right += len(one.truth) - len(wrong)
    assert right >= 13


@pytest.mark.slow
def test_a_licence_passes_only_with_its_own_code_whatever_is_misread(documents: dict[str, Published]) -> None:
    one = documents[PASSES]
    data = one.path.read_bytes()
    words = read_picture(engine(), KINDS[one.kind], decode(data), 0).words
    paper = read_document(one.kind, [data], Recorded(words))
    assert paper.passes
    assert {name: paper.fields[name].value for name in one.truth} == dict(one.truth)
    code = one.truth["credit_code"]
    at = next(number for number, word in enumerate(words) if code in word.text)
    misread = 0
    for place in range(len(code)):
        for letter in "0123456789ABCDEFGHJKLMNPQRTUWXYIOSZ":
            said = code[:place] + letter + code[place + 1 :]
            changed = [*words]
            changed[at] = replace(words[at], text=words[at].text.replace(code, said))
            paper = read_document(one.kind, [data], Recorded(tuple(changed)))
            assert not (paper.passes and wrong_keys(paper, one.truth)), said
            misread += not paper.passes
    assert misread > 500


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rapidocr_empty_black.jpg", "no_text_found"),
        ("easyocr_chinese.jpg", "not_this_kind"),
        ("rapidocr_img_exif_orientation.jpg", "not_this_kind"),
    ],
)
def test_a_picture_that_is_no_such_document_is_refused(shared_data: Path, name: str, code: str) -> None:
    data = (shared_data / "documents" / "ocr_smoke" / name).read_bytes()
    with pytest.raises(Malformed) as refused:
        read_document(Kind.DELIVERY_NOTE, [data])
    assert refused.value.code == code
