"""A model works only as registered, and only past its gate."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tallystick.errors import Conflict, Malformed, NotFound
from tallystick.recognition.card import Card, SeedResult, check_gate, parse_card
from tallystick.recognition.measures import auroc, best_temperature, recall_at
from tallystick.recognition.registry import load, register
from tallystick.recognition.splitting import part_of, piece_of


def result(seed: int, auroc: float = 0.95, foreign: float = 1.0) -> SeedResult:
    return SeedResult(seed, auroc, 0.7, 0.97, foreign, 100, 50)


def card(*results: SeedResult, gate: float = 0.9) -> Card:
    seeds = results or tuple(result(seed) for seed in (1, 2, 3))
    return Card(
        "tile",
        1,
        "tile",
        ("bad", "good"),
        "good",
        64,
        1,
        1.0,
        0.2,
        0.8,
        9.0,
        1,
        gate,
        seeds,
        0.0,
        "a",
        "b",
        "c",
    )


def put(folder: Path, said: Card) -> None:
    (folder / "tile-1.onnx").write_bytes(b"any bytes")
    (folder / "tile-1.json").write_bytes(msgspec.json.encode(said))


def test_a_registered_model_is_given_out_with_its_hash(tmp_path: Path) -> None:
    put(tmp_path, card())
    entry = register(tmp_path, "tile/1")
    found = load(tmp_path, "tile/1")
    assert (found.onnx, found.sha256, found.card) == (b"any bytes", entry.model_sha256, card())


def test_a_model_that_is_not_registered_is_refused(tmp_path: Path) -> None:
    put(tmp_path, card())
    with pytest.raises(NotFound, match="No model"):
        load(tmp_path, "tile/1")


@pytest.mark.parametrize("name", ["tile-1.onnx", "tile-1.json"])
def test_a_file_that_changed_by_one_byte_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, card())
    register(tmp_path, "tile/1")
    path = tmp_path / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(Conflict) as refused:
        load(tmp_path, "tile/1")
    assert refused.value.code == "model_changed"


@pytest.mark.parametrize(
    "said",
    [
        card(result(1), result(2)),
        card(result(1), result(1), result(1)),
        card(result(1), result(2), result(3, auroc=0.89)),
        card(result(1), result(2), result(3, foreign=0.5)),
        card(gate=0.5),
    ],
    ids=["two seeds", "one seed thrice", "a seed below", "foreign pictures pass", "a gate too low"],
)
def test_a_model_that_did_not_pass_its_gate_is_not_registered(tmp_path: Path, said: Card) -> None:
    put(tmp_path, said)
    with pytest.raises(Conflict) as refused:
        register(tmp_path, "tile/1")
    assert refused.value.code == "gate_not_passed"
    assert not (tmp_path / "registered.json").exists()


def test_a_card_that_contradicts_itself_is_refused() -> None:
    check_gate(card())
    wrong = msgspec.structs.replace(card(), seed=7)
    with pytest.raises(Malformed, match="contradicts"):
        parse_card(msgspec.json.encode(wrong))


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        register(tmp_path, "../tile/1")


def test_all_pictures_of_one_piece_stand_on_one_side() -> None:
    assert piece_of("exp1_num_42") == piece_of("exp5_num_42") == "42"
    parts = [part_of(str(piece), 1) for piece in range(2000)]
    for part, share in (("test", 600), ("calibration", 300), ("training", 1100)):
        assert abs(parts.count(part) - share) < 70, part
    assert parts != [part_of(str(piece), 2) for piece in range(2000)]


def test_measures_by_hand() -> None:
    """Good 1 2 3 3, bad 3 4: of eight pairs six are right and two tie: 7/8; above 3 lies one bad of two."""
    scores, bad = np.array([1.0, 2, 3, 3, 3, 4]), np.array([False] * 4 + [True] * 2)
    assert auroc(scores, bad) == 7 / 8
    assert recall_at(scores, bad) == 0.5


def test_an_overconfident_score_gets_a_temperature_above_one() -> None:
    """Three of four right at logit 10: the surprise is least where the chance is 3/4, at 10/ln 3 = 9.10."""
    logits, bad = np.array([10.0, 10, 10, 10]), np.array([True, True, True, False])
    assert best_temperature(logits, bad) == pytest.approx(9.10, rel=0.02)
