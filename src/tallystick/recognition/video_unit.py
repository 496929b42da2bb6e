"""The video unit: frames through the image unit; the median decides, the worst is the low end (E8)."""

import statistics
from collections.abc import Sequence

from tallystick.evidence.assessment import Assessment, Clip
from tallystick.recognition.onnx_model import OnnxImageUnit


class OnnxVideoUnit:
    """A ``VideoUnit``. A camera passes over many things, so that one odd frame does not decide."""

    def __init__(self, images: OnnxImageUnit) -> None:
        self._images = images

    def assess_clips(self, clips: Sequence[Clip], product_family: str) -> Assessment:
        """Return the quality of the median frame, the worst frame's as its low end.

        Pieces are not counted over frames, since the same one is in many: the bound is that of one frame.

        Raises:
            Malformed: ``bad_picture``.
        """
        frames = [frame for clip in clips for frame in clip.frames]
        reason = self._images.cannot(frames, product_family, "frame")
        if reason:
            return self._images.abstain(reason)
        findings = self._images.look(frames)
        chances = [one.defect for one in findings if not one.foreign]
        return self._images.assessment(findings, statistics.median_high(chances) if chances else 0)
