"""Deliveries over HTTP: pieces over a bad line, a countersignature by an outside key, consent and its end."""

from datetime import timedelta
from io import BytesIO

import pytest
from nacl.signing import SigningKey
from PIL import Image

from tallystick.api.door import MAX_JSON_BYTES
from tallystick.contracts.signing_keys import key_statement
from tallystick.records.models import MediaFile, MediaReading
from tallystick.services.installation import Installation
from tests.api.callers import Caller, good, problem
from tests.api.conftest import Callers
from tests.installation import NOW, Consortium

DUE = (NOW + timedelta(days=7)).isoformat()
BYTES = "application/octet-stream"


def picture(shade: int = 90) -> bytes:
    made = BytesIO()
    Image.effect_noise((320, 200), shade).convert("RGB").save(made, "JPEG")
    return made.getvalue()


def begun(who: Caller, content: bytes, name: str = "goods.jpg") -> str:
    announced = {"file_name": name, "size_bytes": len(content)}
    return f"/media/uploads/{good(who.post('/media/uploads', announced), 201)['token']}"


def piece(who: Caller, upload: str, content: bytes, offset: int, size: int = 5000):
    return who.send("PUT", f"{upload}?offset={offset}", content[offset : offset + size], BYTES)


def uploaded(who: Caller, shade: int = 90) -> int:
    return good(who.upload("/media", "goods.jpg", picture(shade)), 201)["id"]


def submitted(callers: Callers, members: Consortium, *media: int) -> dict:
    sent = {"buyer": members.other_supplier.address, "media": list(media), "due_at": DUE}
    return good(callers.owner.post("/deliveries", sent), 201)


def read(who: Caller, media_id: int) -> bytes:
    answer = who.get(f"/media/{media_id}/content")
    assert answer.status_code == 200
    return b"".join(answer)


def test_a_file_arrives_in_pieces_whatever_is_sent_twice_or_out_of_order(callers: Callers) -> None:
    who, content = callers.owner, picture()
    upload = begun(who, content)
    assert good(piece(who, upload, content, 0))["received_bytes"] == 5000
    assert good(piece(who, upload, content, 0))["received_bytes"] == 5000  # the answer was lost: sent again
    gap = problem(piece(who, upload, content, 7000), 409, "wrong_offset")
    assert gap["details"] == {"received_bytes": 5000}
    problem(piece(who, upload, picture(40), 0), 409, "piece_differs")
    assert good(who.get(upload))["received_bytes"] == 5000
    problem(who.post(f"{upload}/finish", {}), 409, "upload_incomplete")
    for offset in range(5000, len(content), 5000):
        good(piece(who, upload, content, offset))
    kept = good(who.post(f"{upload}/finish", {"paper_kind": "contract"}), 201)
    assert (kept["kind"], kept["paper_kind"], kept["media_type"]) == ("document", "contract", "image/jpeg")
    problem(who.get(upload), 404, "unknown_upload")
    assert Image.open(BytesIO(read(who, kept["id"]))).size == (320, 200)


def test_a_finish_that_is_asked_for_twice_with_one_key_takes_in_one_file(callers: Callers) -> None:
    who, content = callers.owner, picture()
    upload = begun(who, content)
    for offset in range(0, len(content), 5000):
        good(piece(who, upload, content, offset))
    first, second = (who.post(f"{upload}/finish", {}, key="finish-1") for _each in range(2))
    assert first.content == second.content
    assert MediaFile.objects.count() == 1


def test_an_upload_is_its_users_alone_and_its_limits_hold(callers: Callers) -> None:
    content = picture()
    upload = begun(callers.owner, content)
    for stranger, status in ((callers.other_owner, 404), (callers.officer, 403)):
        for method, path in (("GET", upload), ("PUT", f"{upload}?offset=0"), ("DELETE", upload)):
            assert stranger.send(method, path, b"", BYTES).status_code == status
    problem(
        callers.owner.send("PUT", f"{upload}?offset=0", bytes(MAX_JSON_BYTES + 1), BYTES),
        413,
        "body_too_large",
    )
    problem(callers.owner.send("PUT", f"{upload}?offset=0", bytes(8192), BYTES), 422, "unknown_media_type")
    assert callers.owner.send("DELETE", upload).status_code == 204
    problem(callers.owner.get(upload), 404, "unknown_upload")
    problem(
        callers.owner.post("/media/uploads", {"file_name": "x", "size_bytes": 0}), 422, "malformed_request"
    )


def test_a_file_that_lies_about_itself_is_refused_with_a_code(callers: Callers) -> None:
    problem(callers.owner.upload("/media", "contract.pdf", picture()), 422, "media_type_mismatch")
    assert not MediaFile.objects.exists()


def test_a_loose_file_is_removed_and_one_in_a_delivery_stays(callers: Callers, members: Consortium) -> None:
    loose, sent = uploaded(callers.owner), uploaded(callers.owner, 91)
    submitted(callers, members, sent)
    problem(callers.other_owner.send("DELETE", f"/media/{loose}"), 404, "unknown_media")
    assert callers.owner.send("DELETE", f"/media/{loose}").status_code == 204
    problem(callers.owner.send("DELETE", f"/media/{sent}"), 404, "unknown_media")


def test_a_delivery_is_countersigned_by_a_key_outside_the_installation(
    house: Installation, callers: Callers, members: Consortium
) -> None:
    made = submitted(callers, members, uploaded(callers.owner))
    assert made["stage"] == "waiting"
    assert made["request"]
    here, buyer = f"/deliveries/{made['reference']}", callers.other_owner
    outside = SigningKey(bytes(range(32)))
    key = bytes(outside.verify_key).hex()
    statement = good(buyer.get(f"{here}/statement"))["text"].encode()
    signed = {"key": key, "signature": outside.sign(statement).signature.hex()}
    problem(buyer.post(f"{here}/countersignature", signed), 409, "not_your_key")
    held = outside.sign(key_statement(house.ledger.chain_id, members.other_supplier.address, key))
    possession = {"key": key, "possession": held.signature.hex()}
    assert buyer.post("/deliveries/keys", possession).status_code == 204
    problem(buyer.post("/deliveries/keys", possession), 409, "signing_key_registered")
    forged = signed | {"signature": "00" * 64}
    problem(buyer.post(f"{here}/countersignature", forged), 409, "countersignature_invalid")
    problem(buyer.post(f"{here}/countersignature", {"key": key}), 422, "key_and_signature")
    done = good(buyer.post(f"{here}/countersignature", signed))
    assert (done["stage"], done["media_hash"]) == ("recorded", made["media_hash"])
    assert done["record"]
    assert good(callers.owner.get(here))["record_hash"] == done["record_hash"] != ""
    problem(buyer.post(f"{here}/refusal", {"reason": "other"}), 409, "not_waiting")


def test_the_institutions_key_signs_when_none_is_sent(callers: Callers, members: Consortium) -> None:
    here = f"/deliveries/{submitted(callers, members, uploaded(callers.owner))['reference']}"
    problem(callers.owner.post(f"{here}/countersignature", {}), 404, "unknown_delivery")
    assert good(callers.other_owner.post(f"{here}/countersignature", {}))["stage"] == "recorded"


def test_a_refusal_tells_the_supplier_why(callers: Callers, members: Consortium) -> None:
    here = f"/deliveries/{submitted(callers, members, uploaded(callers.owner))['reference']}"
    refusal = {"reason": "damaged", "note": "Every second sheet is torn."}
    problem(callers.other_owner.post(f"{here}/refusal", {"reason": "no"}), 422, "malformed_request")
    good(callers.other_owner.post(f"{here}/refusal", refusal))
    seen = good(callers.owner.get(here))
    assert (seen["stage"], seen["reason"], seen["note"]) == ("refused", *refusal.values())
    problem(callers.owner.post(f"{here}/withdrawal"), 409, "not_waiting")


def test_a_supplier_takes_back_and_lists_are_pages(callers: Callers, members: Consortium) -> None:
    first, second = (
        submitted(callers, members, uploaded(callers.owner, shade))["reference"] for shade in (70, 71)
    )
    assert good(callers.owner.post(f"/deliveries/{first}/withdrawal"))["stage"] == "withdrawn"
    page = good(callers.other_owner.get("/deliveries?limit=1"))
    assert [row["reference"] for row in page["items"]] == [second]
    rest = good(callers.other_owner.get(f"/deliveries?limit=1&cursor={page['next']}"))
    assert [row["reference"] for row in rest["items"]] == [first]


def test_a_consent_to_pull_books_names_and_opens_no_delivery(callers: Callers, members: Consortium) -> None:
    media_id = uploaded(callers.owner)
    reference = submitted(callers, members, media_id)["reference"]
    consent = {"recipient": members.lender.address, "until": DUE, "purpose": "admission"}
    problem(callers.owner.post("/consents", consent | {"deliveries": [reference]}), 422, "bad_scope")
    given = good(callers.owner.post("/consents", consent), 201)
    assert (given["purpose"], given["scope"]) == ("admission", ["books"])
    problem(callers.officer.get(f"/media/{media_id}/content"), 403, "consent_missing")


def test_a_lender_reads_by_consent_until_it_is_taken_back(callers: Callers, members: Consortium) -> None:
    media_id = uploaded(callers.owner)
    reference = submitted(callers, members, media_id)["reference"]
    content = f"/media/{media_id}/content"
    problem(callers.officer.get(content), 403, "consent_missing")
    consent = {"recipient": members.lender.address, "until": DUE, "deliveries": [reference]}
    given = good(callers.owner.post("/consents", consent), 201)
    assert given["address"]
    assert "salt" not in given
    assert read(callers.officer, media_id) == read(callers.owner, media_id)
    problem(callers.other_officer.get(content), 403, "consent_missing")
    assert MediaReading.objects.get(consent_id=given["id"]).member == members.lender
    for side in (callers.owner, callers.officer):
        assert [row["id"] for row in good(side.get("/consents"))["items"]] == [given["id"]]
    assert good(callers.other_officer.get("/consents"))["items"] == []
    problem(callers.officer.post(f"/consents/{given['id']}/withdrawal"), 403, "not_permitted")
    good(callers.owner.post(f"/consents/{given['id']}/withdrawal"))
    problem(callers.officer.get(content), 403, "consent_withdrawn")
    problem(callers.owner.post(f"/consents/{given['id']}/withdrawal"), 409, "already_withdrawn")


@pytest.mark.parametrize(
    ("path", "sent", "code"),
    [
        ("/deliveries", {"media": []}, "malformed_request"),
        ("/deliveries", {"due_at": "2026-12-01T10:00:00"}, "no_time_zone"),
        ("/deliveries", {"due_at": "2020-12-01T10:00:00Z"}, "bad_due_date"),
        ("/consents", {"until": "2026-12-01T10:00:00"}, "no_time_zone"),
        ("/consents", {"until": "2020-12-01T10:00:00Z"}, "bad_consent_period"),
        ("/media/films", {"location": "file:///etc/passwd"}, "malformed_request"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    callers: Callers, members: Consortium, path: str, sent: dict, code: str
) -> None:
    whole = {
        "/deliveries": {"buyer": members.other_supplier.address, "media": [1], "due_at": DUE},
        "/consents": {"recipient": members.lender.address, "until": DUE},
        "/media/films": {"location": "https://films.example/a", "sha256": "ab" * 32, "size_bytes": 1},
    }
    problem(callers.owner.post(path, whole[path] | sent), 422, code)
