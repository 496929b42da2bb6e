"""The stylesheet's promises: contrast in both schemes, and nothing inline in any page."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "src" / "tallystick" / "web"
STYLESHEET = (WEB / "static" / "web" / "tallystick.css").read_text(encoding="utf-8")
PAGES = sorted((WEB / "templates").rglob("*.html"))

GROUNDS = ("paper", "surface", "sunk")
TEXT = [
    *[
        (ink, ground)
        for ink in ("ink", "ink-2", "ink-3", "brand", "brand-strong", "bad")
        for ground in GROUNDS
    ],
    *[(tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "info", "quiet")],
    *[("ink", f"{tone}-soft") for tone in ("good", "warn", "bad", "info", "brand", "box")],
    *[("ink-2", ground) for ground in ("brand-soft", "bad-soft", "box-soft")],
    ("brand", "brand-soft"),
    ("box-ink", "box-soft"),
    ("brand-ink", "brand"),
    ("brand-ink", "brand-strong"),
    ("bad-ink", "bad"),
    ("bad-ink", "bad-strong"),
]
# Edges and graphics need 3 (WCAG 2.2, success criterion 1.4.11).
GRAPHICS = [(edge, ground) for edge in ("control", "brand", "bad") for ground in ("paper", "surface")]


def _tokens(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", STYLESHEET, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark))


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_stands_out_from_its_ground(scheme, text, ground):
    tokens = _tokens(scheme)
    assert _contrast(tokens[text], tokens[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), GRAPHICS)
def test_edges_of_controls_and_focus_stand_out(scheme, edge, ground):
    tokens = _tokens(scheme)
    assert _contrast(tokens[edge], tokens[ground]) >= 3


def test_colours_are_named_once_as_tokens():
    rules = STYLESHEET[STYLESHEET.index("/* ---- Ground") : STYLESHEET.index("/* ---- Print")]
    # The ground of a QR code is white in both schemes, or no camera reads it.
    assert set(re.findall(r"#[0-9a-f]{3,8}\b|rgb\(", re.sub(r"#problem", "", rules))) == {"#ffffff"}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_no_page_carries_inline_style_or_script(page):
    source = page.read_text(encoding="utf-8")
    assert not re.search(
        r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:|hx-on|hx-vals=['\"]js:", source, re.IGNORECASE
    )
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))
    # The one other host name is that of the SVG namespace.
    assert set(re.findall(r"https?://[^\s\"'<]+", source)) <= {"http://www.w3.org/2000/svg"}


def test_the_stylesheet_asks_no_other_host():
    assert "@import" not in STYLESHEET
    assert "url(" not in STYLESHEET


def test_every_rule_of_the_stylesheet_is_closed_before_the_next_begins():
    depth = 0
    for number, line in enumerate(STYLESHEET.splitlines(), 1):
        depth += line.count("{") - line.count("}")
        assert 0 <= depth <= 2, f"line {number}"
        assert depth == 0 or not line.startswith("/* ----"), f"line {number}"
    assert depth == 0
