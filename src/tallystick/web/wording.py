"""Words that documents carry in both languages, in the one that the reader has chosen."""

from collections.abc import Mapping

from django.utils.translation import get_language

from tallystick.policy.wording import Wording
from tallystick.records.models import Member


def reads_chinese() -> bool:
    """Return whether the page is being made in Chinese."""
    return (get_language() or "").startswith("zh")


def words(text: Wording | Mapping[str, str]) -> str:
    """Return ``text`` in the reader's language; ``text`` may also be the document of a ``Wording``."""
    by_language = text.document() if isinstance(text, Wording) else text
    return by_language["zh" if reads_chinese() else "en"]


def called(member: Member) -> str:
    """Return the member's name as the reader would say it: the Chinese one in Chinese, if there is one."""
    return member.name_zh if reads_chinese() and member.name_zh else member.name
