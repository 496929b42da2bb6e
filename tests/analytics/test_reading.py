"""The same books in every format give the same answers, and the engine sees nothing else."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from tallystick.admission.mapping import parse_mapping
from tallystick.analytics.books import load
from tallystick.analytics.engine import connect
from tallystick.analytics.mappings import find_mapping, mapping_names
from tallystick.analytics.sources import Limits
from tallystick.errors import NotFound
from tests.analytics.folders import AS_OF, HEADER, YUAN_MAPPING, canonical, opened, plain, write

SALES = [
    'E1,1,2025-10-05,"Example ""B""\nCo., Ltd.",100,13,113,valid',
    "E1,2,2025-11-05,橡胶公司,250,32,282,valid",
    "E1,3,2025-11-06,橡胶公司,-50,-6,-56,valid",
    "E1,4,2025-11-07,橡胶公司,99,12,111,void",
]
PURCHASES = ["E1,7,2025-12-05,S,70,9,79,valid"]


def answers(folder: Path) -> dict[str, object]:
    with opened(folder) as books:
        return {**plain(books.indicators("E1", AS_OF, 6)), "rows": books.row_counts["sales"]}


def test_csv_parquet_and_json_lines_read_alike(tmp_path: Path) -> None:
    # A line break inside a cell would be refused as unprintable, so the first buyer goes without here.
    sales = [SALES[0].replace("\n", " "), *SALES[1:]]
    expected = answers(write(tmp_path, sales, PURCHASES))
    assert expected["buyer_count"] == 2
    rows = duckdb.read_csv(str(tmp_path / "sales.csv"))
    columns = HEADER.split(",")
    lines = [json.dumps(dict(zip(columns, row, strict=True)), default=str) for row in rows.fetchall()]
    rows.write_parquet(str(tmp_path / "sales.parquet"))
    (tmp_path / "sales.csv").unlink()
    assert answers(tmp_path) == expected
    (tmp_path / "sales.parquet").unlink()
    (tmp_path / "sales.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert answers(tmp_path) == expected


def test_a_line_break_inside_quotes_does_not_end_the_row(tmp_path: Path) -> None:
    header = HEADER + ",remark"
    with opened(write(tmp_path, ['E1,1,2025-10-05,B,100,13,113,valid,"two\nlines"'], header=header)) as books:
        assert books.row_counts["sales"] == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_chinese_columns_in_either_encoding_and_unpadded_dates(
    tmp_path: Path, encoding: str, newline: str
) -> None:
    sales = [
        "企业,号码,日期,购方,金额,税额,合计,状态",
        "E1,007,2025/10/5, 甲 ,1234.5,160.49,1394.99,　有效发票",
    ]
    purchases = ["企业,号码,日期,销方,金额,税额,合计,状态", "E1,8,2025/11/12,乙,-0.07,-0.01,-0.08,有效发票"]
    for name, lines in (("销项.csv", sales), ("进项.csv", purchases)):
        (tmp_path / name).write_bytes((newline.join(lines) + newline).encode(encoding))
    with opened(tmp_path, parse_mapping(YUAN_MAPPING.encode())) as books:
        values = plain(books.indicators("E1", AS_OF, 12))
        assert (values["sales_amount"], values["purchase_amount"]) == ("1234.50", "-0.07")
        assert {finding.code: finding.count for finding in books.quality("E1")}["stray_blanks"] == 1


def test_a_mapping_can_say_whose_books_they_are(tmp_path: Path) -> None:
    text = YUAN_MAPPING.replace('enterprise = "企业"\n', "").replace(
        "[status]", 'enterprise = "O\'E1"\n[status]'
    )
    (tmp_path / "销项.csv").write_text("号码,日期,购方,金额,税额,合计,状态\n1,2025/10/5,甲,1,0,1,有效发票\n")
    (tmp_path / "进项.csv").write_text("号码,日期,销方,金额,税额,合计,状态\n")
    with opened(tmp_path, parse_mapping(text.encode())) as books:
        assert books.enterprises() == ("O'E1",)


def test_one_side_can_be_read_on_its_own(tmp_path: Path) -> None:
    sales = write(tmp_path, SALES[1:], PURCHASES) / "sales.csv"
    with load({"sales": sales}, canonical()) as books:
        assert books.row_counts == {"sales": 3, "purchases": 0}


def test_a_file_name_that_looks_like_a_pattern_is_only_a_name(tmp_path: Path) -> None:
    folder = write(tmp_path, SALES[1:], PURCHASES)
    odd = (folder / "sales.csv").rename(folder / "*[a-z]'?.csv")
    with load({"sales": odd, "purchases": folder / "purchases.csv"}, canonical()) as books:
        assert books.row_counts["sales"] == 3


def test_extracted_books_are_one_enterprises_alone(tmp_path: Path) -> None:
    rows = [*SALES[1:], "E2,1,2025-10-05,B,1,0,1,valid"]
    target = tmp_path / "target"
    target.mkdir()
    with opened(write(tmp_path, rows, PURCHASES)) as books:
        assert books.enterprises() == ("E1", "E2")
        sources = books.extract("E1", target)
    assert set(sources) == {"sales", "purchases"}
    with opened(target) as again:
        assert again.enterprises() == ("E1",)
        assert again.row_counts == {"sales": 3, "purchases": 1}


def test_books_answer_from_many_threads(tmp_path: Path) -> None:
    with opened(write(tmp_path, SALES[1:], PURCHASES)) as books, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: books.indicators("E1", AS_OF, 6), range(40)))
    assert all(values == found[0] for values in found)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '{outside}/stolen.csv'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET threads = 64",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '{outside}/other.db'",
    ],
)
def test_the_engine_sees_its_folder_and_nothing_else(tmp_path: Path, statement: str) -> None:
    inside, outside = tmp_path / "in'side", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "a.csv").write_text("a\n1\n")
    with connect(inside, Limits()) as connection:
        assert connection.execute("SELECT * FROM read_csv(?)", [str(inside / "a.csv")]).fetchall() == [(1,)]
        with pytest.raises(duckdb.Error):
            connection.execute(statement.format(outside=outside))
    assert list(outside.iterdir()) == []


def test_every_mapping_that_comes_along_can_be_read() -> None:
    assert mapping_names() == ("cumcm2020c-a1", "cumcm2020c-a2", "tallystick")
    assert [parse_mapping(find_mapping(name)).name for name in mapping_names()] == list(mapping_names())


def test_a_mapping_is_found_by_path(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_bytes(b"name = 1")
    assert find_mapping(str(tmp_path / "ours.toml")) == b"name = 1"


@pytest.mark.parametrize("name", ["tallystik", "../tallystick", "", "\0", "."])
def test_an_unknown_mapping_comes_with_the_nearest_name(name: str) -> None:
    with pytest.raises(NotFound) as caught:
        find_mapping(name)
    assert caught.value.code == "unknown_mapping"
    if name == "tallystik":
        assert caught.value.details["nearest"] == "tallystick"
