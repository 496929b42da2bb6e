"""Deliveries at the stages that pages are asked about, brought there by the services."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image

from tallystick.evidence.papers import Kind
from tallystick.records.models import Delivery, MediaFile
from tallystick.services import deliveries, media
from tallystick.services.access import actor_of
from tallystick.services.installation import Installation
from tests.installation import NOW, Consortium

NAME = "goods on the ramp.jpg"


def picture(shade: int = 90) -> bytes:
    """Return a JPEG photograph of noise; another shade is another picture."""
    made = BytesIO()
    Image.effect_noise((320, 200), shade).convert("RGB").save(made, "JPEG")
    return made.getvalue()


def added(
    house: Installation, members: Consortium, folder: Path, shade: int = 90, kind: Kind | None = None
) -> MediaFile:
    """Return a file that the supplier has added and not sent."""
    path = folder / "arriving"
    path.write_bytes(picture(shade))
    return media.keep(house, actor_of(members.owner), path, NAME, paper_kind=kind)


def waiting(house: Installation, members: Consortium, folder: Path, days: int = 7) -> Delivery:
    """Return a delivery with a picture that waits for its buyer."""
    made = deliveries.submit(
        house,
        actor_of(members.owner),
        buyer=members.other_supplier.address,
        media_ids=[added(house, members, folder).pk],
        due_at=NOW + timedelta(days=days),
    )
    assert made.stage == "waiting"
    return made
