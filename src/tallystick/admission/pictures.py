"""Pictures of a back-test as SVG text: ROC, KS, bands, calibration. Shapes and attributes only, no script."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from tallystick.admission.backtest import Backtest

WIDTH: Final = 420
HEIGHT: Final = 320
MAX_STEPS: Final = 400
"""Points of a curve that are drawn; more would not be seen."""

_LEFT, _RIGHT, _TOP, _FLOOR = 52, 404, 34, 270
_INK, _FAINT, _BAD, _GOOD = "#1f2933", "#cbd2d9", "#b42318", "#1d6f8b"

Place = Callable[[float, float], tuple[float, float]]


def pictures(test: Backtest) -> dict[str, str]:
    """Return the SVG of each picture by its name; ``calibration`` only where there is one."""
    drawn = {"roc": _roc(test), "ks": _ks(test), "bands": _bands(test)}
    return drawn if test.calibration is None else drawn | {"calibration": _calibration(test)}


def _roc(test: Backtest) -> str:
    curve = [(alarmed, caught) for _, alarmed, caught in _thinned(test.curve)]
    low, high = test.auc.low, test.auc.high
    between = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    body = _line([(0, 0), (1, 1)], _unit, _FAINT, dashed=True) + _line(curve, _unit, _GOOD)
    return _frame(
        f"ROC: AUC {test.auc.value:.3f}{between}",
        "share of the others flagged",
        "share of defaulters flagged",
        body,
    )


def _ks(test: Backtest) -> str:
    curve = [step for step in _thinned(test.curve) if step[0] is not None]
    at = [float(step[0] or 0) for step in curve]
    place = _scaled(min(at), max(at))
    body = _line([(x, step[2]) for x, step in zip(at, curve, strict=True)], place, _BAD)
    body += _line([(x, step[1]) for x, step in zip(at, curve, strict=True)], place, _GOOD)
    ends = [(test.ks.at_points, step[1:]) for step in test.curve if step[0] == test.ks.at_points]
    for x, (alarmed, caught) in ends:
        body += _line([(x, alarmed), (x, caught)], place, _INK, dashed=True)
    body += _words(_RIGHT - 4, _TOP + 14, "defaulters", "end", _BAD) + _words(
        _RIGHT - 4, _TOP + 30, "others", "end", _GOOD
    )
    title = f"KS {test.ks.value:.3f} at {test.ks.at_points:g} points"
    return _frame(title, "points", "share with so many or more", body, (f"{min(at):g}", f"{max(at):g}"))


def _bands(test: Backtest) -> str:
    slot = (_RIGHT - _LEFT) / len(test.bands)
    body = ""
    for index, band in enumerate(test.bands):
        left, middle = _LEFT + index * slot, _LEFT + (index + 0.5) * slot
        share, (low, high) = band.rate.value or 0.0, band.rate.interval or (0.0, 0.0)
        top = _down(share)
        body += f'<rect x="{left + slot * 0.2:.1f}" y="{top:.1f}" '
        body += f'width="{slot * 0.6:.1f}" height="{_FLOOR - top:.1f}" fill="{_GOOD}"/>'
        body += _stroke(middle, _down(low), middle, _down(high), _INK)
        body += _words(middle, _FLOOR + 16, f"{band.least:g} to {band.most:g}", "middle", _INK, 10)
        body += _words(left + slot * 0.2, top - 4, f"{band.rate.bad}/{band.rate.count}", "start", _INK, 10)
    return _frame("Defaults by band of points, 95 % intervals", "points", "share of defaults", body, None)


def _calibration(test: Backtest) -> str:
    bands = test.calibration.bands if test.calibration else ()
    body = _line([(0, 0), (1, 1)], _unit, _FAINT, dashed=True)
    for band in bands:
        x, y = _unit(band.expected, band.rate.value or 0.0)
        low, high = band.rate.interval or (0.0, 0.0)
        body += (
            _stroke(x, _down(low), x, _down(high), _INK)
            + f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_BAD}"/>'
        )
    title = f"Calibration: Brier {test.calibration.brier:.3f}" if test.calibration else "Calibration"
    return _frame(title, "probability by the points", "share that defaulted", body)


def _thinned(curve: Sequence[tuple[float | None, float, float]]) -> list[tuple[float | None, float, float]]:
    every = -(-len(curve) // MAX_STEPS)
    return [step for at, step in enumerate(curve) if at % every == 0 or at == len(curve) - 1]


def _unit(x: float, y: float) -> tuple[float, float]:
    return _LEFT + x * (_RIGHT - _LEFT), _down(y)


def _scaled(least: float, most: float) -> Place:
    span = most - least or 1.0
    return lambda x, y: _unit((x - least) / span, y)


def _down(share: float) -> float:
    return _FLOOR - share * (_FLOOR - _TOP)


def _frame(
    title: str, across: str, up: str, body: str, ends: tuple[str, str] | None = ("0 %", "100 %")
) -> str:
    lines = "".join(
        _stroke(_LEFT, _down(share), _RIGHT, _down(share), _FAINT)
        + _words(_LEFT - 6, _down(share) + 4, f"{share * 100:.0f} %", "end", _INK, 10)
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    if ends is not None:
        lines += _words(_LEFT, _FLOOR + 16, ends[0], "start", _INK, 10) + _words(
            _RIGHT, _FLOOR + 16, ends[1], "end", _INK, 10
        )
    middle = (_TOP + _FLOOR) / 2
    turned = f'<g transform="rotate(-90 12 {middle:.0f})">{_words(12, middle, up, "middle", _INK)}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        f"{_words(_LEFT, 20, title, 'start', _INK, 13)}{lines}{body}"
        f"{_words((_LEFT + _RIGHT) / 2, _FLOOR + 36, across, 'middle', _INK)}{turned}</svg>"
    )


def _line(steps: Sequence[tuple[float, float]], place: Place, colour: str, *, dashed: bool = False) -> str:
    at = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*step) for step in steps))
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _stroke(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _words(x: float, y: float, text: str, anchor: str, colour: str, size: int = 11) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">'
        f"{escape(text)}</text>"
    )
