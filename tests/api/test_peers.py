"""Where other members' installations ask: problems in the house's form, and no way in by session."""

from django.test import Client

from tallystick.services.peers.questions import MAX_QUESTION_BYTES, AskConsents
from tests.api.callers import JSON, problem
from tests.services.peers.test_answering import asked, signed
from tests.web.conftest import signed_in

ADDRESS = "/peer/v1"


def post(client: Client, body: bytes):
    return client.post(ADDRESS, body, content_type=JSON)


def test_a_signed_question_is_answered_whoever_carries_it(house, members):
    strict = Client(enforce_csrf_checks=True)
    body = signed(house, asked(house, members.lender, members.supplier, AskConsents()))
    answer = post(strict, body)
    assert (answer.status_code, answer.json()) == (200, {"consents": []})
    assert answer["Cache-Control"] == "no-store"
    problem(post(strict, body), 409, "question_replayed")


def test_neither_a_session_nor_a_token_stands_in_for_the_signature(house, members, callers):
    question = asked(house, members.lender, members.supplier, AskConsents())
    forged = signed(house, question, members.other_lender.address)
    problem(post(signed_in(members.owner), forged), 401, "bad_signature")
    with_token = Client(headers={"Authorization": f"Bearer {callers.officer.token}"})
    problem(post(with_token, forged), 401, "bad_signature")


def test_every_refusal_is_a_problem(house, members):
    client = Client()
    problem(post(client, b"{"), 422, "malformed_question")
    problem(post(client, b" " * (MAX_QUESTION_BYTES + 1)), 413, "question_too_large")
    problem(client.get(ADDRESS), 405, "method_not_allowed")
    elsewhere = signed(house, asked(house, members.lender, members.supplier, AskConsents(), chain_id="other"))
    problem(post(client, elsewhere), 409, "wrong_chain")
