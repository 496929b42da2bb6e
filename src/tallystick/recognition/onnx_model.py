"""The image unit: a registered network looks at photographs of the one product family that it knows (E8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tallystick.errors import Malformed
from tallystick.evidence.assessment import Assessment, Basis, Figure, Pack, Picture, Quality, VideoUnit
from tallystick.evidence.combining import combine
from tallystick.recognition.pictures import as_input
from tallystick.recognition.registry import Registered

MAX_PICTURES: Final = 200
BATCH: Final = 8
OUTPUTS: Final = ["class_logits", "defect_logit", "embedding"]
NO_VALUE: Final = Figure(None, Basis.NOTHING, "Pictures do not say what goods are worth.")


@dataclass(frozen=True)
class Finding:
    """What the network makes of one picture.

    Attributes:
        label: the likeliest class.
        defect: probability of a defect, 0 to 1, calibrated.
        foreign: whether the picture is too far from those that the network was taught; then nothing counts.
    """

    name: str
    label: str
    defect: float
    foreign: bool


class OnnxImageUnit:
    """An ``ImageUnit``.

    Args:
        registered: file and card, as the register gives them out.
        threads: of the computation.

    Raises:
        Malformed: ``bad_model`` when the file is no ONNX model, or not as the contract of models says.
    """

    def __init__(self, registered: Registered, threads: int = 1) -> None:
        self.card, self.sha256 = registered.card, registered.sha256
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                registered.onnx, options, providers=["CPUExecutionProvider"]
            )
            classes, _, _ = self._run(np.zeros((1, 3, self.card.side, self.card.side), np.float32))
        except Exception as error:  # the library's errors have no base of their own
            raise Malformed("bad_model", f"The file of {self.card.label} is no model of ours.") from error
        if classes.shape != (1, len(self.card.classes)):
            raise Malformed("bad_model", f"The file of {self.card.label} knows other classes than its card.")

    def look(self, pictures: Sequence[Picture]) -> list[Finding]:
        """Return one finding for each picture.

        Raises:
            Malformed: ``bad_picture``.
        """
        found: list[Finding] = []
        for at in range(0, len(pictures), BATCH):
            some = pictures[at : at + BATCH]
            classes, logits, embeddings = self._run(np.stack([as_input(one, self.card.side) for one in some]))
            distances = np.linalg.norm(embeddings.astype(np.float64), axis=1)
            scaled = np.clip(logits.astype(np.float64) / self.card.temperature, -50, 50)
            chances = 1 / (1 + np.exp(-scaled))
            for one, row, chance, distance in zip(some, classes, chances, distances, strict=True):
                # Written so that what is no number counts as foreign.
                known = bool(distance <= self.card.distance_limit and np.isfinite(chance))
                label = self.card.classes[int(np.argmax(row))]
                found.append(Finding(one.name, label, float(chance) if known else 0.5, not known))
        return found

    def assess_pictures(self, pictures: Sequence[Picture], product_family: str) -> Assessment:
        """Return the quality that the worst of the photographs shows, and how many pieces one shows at least.

        Raises:
            Malformed: ``bad_picture``.
        """
        reason = self.cannot(pictures, product_family, "photograph")
        if reason:
            return self.abstain(reason)
        findings = self.look(pictures)
        return self.assessment(findings, max((one.defect for one in findings if not one.foreign), default=0))

    def cannot(self, pictures: Sequence[Picture], product_family: str, what: str) -> str:
        """Return why it does not look at these at all; empty when it does."""
        if product_family != self.card.product_family:
            return f"{self.card.label} knows {self.card.product_family} only, not {product_family!r:.80}."
        if not pictures:
            return f"There is no {what}."
        if len(pictures) > MAX_PICTURES:
            return f"At most {MAX_PICTURES} pictures are looked at together."
        return ""

    def abstain(self, reason: str, conflicts: tuple[str, ...] = ()) -> Assessment:
        """Return an assessment without a figure."""
        nothing = Figure(None, Basis.NOTHING, reason, conflicts=conflicts)
        return Assessment(self.card.label, nothing, nothing, NO_VALUE, model_sha256=self.sha256)

    def assessment(self, findings: Sequence[Finding], deciding: float) -> Assessment:
        """Return what the findings come to when the picture with the chance ``deciding`` decides."""
        strange = tuple(
            f"{one.name!r:.80} does not look like {self.card.product_family}."
            for one in findings
            if one.foreign
        )
        known = [one for one in findings if not one.foreign]
        if not known:
            return self.abstain("No picture looks like what the model was taught.", strange)
        chances = sorted(one.defect for one in known)
        grade = self.grade(deciding)
        sure = {Quality.POOR: deciding, Quality.GOOD: 1 - deciding}.get(grade, 0.5)
        seen = [
            f"{one.name!r:.80} looks like {one.label} ({one.defect:.0%} for a defect)."
            for one in known
            if self.grade(one.defect) == Quality.POOR
        ]
        quality = Figure(
            grade.value,
            Basis.MODEL,
            " ".join(seen[:10]) or f"No defect stands out in {len(known)} pictures.",
            low=self.grade(chances[-1]).value,
            high=self.grade(chances[0]).value,
            confidence=int(sure * 10_000),
            conflicts=strange,
        )
        pieces = self.card.pieces_in_picture
        quantity = (
            Figure(None, Basis.MODEL, "One picture shows as many at least.", low=str(pieces))
            if pieces
            else Figure(None, Basis.NOTHING, "The model does not count.")
        )
        return Assessment(self.card.label, quality, quantity, NO_VALUE, model_sha256=self.sha256)

    def grade(self, chance: float) -> Quality:
        """Return the quality that a probability of a defect stands for, by the card's two limits."""
        if chance >= self.card.poor_from:
            return Quality.POOR
        return Quality.GOOD if chance < self.card.good_below else Quality.MEDIUM

    def _run(self, inputs: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        return tuple(self._session.run(OUTPUTS, {"x": inputs}))


class OnnxModel:
    """A ``TargetModel`` that looks at photographs and videos with one registered network."""

    def __init__(self, images: OnnxImageUnit, videos: VideoUnit) -> None:
        self._images, self._videos = images, videos

    def assess(self, pack: Pack) -> Assessment:
        """Return what photographs and videos come to; the more cautious of the two where they differ.

        Raises:
            Malformed: ``bad_picture``.
        """
        found = []
        if pack.pictures or not pack.clips:
            found.append(self._images.assess_pictures(pack.pictures, pack.product_family))
        if pack.clips:
            found.append(self._videos.assess_clips(pack.clips, pack.product_family))
        if len(found) == 1:
            return found[0]
        return msgspec.structs.replace(combine(found), model=self._images.card.label)
