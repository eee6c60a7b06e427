"""Calibration: the reliability diagram, and what its errors come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import Cell, esc, facts, figure, interval, more, number, paragraph, signed, table
from hanshuku.evaluation.page.svg import Line, plot


def says(data: Mapping[str, Any], say: Say) -> str:
    """Whether it is too sure of itself."""
    gap = data["gap"]
    verdict = say["boasts"] if gap["low"] > 0 else say["modest"] if gap["high"] < 0 else say["even"]
    shown = {key: number(data[key]) for key in ("sure", "right", "ece", "ece_corrected")}
    return verdict + say["numbers"].format(**shown, gap=signed(gap["value"]), low=signed(gap["low"]), high=signed(gap["high"]))


def html(data: Mapping[str, Any], say: Say) -> str:
    """The diagram, the numbers and the bins."""
    bins = data["bins"]
    points = [(one["confidence"], one["right"]) for one in bins]
    bars = [(one["right_low"], one["right_high"]) for one in bins]
    start = max(0.0, min(one["low"] for one in bins) - 0.05)
    span = (start, 1.0)
    ideal = Line([(start, start), (1.0, 1.0)], "soft")
    drawn = plot([ideal, Line(points, "main", bars=bars, dots=True)], say["confidence"], say["share"], says(data, say), x=span, y=(0.0 if min(bar[0] for bar in bars) < start else start, 1.0))
    rows: list[list[Cell]] = [
        [f"{one['low']:.3f}–{one['high']:.3f}", number(one["confidence"]), number(one["right"]), f"{one['right_low']:.3f}–{one['right_high']:.3f}", f"{one['n']:,}"] for one in bins
    ]
    head = [say["confidences"], say["mean"], say["share"], say["interval"], say["n"]]
    found = [
        (say["ece"], f"{number(data['ece'])} ({esc(say['corrected'])} {number(data['ece_corrected'])})"),
        (say["rms"], f"{number(data['rms']['value'])} ({interval(data['rms'])})"),
        (say["brier"], f"{number(data['brier']['value'])} ({interval(data['brier'])})"),
    ]
    if data.get("scaling"):
        found.append((say["scaled"], esc(_scaled(data["scaling"], say))))
    note = paragraph(say["each"].format(judged=f"{data['judged']:,}"), "note") if data["judged"] != data["n"] else ""
    return note + figure(drawn, say["caption"].format(count=len(bins))) + facts(found) + more(say["as_table"], table(say["bins"], head, rows, numbers_from=0))


def _scaled(scaling: Mapping[str, Any], say: Say) -> str:
    heat = f" {scaling['temperature']:.2f}" if "temperature" in scaling else ""
    before, after = scaling["before"]["ece"], scaling["after"]["ece"]
    return say["scaled_by"].format(kind=say[scaling["kind"]] + heat, before=number(before), after=number(after), n=f"{scaling['after']['n']:,}", rows=f"{scaling['fitted_on']:,}")


def lines(data: Mapping[str, Any], say: Say) -> list[str]:
    """The Brier score, and how it was scaled."""
    found = [say["semicolon"].join(f"{say[name]}{say['colon']}{number(data[name]['value'])} [{interval(data[name])}]" for name in ("brier", "rms"))]
    return [*found, f"{say['scaled']}{say['colon']}{_scaled(data['scaling'], say)}"] if data.get("scaling") else found


SECTION = Section(
    {
        "en": {
            "title": "Calibration", "confidence": "confidence", "share": "share right", "confidences": "confidence from – to", "mean": "its mean", "bins": "Rows by confidence, as many in each bin",
            "boasts": "It is too sure of itself", "modest": "It is right more often than it says", "even": "On average it is as sure as it should be",
            "numbers": ": confidence {sure} on average, right {right} (gap {gap} [{low}, {high}]); calibration error {ece}, {ece_corrected} with chance taken off.",
            "caption": "Reliability: {count} bins of equally many rows, each with the 95% interval of its share right. On the dotted line a confidence comes true; below it the function boasts.",
            "ece": "Expected calibration error (ECE)", "corrected": "bias-corrected", "rms": "Root mean square calibration error, bias-corrected", "brier": "Brier score (less is better)",
            "scaled": "Scaled", "scaled_by": "by {kind}, fitted on {rows} held-out rows: error {before} before, {after} after, on {n} rows that it was not fitted on",
            "temperature": "temperature", "isotonic": "isotonic regression", "each": "Each label of each row is judged by itself: {judged} probabilities.", "as_table": "The same as a table",
        },
        "zh": {
            "title": "校准", "confidence": "置信度", "share": "答对的比例", "confidences": "置信度范围", "mean": "平均", "bins": "按置信度分组，各组行数相等",
            "boasts": "它过于自信", "modest": "它比自称的更有把握", "even": "平均而言，它的自信恰如其分",
            "numbers": "：平均置信度 {sure}，答对 {right}（相差 {gap} [{low}, {high}]）；校准误差 {ece}，扣除偶然成分后为 {ece_corrected}。",
            "caption": "可靠性图：{count} 组、各组行数相等，并标出各组答对比例的 95% 区间。落在虚线上表示置信度属实，低于虚线表示过于自信。",
            "ece": "期望校准误差（ECE）", "corrected": "偏差校正后", "rms": "均方根校准误差（偏差校正后）", "brier": "Brier 分数（越小越好）",
            "scaled": "缩放", "scaled_by": "采用{kind}，在 {rows} 行留出数据上拟合：误差由 {before} 变为 {after}（在未用于拟合的 {n} 行上测得）",
            "temperature": "温度缩放", "isotonic": "保序回归", "each": "每行的每个标签单独判断，共 {judged} 个概率。", "as_table": "以表格显示",
        },
    },
    html,
    says,
    lines,
)  # fmt: skip
