"""``tallystick admission`` on the public invoices, in a process of its own."""

import json
from pathlib import Path

import msgspec
import pytest

from tallystick.admission.mapping import parse_mapping
from tallystick.analytics.books import load, resolve
from tallystick.analytics.mappings import find_mapping
from tallystick.analytics.outcomes import load_outcomes
from tallystick.analytics.portfolio import judge_all
from tallystick.analytics.scorecards import fit_scorecard
from tallystick.cli.scorecard import SCORECARD_INDICATORS
from tallystick.policy.table import parse
from tallystick.services import catalogue
from tests.cli.process import refused, tallystick

pytestmark = pytest.mark.shared_data


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "cumcm2020c"


def test_backtest_prints_auc_ks_and_bands_and_does_not_read_the_rating(folder, tmp_path):
    done = tallystick(
        tmp_path,
        *("admission", "backtest", "--books", str(folder), "--mapping", "cumcm2020c-a1", "--months", "36"),
        *(
            "--outcomes",
            str(folder / "a1_enterprises.parquet"),
            "--policy",
            "public-invoice-scorecard",
            "--json",
        ),
    )
    found = json.loads(done.stdout)
    assert found["not_read"] == ["信誉评级"]
    assert found["enterprises"]["joined"] == 86
    assert found["auc"]["low"] < found["auc"]["value"] < found["auc"]["high"]
    assert sum(band["count"] for band in found["bands"]) == 86


def test_the_rating_cannot_be_asked_for(folder, tmp_path):
    books = ("--books", str(folder), "--mapping", "cumcm2020c-a1")
    outcomes = ("--outcomes", str(folder / "a1_enterprises.parquet"), "--default-column", "信誉评级")
    refused(tmp_path, "leaking_column", 2, "admission", "backtest", *books, *outcomes)


def test_the_shipped_scorecard_gives_every_enterprise_the_points_of_the_fitted_one(folder):
    mapping = parse_mapping(find_mapping("cumcm2020c-a1"))
    known, _ = load_outcomes(folder / "a1_enterprises.parquet")
    table = parse(catalogue.policy_document("public-invoice-scorecard"))
    with load(resolve(folder, mapping), mapping) as books:
        day, names = books.days()[1], books.enterprises()
        rows = books.indicator_rows(day, 36)
        judged = judge_all(books, table, day, 36)
    card = fit_scorecard(
        [rows[name] for name in names],
        [known[name].bad for name in names],
        SCORECARD_INDICATORS,
        name="public-invoice-scorecard",
        months=36,
        currency=mapping.currency,
    )
    assert len(names) == 86
    assert {name: judged[name].points for name in names} == {
        name: str(card.points(rows[name])) for name in names
    }
    shipped = msgspec.json.decode(catalogue.scorecard_document("public-invoice-scorecard"))
    assert shipped == card.document()
