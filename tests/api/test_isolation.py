"""No member reaches what belongs to another: every address of the API, called with every other token."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tallystick.api.routes import api
from tallystick.records.models import Application
from tallystick.services import catalogue, consortium
from tallystick.services.installation import Installation
from tallystick.values.identifiers import account_address
from tests.api.callers import Caller, caller, encoded, good, problem
from tests.api.conftest import Callers
from tests.api.test_deliveries import picture
from tests.installation import PASSWORD, Consortium
from tests.services.test_qualification import recorded


@dataclass(frozen=True)
class Private:
    """An address of one application: other members are told that there is none."""

    sent: object = None
    of_lender: bool = False


@dataclass(frozen=True)
class Shared:
    """An address that every member may use, and why that gives nothing away."""

    because: str
    sent: object = None
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OfDelivery:
    """An address of one delivery, file, upload or consent: other members are told that there is none."""

    sent: object = None
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OfQuery:
    """An address of one query of a lender: everybody else is told that there is none."""

    sent: object = None


_READERS = "the frame is everybody's, the content its readers'; see test_ledger_readers"
_POLICY = {"name": "invoice-admission", "number": "1"}
ADDRESS = account_address(bytes(32))
_TOKEN = "0" * 48
_A_DAY = "2026-12-20T10:00:00Z"
_BUYER = {"buyer": ADDRESS, "media": [1], "due_at": _A_DAY}

#: Every address: a route that is not listed here fails ``test_every_route_is_in_the_table``.
TABLE: dict[tuple[str, str], Private | Shared | OfDelivery | OfQuery] = {
    ("get", "/api/v1/me"): Shared("it speaks of the caller only"),
    ("get", "/api/v1/programmes"): Shared("programmes are on offer to the whole consortium"),
    ("get", "/api/v1/programmes/{programme_id}"): Shared("as the list", parameters={"programme_id": "1"}),
    ("post", "/api/v1/schedules"): Shared("a calculation on what is sent", sent={}),
    ("get", "/api/v1/applications"): Shared("it lists the caller's own; see the test of the list"),
    ("post", "/api/v1/applications"): Shared("it makes one of the caller's own", sent={}),
    ("get", "/api/v1/applications/{reference}"): Private(),
    ("patch", "/api/v1/applications/{reference}/items"): Private({"items": {"amount": "1.00"}}),
    ("post", "/api/v1/applications/{reference}/suggestions"): Private(),
    ("post", "/api/v1/applications/{reference}/books"): Private(),
    ("post", "/api/v1/applications/{reference}/programme"): Private({"programme_id": 1}, of_lender=True),
    ("post", "/api/v1/applications/{reference}/submission"): Private(),
    ("post", "/api/v1/applications/{reference}/assessment"): Private(of_lender=True),
    ("post", "/api/v1/applications/{reference}/admission"): Private({"reason": "x"}, of_lender=True),
    ("post", "/api/v1/applications/{reference}/offer"): Private(of_lender=True),
    ("post", "/api/v1/applications/{reference}/decline"): Private({"reason": "x"}, of_lender=True),
    ("post", "/api/v1/applications/{reference}/confirmation"): Private(),
    ("post", "/api/v1/applications/{reference}/disbursement"): Private(of_lender=True),
    ("post", "/api/v1/applications/{reference}/withdrawal"): Private({"reason": "x"}),
    ("get", "/api/v1/deliveries"): Shared("it lists the caller's own; see the test of the list"),
    ("post", "/api/v1/deliveries"): Shared("it makes one of the caller's own files", sent=_BUYER),
    ("post", "/api/v1/deliveries/keys"): Shared(
        "it registers a key of the caller's own", sent={"key": "0" * 64, "possession": "0" * 128}
    ),
    ("get", "/api/v1/deliveries/{reference}"): OfDelivery(),
    ("get", "/api/v1/deliveries/{reference}/statement"): OfDelivery(),
    ("post", "/api/v1/deliveries/{reference}/countersignature"): OfDelivery({}),
    ("post", "/api/v1/deliveries/{reference}/refusal"): OfDelivery({"reason": "other"}),
    ("post", "/api/v1/deliveries/{reference}/withdrawal"): OfDelivery(),
    ("post", "/api/v1/media"): Shared("it takes in a file of the caller's own"),
    ("post", "/api/v1/media/films"): Shared("it notes a film of the caller's own", sent={}),
    ("post", "/api/v1/media/uploads"): Shared("it begins one of the caller's own", sent={}),
    ("get", "/api/v1/media/uploads/{token}"): OfDelivery(),
    ("put", "/api/v1/media/uploads/{token}"): OfDelivery(),
    ("post", "/api/v1/media/uploads/{token}/finish"): OfDelivery({}),
    ("delete", "/api/v1/media/uploads/{token}"): OfDelivery(),
    ("get", "/api/v1/media/{media_id}/content"): OfDelivery(),
    ("delete", "/api/v1/media/{media_id}"): OfDelivery(),
    ("get", "/api/v1/consents"): Shared("it lists the caller's own; see the test of the list"),
    ("post", "/api/v1/consents"): Shared(
        "it gives one for the caller's own", sent={"recipient": ADDRESS, "until": _A_DAY}
    ),
    ("post", "/api/v1/consents/{consent_id}/withdrawal"): OfDelivery(),
    ("get", "/api/v1/qualifications"): Shared("it lists the caller's own; see test_qualifications"),
    ("post", "/api/v1/qualifications"): Shared(
        "the lender signs, the supplier sees who asked", sent={"supplier": ADDRESS}
    ),
    ("get", "/api/v1/qualifications/{reference}"): OfQuery(),
    ("get", "/api/v1/qualifications/{reference}/chain"): OfQuery(),
    ("post", "/api/v1/qualifications/{reference}/examination"): OfQuery(),
    ("post", "/api/v1/qualifications/{reference}/records/{record}/grade"): OfQuery(
        {"quality": "good", "because": "x"}
    ),
    ("post", "/api/v1/qualifications/{reference}/decision"): OfQuery({"outcome": "decline", "reason": "x"}),
    ("get", "/api/v1/policies"): Shared("it lists the caller's own"),
    ("post", "/api/v1/policies"): Shared("it makes one of the caller's own", sent={"document": "{}"}),
    **{
        (method, f"/api/v1/policies/{{name}}/{{number}}{part}"): Shared(
            "the lender's own only; see the test of policies", sent=sent, parameters=_POLICY
        )
        for method, part, sent in (
            ("get", "", None),
            ("patch", "", {"document": "{}"}),
            ("post", "/effect", None),
            ("post", "/keeping", {}),
            *(("post", f"/{step}", {}) for step in ("submission", "approval", "rejection", "withdrawal")),
        )
    },
    ("get", "/api/v1/ledger/status"): Shared("the ledger is the consortium's"),
    ("get", "/api/v1/ledger/blocks"): Shared("headers hold hashes only"),
    ("get", "/api/v1/ledger/blocks/{height}"): Shared(_READERS, parameters={"height": "0"}),
    ("get", "/api/v1/ledger/transactions/{transaction_hash}"): Shared(
        _READERS, parameters={"transaction_hash": "0" * 64}
    ),
    ("get", "/api/v1/ledger/transactions/{transaction_hash}/proof"): Shared(
        _READERS, parameters={"transaction_hash": "0" * 64}
    ),
    ("get", "/api/v1/ledger/state"): Shared(_READERS),
    ("get", "/api/v1/ledger/accounts"): Shared("who is a member is known to every member"),
    ("get", "/api/v1/ledger/accounts/{address}"): Shared("as above", parameters={"address": ADDRESS}),
    ("get", "/api/v1/ledger/accounts/{address}/proof"): Shared("as above", parameters={"address": ADDRESS}),
    ("get", "/api/v1/ledger/contracts"): Shared("what runs is the same everywhere"),
    ("get", "/api/v1/ledger/validators"): Shared("who decides is known to every member"),
    ("get", "/api/v1/ledger/genesis"): Shared("every member holds it"),
    ("post", "/api/v1/ledger/transactions"): Shared("the signature says who sends", sent={"data": ""}),
}
#: What the buyer of a delivery, who sees it, is told when it reaches for what is the supplier's alone.
OF_THE_BUYER = {
    ("delete", "/api/v1/media/{media_id}"): "unknown_media",
    ("post", "/api/v1/consents/{consent_id}/withdrawal"): "unknown_consent",
}
PRIVATE = {route: entry for route, entry in TABLE.items() if isinstance(entry, Private)}


def routes() -> Iterator[tuple[str, str]]:
    for path, operations in api.get_openapi_schema()["paths"].items():
        yield from ((method, path) for method in operations)


def call(
    who: Caller,
    route: tuple[str, str],
    reference: str = "LA-2026-00001",
    place: dict[str, str] | None = None,
) -> object:
    method, path = route
    entry = TABLE[route]
    known = {"reference": reference, "token": _TOKEN, "media_id": "1", "consent_id": "1", "record": "1-0"}
    parameters = entry.parameters if isinstance(entry, Shared) else known | (place or {})
    address = path.format_map(parameters)
    if method == "put":
        return who.send("PUT", f"{address}?offset=0", b"x", "application/octet-stream")
    if path == "/api/v1/media":
        return who.upload("/media", "goods.jpg", b"x")
    if path.endswith("/suggestions"):
        return who.upload(address.removeprefix("/api/v1"), "licence.jpg", b"x", kind="business-licence")
    if path.endswith("/books"):
        own = address.removeprefix("/api/v1")
        return who.upload(own, "sales.csv", b"x", item="sales_book")
    return who.send(method.upper(), address, encoded(entry.sent))


@pytest.fixture
def strangers(callers: Callers, house: Installation, members: Consortium) -> list[Caller]:
    """Everybody who has a token and is no side of the application."""
    return [callers.other_owner, callers.other_officer, caller(house, members.node_operator)]


def test_every_route_is_in_the_table() -> None:
    assert set(routes()) == set(TABLE)


def test_an_application_does_not_exist_for_other_members(
    callers: Callers, strangers: list[Caller], draft: Application
) -> None:
    good(callers.owner.post(f"/applications/{draft.reference}/submission"))
    before = callers.owner.get(f"/applications/{draft.reference}").content
    for route, entry in PRIVATE.items():
        for stranger in strangers:
            answer = call(stranger, route, draft.reference)
            assert answer.status_code in (403, 404), route
            assert "Rubber" not in answer.text, route
        same_role = callers.other_officer if entry.of_lender else callers.other_owner
        problem(call(same_role, route, draft.reference), 404, "unknown_application")
    assert callers.owner.get(f"/applications/{draft.reference}").content == before


def test_a_delivery_its_files_uploads_and_consents_do_not_exist_for_other_members(
    house: Installation, callers: Callers, members: Consortium
) -> None:
    owner = callers.owner
    media = good(owner.upload("/media", "ramp.jpg", picture()), 201)
    sent = {"buyer": members.other_supplier.address, "media": [media["id"]], "due_at": _A_DAY}
    made = good(owner.post("/deliveries", sent), 201)
    far = consortium.admit(house, members.operator.address, name="Example Far Bank", roles=["lender"])
    consent = good(owner.post("/consents", {"recipient": far.address, "until": _A_DAY}), 201)
    upload = good(owner.post("/media/uploads", {"file_name": "b.jpg", "size_bytes": 9}), 201)
    place = {
        "reference": made["reference"],
        "token": upload["token"],
        "media_id": str(media["id"]),
        "consent_id": str(consent["id"]),
    }
    paths = (f"/deliveries/{made['reference']}", f"/media/uploads/{upload['token']}", "/consents")
    before = [owner.get(path).content for path in paths]
    third = consortium.admit(house, members.operator.address, name="Example Glass", roles=["enterprise"])
    clerk = consortium.add_user(third, "glass.clerk", PASSWORD, ["applicant", "delivery_clerk"])
    for stranger in (caller(house, clerk), callers.officer, callers.other_officer):
        for route, entry in TABLE.items():
            if isinstance(entry, OfDelivery):
                answer = call(stranger, route, place=place)
                assert answer.status_code in (403, 404), route
                for secret in ("ramp.jpg", media["sha256"], made["media_hash"], consent["address"]):
                    assert secret not in answer.text, route
        for path in ("/deliveries", "/consents"):
            assert good(stranger.get(path)) == {"items": [], "next": None}
    for route, code in OF_THE_BUYER.items():
        problem(call(callers.other_owner, route, place=place), 404, code)
    assert [owner.get(path).content for path in paths] == before


def test_a_query_does_not_exist_for_anybody_but_its_lender(
    house: Installation, callers: Callers, members: Consortium, tmp_path: Path, strangers: list[Caller]
) -> None:
    delivered = recorded(house, members, tmp_path)
    asked = good(callers.officer.post("/qualifications", {"supplier": members.supplier.address}), 201)
    place = {"reference": asked["reference"], "record": delivered.record}
    own = [route for route, entry in TABLE.items() if isinstance(entry, OfQuery)]
    assert len(own) == 5
    before = callers.officer.get(f"/qualifications/{asked['reference']}").content
    for route in own:
        for stranger in (callers.owner, *strangers):
            answer = call(stranger, route, place=place)
            assert answer.status_code in (403, 404), route
            assert delivered.record_hash not in answer.text, route
        problem(call(callers.other_officer, route, place=place), 404, "unknown_qualification")
    assert good(callers.other_officer.get("/qualifications")) == {"items": [], "next": None}
    problem(callers.owner.get("/qualifications"), 403, "not_permitted")
    assert callers.officer.get(f"/qualifications/{asked['reference']}").content == before


def test_a_policy_does_not_exist_for_anybody_but_its_lenders_staff(
    house: Installation, members: Consortium, strangers: list[Caller]
) -> None:
    analyst = consortium.add_user(members.lender, "harbour.analyst", PASSWORD, ["analyst"])
    text = catalogue.policy_document("invoice-admission").decode()
    made = good(caller(house, analyst).post("/policies", {"document": text}))
    own = [route for route in TABLE if "{number}" in route[1]]
    assert len(own) == 8
    for route in own:
        for stranger in strangers:
            answer = call(stranger, route)
            assert answer.status_code in (403, 404), route
            assert made["version"] not in answer.text, route
    for stranger in strangers:
        assert made["version"] not in stranger.get("/policies").text


def test_a_draft_does_not_exist_for_its_lender(callers: Callers, draft: Application) -> None:
    for route in PRIVATE:
        assert call(callers.officer, route, draft.reference).status_code in (403, 404), route


@pytest.mark.django_db
@pytest.mark.parametrize("route", TABLE, ids=" ".join)
def test_no_address_answers_without_a_token(route: tuple[str, str]) -> None:
    problem(call(Caller(), route), 401, "not_authenticated")


def test_the_list_holds_the_callers_own_applications_only(
    callers: Callers, strangers: list[Caller], draft: Application
) -> None:
    good(callers.owner.post(f"/applications/{draft.reference}/submission"))
    for side in (callers.owner, callers.officer):
        assert [row["reference"] for row in good(side.get("/applications"))["items"]] == [draft.reference]
    for stranger in strangers:
        assert good(stranger.get("/applications")) == {"items": [], "next": None}
        assert good(stranger.get("/applications?stage=submitted"))["items"] == []


def test_a_user_of_no_member_sees_nothing(
    house: Installation, members: Consortium, draft: Application
) -> None:
    members.other_owner.member = None
    members.other_owner.save()
    lonely = caller(house, members.other_owner)
    assert good(lonely.get("/applications"))["items"] == []
    problem(lonely.get(f"/applications/{draft.reference}"), 404, "unknown_application")
    assert good(lonely.get("/me"))["member"] is None


def test_what_stood_in_a_withdrawn_draft_is_not_shown_to_the_lender(
    callers: Callers, draft: Application
) -> None:
    good(callers.owner.post(f"/applications/{draft.reference}/withdrawal", {}))
    answer = callers.officer.get(f"/applications/{draft.reference}")
    assert "91330201MA2AF0B27" not in answer.text
