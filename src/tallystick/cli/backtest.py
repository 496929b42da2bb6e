"""``tallystick admission backtest``: hold a policy against what became of past enterprises."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from tallystick.admission.backtest import Backtest, Judged, judged, swap_set
from tallystick.admission.backtest import backtest as held_against
from tallystick.admission.backtest_page import page
from tallystick.admission.bands import Rate
from tallystick.admission.outcomes import Outcome, refuse_leak
from tallystick.admission.period import first_of_month, month_number, period_before
from tallystick.admission.scorecard import Scale
from tallystick.analytics.books import Books
from tallystick.analytics.outcomes import load_outcomes
from tallystick.analytics.portfolio import judge_all
from tallystick.cli.admission_options import (
    asked_columns,
    books_option,
    column_options,
    day_option,
    mapping_option,
    months_option,
    opened,
    outcomes_option,
    policy_option,
    read_day,
    read_file,
    read_table,
    tell,
)
from tallystick.cli.ledger import write_file
from tallystick.cli.output import emit, json_option, table
from tallystick.errors import Malformed
from tallystick.policy.document import MAX_DOCUMENT_BYTES
from tallystick.policy.table import Table
from tallystick.services import catalogue

_OUT: Final = click.Path(path_type=Path, dir_okay=False)
_RIGHT: Final = (False, True, True, True, True)


@click.command()
@books_option
@mapping_option
@outcomes_option
@column_options[0]
@column_options[1]
@day_option
@months_option
@policy_option
@click.option("--against", metavar="FILE", help="Another policy, to see who would be judged otherwise by it.")
@click.option(
    "--scorecard", "card", metavar="FILE", help="Scorecard that says what points mean, for calibration."
)
@click.option("--html", "html", type=_OUT, metavar="FILE", help="Write a page with pictures.")
@json_option
def backtest(
    folder: Path,
    mapping: str,
    outcomes: Path,
    enterprise_column: str | None,
    default_column: str | None,
    as_of: str | None,
    months: int,
    policy_name: str,
    against: str | None,
    card: str | None,
    html: Path | None,
) -> None:
    """Hold a policy's judgements of past enterprises against what became of them."""
    champion, scale = read_table(policy_name), _scale(policy_name, card)
    challenger = read_table(against) if against else None
    for each in (champion, challenger):
        if each is not None:
            refuse_leak(each)
    known, not_read = load_outcomes(outcomes, asked_columns(enterprise_column, default_column))
    with opened(folder, mapping) as books:
        day = read_day(as_of) if as_of else books.days()[1]
        before = first_of_month(month_number(day) - months)
        tell("Judging the enterprises ...")
        now = _judged(books, champion, day, months)
        # Where the books do not reach back so far, nothing can be said of an earlier period.
        covered = books.days()[0] <= period_before(before, months).first_day
        earlier = _judged(books, champion, before, months) if covered else None
        other = _judged(books, challenger, day, months) if challenger else None
    test = held_against(now, known, earlier=earlier, scale=scale)
    document = _described(champion, day, months, not_read) | test.document()
    document["stability"] = {"psi": test.document()["stability"]["psi"], "earlier_as_of": before.isoformat()}  # type: ignore[index]
    if challenger and other is not None:
        document["against"] = _against(challenger, now, other, known)
    if html is not None:
        write_file(html, [_page(document, test).encode()])
        document["page"] = str(html)
    emit(document, _text(document, test))


def _judged(books: Books, policy_table: Table, day: date, months: int) -> dict[str, Judged]:
    return {name: judged(each) for name, each in judge_all(books, policy_table, day, months).items()}


def _scale(policy_name: str, card: str | None) -> Scale | None:
    if card is not None:
        data = read_file(card, MAX_DOCUMENT_BYTES)
    elif policy_name in catalogue.SCORECARDS:
        data = catalogue.scorecard_document(policy_name)
    else:
        return None
    try:
        return msgspec.convert(msgspec.json.decode(data)["scale"], Scale)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, KeyError, TypeError) as error:
        raise Malformed("bad_scorecard", "The scorecard cannot be read: it states no scale.") from error


def _described(champion: Table, day: date, months: int, not_read: Sequence[str]) -> dict[str, Any]:
    period = period_before(day, months)
    return {
        "policy": {"name": champion.name, "version": champion.version},
        "as_of": day.isoformat(),
        "period": {"from": period.first_day.isoformat(), "to": period.last_day.isoformat()},
        "not_read": list(not_read),
    }


def _against(
    challenger: Table, now: Mapping[str, Judged], other: Mapping[str, Judged], known: Mapping[str, Outcome]
) -> dict[str, object]:
    theirs = held_against(other, known)
    return {
        "policy": {"name": challenger.name, "version": challenger.version},
        "auc": theirs.auc.document(),
        **swap_set(now, other, known),
    }


def _page(document: Mapping[str, Any], test: Backtest) -> str:
    about = f"As of {document['as_of']}, from {document['period']['from']} to {document['period']['to']}."
    notes = [
        f"Columns that were not read, because a rating leaks the outcome: {', '.join(document['not_read'])}."
    ]
    return page(
        f"Back-test of {document['policy']['name']}", about, test, notes if document["not_read"] else []
    )


def _text(document: Mapping[str, Any], test: Backtest) -> str:
    low, high = test.auc.low, test.auc.high
    between = "" if low is None or high is None else f" (95 % interval {low:.3f} to {high:.3f})"
    lines = [
        f"{document['policy']['name']} as of {document['as_of']}: {test.joined} enterprises with an outcome, "
        f"{sum(test.bad)} defaults among the {len(test.points)} scored",
        f"AUC {test.auc.value:.3f}{between}, KS {test.ks.value:.3f} at {test.ks.at_points:g} points",
        "",
        _rate_table("Points", [(f"{band.least:g} to {band.most:g}", band.rate) for band in test.bands]),
        "",
        _rate_table("Outcome", list(test.by_outcome.items())),
    ]
    if test.stability is not None:
        lines += ["", f"PSI of the points against the period before: {test.stability:.3f}"]
    if test.calibration is not None:
        found = test.calibration
        lines.append(
            f"Expected defaults {found.expected:.1f}, observed {found.observed}; Brier {found.brier:.3f}"
        )
    if document["not_read"]:
        lines.append(f"Not read, because a rating leaks the outcome: {', '.join(document['not_read'])}")
    for cell in document.get("against", {}).get("matrix", []):
        if cell["count"]:
            lines.append(
                f"{cell['old']} -> {cell['new']}: {cell['count']} enterprises, {cell['bad']} defaults"
            )
    return "\n".join(lines)


def _rate_table(first: str, rows: Sequence[tuple[str, Rate]]) -> str:
    cells = []
    for name, rate in rows:
        low, high = rate.interval or (0.0, 0.0)
        share = "" if rate.value is None else f"{rate.value:.1%}"
        cells.append(
            (name, str(rate.count), str(rate.bad), share, f"{low:.1%} to {high:.1%}" if rate.count else "")
        )
    return table((first, "Enterprises", "Defaults", "Share", "95 % interval"), cells, _RIGHT)
