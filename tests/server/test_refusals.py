"""What Django refuses before a front door is reached is still said in that door's form."""

from django.test import Client

from tests.api.callers import problem

FOREIGN = {"Host": "elsewhere.example.org"}


def test_a_foreign_host_name_is_a_problem_under_the_api(db: None) -> None:
    problem(Client().get("/api/v1/me", headers=FOREIGN), 400, "bad_host")
    problem(Client().post("/api/v1/applications", headers=FOREIGN), 400, "bad_host")


def test_a_foreign_host_name_is_a_page_elsewhere(db: None) -> None:
    answer = Client().get("/accounts/login/", headers=FOREIGN)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
