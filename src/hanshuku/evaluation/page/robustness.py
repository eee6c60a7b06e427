"""Robustness: the same rows in another form, and how far the metric falls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import (
    Cell,
    esc,
    interval,
    more,
    number,
    paragraph,
    percent,
    said,
    shortened,
    signed,
    table,
)
from hanshuku.evaluation.page.slices import p_text
from hanshuku.evaluation.page.svg import whisker
from hanshuku.evaluation.render import metric_word

if TYPE_CHECKING:
    from rich.table import Table


def says(data: Mapping[str, Any], say: Say) -> str:
    """The form under which it falls most, and whether that is more than chance."""
    if not data["kinds"]:
        return ""
    clear = [kind for kind in data["kinds"] if kind["clear"]]
    if clear:
        others = say["and_others"].format(count=len(clear) - 1) if clear[1:] else ""
        return say["falls"].format(**_facts(clear[0], say), count=data["tested"], others=others)
    return say["holds"].format(**_facts(data["kinds"][0], say), count=data["tested"])


def _facts(kind: Mapping[str, Any], say: Say) -> dict[str, str]:
    return {
        "kind": say[f"way_{kind['name']}"], "before": number(kind["before"]["value"]), "after": number(kind["after"]["value"]), "n": f"{kind['n']:,}",
        "interval": interval(kind["drop"]), "p": p_text(kind["p_holm"]),
    }  # fmt: skip


def html(data: Mapping[str, Any], say: Say) -> str:
    """A table of the ways, what was left out, and rows whose answer a way spoiled."""
    parts = [paragraph(say["how"].format(n=f"{data['n']:,}", of=f"{data['of']:,}", count=data["tested"], metric=metric_word(data["metric"], say)), "note")]
    if data["kinds"]:
        head = [say["way"], say["before"], say["after"], say["drawn"], say["drop"], "p (Holm)", say["changed"], say["worse"], say["n"]]
        parts.append(table(say["by_way"], head, [_row(kind, say) for kind in data["kinds"]]))
        parts += [paragraph(text, "note") for text in _refusals(data, say)]
    parts += [paragraph(text, "note") for text in _left_out(data, say)]
    parts += [_samples(kind, say) for kind in data["kinds"] if kind["samples"]]
    return "".join(parts)


def _row(kind: Mapping[str, Any], say: Say) -> list[Cell]:
    fall, others = kind["drop"], kind["changed"]
    share = "" if kind["share"] is None else f' <span class="weak">{kind["share"]:.0%}</span>'
    apart = "–" if fall is None else f"{signed(fall['value'])} ({interval(fall)})"
    drawn = whisker(kind["after"]["value"], kind["after"]["low"], kind["after"]["high"], mark=kind["before"]["value"])
    return [
        esc(say[f"way_{kind['name']}"]) + share, number(kind["before"]["value"]), number(kind["after"]["value"]), drawn,
        (apart, "bad" if kind["clear"] else "weak"), p_text(kind["p_holm"]), f"{percent(others['value'])} ({100 * others['low']:.0f}–{100 * others['high']:.0f}%)", f"{kind['worse']:,}", f"{kind['n']:,}",
    ]  # fmt: skip


def _refusals(data: Mapping[str, Any], say: Say) -> list[str]:
    """Of a function that refuses: how many more rows it refuses in each form, which is not a wrong answer but no right one either."""
    both = [(say[f"way_{kind['name']}"], kind["refused"]) for kind in data["kinds"] if kind.get("refused")]
    told = [say["refused_way"].format(way=way, before=percent(share["before"]), after=percent(share["after"])) for way, share in both if share["before"] or share["after"]]
    return [say["refusals"].format(ways=say["comma"].join(told))] if told else []


def _left_out(data: Mapping[str, Any], say: Say) -> list[str]:
    """Why some forms were not measured; those that could change too few rows in one line."""
    named = [(say["way_" + one["name"]], one["why"], note_text(str(one["need"]), say["language"])) for one in data["left_out"]]
    few = [f"{way} ({need})" for way, why, need in named if why == "few"]
    told = [say["left_few"].format(ways=say["comma"].join(few))] if few else []
    return told + [say[f"left_{why}"].format(way=way, need=need) for way, why, need in named if why != "few"]


def _samples(kind: Mapping[str, Any], say: Say) -> str:
    rows: list[list[Cell]] = []
    for sample in kind["samples"]:
        rows.append([said(sample["answers"][0], say["refused"]), (shortened(" | ".join(sample["before"])), "text")])
        rows.append([said(sample["answers"][1], say["refused"]), (shortened(" | ".join(sample["after"])), "text")])
    title = say["spoiled"].format(way=say[f"way_{kind['name']}"])
    return more(title, table(title, [say["answer"], say["text"]], rows))


def lines(data: Mapping[str, Any], say: Say) -> Iterator[str | Table]:
    """The ways with their drops."""
    from rich.markup import escape

    from hanshuku.evaluation.render import plain_table

    if data["kinds"]:
        shown = plain_table(None, say["way"], say["before"], say["after"], say["drop"], say["interval"], "p (Holm)", say["changed"], say["n"])
        for kind in data["kinds"]:
            fall = kind["drop"]
            shown.add_row(
                escape(say[f"way_{kind['name']}"]), number(kind["before"]["value"]), number(kind["after"]["value"]), "–" if fall is None else signed(fall["value"]),
                interval(fall), p_text(kind["p_holm"]), percent(kind["changed"]["value"]), f"{kind['n']:,}",
            )  # fmt: skip
        yield shown
    yield from _refusals(data, say)
    yield from _left_out(data, say)


SECTION = Section(
    {
        "en": {
            "title": "Robustness", "way": "form", "before": "as it is", "after": "changed", "drop": "drop", "changed": "other answers", "worse": "made worse", "drawn": "picture",
            "by_way": "The same rows before and after; the line across a bar is the value before",
            "answer": "answer", "refused": "refused", "text": "text, before and after", "spoiled": "Rows that {way} spoiled",
            "falls": "It falls most under {kind}: {before} to {after} on the same {n} rows, drop {interval}, p {p} after Holm's correction for {count} forms{others}.",
            "and_others": "; {count} more fall clearly", "holds": "No form of {count} lowers it clearly; the largest drop is under {kind}: {before} to {after} on the same {n} rows ({interval}).",
            "how": "{n} of {of} rows were asked again in {count} other forms that mean the same. Each form counts only the rows that it could change; its drop in {metric} has a paired 95% interval, each p is corrected for all forms (Holm). The share beside a form is that of the words or characters it changes.",
            "refusals": "A row that is refused counts as not right, before and after. Refused as it is and changed: {ways}.", "refused_way": "{way} {before} and {after}",
            "left_model": "Not measured by itself: {way}, which needs the model {need}. Name the check (checks=[\"robustness\"], --checks robustness) to have it.",
            "left_missing": "Not measured: {way}. {need}", "left_few": "Not measured, as they could change too few rows: {ways}.",
            "way_typos": "typos", "way_casing": "other casing", "way_punctuation": "other punctuation", "way_contractions": "contractions", "way_ocr": "misread print (OCR)",
            "way_homophones": "homophones", "way_lookalikes": "look-alike characters", "way_width": "full and half width", "way_script": "traditional or simplified",
            "way_synonyms": "near words", "way_paraphrase": "other wording",
        },
        "zh": {
            "title": "稳健性", "way": "改写方式", "before": "原样", "after": "改后", "drop": "下降", "changed": "答案改变", "worse": "变差的行", "drawn": "图示",
            "by_way": "同样的行，改写前后；横条上的竖线是改写前的数值",
            "answer": "回答", "refused": "拒答", "text": "改写前后的文本", "spoiled": "被“{way}”弄错的行",
            "falls": "“{kind}”使其下降最多：同样的 {n} 行由 {before} 降至 {after}，降幅 {interval}，对 {count} 种改写作 Holm 校正后 p {p}{others}。",
            "and_others": "；另有 {count} 种也明显下降", "holds": "{count} 种改写都没有使其明显下降；降幅最大的是“{kind}”：同样的 {n} 行由 {before} 变为 {after}（{interval}）。",
            "how": "从 {of} 行中取 {n} 行，用 {count} 种意思不变的写法再问一次。每种写法只计它能改动的行；{metric} 的降幅带配对的 95% 区间，p 值对所有写法作了校正（Holm）。写法旁的百分数是它改动的词或字的比例。",
            "refusals": "被拒答的行在改写前后都不算答对。改写前与改写后的拒答比例：{ways}。", "refused_way": "{way} {before} 与 {after}",
            "left_model": "未自动测量：{way}，它需要模型 {need}。点名此项检查（checks=[\"robustness\"]，--checks robustness）即可测量。",
            "left_missing": "未测量：{way}。{need}", "left_few": "能改动的行太少，未测量：{ways}。",
            "way_typos": "键盘误击", "way_casing": "大小写改变", "way_punctuation": "标点改变", "way_contractions": "英文缩写", "way_ocr": "识别错误（OCR）",
            "way_homophones": "同音字", "way_lookalikes": "形近字", "way_width": "全角与半角", "way_script": "繁体与简体",
            "way_synonyms": "近义词", "way_paraphrase": "换一种说法",
        },
    },
    html, says, lines,
)  # fmt: skip
