"""Cleaning: what is done about each thing that can be wrong in invoice books, and how it is undone (A4).

A table of rules. Each says what it looks for, what may be done about it, and what is done unless somebody
chose otherwise. Whatever is done is logged for each row and field with the value before and after, so that
``restore`` gives back the rows exactly as they were received. Nothing that is done once is done again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tallystick.admission.books import COLUMNS
from tallystick.errors import Corruption, Malformed
from tallystick.policy.wording import Wording

KEEP, CORRECT, SET_ASIDE, REFER = "keep", "correct", "set_aside", "refer"
"""The row counts as it is; a field gets another value; the row takes no part; the row counts, and a person
looks at it."""

OUTLIER_SCORE_TENTHS = 35
"""A modified z-score beyond 3.5 is an outlier (Iglewicz and Hoaglin 1993, "How to Detect and Handle
Outliers"): 0.6745 × |x − median| ÷ median of |x − median|, over x = ln |net amount|."""
OUTLIER_ROWS = 20
"""Valid invoices that one side must have before any of them is called an outlier."""


@dataclass(frozen=True)
class Rule:
    """One thing that is looked for.

    Attributes:
        text: what it is.
        actions: what may be done about it, the default first.
    """

    code: str
    text: Wording
    actions: tuple[str, ...]


RULES = (
    Rule("stray_blanks", Wording(en="A value has blanks around it.", zh="值的前后有空格。"), (CORRECT,)),
    Rule(
        "impossible_date",
        Wording(
            en="The date does not exist, or lies outside 1994 to 2099.",
            zh="日期不存在，或不在1994年至2099年之间。",
        ),
        (SET_ASIDE,),
    ),
    Rule("missing_value", Wording(en="A required value is missing.", zh="缺少必填值。"), (SET_ASIDE,)),
    Rule(
        "future_date",
        Wording(en="The invoice is dated after the day of the assessment.", zh="开票日期晚于评估日。"),
        (SET_ASIDE, KEEP, REFER),
    ),
    Rule(
        "before_registration",
        Wording(en="The invoice is older than the enterprise.", zh="开票日期早于企业成立日期。"),
        (REFER, KEEP, SET_ASIDE),
    ),
    Rule(
        "does_not_add_up",
        Wording(
            en="Net and tax do not add up to gross; corrected, the tax becomes gross less net.",
            zh="金额与税额之和不等于价税合计；如选择更正，税额改为价税合计减金额。",
        ),
        (KEEP, CORRECT, REFER, SET_ASIDE),
    ),
    Rule(
        "exact_duplicate",
        Wording(en="Every value repeats an earlier row.", zh="与前面某行完全相同。"),
        (SET_ASIDE, KEEP, REFER),
    ),
    Rule(
        "repeated_number",
        Wording(
            en="The number occurs on another row with other values.", zh="发票号码在另一行出现且内容不同。"
        ),
        (KEEP, REFER, SET_ASIDE),
    ),
    Rule(
        "void_invoice",
        Wording(en="The invoice is void; its amounts do not count.", zh="发票已作废，金额不计入。"),
        (KEEP, REFER),
    ),
    Rule(
        "red_letter_invoice",
        Wording(en="The invoice is negative; its amounts are subtracted.", zh="红字（负数）发票，金额冲减。"),
        (KEEP, REFER),
    ),
    Rule(
        "outlier",
        Wording(
            en="The amount lies far from the others of its side (modified z-score of its log over 3.5).",
            zh="金额明显偏离同方向其他发票（对数的修正Z分数超过3.5）。",
        ),
        # Never set aside: without it others would be outliers, and cleaning would not end.
        (KEEP, REFER),
    ),
)
"""Every rule, in the order in which it is applied; a row that is set aside is looked at no further."""

BY_CODE: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in RULES})


@dataclass(frozen=True)
class Change:
    """One line of the log: what a rule did to a field of a row; both values alike when it only looked.

    Attributes:
        step: place in the order in which the changes were made; undone backwards.
        direction, row: which row: number in its file, from 1.
        action: of the rule; ``after`` is ``None`` in every field of a row that was set aside.
    """

    step: int
    direction: str
    row: int
    rule: str
    action: str
    field: str
    before: str | None
    after: str | None


def actions(choices: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return what is done for each rule: the defaults, and what was chosen in their place.

    Raises:
        Malformed: ``unknown_rule``, ``unknown_action``.
    """
    chosen = {rule.code: rule.actions[0] for rule in RULES}
    for code, action in (choices or {}).items():
        if code not in BY_CODE:
            raise Malformed("unknown_rule", f"There is no cleaning rule {code!r:.60}.", rule=code[:60])
        if action not in BY_CODE[code].actions:
            allowed = ", ".join(BY_CODE[code].actions)
            raise Malformed("unknown_action", f"{code} may be treated by {allowed}.", rule=code)
        chosen[code] = action
    return chosen


Row = Mapping[str, str | None]


def restore(
    cleaned: Iterable[tuple[int, Row]], log: Iterable[Change]
) -> dict[tuple[str, int], dict[str, str | None]]:
    """Return every row as it was received, by direction and number.

    Amounts are in minor units, days in ISO form and statuses in our words, as the mapping made them; a value
    that had blanks around it, and a day that does not exist, are as they stand in the file.

    Args:
        cleaned: the cleaned rows, each with its number in its file; every value as text.
        log: what was done to them.

    Raises:
        Corruption: ``log_does_not_fit`` when a change does not lead to the value that is there.
    """
    rows: dict[tuple[str, int], dict[str, str | None]] = {
        (str(row["direction"]), number): dict(row) for number, row in cleaned
    }
    for change in sorted(log, key=lambda each: each.step, reverse=True):
        key = (change.direction, change.row)
        if change.action == SET_ASIDE and key not in rows:
            rows[key] = dict.fromkeys(COLUMNS)
        if key not in rows or rows[key].get(change.field) != change.after:
            raise Corruption("log_does_not_fit", "The log of the cleaning does not fit the cleaned books.")
        rows[key][change.field] = change.before
    return rows


def report(counts: Mapping[str, int], chosen: Mapping[str, str]) -> list[dict[str, object]]:
    """Return the data-quality report of one enterprise as canonical data: every rule, zeros included."""
    return [
        {
            "code": rule.code,
            "text": rule.text.document(),
            "action": chosen[rule.code],
            "count": counts.get(rule.code, 0),
        }
        for rule in RULES
    ]
