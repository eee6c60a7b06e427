"""Attacks: how easily right answers are turned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import Cell, esc, more, number, paragraph, percent, shortened, table
from hanshuku.evaluation.page.svg import whisker

if TYPE_CHECKING:
    from rich.table import Table


def says(data: Mapping[str, Any], say: Say) -> str:
    """The attack that succeeds most often."""
    tried = [way for way in data["ways"] if way["attacked"]]
    if not tried:
        return say["nothing_right"] if data["ways"] else ""
    worst = max(tried, key=lambda way: way["success"]["value"])
    rate = worst["success"]
    facts = {key: percent(rate[key]) for key in ("value", "low", "high")}
    return say["turned"].format(**facts, way=say[f"attack_{worst['how']}"], n=f"{worst['attacked']:,}", queries=f"{worst['queries']['median']:g}")


def html(data: Mapping[str, Any], say: Say) -> str:
    """A table of the attacks, and texts that turned an answer on demand."""
    head = [say["attack"], say["success"], say["drawn"], say["interval"], say["accuracy_before"], say["accuracy_after"], say["queries"], say["changed"], say["similarity"], say["n"]]
    parts = [paragraph(say["how"].format(most=f"{data['ways'][0]['queries']['most']:,}"), "note")] if data["ways"] else []
    if data["ways"]:
        parts.append(table(say["by_attack"], head, [_row(way, say) for way in data["ways"]]))
    parts += [paragraph(text, "note") for text in _left_out(data, say)]
    for way in data["ways"]:
        if way["samples"]:
            title = say["samples"].format(way=say[f"attack_{way['how']}"])
            parts.append(more(title, table(title, [say["answer"], say["text"]], _samples(way))))
    return "".join(parts)


def _row(way: Mapping[str, Any], say: Say) -> list[Cell]:
    rate, accuracy, queries = way["success"], way["accuracy"], way["queries"]
    asked = "–" if queries["mean"] is None else f"{queries['mean']:.0f} / {queries['median']:g}"
    before, after = (number(accuracy[key]["value"]) if accuracy[key] else "–" for key in ("before", "after"))
    drawn = whisker(rate["value"], rate["low"], rate["high"]) if way["attacked"] else ""
    value = percent(rate["value"]) if way["attacked"] else "–"
    return [esc(say[f"attack_{way['how']}"]), value, drawn, _percents(rate), before, after, asked, percent(way["changed"]), number(way["similarity"], 2), f"{way['attacked']:,}"]


def _percents(rate: Mapping[str, Any]) -> str:
    return f"{percent(rate['low'])}–{percent(rate['high'])}"


def _left_out(data: Mapping[str, Any], say: Say) -> list[str]:
    """Which attacks were not run, and what they lacked."""
    return [say["left"].format(way=say[f"attack_{one['name']}"], need=note_text(one["need"], say["language"])) for one in data["left_out"]]


def _samples(way: Mapping[str, Any]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for sample in way["samples"]:
        rows += [[shortened(answer, 80), (shortened(" | ".join(texts)), "text")] for answer, texts in zip(sample["answers"], (sample["before"], sample["after"]), strict=True)]
    return rows


def lines(data: Mapping[str, Any], say: Say) -> Iterator[str | Table]:
    """The attacks, and one text that turned an answer for each."""
    from rich.markup import escape

    from hanshuku.evaluation.render import plain_table

    if data["ways"]:
        shown = plain_table(None, *(say[name] for name in ("attack", "success", "interval", "accuracy_before", "accuracy_after", "asked", "n")))
        for way in data["ways"]:
            name, value, _, spread, before, after, *_, n = _row(way, say)
            median = way["queries"]["median"]
            shown.add_row(escape(str(name)), str(value), str(spread), str(before), str(after), "–" if median is None else f"{median:g}", str(n))
        yield shown
    for way in data["ways"]:
        for sample in way["samples"][:1]:
            yield f"  - {sample['answers'][0]}: {' | '.join(sample['before'])[:300]}"
            yield f"  + {sample['answers'][1]}: {' | '.join(sample['after'])[:300]}"
    yield from _left_out(data, say)


SECTION = Section(
    {
        "en": {
            "title": "Attacks", "attack": "attack", "success": "turned", "drawn": "picture", "accuracy_before": "right before", "accuracy_after": "right after", "queries": "queries, mean / median", "asked": "queries",
            "changed": "words changed", "similarity": "likeness", "by_attack": "By attack", "answer": "answer", "text": "text, before and after", "samples": "Texts that turned an answer: {way}",
            "attack_words": "near words", "attack_characters": "slips in words",
            "turned": "{value} [{low}, {high}] of {n} right answers can be turned by {way}, with {queries} texts asked in the median.",
            "nothing_right": "No answer was right before the attack, so there was nothing to turn.",
            "how": "Right answers are attacked as by someone who sees the scores alone: the words that matter most are changed first, until the answer turns; every text asked is a query, at most {most} a row. Negations, numbers, names and the words of the labels stay; at most a fifth of the words change. What is rated is the search: not every text it found was read by a person.",
            "left": "Not run: {way}. {need}",
        },
        "zh": {
            "title": "对抗攻击", "attack": "攻击", "success": "攻破率", "drawn": "图示", "accuracy_before": "攻击前准确率", "accuracy_after": "攻击后准确率", "queries": "查询次数，平均 / 中位", "asked": "查询",
            "changed": "改动的词", "similarity": "相似度", "by_attack": "按攻击方式", "answer": "回答", "text": "攻击前后的文本", "samples": "使答案翻转的文本：{way}",
            "attack_words": "近义词替换", "attack_characters": "字词误写",
            "turned": "{n} 个正确答案中有 {value} [{low}, {high}] 可被“{way}”翻转，查询次数的中位数为 {queries}。",
            "nothing_right": "攻击之前没有一个答案是对的，因此无可翻转。",
            "how": "以只能看到得分者的身份攻击答对的行：先改最要紧的词，直到答案翻转；每问一个文本算一次查询，每行最多 {most} 次。否定词、数字、人名地名和标签中的词保持不变，至多改动五分之一的词。衡量的是搜索本身：所找到的文本并未逐一由人审读。",
            "left": "未运行：{way}。{need}",
        },
    },
    html, says, lines,
)  # fmt: skip
