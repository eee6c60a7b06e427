"""Behaviours: the tests that users wrote, and what fails them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import Cell, esc, more, paragraph, percent, said, shortened, table
from hanshuku.evaluation.page.svg import whisker

if TYPE_CHECKING:
    from rich.table import Table

SHOWN = 8  # tests in the terminal


def says(data: Mapping[str, Any], say: Say) -> str:
    """The failure rate over all, and the test that fails most."""
    if not data["tests"]:
        return ""
    worst = max(data["tests"], key=lambda test: test["low"])
    facts = {"value": percent(data["value"]), "n": f"{data['n']:,}", "count": len(data["tests"]), "passed": sum(test["failed"] == 0 for test in data["tests"])}
    text = say["fails"].format(**facts)
    return text if not worst["failed"] else text + say["worst_test"].format(test=worst["test"], value=percent(worst["value"]), low=percent(worst["low"]), high=percent(worst["high"]))


def html(data: Mapping[str, Any], say: Say) -> str:
    """A table of capabilities, one of tests, and failed cases on demand."""
    parts = [paragraph(say["how"], "note")]
    head = [say["failures"], say["drawn"], say["interval"], say["failed"], say["n"]]
    capabilities = [one for one in data["capabilities"] if one["capability"]]
    if len(capabilities) > 1:
        parts.append(table(say["by_capability"], [say["capability"], *head], [[esc(one["capability"]), *_rate(one)] for one in capabilities]))
    if data["tests"]:
        rows = [[f"{esc(test['test'])} <span class=\"weak\">{esc(test['type'])}</span>", *_rate(test)] for test in _ordered(data)]
        parts.append(table(say["by_test"], [say["test"], *head], rows))
    parts += [_samples(test, say) for test in _ordered(data) if test["samples"]]
    parts += [paragraph(_left_out(one, say), "note") for one in data["left_out"]]
    return "".join(parts)


def _ordered(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sorted(data["tests"], key=lambda test: -test["value"])


def _rate(one: Mapping[str, Any]) -> list[Cell]:
    kind = "bad" if one["low"] > 0.05 else "good" if not one["failed"] else ""
    return [(percent(one["value"]), kind), whisker(one["value"], one["low"], one["high"]), _percents(one), f"{one['failed']:,}", f"{one['n']:,}"]


def _percents(one: Mapping[str, Any]) -> str:
    return f"{percent(one['low'])}–{percent(one['high'])}"


def _samples(test: Mapping[str, Any], say: Say) -> str:
    rows: list[list[Cell]] = []
    for sample in test["samples"]:
        for i, (texts, given) in enumerate(zip(sample["texts"], sample["answers"], strict=True)):
            rows.append([said(given, say["refused"]), (shortened(_due(sample["due"], say), 60) if not i else "", "text"), (shortened(" | ".join(texts)), "text")])
    title = say["failing"].format(test=test["test"], source=PurePath(test["source"]).name)
    return more(title, table(title, [say["answer"], say["due"], say["text"]], rows, numbers_from=9))


def _due(due: str, say: Say) -> str:
    """What was due, in words."""
    for sign in ("not_down", "not_up", "not", "same"):
        if due == sign or due.startswith(f"{sign} "):
            return say[f"due_{sign}"].format(label=due.removeprefix(sign).strip()).strip()
    return due


def _left_out(one: Mapping[str, Any], say: Say) -> str:
    return say["left_out"].format(test=one["test"], labels=say["comma"].join(one["need"]))


def lines(data: Mapping[str, Any], say: Say) -> Iterator[str | Table]:
    """The tests that fail most."""
    from rich.markup import escape

    from hanshuku.evaluation.render import plain_table

    if data["tests"]:
        shown = plain_table(None, say["test"], say["failures"], say["interval"], say["failed"], say["n"])
        for test in _ordered(data)[:SHOWN]:
            shown.add_row(escape(f"{test['test']} ({test['type']})"), percent(test["value"]), _percents(test), f"{test['failed']:,}", f"{test['n']:,}")
        yield shown
    if data["left_out"]:
        labels = sorted({label for one in data["left_out"] for label in one["need"]})
        yield say["left_count"].format(count=len(data["left_out"]), labels=say["comma"].join(labels))


SECTION = Section(
    {
        "en": {
            "title": "Behaviours", "test": "test", "capability": "capability", "failures": "failure rate", "failed": "failed", "drawn": "picture", "by_capability": "By capability", "by_test": "By test",
            "fails": "It fails {value} of {n} cases of {count} behavioural tests; {passed} tests are passed without a failure.", "worst_test": " Worst: {test}, {value} [{low}, {high}].",
            "how": "Tests from files. MFT: the answer that is due. INV: all forms of a text have one answer. DIR: the score of a label may not move the wrong way. The rate is that of cases written for this purpose, not of texts as they come.",
            "failing": "Cases that fail: {test} ({source})", "answer": "answer", "refused": "refused", "due": "due", "text": "text",
            "due_not_down": "score of {label} not down", "due_not_up": "score of {label} not up", "due_same": "the same answer", "due_not": "not {label}",
            "left_out": "Not run: {test}; the function does not know the label: {labels}.", "left_count": "{count} tests not run; the function does not know the labels: {labels}.",
        },
        "zh": {
            "title": "行为测试", "test": "测试", "capability": "能力", "failures": "失败率", "failed": "失败", "drawn": "图示", "by_capability": "按能力", "by_test": "按测试",
            "fails": "{count} 项行为测试的 {n} 个用例中有 {value} 失败；{passed} 项测试全部通过。", "worst_test": "最差的是“{test}”：{value} [{low}, {high}]。",
            "how": "来自文件的测试。MFT（最低功能）：应给出的答案。INV（不变性）：同一文本的各种写法答案应相同。DIR（方向性）：某标签的得分不可朝相反方向变化。失败率是对专门编写的用例而言，不是对自然文本而言。",
            "failing": "失败的用例：{test}（{source}）", "answer": "回答", "refused": "拒答", "due": "应为", "text": "文本",
            "due_not_down": "{label} 的得分不下降", "due_not_up": "{label} 的得分不上升", "due_same": "答案相同", "due_not": "不是 {label}",
            "left_out": "未运行：{test}；函数没有标签：{labels}。", "left_count": "{count} 项测试未运行；函数没有标签：{labels}。",
        },
    },
    html, says, lines,
)  # fmt: skip
