"""Confusion: which label is answered for which, as a picture that holds from 2 to some hundred labels, and the commonest pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import Cell, esc, figure, more, percent, table
from hanshuku.evaluation.page.svg import heat
from hanshuku.evaluation.render import commonest_confusions

if TYPE_CHECKING:
    from hanshuku.evaluation.report import Report

MOST_DRAWN = 200  # labels; beyond this a shade is no pixel
IN_FULL = 20  # labels up to which all counts stand in a table too
PAIRS = 12


def html(report: Report, say: Say) -> str:
    """The heat map, the commonest confusions, and all counts where they fit a table."""
    if report.confusion is None:
        return ""
    labels = list(report.task.labels)
    counts = [list(row) for row in report.confusion["counts"]]
    names, rows = labels, counts
    if any(report.confusion["unknown"]):
        names, rows = [*labels, say["unknown"]], [*counts, list(report.confusion["unknown"])]
    right, whole = sum(row[i] for i, row in enumerate(counts)), sum(map(sum, rows))
    told = say["described"].format(labels=len(labels), right=f"{right:,}", n=f"{whole:,}")
    drawn = figure(heat(rows, names, told, names_across=labels), say["shades"]) if len(names) <= MOST_DRAWN else ""
    pairs: list[list[Cell]] = [
        [esc(say["unknown"] if true is None else true), (esc(given), "text"), f"{times:,}", percent(share)]
        for true, given, times, share in commonest_confusions(report, PAIRS)
    ]
    found = table(say["confusions"], [say["true"], say["answered"], say["times"], say["part"]], pairs, numbers_from=2) if pairs else ""
    full = ""
    if len(labels) <= IN_FULL:
        cells = [[esc(name), *(f"{count:,}" for count in row)] for name, row in zip(names, rows, strict=True)]
        full = more(say["all_counts"], table(say["all_counts"], [f"{say['true']} ↓ {say['answered']} →", *labels], cells))
    return drawn + found + full


SECTION = Section(
    {
        "en": {
            "title": "Confusion", "described": "Confusion of {labels} labels: {right} of {n} rows lie on the diagonal, where the answer is right.",
            "shades": "Each row is a true label, each column an answer. Green: right; red: wrong; the fuller, the larger the share of the label's rows.",
            "all_counts": "All counts",
        },
        "zh": {
            "title": "混淆", "described": "{labels} 个标签的混淆矩阵：{n} 行中有 {right} 行在对角线上，即答对。",
            "shades": "每行是真实标签，每列是回答。绿色：答对；红色：答错；颜色越深，占该标签的行越多。",
            "all_counts": "全部计数",
        },
    },
    html,
    whole=True,
)  # fmt: skip
