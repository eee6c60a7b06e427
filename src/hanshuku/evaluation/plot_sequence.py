"""The matrix of a sequence of sessions as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.data.disk import whole_file
from hanshuku.errors import MissingExtra
from hanshuku.evaluation.plot import INK, SOFT, ascii_name, font_for, style
from hanshuku.evaluation.words import words

if TYPE_CHECKING:
    from hanshuku.evaluation.sequence import SequenceReport

CELL = 0.9  # inches
PALE, DEEP = "#f4f6f8", "#0b6e4f"  # colours of 0 and 1


def plot_sequence(report: SequenceReport, path: Path, language: str = "en") -> Path:
    """Draw the scores of each task after each session; see `SequenceReport.plot`."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "train", "A picture of the matrix") from error
    names, say = list(report.names), {key: text for key, text in words(language).items() if key.startswith("sequence_")}
    strange = [text for text in (*names, *say.values()) if not text.isascii()]
    font = font_for(strange) if strange else None
    if strange and font is None:  # boxes say less than plain names and English do
        names = [f"{place} {ascii_name(name)}" for place, name in enumerate(names, 1)]
        say = {key: text for key, text in words("en").items() if key.startswith("sequence_")}
    lines = len(report.matrix) + bool(report.together)
    with style(font):
        figure = Figure(figsize=(3.0 + CELL * len(names), 1.6 + 0.62 * CELL * lines), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure.add_subplot(), report, names, say)
        with whole_file(path) as stream:
            figure.savefig(stream, format="png")
    return path


def _draw(axes: Any, report: SequenceReport, names: Sequence[str], say: dict[str, str]) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    rows = [[math.nan if cell is None else cell.value for cell in row] for row in report.matrix]
    marks = [f"{i + 1} {name}" for i, name in enumerate(names)]
    if report.together:
        rows.append([cell.value for cell in report.together])
        marks.append(say["sequence_together"])
    axes.imshow(rows, cmap=LinearSegmentedColormap.from_list("scores", [PALE, DEEP]), vmin=0.0, vmax=1.0, aspect="auto")
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            text, colour = ("–", SOFT) if math.isnan(value) else (f"{value:.2f}", "white" if value > 0.6 else INK)
            axes.annotate(text, (j, i), ha="center", va="center", color=colour, fontsize=9, fontweight="bold" if i == j else "normal")
    if report.together:
        axes.axhline(len(report.matrix) - 0.5, color="white", linewidth=5)
    axes.set_xticks(range(len(names)), names, rotation=20 if max(map(len, names)) > 9 else 0, ha="right" if max(map(len, names)) > 9 else "center")
    axes.set_yticks(range(len(marks)), marks)
    axes.set_ylabel(say["sequence_after"])
    found = report.metrics
    title = say["sequence_plot"].format(metric=report.primary, average=f"{found.average:.3f}", forgetting="–" if math.isnan(found.forgetting) else f"{found.forgetting:.3f}")
    axes.set_title(title, fontsize=10, loc="left", color=INK)
    axes.tick_params(length=0)
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(False)
