"""Identity card (居民身份证), front and back: the number also says the date of birth and the sex."""

import re
from datetime import date
from typing import Final

from tallystick.capture.draft import Draft
from tallystick.capture.figures import date_text, identity_number_text, is_identity_number, plain
from tallystick.capture.rules import FieldRule, KindRules
from tallystick.evidence.papers import Kind

_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[0-9OIl]{17}[0-9Xx](?![0-9A-Za-z])")
_PERIOD: Final = re.compile(
    r"(?:19|20)[0-9]{2}\.?[0-9]{2}\.?[0-9]{2}[-—~至一.]*(?:(?:19|20)[0-9.]{6,8}|长期)"
)
_YEARS_VALID: Final = (5, 10, 20)


def _sex(text: str) -> str:
    return next((letter for letter in text if letter in "男女"), "")


def _people(text: str) -> str:
    return plain(text).removesuffix("族")


def _from(text: str) -> str:
    return date_text(text)


def _until(text: str) -> str:
    start = re.match(r".*?(?:19|20)[0-9]{2}\.?[0-9]{2}\.?[0-9]{2}", text)
    rest = text[start.end() :] if start else ""
    return "long-term" if "长期" in rest else date_text(rest)


def _check(draft: Draft) -> None:
    number = draft.value("identity_number")
    if number:
        fits = is_identity_number(number)
        draft.check(
            "identity-number-check-digit", fits, ["identity_number"], "The check character does not fit"
        )
        if fits:
            _check_against_number(draft, number)
    start, end = draft.value("valid_from"), draft.value("valid_until")
    if start and end:
        ok = end == "long-term" or _whole_years(date.fromisoformat(start), date.fromisoformat(end))
        # A card without end says its first day only once: nothing confirms it.
        detail = f"{start} to {end} is no period of a card"
        draft.check("period-of-validity", ok, ["valid_from", "valid_until"], detail, end != "long-term")


def _check_against_number(draft: Draft, number: str) -> None:
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    sex = "男" if int(number[16]) % 2 else "女"
    for name, said in (("born_on", born), ("sex", sex)):
        read = draft.value(name)
        if read:
            draft.check(
                f"{name.replace('_', '-')}-as-in-number", read == said, [name], f"The number says {said}"
            )


def _whole_years(start: date, end: date) -> bool:
    same_day = (start.month, start.day) == (end.month, end.day)
    leap = (start.month, start.day) == (2, 29) and (end.month, end.day) in {(2, 28), (3, 1)}
    return (same_day or leap) and end.year - start.year in _YEARS_VALID


def _keys(draft: Draft) -> tuple[str, ...]:
    """Return the number; of a back alone, the period."""
    front = any(draft.value(name) for name in ("identity_number", "name", "born_on"))
    back = draft.value("valid_from") or draft.value("authority")
    return ("valid_from", "valid_until") if back and not front else ("identity_number",)


RULES: Final = KindRules(
    kind=Kind.IDENTITY_CARD,
    signs=("姓名", "民族", "出生", "住址", "公民身份号码|公民身份", "签发机关", "有效期限", "居民身份证"),
    least=2,
    keys=_keys,
    checks=_check,
    anywhere=frozenset({"性别", "民族"}),
    fields=(
        FieldRule("name", ("姓名",)),
        FieldRule("sex", ("性别",), _sex),
        FieldRule("people", ("民族",), _people),
        FieldRule("born_on", ("出生",), date_text, gap=6.0),
        FieldRule("address", ("住址",), lines=3),
        FieldRule(
            "identity_number",
            ("公民身份号码",),
            identity_number_text,
            is_identity_number,
            _NUMBER,
            below=True,
        ),
        FieldRule("authority", ("签发机关",)),
        FieldRule("valid_from", ("有效期限",), _from, pattern=_PERIOD, gap=6.0),
        FieldRule("valid_until", ("有效期限",), _until, pattern=_PERIOD, gap=6.0),
    ),
)
