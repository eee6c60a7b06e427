"""A learning curve as a picture: what was measured, and what more rows would bring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hanshuku.data.disk import whole_file
from hanshuku.errors import MissingExtra
from hanshuku.evaluation.plot import BEST, INK, SOFT, font_for, style
from hanshuku.evaluation.words import words


def plot_curve(curve: Any, path: Path, language: str = "en") -> Path:
    """Draw a `functions.curve.LearningCurve` into a PNG file; rows run on a logarithmic axis.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "train", "A picture of a learning curve") from error
    say = {key: text for key, text in words(language).items() if key.startswith("curve_")}
    strange = [text for text in say.values() if not text.isascii()]
    font = font_for(strange) if strange else None
    if strange and font is None:  # boxes say less than English does
        say = {key: words("en")[key] for key in say}
    with style(font):
        figure = Figure(figsize=(8, 4.5), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure.add_subplot(), curve, say)
        with whole_file(path) as stream:
            figure.savefig(stream, format="png")
    return path


def _draw(axes: Any, curve: Any, say: dict[str, str]) -> None:
    for points, colour, label, line in ((curve.measured, INK, say["curve_measured"], "-"), (curve.foretold, BEST, say["curve_foretold"], "--")):
        rows, values = [point.rows for point in points], [point.value for point in points]
        ends = [[point.value - point.low for point in points], [point.high - point.value for point in points]]
        axes.errorbar(rows, values, ends, fmt="o" + line, color=colour, capsize=3, linewidth=1.2, markersize=5, label=label)
    last, first = curve.measured[-1], curve.foretold[0]
    axes.plot([last.rows, first.rows], [last.value, first.value], "--", color=BEST, linewidth=1.2)
    axes.axvline(curve.rows, color=SOFT, linewidth=1, linestyle=":")
    for point in curve.foretold:
        axes.annotate(f"{point.value:.3f}", (point.rows, point.high), ha="center", va="bottom", fontsize=8, color=BEST, xytext=(0, 2), textcoords="offset points")
    axes.set_xscale("log")
    ticks = sorted({point.rows for point in (*curve.measured, *curve.foretold[1:])})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel(say["curve_rows"])
    axes.set_ylabel(say["curve_quality"].format(metric=curve.metric))
    axes.set_title(say["curve_title"].format(method=curve.method, rows=f"{curve.rows:,}"), fontsize=10, loc="left", color=INK)
    axes.grid(visible=True, color="#e4e7eb", linewidth=0.8)
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
