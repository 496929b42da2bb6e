"""Teaching, calibrating, testing and exporting a network for each seed; the median becomes the model."""

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tallystick.errors import Malformed
from tallystick.recognition.card import LEAST_GATE, Card, SeedResult, check_gate
from tallystick.recognition.measures import auroc, best_temperature, recall_at
from tallystick.recognition.pictures import as_input, read_picture
from tallystick.recognition.splitting import Labelled, labelled_pictures, part_of
from tallystick.recognition.training.foreign import foreign_pictures
from tallystick.recognition.training.network import FIELDS, Network, Summaries

BATCH: Final = 32
CLASS_WEIGHT: Final = 0.3
LEARNING_RATE: Final = 3e-3
WEIGHT_DECAY: Final = 0.3  # of weights; centres and biases keep theirs
SHRINKAGE: Final = 0.2
#: Axes along which each picture is also taught mirrored.
MIRRORS: Final[tuple[list[int], ...]] = ([], [3], [2], [2, 3])
DISTANCE_QUANTILE: Final = 0.99
FALSE_ALARMS: Final = 0.05
LIKELY: Final = 0.5  # least chance of a defect at which a piece is called poor
MISSED: Final = 0.10
MOST_DIFFERENT: Final = 5e-3  # distances are of several units
OPSET: Final = 17


@dataclass(frozen=True)
class Plan:
    """What is to be learnt, from what and how long.

    Attributes:
        folder: one folder of pictures for each class.
        good_class: the folder of pieces without a defect.
        gate_auroc: what every seed has to reach on its held-out pieces.
        training_set: name and source of the pictures, for the card.
    """

    folder: Path
    name: str
    product_family: str
    good_class: str
    training_set: str
    version: int = 1
    seeds: tuple[int, ...] = (1, 2, 3)
    epochs: int = 120
    side: int = 224
    gate_auroc: float = LEAST_GATE
    pieces_in_picture: int = 1


@dataclass(frozen=True)
class Taught:
    """One network after its seed's training, with what the card says of it."""

    onnx: bytes
    result: SeedResult
    temperature: float
    good_below: float
    poor_from: float
    distance_limit: float
    parity: float


@dataclass(frozen=True)
class _Set:
    """The pictures, what is to be learnt of them, and what the fixed filters say of them."""

    pictures: Sequence[Labelled]
    classes: tuple[str, ...]
    inputs: NDArray[np.float32]
    told: Tensor
    general: Tensor


def teach(plan: Plan, tell: Callable[[str], None]) -> tuple[bytes, Card]:
    """Return the ONNX file of the seed with the median AUROC and its card, past its gate or not.

    Raises:
        Malformed: ``no_pictures``; ``bad_side`` when the side is no multiple of 28, or below 112.
        TooLarge: ``too_many_pictures``.
    """
    if plan.side % FIELDS or plan.side < 4 * FIELDS:
        raise Malformed("bad_side", f"The side must be a multiple of {FIELDS}, {4 * FIELDS} or more.")
    pictures = labelled_pictures(plan.folder)
    classes = tuple(sorted({one.label for one in pictures}))
    inputs = np.stack([as_input(read_picture(one.path), plan.side) for one in pictures])
    tell(f"{len(pictures)} pictures are read")
    told, general = _summaries(inputs)
    tell("the fixed filters have seen them, mirrored too")
    everything = _Set(pictures, classes, inputs, told, general)
    taught = [_one_seed(plan, seed, everything, tell) for seed in plan.seeds]
    chosen = sorted(taught, key=lambda one: (one.result.auroc, one.result.seed))[(len(taught) - 1) // 2]
    card = Card(
        name=plan.name,
        version=plan.version,
        product_family=plan.product_family,
        classes=classes,
        good_class=plan.good_class,
        side=plan.side,
        seed=chosen.result.seed,
        temperature=chosen.temperature,
        good_below=chosen.good_below,
        poor_from=chosen.poor_from,
        distance_limit=chosen.distance_limit,
        pieces_in_picture=plan.pieces_in_picture,
        gate_auroc=plan.gate_auroc,
        seeds=tuple(one.result for one in taught),
        parity=chosen.parity,
        training_set=plan.training_set,
        made_with=f"torch {torch.__version__}, opset {OPSET}, {plan.epochs} epochs",
        not_for="Another product family, another camera set-up, a count or a value, or a refusal by itself:"
        " it is a screen whose findings a person looks at.",
    )
    return chosen.onnx, card


def write(onnx: bytes, card: Card, folder: Path) -> tuple[Path, Path]:
    """Write model and card side by side and return their paths.

    Raises:
        Conflict: ``gate_not_passed``; then nothing is written.
    """
    check_gate(card)
    folder.mkdir(parents=True, exist_ok=True)
    model, said = folder / f"{card.name}-{card.version}.onnx", folder / f"{card.name}-{card.version}.json"
    model.write_bytes(onnx)
    said.write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")
    return model, said


def _summaries(inputs: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
    """Return the summaries by mirror and picture [MIRRORS, N, many], the general ones [N, fewer]."""
    fixed, told, general = Summaries(), [], []
    with torch.no_grad():
        for some in torch.from_numpy(inputs).split(BATCH):
            found = [fixed(some.flip(axes) if axes else some) for axes in MIRRORS]
            told.append(torch.stack([one for one, _ in found]))
            general.append(found[0][1])
    return torch.cat(told, 1), torch.cat(general)


def _one_seed(plan: Plan, seed: int, all_of: _Set, tell: Callable[[str], None]) -> Taught:
    torch.manual_seed(seed)
    pictures, inputs = all_of.pictures, all_of.inputs
    parts = np.array([part_of(one.piece, seed) for one in pictures])
    labels = np.array([all_of.classes.index(one.label) for one in pictures])
    bad = np.array([one.label != plan.good_class for one in pictures])
    learn = torch.from_numpy(np.flatnonzero(parts == "training"))
    network = Network(len(all_of.classes), plan.side)
    told = all_of.told[:, learn]
    network.settle(told.flatten(0, 1), all_of.general[learn], SHRINKAGE)
    y, flags = torch.from_numpy(labels)[learn], torch.from_numpy(bad)[learn].float()
    for epoch, loss in enumerate(_epochs(network, told, y, flags, plan.epochs), 1):
        if epoch % 10 == 0:
            tell(f"seed {seed}, epoch {epoch} of {plan.epochs}: loss {loss:.3f}")
    network.eval()
    onnx = export(network, plan.side)
    run = Runner(onnx)
    logits, distances = run(inputs)
    calibration, test = parts == "calibration", parts == "test"
    temperature = best_temperature(logits[calibration], bad[calibration])
    chances = 1 / (1 + np.exp(-logits / temperature))
    alarm = np.quantile(chances[calibration & ~bad], 1 - FALSE_ALARMS, method="higher")
    poor_from = max(LIKELY, float(alarm))  # where the two part cleanly, the quantile alone would be near 0
    good_below = min(poor_from, float(np.quantile(chances[calibration & bad], MISSED, method="lower")))
    limit = float(np.quantile(distances[calibration], DISTANCE_QUANTILE, method="higher"))
    foreign = np.stack([as_input(one, plan.side) for one in foreign_pictures(seed)])
    result = SeedResult(
        seed=seed,
        auroc=round(auroc(logits[test], bad[test]), 4),
        recall_at_5=round(recall_at(logits[test], bad[test]), 4),
        coverage=round(float((distances[test] <= limit).mean()), 4),
        foreign=round(float((run(foreign)[1] > limit).mean()), 4),
        held_out_good=int((test & ~bad).sum()),
        held_out_bad=int((test & bad).sum()),
    )
    tell(f"seed {seed}: {result}, sha256 {hashlib.sha256(onnx).hexdigest()[:16]}")
    parity = _parity(network, run, torch.from_numpy(inputs[:BATCH]))
    return Taught(onnx, result, temperature, good_below, poor_from, limit, parity)


def _epochs(network: Network, told: Tensor, y: Tensor, bad: Tensor, epochs: int) -> Iterator[float]:
    """Teach the heads from summaries [MIRRORS, N, many]; yield the mean loss of each epoch."""
    weights = [one for one in network.parameters() if one.ndim > 1]
    rest = [one for one in network.parameters() if one.ndim == 1]
    groups = [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": rest, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * -(-len(y) // BATCH))
    rarer = (1 - bad).sum() / bad.sum()
    for _ in range(epochs):
        total = 0.0
        for some in torch.randperm(len(y)).split(BATCH):
            mirrored = told[torch.randint(0, len(told), (len(some),)), some]
            class_logits, defects = network.heads(mirrored)
            asked = bad[some][:, None].expand_as(defects)
            loss = nn.functional.binary_cross_entropy_with_logits(defects, asked, pos_weight=rarer)
            loss = loss + CLASS_WEIGHT * nn.functional.cross_entropy(class_logits, y[some])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(some)
        yield total / len(y)


def export(network: Network, side: int) -> bytes:
    """Return the network as an ONNX file: input ``x``, outputs as the contract names them."""
    buffer = io.BytesIO()
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, side, side),),
        buffer,
        input_names=["x"],
        output_names=["class_logits", "defect_logit", "embedding"],
        dynamic_axes={name: {0: "n"} for name in ("x", "class_logits", "defect_logit", "embedding")},
        opset_version=OPSET,
        dynamo=False,
    )
    return buffer.getvalue()


class Runner:
    """The exported file, run as the product runs it."""

    def __init__(self, onnx: bytes) -> None:
        self.session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])

    def __call__(self, inputs: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the defect logits [N] and the Mahalanobis distances [N]."""
        found = [
            self.session.run(None, {"x": inputs[at : at + BATCH]}) for at in range(0, len(inputs), BATCH)
        ]
        logits = np.concatenate([defect for _, defect, _ in found]).astype(np.float64)
        embeddings = np.concatenate([embedding for _, _, embedding in found]).astype(np.float64)
        return logits, np.linalg.norm(embeddings, axis=1)


def _parity(network: Network, run: Runner, x: Tensor) -> float:
    with torch.no_grad():
        expected = [one.numpy() for one in network(x)]
    found = run.session.run(None, {"x": x.numpy()})
    difference = max(float(np.abs(one - other).max()) for one, other in zip(expected, found, strict=True))
    if difference > MOST_DIFFERENT:
        raise RuntimeError(f"The exported file differs from the network by {difference}.")
    return difference
