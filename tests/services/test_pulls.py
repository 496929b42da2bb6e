"""Nothing is pulled without a consent that stands on the ledger; what broke off goes on."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from tallystick.admission.pull_source import parse_pull_source
from tallystick.errors import Forbidden, Malformed, Unavailable
from tallystick.records.models import Consent
from tallystick.services import consents, pulls
from tallystick.services.access import actor_of
from tallystick.services.installation import Installation
from tallystick.values.clock import FixedClock
from tests.analytics.test_pulling import QUICK, RECORDS, SECRET, Server, rows, server, source_text
from tests.installation import NOW, Consortium

__all__ = ["server"]


@pytest.fixture
def paper(house: Installation, members: Consortium) -> pulls.Paper:
    return granted(house, members)


def granted(
    house: Installation,
    members: Consortium,
    scope: str = consents.EVERY_BOOK,
    purpose: str = consents.ADMISSION,
) -> pulls.Paper:
    row = consents.grant(
        house,
        actor_of(members.owner),
        recipient=members.lender.address,
        until=NOW + timedelta(days=1),
        scope=(scope,),
        purpose=purpose,
    )
    return pulls.paper_of(row.pk)


def pulled(
    house: Installation, server: Server, folder: Path, paper: pulls.Paper | None, told: list | None = None
) -> dict[str, Path]:
    text = source_text(server, more='subject_parameter = "enterprise"\n')
    allowed = replace(house, pull_hosts=("127.0.0.1",))
    return dict(
        pulls.pull_books(
            allowed,
            parse_pull_source(text),
            folder,
            paper,
            secret=SECRET,
            limits=QUICK,
            progress=lambda table, records: None if told is None else told.append((table, records)),
        )
    )


def test_a_live_consent_brings_the_books_of_its_owner(house, members, paper, server, tmp_path) -> None:
    told: list[tuple[str, int]] = []
    again = pulls.read_paper(pulls.written(paper))
    assert rows(pulled(house, server, tmp_path / "out", again, told)["sales"]) == RECORDS
    assert all(f"enterprise={members.supplier.credit_code}" in path for path in server.seen)
    assert told == [("sales", 10), ("sales", 20), ("sales", 25)]


def test_a_consent_for_one_table_brings_that_one(house, members, server, tmp_path) -> None:
    paper = granted(house, members, scope="books/sales")
    assert rows(pulled(house, server, tmp_path / "out", paper)["sales"]) == RECORDS


def refused(house, server, folder, paper, code) -> None:
    with pytest.raises(Forbidden) as caught:
        pulled(house, server, folder, paper)
    assert caught.value.code == code
    assert server.seen == []


def test_without_a_live_consent_no_request_goes_out(house, members, paper, server, tmp_path) -> None:
    refused(house, server, tmp_path, None, "consent_missing")
    elsewhere = pulls.Paper("99-0", paper.document)
    refused(house, server, tmp_path, elsewhere, "consent_missing")
    changed = pulls.Paper(paper.address, structs.replace(paper.document, scope=("books", "evidence")))
    refused(house, server, tmp_path, changed, "consent_missing")
    other = granted(house, members, purpose="loan-qualification")
    refused(house, server, tmp_path, other, "consent_does_not_cover")
    narrow = granted(house, members, scope="books/tax")
    refused(house, server, tmp_path, narrow, "consent_does_not_cover")
    late = replace(house, clock=FixedClock(NOW + timedelta(days=2)))
    refused(late, server, tmp_path, paper, "consent_expired")


def test_a_consent_that_was_withdrawn_lets_no_request_out(house, members, paper, server, tmp_path) -> None:
    consents.withdraw(house, actor_of(members.owner), Consent.objects.get().pk)
    refused(house, server, tmp_path, paper, "consent_withdrawn")


def test_a_source_that_times_out_half_way_is_named_and_goes_on_there(house, paper, server, tmp_path) -> None:
    server.faults = ["", "slow", "slow", "slow"]
    with pytest.raises(Unavailable) as caught:
        pulled(house, server, tmp_path, paper)
    assert (caught.value.code, caught.value.details["missing"]) == ("source_incomplete", "sales")
    assert not (tmp_path / "sales.jsonl").exists()
    server.seen = []
    assert rows(pulled(house, server, tmp_path, paper)["sales"]) == RECORDS
    assert [path.rpartition("page=")[2] for path in server.seen] == ["2", "3"]


def test_no_host_is_allowed_by_default(house, paper, server, tmp_path) -> None:
    assert house.pull_hosts == ()
    with pytest.raises(Malformed) as caught:
        pulls.pull_books(house, parse_pull_source(source_text(server)), tmp_path, paper)
    assert caught.value.code == "host_not_allowed"
    assert server.seen == []
