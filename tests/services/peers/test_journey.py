"""Evidence between three installations, each with its own home, database and process, on one ledger."""

import json

import pytest
import urllib3

from tallystick.capture.key_handover import seal_to
from tests.capture import specimens
from tests.capture.electronic import invoice_xml
from tests.services.peers import homes as made
from tests.services.peers.homes import Homes


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with made.running(tmp_path_factory.mktemp("peers")) as started:
        yield started


@pytest.fixture
def homes(running: Homes):
    running.between.change = None
    running.between.heard.clear()
    yield running
    running.between.change = None


def recorded(homes: Homes, shades: list[int], **how) -> dict:
    """Return a delivery that its buyer has countersigned on its own installation."""
    sent = homes.supplier.do("record", buyer=homes.buyer.address, shades=shades, **how)
    homes.buyer.do("fetch")
    assert homes.buyer.do("countersign", request=sent["request"]) == "recorded"
    return homes.supplier.do("delivery", request=sent["request"])


def checks(found: list[dict], delivery: dict) -> tuple[bool, set[str]]:
    """Return whether a record counts, and the names of its checks that have not passed."""
    record = next(each for each in found if each["address"] == delivery["record"])
    return record["counts"], {each["name"] for each in record["checks"] if each["outcome"] != "passed"}


def test_the_buyers_own_installation_shows_what_waits_for_it_and_countersigns(homes):
    specimen = specimens.specimen("vat-invoice")
    invoice = invoice_xml(specimen.truth, specimen.rows)
    sent = homes.supplier.do("record", buyer=homes.buyer.address, shades=[31], invoice=invoice)
    before = len(homes.supplier.do("readings"))
    assert homes.buyer.do("fetch") == 1
    here = homes.buyer.do("delivery", request=sent["request"])
    assert (here["stage"], here["named"]) == ("waiting", sent["reference"])
    assert (here["media"], here["kinds"]) == (sent["media"], ["vat-invoice", ""])
    assert here["papers"] == sent["papers"] != [None, None]  # read anew, and to the same
    assert here["reference"] in homes.buyer.do("page", path="/deliveries/")
    page = homes.buyer.do("page", path=f"/deliveries/{here['reference']}/")
    assert all(sha256 in page for sha256 in sent["media"])
    theirs, ours = (one.do("shown", request=sent["request"]) for one in (homes.supplier, homes.buyer))
    assert theirs == ours
    assert ours[0] == invoice
    assert homes.buyer.do("countersign", request=sent["request"]) == "recorded"
    there = homes.supplier.do("delivery", request=sent["request"])
    assert there["stage"] == "recorded"
    # What was read by whom is with the supplier, as in one installation.
    assert homes.supplier.do("readings")[before:] == [(homes.buyer.address, False)] * 2
    assert homes.buyer.do("fetch") == 0
    assert homes.buyer.do("kept")["open"] == []


def test_a_refusal_on_the_buyers_installation_reaches_the_supplier_with_its_words(homes):
    sent = homes.supplier.do("record", buyer=homes.buyer.address, shades=[33])
    homes.buyer.do("fetch")
    said = {"reason": "damaged", "note": "Two pallets are wet."}
    assert homes.buyer.do("refuse", request=sent["request"], **said) == "refused"
    assert homes.supplier.do("delivery", request=sent["request"])["stage"] == "refused"
    with made.between(homes.buyer.base) as stands:
        homes.supplier.do("repoint", peers={homes.buyer.address: stands.base})
        lie = {"note": "Nothing is wet.", "salt": "0" * 64}
        stands.change = lambda kind, status, body: (status, json.dumps(lie).encode())
        assert homes.supplier.do("fetch_notes") == 0
        assert homes.supplier.do("note", request=sent["request"]) == ""
        stands.change = None
        assert homes.supplier.do("fetch_notes") == 1
        assert homes.supplier.do("note", request=sent["request"]) == said["note"]
        assert homes.supplier.do("fetch_notes") == 0


def test_what_is_done_on_one_installation_shows_on_the_other_unasked(homes):
    sent = homes.supplier.do("record", buyer=homes.buyer.address, shades=[35])
    homes.buyer.do("fetch")
    assert homes.buyer.do("follow")[-1] == "waiting"
    homes.supplier.do("take_back_delivery", request=sent["request"])
    assert homes.buyer.do("follow")[-1] == "withdrawn"
    sent = homes.supplier.do("record", buyer=homes.buyer.address, shades=[36])
    homes.buyer.do("fetch")
    homes.buyer.do("countersign", request=sent["request"])
    assert homes.supplier.do("follow")[-1] == "recorded"


def test_what_was_taken_back_before_it_was_fetched_is_not_fetched(homes):
    sent = homes.supplier.do("record", buyer=homes.buyer.address, shades=[34])
    homes.between.change = lambda *_: None
    homes.buyer.do("fetch")
    homes.between.change = None
    homes.supplier.do("take_back_delivery", request=sent["request"])
    assert homes.buyer.do("fetch") == 0
    assert homes.buyer.do("awaited") == []


def test_a_lender_fetches_by_consent_alone_and_no_longer_once_it_is_taken_back(homes):
    one, other = recorded(homes, [41, 42]), recorded(homes, [43])
    supplier, lender = homes.supplier, homes.lender
    before = supplier.do("readings")

    def code(kind: str, of: dict = one) -> str:
        return lender.do(
            "ask", owner=supplier.address, kind=kind, request=of["request"], sha256=of["media"][0]
        )

    # Without a consent it learns nothing, and nothing is here.
    assert {code(kind) for kind in ("papers", "piece", "key")} == {"consent_missing"}
    assert code("papers", {**one, "request": "1-9"}) == "consent_missing"  # nor whether there is one
    counts, not_made = checks(lender.do("qualify", supplier=supplier.address), one)
    assert (counts, not_made) == (False, {"medium:1:not_released", "medium:2:not_released"})
    assert lender.do("kept")["files"] == lender.do("consents_here") == 0
    assert supplier.do("readings") == before

    # A consent to one delivery opens that one.
    given = supplier.do("consent", lender=lender.address, references=[one["reference"]])
    found = lender.do("look_again")
    assert checks(found, one) == (True, set())
    assert checks(found, other) == (False, {"medium:1:not_released"})
    assert lender.do("kept")["keys"] == 2
    assert supplier.do("readings")[len(before) :] == [(lender.address, True)] * 2
    assert lender.do("shown_to_lender", request=one["request"]) == [200, 200]

    # Taken back: refused there, refused here, and what was kept of it goes.
    supplier.do("take_back", consent_id=given)
    assert {code(kind) for kind in ("papers", "piece", "key")} == {"consent_withdrawn"}
    assert checks(lender.do("look_again"), one)[0] is False
    assert lender.do("shown_to_lender", request=one["request"]) == [403, 403]
    assert "Taken back" in lender.do("page", path="/consents/")
    assert lender.do("forget") == 2
    assert lender.do("kept")["keys"] == 0
    assert not set(one["media"]) & set(lender.do("kept")["store"])

    # A new consent to everything opens it again, and the other.
    supplier.do("consent", lender=lender.address, references=[])
    found = lender.do("look_again")
    assert (checks(found, one), checks(found, other)) == ((True, set()), (True, set()))
    assert lender.do("forget") == 0


def test_a_question_serves_once(homes):
    homes.supplier.do("record", buyer=homes.buyer.address, shades=[51])
    homes.buyer.do("fetch")
    heard = list(homes.between.heard)
    assert [json.loads(each)["asked"]["question"]["ask"] for each in heard] == ["papers", "key", "piece"]
    for question in heard:
        answer = urllib3.request("POST", f"{homes.supplier.base}/peer/v1", body=question)
        assert (answer.status, answer.json()["code"]) == (409, "question_replayed")


def test_no_key_and_no_content_goes_over_the_line_in_the_clear(homes):
    answers = []

    def listen(kind: str, status: int, body: bytes) -> tuple[int, bytes]:
        answers.append((kind, body))
        return status, body

    homes.between.change = listen
    sent = homes.supplier.do("record", buyer=homes.buyer.address, shades=[52])
    homes.buyer.do("fetch")
    content = homes.buyer.do("shown", request=sent["request"])[0]
    key = homes.buyer.do("key", request=sent["request"])
    assert len(answers) == 3
    for _, body in answers:
        assert key not in body
        assert key.hex().encode() not in body
        assert content[200:260] not in body


def flipped(kind: str, status: int, body: bytes) -> tuple[int, bytes]:
    return status, bytes([body[0] ^ 1]) + body[1:]


def test_a_file_that_was_changed_on_the_way_is_refused(homes):
    _refused(homes, {"piece": flipped}, "ciphertext_differs", 61)


def test_a_file_of_another_size_is_refused(homes):
    _refused(homes, {"piece": lambda kind, status, body: (status, body[:-1])}, "peer_answer_unfit", 62)


def test_a_key_that_is_not_the_files_is_refused(homes):
    def another(kind: str, status: int, body: bytes) -> tuple[int, bytes]:
        to = json.loads(homes.between.heard[-1])["asked"]["question"]["to"]
        return status, seal_to(to, bytes(32))

    _refused(homes, {"key": another}, "wrong_media_key", 63)
    _refused(homes, {"key": flipped}, "wrong_media_key", 64)


def test_an_answer_that_is_too_large_or_cannot_be_read_is_refused(homes):
    large = bytes(2 * 1024 * 1024)
    _refused(homes, {"papers": lambda kind, status, body: (status, large)}, "peer_answer_too_large", 65)
    _refused(homes, {"papers": lambda kind, status, body: (status, b"{}")}, "peer_answer_unfit", 66)
    _refused(homes, {"papers": lambda kind, status, body: (404, b"<html>")}, "peer_refused", 67)


def test_an_installation_that_does_not_answer_is_asked_again_and_leaves_nothing_half_saved(homes):
    _refused(homes, {"papers": lambda *_: None}, "peer_unreachable", 68)
    # The first file is whole when the line breaks at the second.
    pieces = []

    def second(kind: str, status: int, body: bytes) -> tuple[int, bytes] | None:
        pieces.append(body)
        return (status, body) if len(pieces) == 1 else None

    _refused(homes, {"piece": second}, "peer_unreachable", 69, 70)


def test_an_installation_that_nobody_named_is_not_asked_and_the_page_says_so(homes):
    homes.buyer.do("repoint", peers={})
    try:
        _refused(homes, {}, "no_such_peer", 71, again=False)
    finally:
        homes.buyer.do("repoint", peers={homes.supplier.address: homes.between.base})
    assert homes.buyer.do("fetch") == 1


def _refused(homes: Homes, changes: dict, code: str, *shades: int, again: bool = True) -> None:
    """Let a delivery come over a line that changes answers; it is refused, and comes afterwards."""
    sent = homes.supplier.do("record", buyer=homes.buyer.address, shades=list(shades))
    before = homes.buyer.do("kept")

    def change(kind: str, status: int, body: bytes) -> tuple[int, bytes] | None:
        return changes[kind](kind, status, body) if kind in changes else (status, body)

    homes.between.change = change
    assert homes.buyer.do("fetch") == 0
    homes.between.change = None
    assert homes.buyer.do("awaited") == [code]
    assert homes.buyer.do("kept") == before
    page = homes.buyer.do("page", path="/deliveries/")
    assert sent["request"] in page
    if again:
        assert homes.buyer.do("fetch") == 1
        assert homes.buyer.do("awaited") == []
        assert homes.buyer.do("delivery", request=sent["request"])["media"] == sent["media"]
