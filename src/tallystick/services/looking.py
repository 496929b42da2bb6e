"""Looking at a delivery: papers, pictures, films and a reviewer's own grade, combined (mission E8).

Nothing is looked at that the supplier has not released; a delivery of which nothing may be read is graded by
hand or not at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tallystick.capture import pictures
from tallystick.capture.fetching import fetch
from tallystick.capture.worker import shared_pool
from tallystick.errors import TallystickError
from tallystick.evidence.assessment import Assessment, Basis, Clip, Figure, Pack, Picture, TargetModel
from tallystick.evidence.combining import combine
from tallystick.evidence.delivery import MediumKind
from tallystick.evidence.papers import Paper
from tallystick.recognition.assessing import assess
from tallystick.recognition.language_model import Exchange
from tallystick.recognition.onnx_model import OnnxImageUnit, OnnxModel
from tallystick.recognition.registry import entries, load, shipped_models
from tallystick.recognition.video_unit import OnnxVideoUnit
from tallystick.records.models import Delivery, HandGrade, MediaFile, Member
from tallystick.services import media
from tallystick.services.installation import Installation
from tallystick.values import canonical

#: Bytes of a picture that is looked at; the store keeps none that is larger.
MAX_PICTURE_BYTES: Final = 32 * 1024 * 1024
#: Films of one delivery that are looked at; each gives ``capture.opening.MAX_FILM_FRAMES`` pictures.
MAX_FILMS: Final = 4
#: Deliveries of one query for which the language model is asked; it may take a minute for each.
MAX_ASKED: Final = 20
#: Letters of a language model's raw answer that are kept.
MAX_RAW: Final = 4_000


@dataclass(frozen=True)
class Looked:
    """What looking at one delivery came to.

    Attributes:
        assessment: of everything together.
        exchanges: what the language model was asked and answered; none where it was not asked.
    """

    assessment: Assessment
    exchanges: tuple[Exchange, ...] = ()


def product_families() -> tuple[str, ...]:
    """Return the product families that a registered model knows, sorted."""
    return tuple(sorted(_models()))


class Looker:
    """Looks at the deliveries of one query, one after the other.

    A language model that did not answer once is not asked again: a query with many records comes to an end.

    Args:
        lender: whose grades by hand count.
        family: the product family whose model looks at pictures and films; empty: none of ours does.
    """

    def __init__(self, installation: Installation, lender: Member, family: str) -> None:
        self._installation, self._lender, self._family = installation, lender, family
        self._exchanges: list[Exchange] = []
        make = installation.language_model
        self._asked = make(self._exchanges.append) if make else None
        self._left = MAX_ASKED

    def look(self, delivery: Delivery | None, *, may_read: bool) -> Looked:
        """Return what everything that there is makes of a delivery together.

        Args:
            delivery: None where it is not in this installation.
            may_read: whether the supplier's consent lets the lender read the files now.
        """
        if delivery is None:
            return Looked(_nothing("The delivery's files are not in this installation."))
        grades = HandGrade.objects.filter(delivery=delivery, lender=self._lender)[:1]
        by_hand = [canonical.decode(canonical.encode(each.assessment), Assessment) for each in grades]
        if not may_read:
            released = _nothing("The supplier has not released the files.")
            return Looked(by_hand[0] if by_hand else released)
        files = list(delivery.media.all())
        asked = self._asked if self._left else None
        ours = _models().get(self._family)
        seen = ours is not None or asked is not None
        pack = Pack(
            papers=_papers(files),
            pictures=_pictures(self._installation, files) if seen else (),
            clips=_clips(self._installation, files) if seen else (),
            product_family=self._family,
        )
        self._exchanges.clear()
        found = assess(pack, *(model for model in (ours, asked) if model))
        if asked and (pack.pictures or pack.clips):
            self._left = self._left - 1 if self._exchanges else 0
        return Looked(combine([*by_hand, found]), tuple(self._exchanges))


def _nothing(because: str) -> Assessment:
    nothing = Figure(None, Basis.NOTHING, because)
    return Assessment("none", nothing, nothing, nothing)


def _papers(files: list[MediaFile]) -> tuple[Paper, ...]:
    return tuple(
        canonical.decode(canonical.encode(file.paper), Paper) for file in files if file.paper is not None
    )


def _pictures(installation: Installation, files: list[MediaFile]) -> tuple[Picture, ...]:
    """Return the photographs, which we drew ourselves; one that cannot be opened is left to its check."""
    found = []
    for file in files:
        if file.kind == MediumKind.PICTURE and file.wrapped_key:
            try:
                content = b"".join(media.opened(installation, file))
                found.append(pictures.decode(content[:MAX_PICTURE_BYTES], file.file_name))
            except TallystickError:
                continue
    return tuple(found)


def _clips(installation: Installation, files: list[MediaFile]) -> tuple[Clip, ...]:
    """Return pictures of the first films, taken in a worker; one that cannot be had is left out."""
    found = []
    for file in [each for each in files if each.kind == MediumKind.VIDEO][:MAX_FILMS]:
        try:
            found.append(_clip(installation, file))
        except TallystickError:
            continue
    return tuple(found)


def _clip(installation: Installation, file: MediaFile) -> Clip:
    with TemporaryDirectory(prefix="tallystick-film-") as folder:
        path = Path(folder) / "film"
        with path.open("wb") as target:
            for piece in _film(installation, file):
                target.write(piece)
        drawn = shared_pool().run("film_frames", str(path), result_type=list[bytes])
    frames = (pictures.decode(each, f"{file.file_name} {number}") for number, each in enumerate(drawn, 1))
    return Clip(file.file_name, tuple(frames))


def _film(installation: Installation, file: MediaFile) -> Iterator[bytes]:
    if file.wrapped_key:
        return media.opened(installation, file)
    return fetch(file.location, file.sha256, installation.media_hosts)


@cache
def _models() -> dict[str, TargetModel]:
    folder = shipped_models()
    units = [OnnxImageUnit(load(folder, entry.label)) for entry in entries(folder)]
    return {unit.card.product_family: OnnxModel(unit, OnnxVideoUnit(unit)) for unit in units}
