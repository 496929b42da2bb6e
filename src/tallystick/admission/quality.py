"""Data quality: what is found in an enterprise's books, counted, named and treated by a stated rule.

Mission A3 and A4. Nothing is mended in silence: a row is either kept as it is, kept and counted, or left
out and counted, and the file it came from is never changed, so every treatment can be undone by reading
it again under other rules. The treatments are expressions over the rows as received: the canonical
columns, any of which may be missing, and three of the reader's (``RECEIVED``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import _
from ibis.common.deferred import Deferred

from tallystick.admission.books import COLUMNS, VALID, VOID
from tallystick.policy.wording import Wording

EARLIEST = date(1994, 1, 1)  # the year value-added tax, and with it the VAT invoice, began in China
LATEST = date(2099, 12, 31)

RECEIVED = {
    **COLUMNS,
    "row": "int64",  # number of the row among the data rows of its file, from 1
    "stray_blanks": "boolean",  # a text of this row had blanks around it, which were trimmed
    "impossible_date": "boolean",  # has the form of a date, but there is no such day
}
"""The rows as received: canonical columns, texts trimmed, missing values null."""


@dataclass(frozen=True)
class FindingKind:
    """One thing that is looked for in the books.

    Attributes:
        treatment: ``left_out`` (the row takes no part), ``excluded_from_amounts`` (it only counts
            towards shares of invoices), ``kept`` or ``trimmed``.
        text: one sentence that says what it is and what was done.
        count: number of rows with it, as an expression over ``marked`` rows of one enterprise.
    """

    code: str
    treatment: str
    text: Wording
    count: Deferred


@dataclass(frozen=True)
class Finding:
    """How often one kind was found in one enterprise's books; a count of 0 says that it was looked for."""

    code: str
    count: int
    treatment: str
    text: Wording

    def document(self) -> dict[str, object]:
        """Return the finding as canonical data."""
        return {
            "code": self.code,
            "count": self.count,
            "treatment": self.treatment,
            "text": self.text.document(),
        }


_kept = _.left_out.isnull()
_valid = _kept & (_.status == VALID)

_FORMULA_MARKS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in both widths."""


def _formula_like(text: Deferred) -> Deferred:
    # A mark on its own is a dash for "none" and computes nothing.
    return text.left(1).isin(_FORMULA_MARKS) & (text.length() > 1)


FINDING_KINDS = (
    FindingKind(
        "missing_value",
        "left_out",
        Wording(
            en="A required value is missing; the row is left out.",
            zh="缺少必填值，该行不参与计算。",
        ),
        (_.left_out == "missing_value").sum(),
    ),
    FindingKind(
        "impossible_date",
        "left_out",
        Wording(
            en="The date does not exist, or lies outside 1994 to 2099; the row is left out.",
            zh="日期不存在，或不在1994年至2099年之间，该行不参与计算。",
        ),
        (_.left_out == "impossible_date").sum(),
    ),
    FindingKind(
        "exact_duplicate",
        "left_out",
        Wording(
            en="Every value repeats an earlier row; only the first one counts.",
            zh="与前面某行完全相同，只计第一行。",
        ),
        (_.left_out == "exact_duplicate").sum(),
    ),
    FindingKind(
        "repeated_number",
        "kept",
        Wording(
            en="The invoice number occurs on another row with other values; both are kept.",
            zh="发票号码在另一行出现且内容不同，两行均保留。",
        ),
        (_kept & (_.number_uses > 1)).sum(),
    ),
    FindingKind(
        "void_invoice",
        "excluded_from_amounts",
        Wording(
            en="The invoice is void; its amounts do not count.",
            zh="发票已作废，金额不计入。",
        ),
        (_kept & (_.status == VOID)).sum(),
    ),
    FindingKind(
        "red_letter_invoice",
        "kept",
        Wording(
            en="The invoice is red-letter (negative); its amounts are subtracted.",
            zh="红字（负数）发票，金额冲减。",
        ),
        (_valid & (_.net_minor < 0)).sum(),
    ),
    FindingKind(
        "does_not_add_up",
        "kept",
        Wording(
            en="Net and tax do not add up to gross; the net amount is used as it stands.",
            zh="金额与税额之和不等于价税合计，按原金额计算。",
        ),
        (_kept & (_.net_minor + _.tax_minor != _.gross_minor)).sum(),
    ),
    FindingKind(
        "stray_blanks",
        "trimmed",
        Wording(
            en="A value has blanks around it; they are trimmed.",
            zh="值的前后有空格，已去除。",
        ),
        _.stray_blanks.sum(),
    ),
    FindingKind(
        "formula_like_text",
        "kept",
        Wording(
            en="A text begins like a formula (= + - @), which a spreadsheet that opens the file may run; "
            "it is kept as it stands.",
            zh="文本以公式符号（= + - @）开头，用电子表格打开文件时可能被当作公式执行；原样保留。",
        ),
        (_formula_like(_.enterprise) | _formula_like(_.number) | _formula_like(_.counterparty)).sum(),
    ),
)
"""Everything that is looked for, in the order in which it is treated and reported."""


def received(name: str = "received") -> ir.Table:
    """Return the table of the rows as received, unbound."""
    return ibis.table(RECEIVED, name=name)


def mark(rows: ir.Table) -> ir.Table:
    """Return the received rows with ``left_out`` (the code of the reason, or null) and ``number_uses``.

    A row is judged by the first reason that applies; duplicates are looked for among the rest, and
    ``number_uses`` counts the rows that are kept under one number in one direction of one enterprise.
    """
    complete = ibis.and_(*(rows[name].notnull() for name in COLUMNS if name != "issued_on"))
    dated = rows.issued_on.between(EARLIEST, LATEST)
    unreadable = ibis.cases(
        (rows.impossible_date, "impossible_date"),
        (~complete | rows.issued_on.isnull(), "missing_value"),
        (~dated, "impossible_date"),
        else_=ibis.null("string"),
    )
    judged = rows.mutate(left_out=unreadable)
    copies = ibis.window(group_by=[judged.left_out, *(judged[name] for name in COLUMNS)], order_by=judged.row)
    seen = judged.mutate(copy=ibis.row_number().over(copies))
    repeated = seen.left_out.isnull() & (seen.copy > 0)
    named = seen.mutate(left_out=ibis.ifelse(repeated, "exact_duplicate", seen.left_out)).drop("copy")
    same_number = ibis.window(group_by=[named.enterprise, named.direction, named.number])
    return named.mutate(number_uses=named.left_out.isnull().sum().over(same_number))


def keep(marked: ir.Table) -> ir.Table:
    """Return the canonical invoices: the marked rows that are not left out."""
    return marked.filter(marked.left_out.isnull()).select(*COLUMNS)


def finding_counts(marked: ir.Table) -> ir.Table:
    """Return one row per enterprise with the count of every kind, in columns named by its code."""
    return marked.group_by("enterprise").aggregate(
        **{kind.code: kind.count.fill_null(0) for kind in FINDING_KINDS}
    )


def findings(counts: Mapping[str, int]) -> tuple[Finding, ...]:
    """Return the findings of one enterprise from its row of ``finding_counts``."""
    return tuple(
        Finding(kind.code, int(counts[kind.code]), kind.treatment, kind.text) for kind in FINDING_KINDS
    )
