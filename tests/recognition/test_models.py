"""The network abstains on what it does not know; videos go by their median; documents always speak."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from tallystick.errors import Malformed, Unavailable
from tallystick.evidence.assessment import Basis, Clip, Pack, Picture
from tallystick.recognition.assessing import assess, assess_each
from tallystick.recognition.card import check_gate
from tallystick.recognition.documents_only import DocumentsOnly
from tallystick.recognition.onnx_model import Finding, OnnxImageUnit, OnnxModel
from tallystick.recognition.pictures import as_input, read_picture
from tallystick.recognition.registry import Registered, entries, load, shipped_models
from tallystick.recognition.splitting import labelled_pictures, part_of
from tallystick.recognition.video_unit import OnnxVideoUnit
from tests.evidence.papers import contract, invoice, note

FAMILY, LABEL = "magnetic-tile", "magnetic-tile/1"
ROW = ("磁瓦", "T1", "件", "100", "2.50")


@pytest.fixture(scope="module")
def unit() -> OnnxImageUnit:
    return OnnxImageUnit(load(shipped_models(), LABEL))


def noise(name: str = "noise") -> Picture:
    pixels = np.random.default_rng(1).integers(0, 256, (64, 80, 3), np.uint8)
    return Picture(name, 80, 64, pixels.tobytes())


class Scripted(OnnxImageUnit):
    """The shipped unit with findings by hand: a picture's name is its chance of a defect in hundredths."""

    def look(self, pictures):
        return [
            Finding(one.name, "MT_Crack", int(one.name) / 100 if one.name != "x" else 0.5, one.name == "x")
            for one in pictures
        ]


@pytest.fixture(scope="module")
def scripted() -> Scripted:
    found = load(shipped_models(), LABEL)
    card = msgspec.structs.replace(found.card, good_below=0.2, poor_from=0.8)
    return Scripted(Registered(card, found.onnx, found.sha256))


def pictures(*names: str) -> tuple[Picture, ...]:
    return tuple(Picture(name, 1, 1, b"123") for name in names)


def test_every_shipped_model_is_registered_and_passed_its_gate() -> None:
    labels = [one.label for one in entries(shipped_models())]
    assert labels == [LABEL]
    for label in labels:
        card = load(shipped_models(), label).card
        check_gate(card)
        assert card.parity < 1e-3


def test_it_abstains_outside_its_product_family(unit: OnnxImageUnit) -> None:
    for family in ("", "tyres"):
        found = unit.assess_pictures([noise()], family)
        assert (found.quality.value, found.quality.basis) == (None, Basis.NOTHING)
        assert "only" in found.quality.because


def test_it_abstains_on_what_does_not_look_like_its_family(unit: OnnxImageUnit) -> None:
    found = unit.assess_pictures([noise()], FAMILY)
    assert (found.quality.value, found.quantity.low, found.model_sha256) == (None, None, unit.sha256)
    assert "does not look like" in found.quality.conflicts[0]


def test_without_pictures_or_with_too_many_it_abstains(unit: OnnxImageUnit) -> None:
    assert "no photograph" in unit.assess_pictures([], FAMILY).quality.because
    assert "At most" in unit.assess_pictures(pictures(*["1"] * 201), FAMILY).quality.because


def test_outputs_that_are_no_number_count_as_foreign(unit: OnnxImageUnit, monkeypatch) -> None:
    nothing = (
        np.full((1, 6), np.nan, np.float32),
        np.zeros(1, np.float32),
        np.full((1, 9), np.nan, np.float32),
    )
    monkeypatch.setattr(unit, "_run", lambda inputs: nothing)
    assert unit.look([noise()])[0].foreign


def test_a_file_that_is_no_model_is_refused() -> None:
    found = load(shipped_models(), LABEL)
    with pytest.raises(Malformed, match="no model of ours"):
        OnnxImageUnit(Registered(found.card, b"not a model", found.sha256))
    other = msgspec.structs.replace(found.card, classes=("MT_Free", "b"))
    with pytest.raises(Malformed, match="other classes"):
        OnnxImageUnit(Registered(other, found.onnx, found.sha256))


@pytest.mark.parametrize(
    ("names", "value", "low", "high", "confidence"),
    [
        (("5",), "good", "good", "good", 9500),
        (("5", "90"), "poor", "poor", "good", 9000),
        (("5", "50"), "medium", "medium", "good", 5000),
        (("5", "x"), "good", "good", "good", 9500),
    ],
)
def test_of_photographs_the_worst_decides(scripted, names, value, low, high, confidence) -> None:
    found = scripted.assess_pictures(pictures(*names), FAMILY)
    quality = found.quality
    assert (quality.value, quality.low, quality.high, quality.confidence) == (value, low, high, confidence)
    assert (found.quantity.value, found.quantity.low) == (None, "1")


def test_of_frames_the_median_decides_and_the_worst_is_the_low_end(scripted) -> None:
    """Of 5, 10, 90 the median is 10: good, down to poor; of 5, 90 the upper median counts."""
    videos = OnnxVideoUnit(scripted)
    found = videos.assess_clips([Clip("a", pictures("5", "90", "x")), Clip("b", pictures("10"))], FAMILY)
    assert (found.quality.value, found.quality.low, found.quality.confidence) == ("good", "poor", 9000)
    assert videos.assess_clips([Clip("a", pictures("5", "90"))], FAMILY).quality.value == "poor"
    assert videos.assess_clips([Clip("a", ())], FAMILY).quality.value is None


def test_photographs_and_videos_together_are_as_good_as_the_worse(scripted) -> None:
    model = OnnxModel(scripted, OnnxVideoUnit(scripted))
    pack = Pack(pictures=pictures("5"), clips=(Clip("a", pictures("90")),), product_family=FAMILY)
    found = model.assess(pack)
    assert (found.model, found.quality.value, found.quality.confidence) == (LABEL, "poor", 4500)
    assert found.model_sha256 == scripted.sha256


def test_a_picture_with_other_pixels_than_its_size_is_refused() -> None:
    with pytest.raises(Malformed, match="other pixels"):
        as_input(Picture("a", 2, 2, b"123"), 32)


def test_documents_alone_give_quantity_and_value_and_no_quality() -> None:
    found = assess(Pack(papers=(contract(ROW), note(ROW), invoice(ROW))))
    assert (found.quantity.value, found.value.value, found.quality.value) == ("100", "250.00", None)
    none = DocumentsOnly().assess(Pack())
    assert (none.quantity.value, none.value.value) == (None, None)
    assert len(none.value.conflicts) == 3


def test_the_rules_run_beside_every_model_and_a_model_that_fails_abstains(scripted) -> None:
    class Broken:
        def assess(self, pack):
            raise Unavailable("gone", "It is gone.")

    pack = Pack(
        papers=(contract(ROW), note(ROW), invoice(ROW)), pictures=pictures("90"), product_family=FAMILY
    )
    model = OnnxModel(scripted, OnnxVideoUnit(scripted))
    found = assess_each(pack, model, Broken())
    assert [one.model for one in found.each] == ["documents/1", LABEL, "Broken"]
    assert (found.together.value.value, found.together.quality.value) == ("250.00", "poor")
    assert found.each[2].quality.because == "It is gone."
    dollars = assess(pack, model, documents=DocumentsOnly("USD"))
    assert (dollars.currency, dollars.value.value) == ("USD", "250.00")


@pytest.mark.shared_data
def test_the_shipped_model_tells_held_out_tiles_apart_as_its_card_says(
    unit: OnnxImageUnit, shared_data: Path
) -> None:
    """Of the tiles that its seed held out, 24 good and 24 bad: bad ones score higher far more often."""
    tiles = labelled_pictures(shared_data / "magnetic_tile")
    held = [one for one in tiles if part_of(one.piece, unit.card.seed) == "test"]
    good = [one for one in held if one.label == unit.card.good_class][:24]
    bad = [one for one in held if one.label != unit.card.good_class][::3][:24]
    found = unit.look([read_picture(one.path) for one in good + bad])
    scores = [one.defect for one in found]
    wins = sum(b > g for g in scores[:24] for b in scores[24:]) / 24**2
    assert wins > 0.8
    assert sum(one.foreign for one in found) <= 5


def test_a_photograph_of_another_shape_is_taken_whole(tmp_path: Path) -> None:
    Image.new("L", (30, 90), 128).save(tmp_path / "a.png")
    assert as_input(read_picture(tmp_path / "a.png"), 32).shape == (3, 32, 32)
