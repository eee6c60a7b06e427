"""Groups: how rows of each group are answered, and the gaps between groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import Cell, esc, interval, number, paragraph, percent, table
from hanshuku.evaluation.page.slices import p_text
from hanshuku.evaluation.page.svg import whisker

if TYPE_CHECKING:
    from rich.table import Table


def says(data: Mapping[str, Any], say: Say) -> str:
    """The gaps that are more than chance."""
    if not data["gaps"]:
        return say["too_few"].format(column=data["column"])
    told = [gap for gap in data["gaps"] if gap["measure"] in data["unequal"]]
    if not told:
        widest = max(data["gaps"], key=lambda gap: gap["share"])
        return say["equal"].format(column=data["column"], count=data["looked_at"], gap=gap_text(widest, say))
    return say["unequal"].format(column=data["column"], gaps=say["semicolon"].join(f"{gap_text(gap, say)}, p {p_text(gap['p_holm'])}" for gap in told))


def gap_text(gap: Mapping[str, Any], say: Say) -> str:
    """A gap in words: which measure, which groups, how wide."""
    label = say["for_label"].format(label=gap["label"]) if gap["label"] else ""
    pair = say["of_two"].format(most=gap["most"], least=gap["least"])
    return f"{say['measure_' + gap['measure']]}{label} {number(gap['value'])}{say['aside'].format(interval(gap))}{say['pause']}{pair}"


def html(data: Mapping[str, Any], say: Say) -> str:
    """A table of gaps and one of groups."""
    small = say["small"].format(count=data["small_count"], names=", ".join(f"{one['group']} ({one['n']})" for one in data["small"])) if data["small"] else ""
    notes = "".join(paragraph(text, "note") for text in (small, say["left_out"].format(count=data["left_out"]) if data["left_out"] else "") if text)
    if not data["groups"]:
        return notes
    kinds = ["accuracy"] if "accuracy" in data["groups"][0] else ["mean_error", "absolute_error"]
    labels = list(data["groups"][0].get("answered", {}))
    head = [data["column"], say["n"], *(name for kind in kinds for name in (say[f"measure_{kind}"], say["interval"])), *([""] if labels else []), *(say["answered_with"].format(label=label) for label in labels)]
    rows: list[list[Cell]] = []
    for own in data["groups"]:
        row: list[Cell] = [esc(own["group"]), f"{own['n']:,}"]
        for kind in kinds:
            row += [number(own[kind]["value"]), interval(own[kind])]
        if labels:
            row += [whisker(own["accuracy"]["value"], own["accuracy"]["low"], own["accuracy"]["high"]), *(percent(own["answered"][label]) for label in labels)]
        rows.append(row)
    return _gaps(data, say) + table(data["column"], head, rows) + notes


def _gaps(data: Mapping[str, Any], say: Say) -> str:
    if not data["gaps"]:
        return ""
    rows: list[list[Cell]] = []
    for gap in data["gaps"]:
        is_told = gap["measure"] in data["unequal"]
        where = say["of_two"].format(most=gap["most"], least=gap["least"]) + (say["for_label"].format(label=gap["label"]) if gap["label"] else "")
        name = esc(say[f"measure_{gap['measure']}"])
        rows.append([name, (esc(where), "text"), number(gap["value"]), interval(gap), number(gap["chance"]), p_text(gap["p_holm"]), (esc(say["stands" if is_told else "alike"]), "bad" if is_told else "weak")])
    head = [say["measure"], say["between"], say["value"], say["interval"], say["by_chance"], "p (Holm)", say["verdict"]]
    return table(say["gaps"], head, rows, numbers_from=2, foot=say["explained"].format(size=f"{100 * data['size']:g}", count=data["looked_at"]))


def lines(data: Mapping[str, Any], say: Say) -> Iterator[str | Table]:
    """The gaps, a row each."""
    from rich.markup import escape

    from hanshuku.evaluation.render import plain_table

    if not data["gaps"]:
        return
    shown = plain_table(None, say["measure"], say["value"], say["interval"], say["by_chance"], say["between"], "p (Holm)", texts={5})
    for gap in data["gaps"]:
        pair = say["of_two"].format(most=gap["most"], least=gap["least"])
        shown.add_row(say[f"measure_{gap['measure']}"], number(gap["value"]), interval(gap), number(gap["chance"]), escape(pair), p_text(gap["p_holm"]))
    yield shown


SECTION = Section(
    {
        "en": {
            "title": "Groups", "measure": "measure", "between": "between", "by_chance": "by chance", "verdict": "verdict", "gaps": "Gaps between groups", "semicolon": "; ",
            "measure_accuracy": "accuracy", "measure_parity": "demographic parity", "measure_opportunity": "equal opportunity", "measure_odds": "equalised odds",
            "measure_mean_error": "mean error", "measure_absolute_error": "mean absolute error", "stands": "unequal", "alike": "no evidence",
            "of_two": "{most} over {least}", "for_label": " of {label}", "answered_with": "answered {label}",
            "unequal": "Groups of {column} are not answered alike: {gaps} (Holm).", "equal": "Groups of {column}: none of {count} gaps is clearly more than chance. The widest: {gap}.",
            "too_few": "Groups of {column}: no two groups have enough rows to compare.",
            "small": "{count} groups had too few rows to compare: {names}.", "left_out": "{count} rows name no group.",
            "explained": "A gap is the widest difference between two groups: of accuracy; of the share that is answered with a label (parity); of the share among rows that have it "
            "(opportunity); the wider of that and of false alarms (odds). By chance: how wide it is where groups are dealt out at random; p is the share of such deals with a gap as wide, "
            "corrected for {count} gaps (Holm). Unequal: p below 0.05 and a gap of at least {size} points. Gaps in parity may have their reason in the labels themselves.",
        },
        "zh": {
            "title": "群体差距", "measure": "衡量", "between": "之间", "by_chance": "偶然水平", "verdict": "结论", "gaps": "群体之间的差距", "semicolon": "；",
            "measure_accuracy": "准确率", "measure_parity": "人口统计均等", "measure_opportunity": "机会均等", "measure_odds": "均等几率",
            "measure_mean_error": "平均误差", "measure_absolute_error": "平均绝对误差", "stands": "不均等", "alike": "无证据",
            "of_two": "{most} 高于 {least}", "for_label": "（{label}）", "answered_with": "答“{label}”",
            "unequal": "“{column}”的各群体回答不均等：{gaps}（Holm 校正）。", "equal": "“{column}”的各群体：{count} 项差距都不明显大于偶然。最大者：{gap}。",
            "too_few": "“{column}”的各群体：没有两个群体的行数足以比较。",
            "small": "{count} 个群体行数太少，未作比较：{names}。", "left_out": "{count} 行没有写明群体。",
            "explained": "差距是两个群体之间最大的差：准确率之差；答某标签的比例之差（均等）；在确有该标签的行中的比例之差（机会均等）；后者与误报比例之差中较大者（均等几率）。"
            "偶然水平：把群体随机分派时的差距；p 是随机分派中差距同样大的比例，按 {count} 项差距校正（Holm）。不均等：p 小于 0.05 且差距至少 {size} 个百分点。答某标签比例之差也可能源于标签本身。",
        },
    },
    html,
    says,
    lines,
)  # fmt: skip
