"""Per label: precision, recall and F1 with intervals, the worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import Cell, esc, interval, more, number, table
from hanshuku.evaluation.page.svg import whisker

if TYPE_CHECKING:
    from hanshuku.evaluation.report import Report

SHOWN = 12  # labels; the others are in a part that opens


def html(report: Report, say: Say) -> str:
    """The table of labels."""
    rows = sorted(report.per_label, key=lambda row: (row["f1"]["value"] if row["f1"] else 2.0, -row["support"]))
    if not rows:
        return ""
    absent = sum(not row["support"] for row in rows)
    note = say["absent"].format(count=absent) if absent else ""
    worst = _table(rows[:SHOWN], say["all_labels" if len(rows) <= SHOWN else "worst_labels"], say, note)
    rest = more(say["others"].format(count=len(rows) - SHOWN), _table(rows[SHOWN:], say["others"].format(count=len(rows) - SHOWN), say)) if rows[SHOWN:] else ""
    return worst + rest


def _table(rows: Sequence[Mapping[str, Any]], caption: str, say: Say, note: str = "") -> str:
    head = [say["label"], say["f1"], say["drawn"], say["interval"], say["precision"], say["recall"], say["support"]]
    return table(caption, head, [_row(row) for row in rows], foot=note)


def _row(row: Mapping[str, Any]) -> list[Cell]:
    f1 = row["f1"] or {}
    others = [number((row[key] or {}).get("value")) for key in ("precision", "recall")]
    return [esc(row["label"]), number(f1.get("value")), whisker(f1.get("value"), f1.get("low"), f1.get("high")), interval(f1), *others, f"{row['support']:,}"]


SECTION = Section(
    {
        "en": {"title": "Label by label", "drawn": "picture", "worst_labels": "Labels with the lowest F1", "all_labels": "Labels, the lowest F1 first",
               "others": "The other {count} labels", "absent": "{count} labels have no row here, so their recall cannot be measured."},
        "zh": {"title": "各标签", "drawn": "图示", "worst_labels": "F1 最低的标签", "all_labels": "各标签，F1 最低者在前",
               "others": "其余 {count} 个标签", "absent": "有 {count} 个标签在此没有数据行，无法测量其召回率。"},
    },
    html,
    whole=True,
)  # fmt: skip
