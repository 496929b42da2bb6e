"""What cleaning does can be undone exactly, is done once, and agrees with a plain-Python oracle."""

import math
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.admission.books import COLUMNS, FILE_COLUMNS
from tallystick.admission.cleaning import RULES, actions, restore
from tallystick.admission.mapping import parse_mapping
from tallystick.analytics.books import Limits, load, resolve
from tallystick.analytics.cleaning import Cleaned, read_cleaned, read_log
from tallystick.analytics.mappings import find_mapping
from tallystick.errors import Corruption, Malformed
from tests.analytics.folders import HEADER, canonical, write

AS_OF = date(2025, 12, 31)
BEGAN = date(2024, 1, 1)
BLANKS = " \u3000"
LINES = [
    "E1,1,2025-10-05,B1,100,13,113,valid",
    "E1,1,2025-10-05,B1,100,13,113,valid",  # again
    "E1,1,2025-10-05,B2,100,13,113, void",  # the number again, another buyer
    "E1,2,2025-02-30,B1,100,13,113,valid",  # no such day
    "E1,3, 2025-02-30 ,B1,100,13,113,valid",
    "E1,4,2026-01-01,B1,100,13,113,valid",  # later than the assessment
    "E1,5,2023-12-31,B1,100,13,113,valid",  # before the enterprise
    "E1,6,2025-10-05,B1,-100,13,-113,valid",  # the sign of the tax is wrong
    "E1,7,2025-10-05, ,100,13,113,valid",
    "E1,8,1990-01-01,B1,100,13,113,valid",
]


def cleaned(lines: list[str], folder: Path, choices: dict[str, str] | None = None) -> Cleaned:
    with load({"sales": write(folder, lines) / "sales.csv"}, canonical()) as books:
        return books.clean("E1", AS_OF, BEGAN, choices)


def counts(result: Cleaned) -> dict[str, int]:
    return {str(entry["code"]): int(str(entry["count"])) for entry in result.report}


def is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def as_received(lines: list[str]) -> dict[tuple[str, int], dict[str, str | None]]:
    """The rows as the file has them, by the stated form: no blank field is more than missing."""
    rows = {}
    for number, line in enumerate(lines, 1):
        cells = dict(zip(FILE_COLUMNS, line.split(","), strict=True))
        rows["sale", number] = {"direction": "sale", **{name: cell or None for name, cell in cells.items()}}
    return rows


CHOICES = [{}, {"does_not_add_up": "correct", "exact_duplicate": "keep"}, {"repeated_number": "set_aside"}]


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_what_was_done_is_undone_row_for_row(tmp_path: Path, choices: dict[str, str]) -> None:
    result = cleaned(LINES, tmp_path, choices)
    log = read_log(result.log, tmp_path)
    rows = read_cleaned(result.rows, tmp_path)
    assert restore(rows, log) == as_received(LINES)
    changed = [change for change in log if change.before != change.after]
    with pytest.raises(Corruption):
        restore(rows, [*log, changed[-1]])


def test_each_thing_is_found_named_and_counted(tmp_path: Path) -> None:
    result = cleaned(LINES, tmp_path)
    assert counts(result) == {
        "stray_blanks": 3,
        "impossible_date": 3,
        "missing_value": 1,
        "future_date": 1,
        "before_registration": 1,
        "does_not_add_up": 1,
        "exact_duplicate": 1,
        "repeated_number": 2,
        "void_invoice": 1,
        "red_letter_invoice": 1,
        "outlier": 0,
    }
    assert [number for number, _ in read_cleaned(result.rows, tmp_path)] == [1, 3, 7, 8]


def test_a_correction_makes_the_row_add_up(tmp_path: Path) -> None:
    result = cleaned(LINES, tmp_path, {"does_not_add_up": "correct"})
    (row,) = [row for number, row in read_cleaned(result.rows, tmp_path) if number == 8]
    assert (row["net_minor"], row["tax_minor"], row["gross_minor"]) == ("-100", "-13", "-113")


@pytest.mark.parametrize("choice", [{"outlier": "set_aside"}, {"nothing": "keep"}])
def test_a_treatment_that_no_rule_knows_is_refused(choice: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        actions(choice)


cell = st.sampled_from(["", " ", "　"])
day = st.sampled_from(
    ["2025-10-05", "2025-11-06", "2026-02-01", "2025-02-30", "1990-01-01", "2020-05-05", ""]
)
amount = st.integers(-5, 5).map(lambda n: str(n * 100))
line = st.builds(
    lambda *parts: ",".join(parts),
    st.just("E1"),
    st.builds("".join, st.tuples(cell, st.sampled_from(["1", "2", "3", ""]))),
    st.builds("".join, st.tuples(cell, day, cell)),
    st.sampled_from(["B1", "B2", " B1", "B1 "]),
    amount,
    st.sampled_from(["0", "13", ""]),
    amount,
    st.sampled_from(["valid", " void", "void"]),
)
chosen = st.fixed_dictionaries({}, optional={rule.code: st.sampled_from(rule.actions) for rule in RULES})


def oracle(lines: list[str], choices: dict[str, str]) -> tuple[dict[str, int], list[tuple[str, ...]]]:
    """The rules in plain Python over rows: counts, and what is left."""
    todo, found = actions(choices), Counter(dict.fromkeys((rule.code for rule in RULES), 0))
    rows = []
    for text in lines:
        cells = text.split(",")
        bare = [cell.strip(BLANKS) for cell in cells]
        found["stray_blanks"] += bare != cells
        rows.append(bare)

    def hit(code: str, hits: list[bool]) -> None:
        nonlocal rows
        found[code] += sum(hits)
        if todo[code] == "set_aside":
            rows = [row for row, is_hit in zip(rows, hits, strict=True) if not is_hit]

    hit("impossible_date", [bool(r[2]) and (not is_day(r[2]) or r[2] < "1994") for r in rows])
    hit("missing_value", ["" in r for r in rows])
    hit("future_date", [r[2] > AS_OF.isoformat() for r in rows])
    hit("before_registration", [r[2] < BEGAN.isoformat() for r in rows])
    wrong = [int(r[4]) + int(r[5]) != int(r[6]) for r in rows]
    if todo["does_not_add_up"] == "correct":
        rows = [[*r[:5], str(int(r[6]) - int(r[4])), *r[6:]] for r in rows]
    hit("does_not_add_up", wrong)
    hit("exact_duplicate", [row in rows[:place] for place, row in enumerate(rows)])
    hit("repeated_number", [any(o[1] == r[1] and o != r for o in rows) for r in rows])
    hit("void_invoice", [r[7] == "void" for r in rows])
    hit("red_letter_invoice", [r[7] == "valid" and int(r[4]) < 0 for r in rows])
    sizes = [math.log(abs(int(r[4]))) for r in rows if r[7] == "valid" and int(r[4])]
    if len(sizes) >= 20:
        middle = median(sizes)
        spread = median(abs(size - middle) for size in sizes)
        found["outlier"] += sum(spread > 0 and 0.6745 * abs(s - middle) > 3.5 * spread for s in sizes)
    return dict(found), [tuple(row) for row in rows]


@settings(max_examples=12)
@given(st.lists(line, min_size=1, max_size=30), chosen)
def test_every_rule_agrees_with_plain_python_and_is_undone_and_done_once(
    lines: list[str], choices: dict[str, str]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        result = cleaned(lines, folder, choices)
        rows = read_cleaned(result.rows, folder)
        found, left = oracle(lines, choices)
        assert counts(result) == found
        assert [tuple(str(row[name]) for name in FILE_COLUMNS) for _, row in rows] == left
        assert restore(rows, read_log(result.log, folder)) == as_received(lines)
        if rows:
            again = cleaned(
                [",".join(str(row[name]) for name in FILE_COLUMNS) for _, row in rows], folder, choices
            )
            assert [row for _, row in read_cleaned(again.rows, folder)] == [row for _, row in rows]


def test_an_amount_far_from_the_others_is_flagged_and_kept(tmp_path: Path) -> None:
    lines = [f"E1,{n},2025-10-05,B1,{1000 + n},0,{1000 + n},valid" for n in range(30)]
    result = cleaned([*lines, "E1,99,2025-10-05,B1,900000,0,900000,valid"], tmp_path)
    assert counts(result)["outlier"] == 1
    assert len(read_cleaned(result.rows, tmp_path)) == 31


@pytest.mark.shared_data
def test_real_books_are_cleaned_and_undone(shared_data: Path, tmp_path: Path) -> None:
    mapping = parse_mapping(find_mapping("cumcm2020c-a1"))
    with load(resolve(shared_data / "cumcm2020c", mapping), mapping) as books:
        for enterprise in books.enterprises()[:6]:
            result = books.clean(enterprise, date(2020, 2, 29))
            found = {finding.code: finding.count for finding in books.quality(enterprise)}
            assert {code: count for code, count in counts(result).items() if code in found} == {
                code: found[code] for code in counts(result) if code in found
            }
            rows = restore(read_cleaned(result.rows, tmp_path), read_log(result.log, tmp_path))
            ((received,),) = books._ask("SELECT count(*) FROM marked WHERE enterprise = ?", [enterprise])
            assert len(rows) == received
            assert all(set(row) == set(COLUMNS) for row in rows.values())


@pytest.mark.slow
def test_a_million_rows_of_one_company_are_cleaned_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    with path.open("w") as file:
        file.write(HEADER + "\n")
        file.writelines(
            f"E1,{n},2025-{n % 12 + 1:02d}-05,B{n % 97},{n % 5000 + 1},0,{n % 5000 + 1},valid\n"
            for n in range(1_000_000)
        )
    with load({"sales": path}, canonical(), Limits(memory_mib=512)) as books:
        assert books.row_counts["sales"] == 1_000_000
        assert len(books.clean("E1", AS_OF).rows) < 32 << 20
