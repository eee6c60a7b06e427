"""Out of domain: rows from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import Cell, esc, interval, more, number, paragraph, percent, signed, table
from hanshuku.evaluation.page.quality import scale_of
from hanshuku.evaluation.page.slices import p_text
from hanshuku.evaluation.page.svg import whisker
from hanshuku.evaluation.render import metric_name, metric_word

if TYPE_CHECKING:
    from rich.table import Table

LABELS = 8  # labels without a row that are named


def says(data: Mapping[str, Any], say: Say) -> str:
    """The set on which it is worst."""
    sets = [one for one in data["sets"] if one["drop"]]
    if not sets:
        return ""
    worst = max(sets, key=lambda one: one["drop"]["value"])
    facts = {"name": worst["name"], "value": number(worst["value"]["value"]), "own": number(data["own"]["value"]), "n": f"{worst['n']:,}", "interval": interval(worst["drop"])}
    clear = sum(one["clear"] for one in sets)
    return say["falls" if worst["clear"] else "holds"].format(**facts, count=len(data["sets"]), clear=clear, p=p_text(worst["p_holm"]))


def html(data: Mapping[str, Any], say: Say) -> str:
    """A table of the sets, and all metrics of each on demand."""
    head = [say["set"], say["value"], say["drawn"], say["interval"], say["drop"], "p (Holm)", say["told_apart"], say["unseen"], say["n"]]
    said = say["how"].format(count=data["tested"], metric=metric_word(data["metric"], say), own=number(data["own"]["value"]), interval=interval(data["own"]))
    among = next((one["distance"]["own"] for one in data["sets"] if one["distance"]["own"] is not None), None)  # of the test rows, so the same beside each set
    parts = [paragraph(said + ("" if among is None else say["among"].format(own=percent(among))), "note")]
    parts.append(table(say["by_set"], head, [_row(one, data, say) for one in data["sets"]]))
    parts += [paragraph(text, "note") for one in data["sets"] for text in _labels(one, say)]
    inner = [[esc(one["name"]), *(f"{number(one['metrics'].get(name, {}).get('value'))} ({interval(one['metrics'].get(name))})" for name in _names(data))] for one in data["sets"]]
    title = say["all_metrics"]
    return "".join(parts) + more(title, table(title, [say["set"], *(metric_name(name, say) for name in _names(data))], inner))


def _names(data: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name for one in data["sets"] for name in one["metrics"]))


def _row(one: Mapping[str, Any], data: Mapping[str, Any], say: Say) -> list[Cell]:
    value, fall = one["value"] or {}, one["drop"]
    drawn = whisker(value.get("value"), value.get("low"), value.get("high"), scale=scale_of(data["metric"]) or (0.0, 1.0), mark=data["own"]["value"])
    apart = "–" if fall is None else f"{signed(fall['value'])} ({interval(fall)})"
    auc = one["distance"]["auc"]
    told = "–" if auc is None else f"{number(auc['value'], 2)} ({interval(auc, 2)})"
    kind = "bad" if one["clear"] else "weak"
    return [esc(one["name"]).replace("_", "_<wbr>"), number(value.get("value")), drawn, interval(value), (apart, kind), p_text(one["p_holm"]), told, percent(one["distance"]["unseen"]), f"{one['n']:,}"]


def _labels(one: Mapping[str, Any], say: Say) -> Iterator[str]:
    """What must be known of the labels of a set to read its numbers."""
    if one["unknown"]:
        yield say["unknown_rows"].format(name=one["name"], count=f"{one['unknown']:,}")
    if one["missing"]:
        more_ = " …" if len(one["missing"]) > LABELS else ""
        yield say["missing_labels"].format(name=one["name"], labels=say["comma"].join(one["missing"][:LABELS]) + more_)


def lines(data: Mapping[str, Any], say: Say) -> Iterator[str | Table]:
    """The sets with their drops."""
    from rich.markup import escape

    from hanshuku.evaluation.render import plain_table

    shown = plain_table(None, say["set"], metric_word(data["metric"], say), say["drop"], say["interval"], "p (Holm)", say["told_apart"], say["n"])
    for one in data["sets"]:
        value, fall, auc = one["value"] or {}, one["drop"], one["distance"]["auc"]
        apart = "–" if fall is None else signed(fall["value"])
        told = "–" if auc is None else number(auc["value"], 2)
        shown.add_row(escape(one["name"]), number(value.get("value")), apart, interval(fall), p_text(one["p_holm"]), told, f"{one['n']:,}")
    yield shown
    yield from (text for one in data["sets"] for text in _labels(one, say))


SECTION = Section(
    {
        "en": {
            "title": "Out of domain", "set": "rows from", "drawn": "picture", "drop": "drop", "told_apart": "told apart (AUC)", "unseen": "new words", "by_set": "Rows from elsewhere; the line across a bar is the value on the test rows",
            "all_metrics": "All metrics of each set", "among": " Among the test rows themselves it is {own}.",
            "falls": "Worst on {name}: {value} on {n} rows, against {own} on the test rows; drop {interval}, p {p} after Holm's correction for {count} sets, of which {clear} fall clearly.",
            "holds": "On none of {count} sets is it clearly worse than on the test rows ({own}); lowest on {name}: {value} on {n} rows, drop {interval}.",
            "how": "{metric} on the test rows: {own} ({interval}). A drop is that less the set's value; the two share no row, so its interval is that of two samples, and each p is corrected for {count} sets (Holm). Shares of labels differ between sets, which moves accuracy by itself. Told apart: how well a naive Bayes over words tells the set from the test rows, 0.5 not at all, 1 wholly. New words: share of the set's words that the test rows have not.",
            "unknown_rows": "{name}: {count} rows have a label that the function does not know; they count as wrong.", "missing_labels": "{name} has no row of: {labels}.",
        },
        "zh": {
            "title": "域外数据", "set": "数据来源", "drawn": "图示", "drop": "下降", "told_apart": "可区分度（AUC）", "unseen": "新词", "by_set": "来自别处的数据；横条上的竖线是测试数据上的数值",
            "all_metrics": "各数据集的全部指标", "among": "测试数据相互之间为 {own}。",
            "falls": "在 {name} 上最差：{n} 行为 {value}，测试数据上为 {own}；降幅 {interval}，对 {count} 个数据集作 Holm 校正后 p {p}，其中 {clear} 个明显下降。",
            "holds": "{count} 个数据集都没有明显差于测试数据（{own}）；最低的是 {name}：{n} 行为 {value}，降幅 {interval}。",
            "how": "测试数据上的 {metric} 为 {own}（{interval}）。降幅是它减去该数据集的数值；两者没有共同的行，因此区间按两个样本计算，p 值对 {count} 个数据集作了校正（Holm）。各数据集的标签比例不同，这本身就会改变准确率。可区分度：用词语的朴素贝叶斯区分该数据集与测试数据的程度，0.5 为无法区分，1 为完全可分。新词：该数据集的词中测试数据没有的比例。",
            "unknown_rows": "{name}：{count} 行的标签函数不认识，按答错计。", "missing_labels": "{name} 中没有这些标签的行：{labels}。",
        },
    },
    html, says, lines,
)  # fmt: skip
