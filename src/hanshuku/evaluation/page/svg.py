"""Pictures as inline SVG that take their colours from the page, so that dark mode and print work; each says in words what it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from hanshuku.evaluation.page.html import esc

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 14, 46  # room for ticks and names of axes
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """One line of a plot: its points in order, and how it is drawn.

    Attributes:
        points: (x, y), finite.
        kind: class of the page's style: "main", "soft" (dotted) or "other" (dashed).
        name: shown at its end; "" for none.
        bars: (low, high) of y for each point; () for none.
        dots: whether the points are marked.
        sizes: radius of each mark, in pixels; () for one size.
    """

    points: Sequence[Point]
    kind: str = "main"
    name: str = ""
    bars: Sequence[Point] = field(default=())
    dots: bool = False
    sizes: Sequence[float] = field(default=())


def plot(lines: Sequence[Line], x_name: str, y_name: str, description: str, *, x: Point | None = None, y: Point | None = None, log_x: bool = False) -> str:
    """Lines over two axes.

    Args:
        lines: what is drawn; those without points are left out.
        x_name: of the axis.
        y_name: of the axis.
        description: what the picture shows, in words, for those who do not see it.
        x: least and greatest value shown; None: what the points need.
        y: the same.
        log_x: a logarithmic axis; every x is then above 0.
    """
    drawn = [line for line in lines if line.points]
    if not drawn:
        return ""
    xs = x or _span([point[0] for line in drawn for point in line.points], log=log_x)
    ys = y or _span([point[1] for line in drawn for point in line.points] + [end for line in drawn for bar in line.bars or () for end in bar])
    place = _Place(xs, ys, log_x)
    body = _axes(place, x_name, y_name) + "".join(_line(line, place) for line in drawn)
    return svg(body, description, WIDTH, HEIGHT)


def svg(body: str, description: str, width: float, height: float, kind: str = "plot") -> str:
    """The frame of a picture that a screen reader reads as one image."""
    return f'<svg class="{kind}" role="img" width="{1.25 * width:.0f}" viewBox="0 0 {width:g} {height:g}" aria-label="{esc(description)}"><title>{esc(description)}</title>{body}</svg>'


@dataclass(frozen=True)
class _Place:
    """From values to pixels."""

    x: Point
    y: Point
    log_x: bool

    def at(self, point: Point) -> Point:
        value, low, high = (math.log10(v) for v in (point[0], *self.x)) if self.log_x else (point[0], *self.x)
        right = LEFT + (value - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)
        up = HEIGHT - BOTTOM - (point[1] - self.y[0]) / ((self.y[1] - self.y[0]) or 1) * (HEIGHT - TOP - BOTTOM)
        return min(max(right, LEFT), WIDTH - RIGHT), min(max(up, TOP), HEIGHT - BOTTOM)


def _span(values: Sequence[float], *, log: bool = False) -> Point:
    low, high = min(values), max(values)
    if log:
        return (low / 1.15, high * 1.15)
    room = 0.06 * (high - low) or 0.05
    return low - room, high + room


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers within a range, at most `most`."""
    raw = (high - low) / max(most - 1, 1)
    size = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    found = [factor * 10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1) for factor in (1, 2, 5)]
    inside = [tick for tick in found if low <= tick <= high]
    return inside if len(inside) <= 7 else [tick for tick in inside if f"{tick:e}".startswith("1")]


def _axes(place: _Place, x_name: str, y_name: str) -> str:
    bottom, parts = HEIGHT - BOTTOM, []
    for value in ticks(*place.y):
        y = place.at((place.x[0], value))[1]
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in _log_ticks(*place.x) if place.log_x else ticks(*place.x):
        x = place.at((value, place.y[0]))[0]
        parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{value:,g}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>')
    parts.append(f'<text class="name" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{esc(x_name)}</text>')
    middle = (TOP + bottom) / 2
    parts.append(f'<text class="name" x="13" y="{middle}" text-anchor="middle" transform="rotate(-90 13 {middle})">{esc(y_name)}</text>')
    return "".join(parts)


def _line(line: Line, place: _Place) -> str:
    points = [place.at(point) for point in line.points]
    parts = []
    for (x, _), (low, high) in zip(line.points, line.bars, strict=False):
        (px, y1), (_, y2) = place.at((x, low)), place.at((x, high))
        parts.append(f'<path class="bar {line.kind}" d="M{px:.1f} {y1:.1f}V{y2:.1f}M{px - 4:.1f} {y1:.1f}h8M{px - 4:.1f} {y2:.1f}h8"/>')
    if len(points) > 1:
        parts.append(f'<polyline class="line {line.kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
    if line.dots or len(points) == 1:
        sizes = line.sizes or [3.5] * len(points)
        parts += [f'<circle class="dot {line.kind}" cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>' for (x, y), r in zip(points, sizes, strict=True)]
    if line.name:
        x, y = points[-1]
        parts.append(f'<text class="tick" x="{min(x, WIDTH - RIGHT - 2):.1f}" y="{max(y - 7, 10):.1f}" text-anchor="end">{esc(line.name)}</text>')
    return "".join(parts)


def whisker(value: float | None, low: float | None, high: float | None, *, scale: Point = (0.0, 1.0), mark: float | None = None) -> str:
    """A value with its interval on a bar from one end of the scale to the other, to stand in a table whose cells say the numbers.

    Args:
        value: what was measured; nothing is drawn where it is None or not finite.
        low: lower end of its interval.
        high: upper end.
        scale: values of the two ends of the bar.
        mark: another value that is marked by a stroke: chance, or the whole set's.
    """
    if value is None or not math.isfinite(value):
        return ""
    low = value if low is None or not math.isfinite(low) else low
    high = value if high is None or not math.isfinite(high) else high

    def at(v: float) -> float:
        return 2 + 116 * min(max((v - scale[0]) / ((scale[1] - scale[0]) or 1), 0), 1)

    stroke = "" if mark is None or not math.isfinite(mark) else f'<path class="mark" d="M{at(mark):.1f} 1v12"/>'
    body = f'<path class="track" d="M2 7h116"/>{stroke}<path class="range" d="M{at(low):.1f} 7H{max(at(high), at(low) + 0.5):.1f}"/><circle class="dot main" cx="{at(value):.1f}" cy="7" r="3.5"/>'
    return f'<svg class="whisker" aria-hidden="true" viewBox="0 0 120 14">{body}</svg>'


def heat(counts: Sequence[Sequence[float]], names: Sequence[str], description: str, *, names_across: Sequence[str] = ()) -> str:
    """A table of shares as shades: rows sum to 1 by themselves. Names are drawn where there is room for them.

    Args:
        counts: R rows of C numbers.
        names: R names of rows.
        description: in words.
        names_across: C names of columns; () for those of the rows.
    """
    columns = len(counts[0])
    across = names_across or names
    named = max(len(counts), columns) <= 40
    longest = max((_width(name) for name in (*names, *across)), default=0)
    size = 34.0 if columns <= 8 else max(4.0, min(22.0, 640 / columns))
    room = min(longest, 24) * 6.2 + 10 if named else 4.0
    parts = []
    for i, row in enumerate(counts):
        whole = sum(row) or 1
        y = room + i * size
        if named:
            parts.append(f'<text class="tick" x="{room - 6:.1f}" y="{y + size / 2 + 4:.1f}" text-anchor="end">{esc(_short(names[i]))}</text>')
        for j, count in enumerate(row):
            if not count and i != j:
                continue
            share, kind = count / whole, "hit" if names[i] == across[j] else "miss"
            x, told = room + j * size, f"{names[i]} → {across[j]}: {count:g} ({100 * share:.0f}%)"
            opacity = 0.0 if not count else 0.12 + 0.88 * share
            parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{size - 1:.1f}" height="{size - 1:.1f}" fill-opacity="{opacity:.2f}"><title>{esc(told)}</title></rect>')
            if size >= 30:
                parts.append(f'<text class="{"over" if share > 0.55 else "tick"}" x="{x + size / 2 - 0.5:.1f}" y="{y + size / 2 + 4:.1f}" text-anchor="middle">{count:,g}</text>')
    if named:
        for j, name in enumerate(across):
            x = room + j * size + size / 2 + 4
            parts.append(f'<text class="tick" transform="translate({x:.1f} {room - 6:.1f}) rotate(-90)">{esc(_short(name))}</text>')
    width, height = room + columns * size + 2, room + len(counts) * size + 2
    return svg(f'<rect class="ground" x="{room:.1f}" y="{room:.1f}" width="{columns * size:.1f}" height="{len(counts) * size:.1f}"/>' + "".join(parts), description, width, height, "heat")


def _width(text: str) -> int:
    """Columns that a text takes: a Chinese character takes two."""
    return sum(2 if letter >= "\u2e80" else 1 for letter in text)


def _short(text: str, columns: int = 24) -> str:
    if _width(text) <= columns:
        return text
    kept, width = "", 1
    for letter in text:
        width += _width(letter)
        if width > columns:
            break
        kept += letter
    return kept + "…"
