"""``tallystick admission scorecard``: fit a scorecard to what became of past enterprises."""

from pathlib import Path
from typing import Final

import click

from tallystick.admission.indicators import INDICATORS, absent_row
from tallystick.admission.mapping import nearest
from tallystick.admission.scorecard import Scorecard, cases, policy
from tallystick.analytics.outcomes import load_outcomes
from tallystick.analytics.scorecards import METHODS, Method, fit_scorecard
from tallystick.cli.admission_options import (
    asked_columns,
    books_option,
    column_options,
    day_option,
    mapping_option,
    months_option,
    opened,
    outcomes_option,
    read_day,
    tell,
)
from tallystick.cli.ledger import write_file
from tallystick.cli.output import emit, json_option, table
from tallystick.errors import Malformed
from tallystick.policy.table import parse
from tallystick.policy.writing import policy_bytes

#: Size, continuity and steadiness. Sets of indicators were compared by cross-validation on the same public
#: books, so what is measured there flatters this one a little (docs/backtest.md says how much).
SCORECARD_INDICATORS: Final = ("sales_amount", "active_sales_months", "peak_month_share")
_OUT: Final = click.Path(path_type=Path, dir_okay=False)


@click.group()
def scorecard() -> None:
    """Fit a scorecard to what became of past enterprises."""


@scorecard.command()
@books_option
@mapping_option
@outcomes_option
@column_options[0]
@column_options[1]
@day_option
@months_option
@click.option("--indicators", metavar="NAMES", help="Which to use, with commas; default: three of ours.")
@click.option(
    "--badness",
    type=click.Choice(METHODS),
    default=METHODS[0],
    show_default=True,
    help="How bad a bin is: by its place among the enterprises, or by its weight of evidence.",
)
@click.option("--title", default="Scorecard", show_default=True, metavar="TEXT", help="Title in English.")
@click.option("--title-zh", default="评分卡", show_default=True, metavar="TEXT", help="Title in Chinese.")
@click.option("--effective-from", metavar="DATE", help="First day of force; default: the as-of date.")
@click.option(
    "--accept-below", type=click.FloatRange(0.001, 0.999), default=0.1, show_default=True, metavar="P"
)
@click.option(
    "--refer-below", type=click.FloatRange(0.001, 0.999), default=0.3, show_default=True, metavar="P"
)
@click.option("--out", type=_OUT, required=True, metavar="FILE", help="Policy to write, named by the file.")
@json_option
def fit(
    folder: Path,
    mapping: str,
    outcomes: Path,
    enterprise_column: str | None,
    default_column: str | None,
    as_of: str | None,
    months: int,
    indicators: str | None,
    badness: Method,
    title: str,
    title_zh: str,
    effective_from: str | None,
    accept_below: float,
    refer_below: float,
    out: Path,
) -> None:
    """Fit a scorecard and write it as a policy table, with its cases and its bins beside it.

    Probabilities of default up to --accept-below are accepted, up to --refer-below referred.
    """
    names = _indicator_names(indicators)
    known, not_read = load_outcomes(outcomes, asked_columns(enterprise_column, default_column))
    with opened(folder, mapping) as books:
        day = read_day(as_of) if as_of else books.days()[1]
        rows = books.indicator_rows(day, months)
        present = [name for name in books.enterprises() if name in known]
    absent = absent_row(months)
    tell("Fitting the scorecard ...")
    card = fit_scorecard(
        [rows.get(name, absent) for name in present],
        [known[name].bad for name in present],
        names,
        name=out.name.split(".")[0],
        months=months,
        currency=books.currency,
        method=badness,
    )
    written = policy(
        card,
        {"en": title, "zh": title_zh},
        effective_from or day.isoformat(),
        card.scale.points_at(accept_below),
        card.scale.points_at(max(accept_below, refer_below)),
    )
    _write(out, card, written)
    document = {"written": str(out), "not_read": list(not_read), "as_of": day.isoformat(), **card.document()}
    emit(document, _card_text(card, out))


def _indicator_names(given: str | None) -> tuple[str, ...]:
    known = [each.name for each in INDICATORS]
    names = tuple(name.strip() for name in given.split(",")) if given else SCORECARD_INDICATORS
    for name in names:
        if name not in known:
            hint = nearest(name, known)
            raise Malformed(
                "unknown_indicator",
                f"There is no indicator {name!r:.60}" + (f"; did you mean {hint!r}?" if hint else "."),
                nearest=hint,
            )
    return tuple(dict.fromkeys(names))


def _write(out: Path, card: Scorecard, written: dict[str, object]) -> None:
    data = policy_bytes(written)
    read = parse(data)
    stem = out.name.removesuffix(".json")
    write_file(out, [data])
    write_file(out.with_name(f"{stem}.cases.json"), [policy_bytes(cases(card, read))])
    write_file(out.with_name(f"{stem}.scorecard.json"), [policy_bytes(card.document())])


def _card_text(card: Scorecard, out: Path) -> str:
    rows = []
    for variable in card.document()["variables"]:  # type: ignore[attr-defined]  # plain JSON
        for each in [*variable["bins"], variable["missing"]]:
            missing = each is variable["missing"]
            span = "missing" if missing else f"{each['from'] or ''} to below {each['below'] or ''}"
            figures = (each["count"], each["bad"], each["woe"], each["points"])
            rows.append((variable["name"], span, *map(str, figures)))
    headings = ("Indicator", "Bin", "Enterprises", "Defaults", "Evidence", "Points")
    return (
        f"{table(headings, rows, (False, False, True, True, True, True))}\n\n"
        f"Odds are even at {card.scale.even_points} points and double every {card.scale.pdo}; "
        f"fitted to {card.count} enterprises with {card.bad} defaults.\nWritten to {out}."
    )
