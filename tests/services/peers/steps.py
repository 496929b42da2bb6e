"""What a test has an installation do, inside its own process; what goes in and out is plain data."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import reverse
from PIL import Image

from tallystick.bootstrap import parts
from tallystick.capture.media_keys import unwrap_key
from tallystick.capture.media_store import MediaStore
from tallystick.capture.resumable import Uploads
from tallystick.config import Settings, from_environment
from tallystick.errors import TallystickError
from tallystick.evidence.delivery import Medium, MediumKind
from tallystick.evidence.papers import Kind
from tallystick.records.models import (
    Awaited,
    Consent,
    Delivery,
    MediaFile,
    MediaReading,
    Member,
    Qualification,
    User,
)
from tallystick.services import consents, consortium, deliveries, media, qualification
from tallystick.services.access import Actor, actor_of
from tallystick.services.installation import Installation
from tallystick.services.peers import errands, following, notes, releases
from tallystick.services.peers.asking import Line
from tallystick.signing.secret import read_or_create_secret
from tests.services.peers.lines import Calls

PASSWORD = "correct horse battery staple"
FACTOR_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@contextmanager
def opened(ledger: str) -> Iterator[Installation]:
    """Open this process's installation: with its own node, or with the ledger that the test process lends."""
    settings = from_environment()
    house = _on_lent_ledger(settings, ledger) if ledger else parts.open_installation(settings)
    with parts.using(house):
        yield house


def _on_lent_ledger(settings: Settings, ledger: str) -> Installation:
    clock, secret = parts.SystemClock(), read_or_create_secret(settings.secret_path)
    files = settings.home / "files"
    files.mkdir(exist_ok=True)
    return Installation(
        clock=clock,
        ledger=Calls(ledger),
        keys=parts.open_keys(settings),
        files=files,
        media=MediaStore(settings.media_path),
        uploads=Uploads(settings.quarantine_path, clock),
        secret=secret,
        peers=dict(settings.peers),
    )


def settle(house: Installation, own: str, roles: list[str], known: list[str]) -> None:
    """Make the member's record, its one user, and the records of those it deals with."""
    for address in [own, *known]:
        consortium.recognise(house, address)
    user = consortium.add_user(consortium.find_member(own), "person", PASSWORD, roles)
    if user.is_staff_member:
        consortium.enrol_second_factor(user, FACTOR_SECRET)


def record(house: Installation, buyer: str, shades: list[int], invoice: bytes = b"") -> dict[str, Any]:
    path = Path(house.files) / "arriving"
    rows = []
    if invoice:
        path.write_bytes(invoice)
        rows.append(media.keep(house, _actor(), path, "invoice.xml", paper_kind=Kind.VAT_INVOICE))
    for shade in shades:
        made = BytesIO()
        Image.effect_noise((320, 200), shade).convert("RGB").save(made, "PNG")
        path.write_bytes(made.getvalue())
        rows.append(media.keep(house, _actor(), path, f"goods {shade}.png"))
    due = house.clock.now() + timedelta(days=7)
    row = deliveries.submit(house, _actor(), buyer=buyer, media_ids=[each.pk for each in rows], due_at=due)
    return _seen(row)


def fetch(house: Installation) -> int:
    """Do what the housekeeper does, at once."""
    errands.note_inboxes(house)
    Awaited.objects.exclude(again_at=None).update(again_at=house.clock.now())
    return errands.run(house)


def awaited(house: Installation) -> list[str]:
    return list(Awaited.objects.values_list("problem", flat=True))


def kept(house: Installation) -> dict[str, Any]:
    """Return all that the installation keeps of deliveries: rows, and the names in its media store."""
    folder = house.files.parent / "media"
    return {
        "deliveries": Delivery.objects.count(),
        "files": MediaFile.objects.count(),
        "keys": MediaFile.objects.exclude(wrapped_key=b"").count(),
        "store": sorted(path.name for path in folder.iterdir()) if folder.is_dir() else [],
        "open": [path.name for path in (house.files.parent / "arriving").glob("*")],
    }


def delivery(house: Installation, request: str) -> dict[str, Any]:
    return _seen(deliveries.follow(house, Delivery.objects.get(request=request)))


def page(house: Installation, path: str) -> str:
    return _browser().get(path).text


def shown(house: Installation, request: str) -> list[bytes]:
    """Return what a browser gets of a delivery's files, in their order; small pictures must be there."""
    browser, found = _browser(), []
    for row in Delivery.objects.get(request=request).media.all():
        names = ["web:media", "web:thumbnail"] if row.kind == MediumKind.PICTURE else ["web:media"]
        answers = [browser.get(reverse(name, args=[row.pk])) for name in names]
        assert {answer.status_code for answer in answers} == {200}
        found += [b"".join(answer.streaming_content) for answer in answers][:1]
    return found


def shown_to_lender(house: Installation, request: str) -> list[int]:
    """Return how a browser of the lender's is answered for each file of a delivery."""
    browser, files = _browser(), MediaFile.objects.filter(delivery__request=request)
    return [browser.get(reverse("web:media", args=[row.pk])).status_code for row in files]


def key(house: Installation, request: str) -> bytes:
    """Return the key of a delivery's first file."""
    row = MediaFile.objects.filter(delivery__request=request).first()
    return unwrap_key(bytes(row.wrapped_key), house.secret)


def take_back_delivery(house: Installation, request: str) -> None:
    deliveries.withdraw(house, _actor(), Delivery.objects.get(request=request).reference)


def countersign(house: Installation, request: str) -> str:
    row = Delivery.objects.get(request=request)
    answer = _browser().post(reverse("web:sign", args=[row.reference]))
    assert answer.status_code == 302, answer.status_code
    row.refresh_from_db()
    return row.stage


def refuse(house: Installation, request: str, reason: str, note: str) -> str:
    row = Delivery.objects.get(request=request)
    return deliveries.refuse(house, _actor(), row.reference, reason, note).stage


def follow(house: Installation) -> list[str]:
    """Do what the housekeeper does, and return the stages that rows then show, oldest first."""
    following.follow(house)
    return list(Delivery.objects.order_by("pk").values_list("stage", flat=True))


def fetch_notes(house: Installation) -> int:
    return notes.fetch(house)


def note(house: Installation, request: str) -> str:
    return Delivery.objects.get(request=request).note


def consent(house: Installation, lender: str, references: list[str]) -> int:
    scope = [f"{consents.EVERY_DELIVERY}/{each}" for each in references] or [consents.EVERY_DELIVERY]
    until = datetime.now(UTC) + timedelta(days=9)
    return consents.grant(house, _actor(), recipient=lender, until=until, scope=scope).pk


def take_back(house: Installation, consent_id: int) -> None:
    consents.withdraw(house, _actor(), consent_id)


def readings(house: Installation) -> list[tuple[str, bool]]:
    """Return who has read a file of this supplier's, and whether by a consent, oldest first."""
    rows = MediaReading.objects.order_by("pk").select_related("member")
    return [(row.member.address, row.consent is not None) for row in rows]


def qualify(house: Installation, supplier: str) -> list[dict[str, Any]]:
    return qualification.query(house, _actor(), supplier).findings["records"]


def look_again(house: Installation) -> list[dict[str, Any]]:
    row = qualification.examine(house, _actor(), Qualification.objects.latest("pk"))
    if fetch(house):  # a busy machine takes longer than an officer waits
        row = qualification.examine(house, _actor(), row)
    return row.findings["records"]


def consents_here(house: Installation) -> int:
    return Consent.objects.count()


def forget(house: Installation) -> int:
    return releases.forget(house)


def repoint(house: Installation, peers: dict[str, str]) -> None:
    """Let other members' installations answer elsewhere."""
    house.peers.clear()
    house.peers.update(peers)


def _actor() -> Actor:
    return actor_of(_user())


def _user() -> User:
    return User.objects.get(username="person")


def _browser() -> Client:
    browser = Client()
    browser.force_login(_user(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def _seen(row: Delivery) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "named": row.named,
        "request": row.request,
        "record": row.record,
        "stage": row.stage,
        "supplier": row.supplier.address,
        "media": [each.sha256 for each in row.media.all()],
        "kinds": [each.paper_kind for each in row.media.all()],
        "papers": [each.paper for each in row.media.all()],
    }


def ask(house: Installation, owner: str, kind: str, request: str, sha256: str = "") -> str:
    """Ask another installation in this member's name, and return its refusal's code; empty if it answers."""
    member = Member.objects.get(pk=_actor().member_id)
    line = Line(house, member, owner, house.clock.now() + timedelta(minutes=1))
    medium = Medium(MediumKind.PICTURE, sha256 or "0" * 64, "0" * 64, 1)
    asked = {
        "papers": lambda: line.papers(request, 1),
        "piece": lambda: list(line.ciphertext(request, medium)),
        "key": lambda: line.key(request, medium),
    }
    try:
        asked[kind]()
    except TallystickError as problem:
        return problem.code
    return ""
