"""Find the links of our pages that lead nowhere: a missing file, or a heading that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`[^`\n]*`")
ELSEWHERE = ("http://", "https://", "mailto:")


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as the common Markdown hosts make them."""
    found: dict[str, int] = {}
    result = set()
    for heading in HEADING.findall(FENCE.sub("", page)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        result.add(f"{slug}-{count}" if count else slug)
    return result


def broken_links(page: Path) -> Iterator[str]:
    """Yield every relative link of ``page`` whose file or anchor does not exist."""
    text = page.read_text("utf-8")
    prose = CODE_SPAN.sub("", FENCE.sub("", text))
    for target in [*LINK.findall(prose), *REFERENCE.findall(prose)]:
        if target.startswith(ELSEWHERE):
            continue
        name, _, anchor = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        there = other.exists()
        if there and anchor and other.suffix == ".md":
            there = anchor in anchors(other.read_text("utf-8"))
        if not there:
            yield target
