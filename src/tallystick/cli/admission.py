"""``tallystick admission``: judge books of invoices, work out indicators, back-test."""

from pathlib import Path

import click

from tallystick.admission.judgement import Judgement
from tallystick.admission.period import period_before
from tallystick.analytics.outcomes import write_indicators
from tallystick.analytics.portfolio import Engine, Evidence
from tallystick.cli.admission_options import (
    books_option,
    engine_option,
    mapping_option,
    months_option,
    opened,
    opened_tax,
    policy_option,
    read_day,
    read_table,
    tax_mapping_option,
    tax_option,
    tell,
)
from tallystick.cli.backtest import backtest
from tallystick.cli.output import emit, json_option, table
from tallystick.cli.pull import pull
from tallystick.cli.sample import sample
from tallystick.cli.scorecard import scorecard


@click.group()
def admission() -> None:
    """Judge enterprises by their books of invoices, and policies by what became of enterprises."""


@admission.command()
@books_option
@mapping_option
@click.option("--enterprise", required=True, metavar="ID", help="Whose books are judged.")
@click.option("--as-of", required=True, metavar="DATE", help="Day of the judgement, as 2026-01-15.")
@months_option
@policy_option
@tax_option
@tax_mapping_option
@engine_option
@json_option
def assess(
    folder: Path,
    mapping: str,
    enterprise: str,
    as_of: str,
    months: int,
    policy_name: str,
    tax: Path | None,
    tax_mapping: str,
    engine: Engine,
) -> None:
    """Judge one enterprise: accept, refer or reject, with points, reasons, indicators and data quality."""
    day, policy = read_day(as_of), read_table(policy_name)
    period_before(day, months)  # a period that cannot be is refused before anything is read
    with opened(folder, mapping) as books, opened_tax(tax, tax_mapping) as taxed:
        if taxed is not None:
            taxed.require(enterprise)
        judgement = Evidence(books, taxed, engine).judge(enterprise, policy, day, months)
    emit(judgement.document(), _judgement_text(judgement))


@admission.command("indicators")
@books_option
@mapping_option
@click.option("--as-of", required=True, metavar="DATE", help="Day to look back from, as 2026-01-15.")
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File to write: .csv or .parquet.",
)
@months_option
@tax_option
@tax_mapping_option
@engine_option
@json_option
def indicators_command(
    folder: Path,
    mapping: str,
    as_of: str,
    out: Path,
    months: int,
    tax: Path | None,
    tax_mapping: str,
    engine: Engine,
) -> None:
    """Work out every indicator of every enterprise and write one row for each."""
    day = read_day(as_of)
    period = period_before(day, months)
    with opened(folder, mapping) as books, opened_tax(tax, tax_mapping) as taxed:
        tell("Working out the indicators ...")
        evidence = Evidence(books, taxed, engine)
        rows = evidence.of_all(day, months)
    write_indicators(out, rows, evidence.indicators)
    document = {
        "written": str(out),
        "enterprises": len(rows),
        "indicators": len(evidence.indicators),
        "as_of": as_of,
        "period": {"from": period.first_day.isoformat(), "to": period.last_day.isoformat()},
        "engine": engine,
    }
    emit(document, f"{len(evidence.indicators)} indicators of {len(rows)} enterprises are written to {out}.")


def _judgement_text(judgement: Judgement) -> str:
    of = "" if judgement.acceptable_points_max is None else f", {judgement.acceptable_points_max} acceptable"
    lines = [
        f"{judgement.enterprise}: {judgement.outcome} with {judgement.points or 'no'} points{of}",
        f"from {judgement.period.first_day} to {judgement.period.last_day}, by {judgement.decision.table} "
        f"{judgement.decision.version[:16]}",
    ]
    for reason in judgement.decision.reasons:
        points = reason.document()["points"]
        lines.append(
            f"  {reason.code}{'' if points is None else f' ({points})'}: {reason.text.en} {reason.text.zh}"
        )
    rows = [
        (name, "none" if each.value is None else str(each.value), each.unit)
        for name, each in judgement.indicators.items()
    ]
    lines += ["", table(("Indicator", "Value", "Unit"), rows, (False, True, False))]
    found = [(each.code, str(each.count), each.text.en) for each in judgement.data_quality if each.count]
    if found:
        lines += ["", table(("Found in the books", "Rows", "Treated"), found, (False, True, False))]
    return "\n".join(lines)


admission.add_command(backtest)
admission.add_command(pull)
admission.add_command(sample)
admission.add_command(scorecard)
