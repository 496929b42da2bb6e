"""Django's settings: the right database, closed doors, a secret of this installation's own."""

import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.core import checks
from django.urls import get_resolver

from tallystick.errors import Malformed
from tallystick.server import settings as product

# What Django's own checks may say, and why we do otherwise.
ACCEPTED = {
    "axes.W006": "a user name is locked wherever the failures come from: addresses are cheap to change"
}


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:///records.sqlite3", "records.sqlite3"), ("sqlite:////srv/a%20b.db", "/srv/a b.db")],
)
def test_an_sqlite_url_names_a_file(url: str, path: str) -> None:
    database = product._database(url)
    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["NAME"] == path


def test_an_sqlite_commit_is_durable_and_waits_for_its_turn() -> None:
    options = product._database("sqlite:///x")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in options["init_command"]


def test_a_postgresql_url_may_hold_any_password() -> None:
    database = product._database("postgresql://us%40er:p%2Fw%3A@db.example.org:6432/loans")
    wanted = {"USER": "us@er", "PASSWORD": "p/w:", "HOST": "db.example.org", "PORT": "6432", "NAME": "loans"}
    assert database | wanted == database


@pytest.mark.parametrize(
    "url", ["mysql://h/n", "records.sqlite3", "", "postgresql://h:port/n", "postgresql://[h/n"]
)
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(Malformed) as refused:
        product._database(url)
    assert refused.value.code == "bad_setting"


def test_pages_load_nothing_from_elsewhere_and_run_no_inline_code() -> None:
    allowed = {
        source for sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].values() for source in sources
    }
    assert allowed <= {"'self'", "'none'", "data:"}
    assert "data:" not in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"]


def test_scripts_cannot_read_the_session_and_no_site_can_frame_a_page() -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.X_FRAME_OPTIONS == "DENY"


def test_the_secret_is_made_here_and_read_by_its_owner_only() -> None:
    path: Path = product.settings.secret_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(settings.SECRET_KEY) >= 64


def test_django_finds_nothing_wrong() -> None:
    said = [message for message in checks.run_checks() if message.level >= checks.WARNING]
    assert [message for message in said if message.id not in ACCEPTED] == []


def test_every_address_leads_to_a_view() -> None:
    def views(patterns: list[object]) -> int:
        return sum(views(each.url_patterns) if hasattr(each, "url_patterns") else 1 for each in patterns)

    assert views(get_resolver().url_patterns) > 0
    for status in (400, 403, 404, 500):
        assert callable(get_resolver().resolve_error_handler(status))
