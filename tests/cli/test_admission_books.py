"""``tallystick admission`` on made-up books of invoices and of tax, in a process of its own."""

import csv
import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from tallystick.admission.indicators import ALL_INDICATORS, INDICATORS
from tests.cli.process import document, refused, tallystick

ENTERPRISE = "Example Rubber Co., Ltd."
AS_OF = ("--as-of", "2026-01-15")
KEYS = {"enterprise", "as_of", "period", "outcome", "points", "acceptable_points_max", "reasons"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sample")
    made = document(place, "admission", "sample", str(place))
    assert made["enterprise"] == ENTERPRISE
    return place


def books(folder: Path) -> tuple[str, ...]:
    return ("--books", str(folder), "--mapping", "tallystick", *AS_OF)


def assessed(folder: Path, *more: str) -> dict:
    whose = ("--enterprise", ENTERPRISE, "--policy", "admission-risk")
    return document(folder, "admission", "assess", *books(folder), *whose, *more)


def test_invoices_alone_are_referred_and_every_missing_table_is_named(folder: Path) -> None:
    found = assessed(folder)
    assert found.keys() == KEYS | {"indicators", "data_quality", "policy"}
    assert found["outcome"] == "refer"
    assert [reason["code"] for reason in found["reasons"]] == ["CHANGES_NOT_KNOWN"]
    absent = [each["code"] for each in found["data_quality"] if each["treatment"] == "absent"]
    assert absent == [
        "tax_changes_not_received",
        "tax_statements_not_received",
        "tax_violations_not_received",
    ]
    assert found["indicators"].keys() == {each.name for each in INDICATORS}


def test_with_tax_books_the_same_policy_judges_by_their_figures(folder: Path) -> None:
    found = assessed(folder, "--tax", str(folder / "tax"), "--tax-mapping", "tallystick")
    assert found.keys() == KEYS | {"indicators", "data_quality", "policy"}
    assert (found["outcome"], found["points"], found["reasons"]) == ("accept", "0", [])
    assert found["period"] == {"from": "2025-01-01", "to": "2025-12-31"}
    assert found["policy"]["name"] == "admission-risk"
    assert list(found["indicators"]) == [each.name for each in ALL_INDICATORS]
    assert all(each.keys() == {"value", "unit"} for each in found["indicators"].values())
    assert found["indicators"]["violation_count"] == {"value": 0, "unit": "violations"}
    assert found["indicators"]["liabilities_to_assets"] == {"value": "0.4444", "unit": "ratio"}
    quality = {each["code"]: each["count"] for each in found["data_quality"]}
    assert quality["tax_exact_duplicate"] == 1
    assert not any(code.endswith("_not_received") for code in quality)


def test_a_statement_held_back_is_referred_by_name(folder: Path, tmp_path: Path) -> None:
    tax = shutil.copytree(folder / "tax", tmp_path / "tax")
    (tax / "statements.csv").unlink()
    found = assessed(folder, "--tax", str(tax))
    assert [reason["code"] for reason in found["reasons"]] == ["LIABILITIES_NOT_KNOWN"]
    absent = [each["code"] for each in found["data_quality"] if each["treatment"] == "absent"]
    assert absent == ["tax_statements_not_received"]


def test_another_enterprises_tax_books_are_no_clean_record(folder: Path, tmp_path: Path) -> None:
    tax = shutil.copytree(folder / "tax", tmp_path / "tax")
    for path in tax.iterdir():
        path.write_text(path.read_text("utf-8").replace(ENTERPRISE, "Example Ruber Co., Ltd."), "utf-8")
    whose = ("--enterprise", ENTERPRISE, "--tax", str(tax))
    refused(tmp_path, "unknown_enterprise", 2, "admission", "assess", *books(folder), *whose)


def test_a_data_set_of_six_months_has_the_invoices_and_tax_of_those_months(
    folder: Path, tmp_path: Path
) -> None:
    rows, tax = {}, ("--tax", str(folder / "tax"))
    for months in ("6", "12"):
        out = tmp_path / f"{months}.csv"
        asked = (*books(folder), "--months", months, "--out", str(out), *tax)
        done = document(tmp_path, "admission", "indicators", *asked)
        assert done["indicators"] == len(ALL_INDICATORS)
        assert done["period"] == {"from": f"2025-{13 - int(months):02}-01", "to": "2025-12-31"}
        with out.open(encoding="utf-8") as file:
            (rows[months],) = csv.DictReader(file)
    for name in ("sales_amount", "declared_sales_amount", "levied_tax_amount"):
        assert 0 < float(rows["6"][name]) < float(rows["12"][name])


BAD_BOOKS = [
    ("sales.csv", "issued_on", "issued_at", "unknown_column"),
    ("tax/declarations.csv", "due_minor", "due_minr", "unknown_column"),
]


@pytest.mark.parametrize(("file", "right", "wrong", "code"), BAD_BOOKS)
def test_a_mapping_that_does_not_fit_names_the_column_and_the_nearest(
    folder: Path, tmp_path: Path, file: str, right: str, wrong: str, code: str
) -> None:
    here = shutil.copytree(folder, tmp_path / "books")
    path = here / file
    path.write_text(path.read_text("utf-8").replace(right, wrong, 1), "utf-8")
    whose = ("--enterprise", ENTERPRISE, "--tax", str(here / "tax"))
    done = tallystick(tmp_path, "admission", "assess", *books(here), *whose, "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"], error["details"]["nearest"]) == (2, code, wrong)
    assert right in error["message"]


def test_empty_books_are_refused_and_one_row_is_judged(folder: Path, tmp_path: Path) -> None:
    here = shutil.copytree(folder, tmp_path / "books")
    heads = {}
    for path in (here / "sales.csv", here / "purchases.csv"):
        heads[path], first, _ = path.read_text("utf-8").split("\n", 2)
        path.write_text(heads[path] + "\n", "utf-8")
    whose = ("--enterprise", ENTERPRISE)
    refused(tmp_path, "empty_books", 2, "admission", "assess", *books(here), *whose)
    (here / "purchases.csv").write_text(heads[here / "purchases.csv"] + "\n" + first + "\n", "utf-8")
    found = document(tmp_path, "admission", "assess", *books(here), *whose)
    assert found["outcome"] in {"refer", "reject"}
    assert found["indicators"]["sales_count"]["value"] == 0
    for path in (here / "tax").iterdir():
        path.write_text(path.read_text("utf-8").partition("\n")[0] + "\n", "utf-8")
    tax = ("--tax", str(here / "tax"))
    refused(tmp_path, "empty_books", 2, "admission", "assess", *books(here), *whose, *tax)


def test_spark_that_is_not_there_is_said_so(folder: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("pyspark"):
        pytest.skip("Spark is installed here")
    spark = (*books(folder), "--engine", "spark")
    refused(tmp_path, "spark_missing", 3, "admission", "assess", *spark, "--enterprise", ENTERPRISE)
    out = tmp_path / "out.csv"
    refused(tmp_path, "spark_missing", 3, "admission", "indicators", *spark, "--out", str(out))
    assert not out.exists()


def test_a_pull_without_a_consent_or_a_home_asks_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source.toml"
    source.write_text(
        'name = "example"\nbase_url = "http://127.0.0.1:9"\n[tables.sales]\npath = "/sales"\n', "utf-8"
    )
    pull = ("admission", "pull", str(source), "--out", str(tmp_path / "out"))
    refused(tmp_path / "home", "not_initialised", 2, *pull)
    assert tallystick(tmp_path / "home", "init").returncode == 0
    refused(tmp_path / "home", "consent_missing", 2, *pull)
    refused(tmp_path / "home", "unknown_consent", 2, *pull, "--recorded", "1")
    assert not (tmp_path / "out").exists()
