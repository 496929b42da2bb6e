"""Looking at a delivery: its papers, its pictures and a reviewer's own grade, combined (mission E8).

Nothing is looked at that the supplier has not released; a delivery of which nothing may be read is graded by
hand or not at all.
"""

from functools import cache
from typing import Final

from tallystick.capture import pictures
from tallystick.errors import TallystickError
from tallystick.evidence.assessment import Assessment, Basis, Figure, Pack, Picture, TargetModel
from tallystick.evidence.combining import combine
from tallystick.evidence.delivery import MediumKind
from tallystick.evidence.papers import Paper
from tallystick.recognition.assessing import assess
from tallystick.recognition.onnx_model import OnnxImageUnit, OnnxModel
from tallystick.recognition.registry import entries, load, shipped_models
from tallystick.recognition.video_unit import OnnxVideoUnit
from tallystick.records.models import Delivery, HandGrade, MediaFile, Member
from tallystick.services import media
from tallystick.services.installation import Installation
from tallystick.values import canonical

#: Bytes of a picture that is looked at; the store keeps none that is larger.
MAX_PICTURE_BYTES: Final = 32 * 1024 * 1024


def product_families() -> tuple[str, ...]:
    """Return the product families that a registered model knows, sorted."""
    return tuple(sorted(_models()))


def look(
    installation: Installation, lender: Member, delivery: Delivery | None, family: str, *, may_read: bool
) -> Assessment:
    """Return what everything that there is makes of a delivery together.

    Args:
        delivery: None where it is not in this installation.
        family: the product family whose model looks at the pictures; empty: none does.
        may_read: whether the supplier's consent lets the lender read the files now.
    """
    if delivery is None:
        return _nothing("The delivery's files are not in this installation.")
    grades = HandGrade.objects.filter(delivery=delivery, lender=lender)[:1]
    by_hand = [canonical.decode(canonical.encode(each.assessment), Assessment) for each in grades]
    if not may_read:
        return by_hand[0] if by_hand else _nothing("The supplier has not released the files.")
    files = list(delivery.media.all())
    pack = Pack(papers=_papers(files), pictures=_pictures(installation, files, family), product_family=family)
    models = [_models()[family]] if family in _models() else []
    return combine([*by_hand, assess(pack, *models)])


def _nothing(because: str) -> Assessment:
    nothing = Figure(None, Basis.NOTHING, because)
    return Assessment("none", nothing, nothing, nothing)


def _papers(files: list[MediaFile]) -> tuple[Paper, ...]:
    return tuple(
        canonical.decode(canonical.encode(file.paper), Paper) for file in files if file.paper is not None
    )


def _pictures(installation: Installation, files: list[MediaFile], family: str) -> tuple[Picture, ...]:
    """Return the photographs, which we drew ourselves; one that cannot be opened is left to its check."""
    if family not in _models():
        return ()
    found = []
    for file in files:
        if file.kind == MediumKind.PICTURE and file.wrapped_key:
            try:
                content = b"".join(media.opened(installation, file))
                found.append(pictures.decode(content[:MAX_PICTURE_BYTES], file.file_name))
            except TallystickError:
                continue
    return tuple(found)


@cache
def _models() -> dict[str, TargetModel]:
    folder = shipped_models()
    units = [OnnxImageUnit(load(folder, entry.label)) for entry in entries(folder)]
    return {unit.card.product_family: OnnxModel(unit, OnnxVideoUnit(unit)) for unit in units}
