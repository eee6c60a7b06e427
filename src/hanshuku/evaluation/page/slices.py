"""Slices: where it is worse than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import Cell, esc, interval, more, number, paragraph, signed, table
from hanshuku.evaluation.page.svg import whisker

if TYPE_CHECKING:
    from rich.table import Table

SHOWN = 5  # slices in the terminal
OPEN = 8  # rows of a table that are seen at once on the page


def says(data: Mapping[str, Any], say: Say) -> str:
    """The worst slice, and whether that is more than chance."""
    worst = data["worst"]
    facts = {key: number(worst[key]) for key in ("value", "low", "high")}
    text = say["worst_real" if worst["worse"] else "worst_open"]
    return text.format(**facts, slice=named(worst, say), n=f"{worst['n']:,}", whole=number(data["whole"]["value"]), count=data["looked_at"], p=p_text(worst["p_holm"]))


def named(one: Mapping[str, Any], say: Say) -> str:
    """A slice in words: "length 12–40 characters", "shop = north"."""
    name = one["name"] or say["empty"]
    if one["by"] == "column":
        return f"{one['column']} = {name}"
    return say[f"of_{one['by']}"].format(name=say.get(f"language_{name}", name) if one["by"] == "language" else name)


def p_text(p: float | None) -> str:
    """A p-value as one reads it."""
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def html(data: Mapping[str, Any], say: Say) -> str:
    """A table for each way to cut the rows, its lowest slice first."""
    note = say["how"].format(count=data["looked_at"], least=data["least_rows"], small=data["too_small"], metric=say[f"score_{data['metric']}"])
    parts = [paragraph(note, "note")]
    for (by, column), group in groupby(data["slices"], key=lambda one: (one["by"], one["column"])):
        slices = sorted(group, key=lambda one: one["value"])
        caption = column or say[f"by_{by}"]
        parts.append(_table(caption, slices[:OPEN], data, say))
        if slices[OPEN:]:
            parts.append(more(say["others"].format(count=len(slices) - OPEN), _table(caption, slices[OPEN:], data, say)))
    return "".join(parts)


def _table(caption: str, slices: Sequence[Mapping[str, Any]], data: Mapping[str, Any], say: Say) -> str:
    head = [say["slice"], say["value"], say["drawn"], say["interval"], say["against"], say["n"], "p (Holm)"]
    return table(caption, head, [_row(one, data["whole"]["value"], say) for one in slices])


def _row(one: Mapping[str, Any], whole: float, say: Say) -> list[Cell]:
    gap = {"low": one["difference_low"], "high": one["difference_high"]}
    better = one["p_holm"] < 0.05 and one["difference"] > 0
    kind, word = ("bad", say["is_worse"]) if one["worse"] else ("good", say["is_better"]) if better else ("weak", "")
    apart = f"{signed(one['difference'])} ({interval(gap)}) {esc(word)}".strip()
    drawn = whisker(one["value"], one["low"], one["high"], mark=whole)
    name = one["name"] or say["empty"]
    shown = say.get(f"language_{name}", name) if one["by"] == "language" else name
    return [esc(shown), number(one["value"]), drawn, interval(one), (apart, kind), f"{one['n']:,}", p_text(one["p_holm"])]


def lines(data: Mapping[str, Any], say: Say) -> Iterator[str | Table]:
    """The lowest slices."""
    from rich.markup import escape

    from hanshuku.evaluation.render import plain_table

    shown = plain_table(None, say["slice"], say["value"], say["interval"], say["n"], "p (Holm)")
    for one in sorted(data["slices"], key=lambda one: one["value"])[:SHOWN]:
        shown.add_row(escape(named(one, say)), number(one["value"]), interval(one), f"{one['n']:,}", p_text(one["p_holm"]))
    yield shown


SECTION = Section(
    {
        "en": {
            "title": "Slices", "slice": "rows", "drawn": "picture", "against": "against all others", "others": "{count} more", "empty": "(empty)",
            "worst_real": "Worst on {slice}: {value} [{low}, {high}] on {n} rows, against {whole} overall; p {p} after Holm's correction for {count} slices.",
            "worst_open": "No slice of {count} is clearly worse than the others. The lowest: {slice}, {value} [{low}, {high}] on {n} rows, against {whole} overall.",
            "how": "{count} slices of at least {least} rows were looked at ({small} smaller ones were not), so each p is corrected for that many (Holm). Score of a row: {metric}. The line across a bar is the score of all rows.",
            "is_worse": "worse", "is_better": "better",
            "by_length": "By length, in characters", "by_language": "By language", "by_label": "By true label",
            "of_length": "rows of {name} characters", "of_language": "rows in {name}", "of_label": "rows whose label is {name}",
            "language_en": "English", "language_zh": "Chinese", "language_zh-Hant": "traditional Chinese",
            "language_other": "another language", "language_none": "no language (no letters)",
            "score_accuracy": "1 where it is right, 0 where it is wrong", "score_row_f1": "F1 of its labels", "score_closeness": "1 less the error as a part of the range",
            "score_row_score": "the first metric of the report, of this row alone, 0 to 1",
        },
        "zh": {
            "title": "分组表现", "slice": "数据行", "drawn": "图示", "against": "与其余相比", "others": "另有 {count} 组", "empty": "（空）",
            "worst_real": "表现最差的是{slice}：{n} 行为 {value} [{low}, {high}]，整体为 {whole}；对 {count} 组作 Holm 校正后 p {p}。",
            "worst_open": "{count} 组中没有哪一组明显较差；最低的是{slice}，{n} 行为 {value} [{low}, {high}]，整体为 {whole}。",
            "how": "共考察 {count} 组、每组至少 {least} 行（另有 {small} 组行数过少而未考察），因此各 p 值按此数目校正（Holm）。每行得分：{metric}。横条上的竖线是全部行的得分。",
            "is_worse": "较差", "is_better": "较好",
            "by_length": "按长度（字符数）", "by_language": "按语言", "by_label": "按真实标签",
            "of_length": "长 {name} 个字符的行", "of_language": "{name}的行", "of_label": "标签为“{name}”的行",
            "language_en": "英文", "language_zh": "中文", "language_zh-Hant": "繁体中文",
            "language_other": "其他语言", "language_none": "无文字（没有字母）",
            "score_accuracy": "答对为 1，答错为 0", "score_row_f1": "该行各标签的 F1", "score_closeness": "1 减去误差占取值范围的比例",
            "score_row_score": "报告的首要指标在该行上的值，0 至 1",
        },
    },
    html,
    says,
    lines,
)  # fmt: skip
