"""A request with a key counts once, also when it is sent by several at the same time."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse

from tallystick.api.routes import applications as routes
from tallystick.errors import Unavailable
from tallystick.records.models import Application, IdempotentRequest
from tallystick.services.installation import Installation
from tests.api.callers import Caller, caller, good, problem
from tests.api.conftest import Callers
from tests.installation import Consortium

KEY = "order-2026-0001"


@pytest.fixture
def begin(callers: Callers, members: Consortium) -> Callable[[], HttpResponse]:
    """Ask the lender for a loan, every time with the same key."""
    return lambda: callers.owner.post("/applications", {"lender_id": members.lender.pk}, KEY)


def at_work(members: Consortium) -> IdempotentRequest:
    """Turn the kept answer back into a claim, as the process that holds it would leave it."""
    IdempotentRequest.objects.update(status=0, body=b"", content_type="")
    return IdempotentRequest.objects.get(user=members.owner)


def test_the_second_time_answers_with_the_first_result_byte_for_byte(begin) -> None:
    first, second = begin(), begin()
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first["Content-Type"] == second["Content-Type"]
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert Application.objects.count() == 1


def test_without_a_key_every_request_counts(callers: Callers, members: Consortium) -> None:
    for _ in range(2):
        good(callers.owner.post("/applications", {"lender_id": members.lender.pk}), 201)
    assert Application.objects.count() == 2


def test_a_refusal_is_answered_again_as_it_was(callers: Callers) -> None:
    first, second = (callers.owner.post("/applications", {"lender_id": 999_999}, KEY) for _ in range(2))
    problem(first, 404, "unknown_lender")
    assert (second.content, second["Idempotent-Replayed"]) == (first.content, "true")


@pytest.mark.parametrize("other", [("/applications", {}), ("/schedules", None)])
def test_a_key_with_another_request_is_refused(begin, callers: Callers, other: tuple[str, object]) -> None:
    begin()
    problem(callers.owner.post(*other, key=KEY), 409, "idempotency_key_reused")


def test_a_key_means_nothing_to_another_user(
    begin, callers: Callers, members: Consortium, house: Installation
) -> None:
    first = good(begin(), 201)
    other = good(callers.other_owner.post("/applications", {"lender_id": members.lender.pk}, KEY), 201)
    assert first["reference"] != other["reference"]
    # Another token of the same user is the same user.
    again = caller(house, members.owner).post("/applications", {"lender_id": members.lender.pk}, KEY)
    assert good(again, 201)["reference"] == first["reference"]


def test_a_key_needs_a_token(begin, members: Consortium) -> None:
    begin()
    answer = Caller().post("/applications", {"lender_id": members.lender.pk}, KEY)
    problem(answer, 401, "not_authenticated")


@pytest.mark.parametrize("key", ["x" * 129, "two words", "schlüssel", "\t"])
def test_a_key_is_visible_ascii_of_bounded_length(callers: Callers, key: str) -> None:
    problem(callers.owner.post("/applications", {}, key), 422, "bad_idempotency_key")


def test_trouble_on_this_side_is_not_kept(begin, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: object, **__: object) -> None:
        raise Unavailable("database_busy", "Try again.")

    with monkeypatch.context() as broken:
        broken.setattr(routes.applications, "begin", unavailable)
        problem(begin(), 503, "database_busy")
    good(begin(), 201)


def test_while_the_first_is_at_work_the_second_is_told_so(begin, members: Consortium) -> None:
    begin()
    at_work(members)
    problem(begin(), 409, "request_in_progress")


def test_a_claim_whose_process_died_can_be_taken_over(
    begin, members: Consortium, house: Installation
) -> None:
    begin()
    at_work(members)
    house.clock.advance(timedelta(seconds=60))
    problem(begin(), 409, "request_in_progress")
    house.clock.advance(timedelta(seconds=1))
    answer = begin()
    assert (answer.status_code, "Idempotent-Replayed" in answer) == (201, False)
    assert begin()["Idempotent-Replayed"] == "true"


def test_answers_are_forgotten_after_their_time(begin, house: Installation) -> None:
    first = good(begin(), 201)
    house.clock.advance(timedelta(days=31))
    second = good(begin(), 201)
    assert first["reference"] != second["reference"]
    assert IdempotentRequest.objects.count() == 1


def test_the_same_form_with_another_boundary_is_the_same_request(
    callers: Callers, draft: Application
) -> None:
    path = f"/applications/{draft.reference}/books"
    first = callers.owner.upload(path, "a.csv", b"no book", KEY, item="sales_book")
    assert first.status_code == 422
    again = callers.owner.upload(path, "a.csv", b"no book", KEY, item="sales_book")
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    for changed in (
        ("b.csv", b"no book", "sales_book"),
        ("a.csv", b"no Book", "sales_book"),
        ("a.csv", b"no book", "x"),
    ):
        name, content, item = changed
        answer = callers.owner.upload(path, name, content, KEY, item=item)
        problem(answer, 409, "idempotency_key_reused")


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_the_same_time_one_counts(house: Installation, members: Consortium) -> None:
    token = caller(house, members.owner).token
    answers: list[HttpResponse] = []
    ready = threading.Barrier(6)

    def ask() -> None:
        try:
            mine = Caller(token)
            ready.wait()
            answers.append(mine.post("/applications", {"lender_id": members.lender.pk}, KEY))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert Application.objects.count() == 1
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in made) == 1
    for answer in answers:
        if answer not in made:
            problem(answer, 409, "request_in_progress")
