"""Quality against cost as a picture."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.data.disk import whole_file
from hanshuku.errors import MissingExtra
from hanshuku.evaluation.words import words

if TYPE_CHECKING:
    from hanshuku.evaluation.comparison import Comparison

LEAST_SECONDS = 0.01  # a fit that took less is drawn there: a logarithm has no zero
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1200, 3600, 7200, 18000, 36000, 86400, 259200)  # seconds
MOST_TICKS = 9
INK, SOFT, BEST = "#1f2933", "#9aa5b1", "#0b6e4f"


def plot_comparison(comparison: Comparison, path: Path, language: str = "en") -> Path:
    """Draw a comparison; see `Comparison.plot`."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "train", "A plot of quality against cost") from error
    names = [method.name for method in comparison.ranked]
    commonest = comparison.majority[0] if comparison.majority else ""
    say = {key: text for key, text in words(language).items() if key.startswith("plot_")}
    strange = [text for text in (*names, commonest, *say.values()) if not text.isascii()]
    font = font_for(strange) if strange else None
    if strange and font is None:  # boxes say less than plain names and English do
        names = [ascii_name(name) for name in names]
        commonest = commonest if commonest.isascii() else "the commonest label"
        say = {key: words("en")[key] for key in say}
    with style(font):
        figure = Figure(figsize=(9, 5), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure.add_subplot(), comparison, names, {**say, "commonest": commonest})
        with whole_file(path) as stream:
            figure.savefig(stream, format="png")
    return path


def _draw(axes: Any, comparison: Comparison, names: Sequence[str], say: dict[str, str]) -> None:
    """Numbered points, best first, with their names in a list beside: names at the points would lie on each other."""
    best, times = comparison.ranked[0] if comparison.ranked else None, []
    for place, (method, name) in enumerate(zip(comparison.ranked, names, strict=True), 1):
        metric, seconds = method.metrics[comparison.primary], max(method.fit_seconds or 0.0, LEAST_SECONDS)
        if best is None or math.isnan(metric.value):
            continue
        rival = comparison.difference(best.name, method.name)
        colour = BEST if method is best or (rival is not None and not rival.real) else INK
        error = [[metric.value - metric.low], [metric.high - metric.value]]
        above = 3 * (len(names) - place)  # the better one lies on top
        axes.errorbar(seconds, metric.value, error, fmt="o", color=colour, capsize=3, markersize=13, linewidth=1.2, zorder=10 + above)
        centred = {"ha": "center", "va": "center_baseline", "fontsize": 8, "color": "white", "zorder": 12 + above}
        axes.annotate(str(place), (seconds, metric.value), **centred)
        line = f"{place}  {name}  {metric.value:.3f}"
        axes.annotate(line, (1.02, 1 - 0.055 * (place - 0.5)), xycoords="axes fraction", fontsize=9, color=colour, va="center", annotation_clip=False)
        times.append(seconds)
    _time_axis(axes, times)
    _levels(axes, comparison, say)
    axes.set_xlabel(say["plot_cost"])
    axes.set_ylabel(say["plot_quality"].format(metric=comparison.primary))
    axes.set_title(say["plot_title"].format(n=f"{comparison.n:,}", seeds=comparison.seeds), fontsize=10, loc="left", color=INK)
    axes.grid(visible=True, which="major", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _time_axis(axes: Any, times: Sequence[float]) -> None:
    """A logarithmic axis with ticks that one reads as times, at least a decade wide."""
    least, most = (min(times), max(times)) if times else (1.0, 1.0)
    room = max(1.12 * math.log10(most / least), 1.0)
    middle = math.log10(most * least) / 2
    low, high = 10 ** (middle - room / 2), 10 ** (middle + room / 2)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [tick for tick in TICKS if low <= tick <= high]
    if len(ticks) > MOST_TICKS:
        ticks = ticks[:: math.ceil(len(ticks) / MOST_TICKS)]
    axes.set_xticks(ticks, [tick_text(tick) for tick in ticks])
    axes.set_xticks([], minor=True)


def tick_text(seconds: float) -> str:
    """A round time in its own unit: "0.3 s", "10 min", "1 h"."""
    size, unit = (3600, "h") if seconds >= 3600 else (60, "min") if seconds >= 60 else (1, "s")
    return f"{seconds / size:g} {unit}"


def _levels(axes: Any, comparison: Comparison, say: dict[str, str]) -> None:
    """The level of guessing and of the commonest answer, where they are within sight."""
    if not comparison.ranked:
        return
    low, high = axes.get_ylim()
    levels = [(comparison.ranked[0].metrics[comparison.primary].chance, say["plot_chance"])]
    if comparison.majority and comparison.primary == "accuracy":
        levels.append((comparison.majority[1], say["plot_majority"].format(label=say["commonest"])))
    for level, text in levels:
        if low - 0.5 * (high - low) <= level <= high:
            axes.axhline(level, color=SOFT, linewidth=1, linestyle=":")
            axes.annotate(text, (0.995, level), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8, color=SOFT)


def font_for(texts: Sequence[str]) -> str | None:
    """The family of an installed font that has every letter of the texts, or None."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    last = "last resort"  # it comes with matplotlib and has a box for everything
    letters = {ord(letter) for text in texts for letter in text if not letter.isspace()}
    for entry in font_manager.fontManager.ttflist:
        if entry.weight in (400, "normal", "regular") and entry.style == "normal" and last not in entry.name.lower():
            with contextlib.suppress(RuntimeError, OSError):
                font = FT2Font(entry.fname)
                if all(map(font.get_char_index, letters)):
                    return str(entry.name)
    return None


def ascii_name(name: str) -> str:
    """What is left of a name without the letters that would be boxes; its number tells which it is."""
    return name if name.isascii() else name.encode("ascii", "ignore").decode().strip(" @:=") or "?"


@contextlib.contextmanager
def style(font: str | None) -> Iterator[None]:
    """Letters from DejaVu Sans and, where it has none, from this font, while this lasts."""
    import matplotlib as mpl

    family = ["DejaVu Sans", *([font] if font else [])]  # the first that has a letter draws it
    with mpl.rc_context({"font.family": family, "axes.unicode_minus": False}):
        yield
