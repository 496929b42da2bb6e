"""The made-up books: the same for one seed, readable as they are, strong and weak told apart."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.services.sample_books import STRONG, WEAK, Profile, sample_books
from tests.analytics.folders import opened, plain

AS_OF = date(2026, 11, 20)
ENTERPRISE, CORE = "Example Rubber Co., Ltd.", "Example Motors Co., Ltd."


def indicators(folder: Path, profile: Profile, seed: int = 7) -> dict[str, str | int | None]:
    for side, data in sample_books(profile, ENTERPRISE, CORE, AS_OF, seed).items():
        (folder / f"{side}.csv").write_bytes(data)
    with opened(folder) as books:
        assert books.enterprises() == (ENTERPRISE,)
        counts = {finding.code: finding.count for finding in books.quality(ENTERPRISE)}
        assert counts["exact_duplicate"] == 2
        assert counts["stray_blanks"] == 1
        assert counts["void_invoice"] > 0
        assert counts["red_letter_invoice"] > 0
        assert counts["missing_value"] == counts["impossible_date"] == counts["does_not_add_up"] == 0
        return plain(books.indicators(ENTERPRISE, AS_OF, 12))


def test_the_same_seed_gives_the_same_bytes() -> None:
    first = sample_books(STRONG, ENTERPRISE, CORE, AS_OF, 7)
    assert sample_books(STRONG, ENTERPRISE, CORE, AS_OF, 7) == first
    assert sample_books(STRONG, ENTERPRISE, CORE, AS_OF, 8) != first


def test_no_invoice_is_later_than_the_as_of_date() -> None:
    for data in sample_books(WEAK, ENTERPRISE, CORE, AS_OF, 7).values():
        days = [
            part for part in data.decode().replace("\n", ",").split(",") if part[:2] == "20" and "-" in part
        ]
        assert max(days) <= AS_OF.isoformat()
        assert min(days) >= "2024-11-01"


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_a_strong_enterprise_is_steady_and_spread(tmp_path: Path, seed: int) -> None:
    values = indicators(tmp_path, STRONG, seed)
    assert values["active_sales_months"] == 12
    assert values["longest_sales_gap_months"] == 0
    assert values["buyer_count"] == 10
    assert Decimal(str(values["purchase_to_sales_ratio"])) < 1
    assert Decimal(str(values["buyer_hhi"])) < Decimal("0.25")
    assert Decimal(str(values["void_sales_share"])) < Decimal("0.1")


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_a_weak_enterprise_has_gaps_voids_and_one_buyer(tmp_path: Path, seed: int) -> None:
    values = indicators(tmp_path, WEAK, seed)
    assert values["longest_sales_gap_months"] == 3
    assert Decimal(str(values["purchase_to_sales_ratio"])) > 1
    assert Decimal(str(values["buyer_hhi"])) > Decimal("0.4")
    assert Decimal(str(values["void_sales_share"])) > Decimal("0.1")
