"""Teaching gives a file that keeps the contract of models, or nothing. Needs the extra ``train``."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tallystick.errors import Conflict, Malformed
from tallystick.evidence.assessment import Quality
from tallystick.recognition.onnx_model import OnnxImageUnit
from tallystick.recognition.pictures import read_picture
from tallystick.recognition.registry import load, register

pytest.importorskip("torch", reason="the extra train is not installed")
from tallystick.recognition.training.teaching import Plan, teach, write

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Plan:
    """Grey plates, good ones even but for grain, lighter and darker, bad ones with a dark spot."""
    folder, chance = tmp_path_factory.mktemp("plates"), np.random.default_rng(7)
    for at in range(80):
        plate = chance.normal(chance.uniform(90, 150), chance.uniform(3, 12), (120, 140))
        label = "spot" if at % 2 else "even"
        if label == "spot":
            top, left = chance.integers(10, 100, 2)
            plate[top : top + 12, left : left + 12] -= 70
        (folder / label).mkdir(exist_ok=True)
        Image.fromarray(plate.clip(0, 255).astype(np.uint8)).save(folder / label / f"num_{at}.png")
    return Plan(folder, "plate", "plates", "even", "made here", side=112, epochs=20)


def test_what_is_taught_keeps_the_contract_and_finds_the_spots(plan: Plan, tmp_path: Path) -> None:
    onnx, card = teach(plan, lambda _: None)
    write(onnx, card, tmp_path)
    register(tmp_path, "plate/1")
    unit = OnnxImageUnit(load(tmp_path, "plate/1"))
    assert len({one.seed for one in card.seeds}) == 3
    for label, grade in (("even", Quality.GOOD), ("spot", Quality.POOR)):
        pictures = [read_picture(path) for path in sorted((plan.folder / label).glob("*.png"))]
        grades = [unit.grade(one.defect) for one in unit.look(pictures) if not one.foreign]
        assert grades.count(grade) > len(pictures) / 2, label


def test_below_the_gate_nothing_is_written(plan: Plan, tmp_path: Path) -> None:
    for path in sorted((plan.folder / "spot").glob("*.png")):
        path.write_bytes((plan.folder / "even" / f"num_{int(path.stem[4:]) - 1}.png").read_bytes())
    onnx, card = teach(plan, lambda _: None)
    with pytest.raises(Conflict, match="gate"):
        write(onnx, card, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_side_that_the_filters_cannot_take_is_refused(plan: Plan) -> None:
    for side in (100, 84):
        with pytest.raises(Malformed, match="side"):
            teach(Plan(plan.folder, "plate", "plates", "even", "made here", side=side), lambda _: None)
