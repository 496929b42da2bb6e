"""What every test can ask for: a PostgreSQL server, a browser, the public data."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.db import connection
from playwright.sync_api import Browser, sync_playwright
from tools.with_postgresql import PostgreSQLMissingError, server_programs, throw_away_cluster

from tests.parts import missing
from tests.unguarded import unguarded

REPOSITORY = Path(__file__).resolve().parent.parent
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_OPTIONS = [
    "--no-sandbox",  # tests may run as root, where Chromium's sandbox does not start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback", "live_server"}

pytest_plugins = ["tests.installation"]

# How long one example takes says more of what else the machine is doing than of the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)  # before ``-m`` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that touches the database ``records``: those run on PostgreSQL as well."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & DATABASE_FIXTURES:
            item.add_marker("records")
        if "chromium" in fixtures:
            item.add_marker("browser")
        if "postgresql_url" in fixtures:
            item.add_marker("postgresql")


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_between_tests() -> Iterator[None]:
    """Let Django empty the tables after a test that commits; the database keeps policies otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        ops = type(connection.ops)
        flush = ops.sql_flush
        patch.setattr(ops, "sql_flush", lambda self, *given, **named: unguarded(flush(self, *given, **named)))
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the working tree."""
    return REPOSITORY


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of a throw-away PostgreSQL cluster, one for each test process."""
    try:
        server_programs()
    except PostgreSQLMissingError as error:
        missing(str(error))
    with throw_away_cluster() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless; open a context of your own in it."""
    if not CHROMIUM.exists():
        missing(f"{CHROMIUM} is not installed (Debian: apt-get install chromium).")
    # Playwright leaves an event loop in this thread, which Django takes for a reason to refuse queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the public data sets: optional everywhere, so its absence is always a skip."""
    shared = Path(os.environ.get("TALLYSTICK_SHARED", REPOSITORY.parent / "shared"))
    if not (shared / "data").is_dir():
        pytest.skip(f"The public data sets are not at {shared / 'data'} (set TALLYSTICK_SHARED).")
    return shared / "data"
