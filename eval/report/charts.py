"""Charts as SVG, without scripts, fonts or ids of their own; colours come from the page's style sheet.

Only what is drawn: the values stand in the table beside each chart. See docs/decisions/0012-charts.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import escape

from eval.report.contents import Bin, Cell, Dial, Point
from eval.report.wording import clean, count, milliseconds, plain, share

WIDTH = 480
LEFT = 156
RIGHT = 62
ROW = 25
TOP = 24
LABEL = 20
"""Characters of a label that fit before the plot."""


@dataclass(frozen=True, slots=True)
class Bar:
    """`value`, `low` and `high` as shares of `of`; `told` is written beside the bar."""

    name: str
    value: float
    told: str
    low: float | None = None
    high: float | None = None


def _at(value: float) -> str:
    """A coordinate, to a tenth: the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")


def _svg(name: str, title: str, says: str, width: float, height: float, inside: Iterator[str]) -> str:
    """An image to a screen reader, named by its title and described by what it shows."""
    head = (
        f'<svg class="chart" role="img" aria-labelledby="{name}-t {name}-d" viewBox="0 0 {_at(width)} {_at(height)}" '
        f'width="{_at(width)}" height="{_at(height)}" xmlns="http://www.w3.org/2000/svg">'
    )
    told = f'<title id="{name}-t">{escape(clean(title))}</title><desc id="{name}-d">{escape(clean(says))}</desc>'
    return head + told + "".join(inside) + "</svg>"


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{_at(x1)}" y1="{_at(y1)}" x2="{_at(x2)}" y2="{_at(y2)}"/>'


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{_at(x)}" y="{_at(y)}" text-anchor="{anchor}">{escape(clean(text, 80))}</text>'


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{_at(x)}" y="{_at(y)}" width="{_at(max(width, 0))}" height="{_at(height)}" rx="2"/>'
    )


def _short(text: str) -> str:
    return text if len(text) <= LABEL else text[: LABEL - 1] + "…"


def _error_bar(x1: float, x2: float, y: float, half: float = 5) -> str:
    ends = (_line("error", x, y - half, x, y + half) for x in (x1, x2))
    return _line("error", x1, y, x2, y) + "".join(ends)


def gauge(value: float, low: float | None, high: float | None) -> str:
    """A share on a scale from 0 to 100 %, with its interval. Decoration beside the figure, which is written out."""
    width, y = 200, 9
    inside = _rect("track", 0, 6, width, 6) + _rect("bar", 0, 6, width * value, 6)
    if low is not None and high is not None:
        inside += _error_bar(width * low, width * high, y, 7)
    return (
        f'<svg class="gauge" aria-hidden="true" viewBox="-1 0 {width + 2} 18" width="{width + 2}" height="18" '
        f'preserveAspectRatio="none" xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    )


def bars(name: str, title: str, says: str, rows: Sequence[Bar], scale: Sequence[str] = ()) -> str:
    """Flat bars, one a row; where an interval is known it is drawn over the bar's end. `scale`: words of the axis."""
    height = TOP + ROW * len(rows) + 6
    return _svg(name, title, says, WIDTH, height, _bars(rows, scale, height))


def _bars(rows: Sequence[Bar], scale: Sequence[str], height: float) -> Iterator[str]:
    span = WIDTH - LEFT - RIGHT
    for place, word in enumerate(scale):
        x = LEFT + span * place / (len(scale) - 1)
        yield _line("grid", x, TOP - 6, x, height - 6) + _text("axis", x, TOP - 11, word, "middle")
    for place, one in enumerate(rows):
        middle = TOP + ROW * place + ROW / 2
        yield _text("label", LEFT - 8, middle + 4, _short(one.name), "end")
        yield _rect("bar", LEFT, middle - 7, span * one.value, 14)
        if one.low is not None and one.high is not None:
            yield _error_bar(LEFT + span * one.low, LEFT + span * one.high, middle)
        yield _text("value", WIDTH - RIGHT + 8, middle + 4, one.told)


def columns(name: str, title: str, says: str, rows: Sequence[Bar], every: int = 3) -> str:
    """A column a row; every third is named below, and each that is not zero says its value above."""
    return _svg(name, title, says, WIDTH, 190, _upright_bars(rows, every))


def _upright_bars(rows: Sequence[Bar], every: int) -> Iterator[str]:
    top, bottom = 24, 160
    width = (WIDTH - 20) / max(len(rows), 1)
    yield _line("grid", 10, bottom, WIDTH - 10, bottom)
    for place, one in enumerate(rows):
        height, middle = (bottom - top) * one.value, 10 + (place + 0.5) * width
        yield _rect("bar", middle - width / 2 + 2, bottom - height, width - 4, height)
        if one.value:
            yield _text("axis", middle, bottom - height - 5, one.told, "middle")
        if place % every == 0:
            yield _text("axis", middle, bottom + 18, one.name, "middle")


PER_CENT = ("0%", "25%", "50%", "75%", "100%")


def risk_coverage(name: str, says: str, points: Sequence[Point], dials: Sequence[Dial]) -> str:
    """Across: the share that is answered; up: the share of these that is right. Rings: the dial of each intent."""
    return _svg(name, "Risk and coverage", says, WIDTH, 300, _curve(points, dials))


def _curve(points: Sequence[Point], dials: Sequence[Dial]) -> Iterator[str]:
    placed = [one.precision for one in points] + [one.precision for one in dials if one.precision is not None]
    least = min(int(min(placed, default=1.0) * 20) / 20, 0.95)
    left, right, top, bottom = 54, WIDTH - 22, 24, 246

    def across(coverage: float) -> float:
        return left + (right - left) * coverage

    def up(precision: float) -> float:
        return bottom - (bottom - top) * (precision - least) / (1 - least)

    for place in range(5):
        value = least + (1 - least) * place / 4
        yield _line("grid", left, up(value), right, up(value))
        yield _text("axis", left - 8, up(value) + 4, share(value), "end")
        yield _line("grid", across(place / 4), top, across(place / 4), bottom)
        yield _text("axis", across(place / 4), bottom + 18, PER_CENT[place], "middle")
    yield _text("axis", (left + right) / 2, bottom + 38, "answered (coverage)", "middle")
    yield _text("axis", 4, top - 12, "of those right")
    ranked = sorted(points, key=lambda one: one.coverage)
    if ranked:
        path = " ".join(f"{_at(across(one.coverage))},{_at(up(one.precision))}" for one in ranked)
        yield f'<polyline class="curve" points="{path}"/>'
    for dial in dials:
        if dial.precision is not None:
            yield f'<circle class="dial" cx="{_at(across(dial.coverage))}" cy="{_at(up(dial.precision))}" r="5"/>'


def confusion(name: str, says: str, names: Sequence[str], cells: Sequence[Cell]) -> str:
    """A square a pair: down what people say, across what was read; the darker, the more of its row."""
    size, left, top = 30, 150, 150
    side = size * len(names)
    return _svg(name, "What was read as what", says, left + side + 10, top + side + 10, _grid(names, cells, size))


def _grid(names: Sequence[str], cells: Sequence[Cell], size: int) -> Iterator[str]:
    left = top = 150
    rows = {name: sum(one.count for one in cells if one.expected == name) for name in names}
    for place, name in enumerate(names):
        middle = place * size + size / 2
        yield _text("label", left - 8, top + middle + 4, _short(plain(name)), "end")
        yield _upright(left + middle + 4, top - 8, plain(name))
    for one in cells:
        if one.expected in rows and one.read in rows:
            x, y = left + names.index(one.read) * size, top + names.index(one.expected) * size
            shade = min(int(one.count / rows[one.expected] * 4), 3) if one.count else 0
            kind = "good" if one.expected == one.read else "bad"
            yield _rect(f"cell {kind}{shade}", x + 1, y + 1, size - 2, size - 2)
            yield _text(f"count on{shade}", x + size / 2, y + size / 2 + 4, count(one.count), "middle")


def _upright(x: float, y: float, name: str) -> str:
    place = f'x="{_at(x)}" y="{_at(y)}" transform="rotate(-90 {_at(x)} {_at(y)})"'
    return f'<text class="label" {place}>{escape(clean(_short(name)))}</text>'


def histogram(name: str, title: str, says: str, bins: Sequence[Bin], marks: Sequence[tuple[str, float]]) -> str:
    """A column a bin of equal width on the page; `marks` (p50, p95) stand on the column they fall in."""
    return _svg(name, title, says, WIDTH, 190, _columns(bins, marks))


def _columns(bins: Sequence[Bin], marks: Sequence[tuple[str, float]]) -> Iterator[str]:
    most, top, bottom = max((one.count for one in bins), default=0) or 1, 34, 160
    width = (WIDTH - 20) / max(len(bins), 1)
    yield _line("grid", 10, bottom, WIDTH - 10, bottom)
    for place, one in enumerate(bins):
        height, x = (bottom - top) * one.count / most, 10 + place * width
        yield _rect("bar", x + 2, bottom - height, width - 4, height)
        yield _text("axis", x + width / 2, bottom + 18, f"≤ {milliseconds(one.upto)}", "middle")
    for raised, (word, value) in enumerate(marks):
        within = next((at for at, one in enumerate(bins) if value <= one.upto), len(bins) - 1)
        x = 10 + within * width + width / 2 + (raised - 0.5) * 6
        yield _line("mark", x, top - 6, x, bottom) + _text("value", x, 12 + 14 * raised, word, "middle")


def fan(name: str, title: str, says: str, past: Sequence[float], ahead: Sequence[tuple[float, float, float]]) -> str:
    """What came, as a line; then what is expected (low, middle, high): a line within a band."""
    return _svg(name, title, says, WIDTH, 210, _fan(past, ahead))


def _fan(past: Sequence[float], ahead: Sequence[tuple[float, float, float]]) -> Iterator[str]:
    left, right, top, bottom = 46, WIDTH - 12, 20, 172
    most = max([*past, *(high for _, _, high in ahead)], default=0.0) or 1.0
    count = max(len(past) + len(ahead) - 1, 1)

    def placed(place: int, value: float) -> str:
        return f"{_at(left + (right - left) * place / count)},{_at(bottom - (bottom - top) * value / most)}"

    for part in (0.0, 0.5, 1.0):
        y = bottom - (bottom - top) * part
        yield _line("grid", left, y, right, y) + _text("axis", left - 6, y + 4, f"{most * part:.0f}", "end")
    first = len(past)
    lows = [placed(first + at, low) for at, (low, _, _) in enumerate(ahead)]
    highs = [placed(first + at, high) for at, (_, _, high) in enumerate(ahead)]
    middles = [placed(first + at, middle) for at, (_, middle, _) in enumerate(ahead)]
    yield f'<polygon class="band" points="{" ".join([*highs, *reversed(lows)])}"/>'
    yield f'<polyline class="curve" points="{" ".join(placed(at, value) for at, value in enumerate(past))}"/>'
    yield f'<polyline class="curve ahead" points="{" ".join(middles)}"/>'
    yield _text("axis", left, bottom + 20, "weeks past") + _text("axis", right, bottom + 20, "weeks ahead", "end")
