"""The model card: what a network was taught, how well it did on pieces it had not seen, and its gate."""

import statistics
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tallystick.errors import Conflict, Malformed

MAX_CARD_BYTES: Final = 64 * 1024
#: No gate may be set lower; below, a screen misleads more than it helps (area under the ROC curve).
LEAST_GATE: Final = 0.85
LEAST_SEEDS: Final = 3
#: Share of foreign pictures (noise, pages, other things) on which every seed's network has to abstain.
LEAST_FOREIGN: Final = 0.95

Share = Annotated[float, Meta(ge=0, le=1)]
Text = Annotated[str, Meta(min_length=1, max_length=1000)]


class SeedResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one training did on its held-out pieces.

    Attributes:
        auroc: area under the ROC curve of the defect probability.
        recall_at_5: share of bad pieces found at 5 % false alarms.
        coverage: share of held-out pictures on which it does not abstain.
        foreign: share of foreign pictures on which it abstains.
    """

    seed: int
    auroc: Share
    recall_at_5: Share
    coverage: Share
    foreign: Share
    held_out_good: int
    held_out_bad: int


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a model; the file beside the ONNX file, registered with it.

    Attributes:
        side: pixels of the square that it takes.
        seed: which of ``seeds`` the file holds.
        temperature: divides the defect logit before it becomes a probability.
        good_below, poor_from: probabilities of a defect; between them a piece is of medium quality.
        distance_limit: Mahalanobis distance beyond which a picture is not of this family.
        pieces_in_picture: how many pieces each photograph of the family shows; 0 when that varies.
        gate_auroc: what every seed has to reach on held-out pieces before the model may be activated.
        parity: the largest difference between the taught network's outputs and the file's.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,59}\Z")]
    version: Annotated[int, Meta(ge=1)]
    product_family: Text
    classes: Annotated[tuple[Text, ...], Meta(min_length=2, max_length=100)]
    good_class: Text
    side: Annotated[int, Meta(ge=32, le=1024)]
    seed: int
    temperature: Annotated[float, Meta(gt=0)]
    good_below: Share
    poor_from: Share
    distance_limit: Annotated[float, Meta(gt=0)]
    pieces_in_picture: Annotated[int, Meta(ge=0, le=1000)]
    gate_auroc: Share
    seeds: Annotated[tuple[SeedResult, ...], Meta(min_length=1, max_length=50)]
    parity: Annotated[float, Meta(ge=0)]
    training_set: Text
    made_with: Text
    not_for: Text

    @property
    def label(self) -> str:
        """Name and version, for example ``magnetic-tile/1``."""
        return f"{self.name}/{self.version}"

    def summary(self, measure: str) -> tuple[float, float]:
        """Return mean and standard deviation over the seeds of ``auroc``, ``recall_at_5`` or ``coverage``."""
        values = [float(getattr(one, measure)) for one in self.seeds]
        return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def parse_card(data: bytes) -> Card:
    """Return the card that the JSON states.

    Raises:
        Malformed: ``bad_model_card`` when it is too large, is not a card, or contradicts itself.
    """
    try:
        if len(data) > MAX_CARD_BYTES:
            raise msgspec.ValidationError("it is too large")
        card = msgspec.json.decode(data, type=Card)
    except msgspec.DecodeError as error:
        raise Malformed("bad_model_card", f"The model card cannot be read: {error}.") from error
    numbers = [one.seed for one in card.seeds]
    if card.good_class not in card.classes or card.good_below > card.poor_from or card.seed not in numbers:
        raise Malformed("bad_model_card", "The model card contradicts itself.")
    return card


def check_gate(card: Card) -> None:
    """Return when the card shows that the activation gate was passed; recomputed, never a flag in the card.

    Raises:
        Conflict: ``gate_not_passed`` with too few seeds, too low a gate, or a seed that did not reach it.
    """
    passed = (
        len({one.seed for one in card.seeds}) >= LEAST_SEEDS
        and card.gate_auroc >= LEAST_GATE
        and all(one.auroc >= card.gate_auroc and one.foreign >= LEAST_FOREIGN for one in card.seeds)
    )
    if not passed:
        raise Conflict(
            "gate_not_passed",
            f"The model {card.label} may not be activated: each of at least {LEAST_SEEDS} trainings must"
            f" reach its gate (AUROC {LEAST_GATE} or more) on held-out pieces, and know foreign pictures.",
            model=card.label,
        )
