"""Ways to put an instruction, in English and Chinese: what `prompt_search` tries beside the usual one and the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hanshuku.errors import ConfigError
from hanshuku.inference.prompts import check_template, check_told
from hanshuku.tasks import TEXT_KINDS, Task


@dataclass(frozen=True)
class Put:
    """One way to ask.

    Attributes:
        template: as of a prompt; "": the usual one.
        lead: how the answer begins; None: the usual one.
        source: "usual", "our", "your" or "proposed".
    """

    template: str = ""
    lead: str | None = None
    source: str = "our"


USUAL = Put(source="usual")
LABELS = {
    "en": (
        Put("Text: {text}\n\n{instruction}", "Answer:"),
        Put("{instruction} Answer with one of: {labels}.\n\nText: {text}", "Answer:"),
        Put("{text}\n\nQuestion: {instruction}\nOptions: {labels}", "Answer:"),
        Put("Choose one of these labels for the text: {labels}.\n\n{text}", "Label:"),
        Put("Read the text carefully. {instruction} The possible answers are {labels}.\n\n{text}", "The answer is:"),
        Put("You label texts and never make a mistake. {instruction}\n\nText: {text}\nLabels: {labels}", "Label:"),
        Put("{text}\n\n{instruction} Say it in a word.", "In a word:"),
        Put("{instruction}\n\n\"{text}\"\n\nIs it {labels}?", "It is"),
        Put("Input: {text}\nTask: {instruction}\nWrite the label alone. Labels: {labels}", "Output:"),
    ),
    "zh": (
        Put("文本：{text}\n\n{instruction}", "答案："),
        Put("{instruction}请从这些标签中选一个：{labels}。\n\n文本：{text}", "答案："),
        Put("{text}\n\n问题：{instruction}\n选项：{labels}", "答案："),
        Put("请为下文选择一个标签：{labels}。\n\n{text}", "标签："),
        Put("请仔细阅读下文。{instruction}可能的答案有：{labels}。\n\n{text}", "答案是："),
        Put("你是从不出错的标注员。{instruction}\n\n文本：{text}\n标签：{labels}", "标签："),
        Put("{text}\n\n{instruction}请用一个词回答。", "一个词："),
        Put("{instruction}\n\n“{text}”\n\n是{labels}中的哪一个？", "是"),
        Put("输入：{text}\n任务：{instruction}\n只写标签。标签：{labels}", "输出："),
    ),
}  # fmt: skip
TEXTS = {
    "en": (
        Put("{text}\n\n{instruction}"),
        Put("{instruction} Answer with the result alone.\n\n{text}"),
        Put("You are an expert. {instruction}\n\nInput:\n{text}"),
        Put("Task: {instruction}\nInput: {text}\nOutput:"),
        Put("{instruction} Be brief and exact.\n\n{text}"),
        Put("Do what is asked, carefully, and write nothing else. {instruction}\n\n\"{text}\""),
    ),
    "zh": (
        Put("{text}\n\n{instruction}"),
        Put("{instruction}只写结果。\n\n{text}"),
        Put("你是专家。{instruction}\n\n输入：\n{text}"),
        Put("任务：{instruction}\n输入：{text}\n输出："),
        Put("{instruction}要简短准确。\n\n{text}"),
        Put("请认真完成要求，不要写别的内容。{instruction}\n\n“{text}”"),
    ),
}  # fmt: skip
TOLD = {
    "en": (
        Put("You are a helpful assistant. {instruction}"),
        Put("{instruction} Answer briefly and exactly."),
        Put("{instruction} Answer politely and say what the user can do next."),
        Put("You know this matter better than anybody and answer from what was said so far. {instruction}"),
        Put("{instruction} Answer in the language of the user, and write the answer alone."),
        Put("Read the whole conversation before you answer, and answer what was asked last. {instruction}"),
    ),
    "zh": (
        Put("你是乐于助人的助手。{instruction}"),
        Put("{instruction}回答要简短准确。"),
        Put("{instruction}请礼貌地回答，并说明用户接下来可以怎么做。"),
        Put("你最了解这方面的事，并根据前面的对话回答。{instruction}"),
        Put("{instruction}请用用户的语言回答，只写回答本身。"),
        Put("请先读完整个对话，再回答最后的问题。{instruction}"),
    ),
}  # fmt: skip
OURS: Mapping[str, Mapping[str, tuple[Put, ...]]] = {"labels": LABELS, "texts": TEXTS, "chat": TOLD}
BASE = {
    "chat": {"en": "{instruction}", "zh": "{instruction}"},
    "labels": {"en": "{instruction}\n\nText: {text}", "zh": "{instruction}\n\n文本：{text}"},
    "texts": {"en": "{instruction}\n\n{text}", "zh": "{instruction}\n\n{text}"},
}


def ways_to_ask(task: Task, language: str, own: str = "", proposed: Sequence[str] = ()) -> list[Put]:
    """The usual way first, then the user's own, proposed ones and ours; none twice.

    Args:
        task: what is asked.
        language: of the wording, "en" or "zh".
        own: instructions, or templates with {text} (chat: with {instruction}), a line each or parted by |.
        proposed: instructions that a model proposed.

    Raises:
        ConfigError: one of the user's own templates is illegal.
    """
    kind = "chat" if task.kind == "chat" else "texts" if task.kind in TEXT_KINDS else "labels"
    base = BASE[kind][language]
    found = [USUAL]
    parts = [part.strip() for line in own.splitlines() for part in line.split("|")]
    found += [Put(_template(part, task, base), None, "your") for part in parts if part]
    found += [Put(base.replace("{instruction}", _literal(text)), None, "proposed") for text in proposed]
    found += OURS[kind][language]
    return list(dict.fromkeys(found))


def _template(part: str, task: Task, base: str) -> str:
    """A template as it was given, or the usual one with an instruction put in."""
    if task.kind == "chat":
        check_told(part.replace("\\n", "\n"))
        return part.replace("\\n", "\n")
    if not any(f"{{{name}}}" in part for name in ("text", *task.inputs)):
        if "{" in part or "}" in part:
            raise ConfigError(f"A candidate is an instruction without braces, or a template with {{text}}. Received: {part!r}.")
        return base.replace("{instruction}", part)
    check_template(part.replace("\\n", "\n"), task.inputs)
    return part.replace("\\n", "\n")


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
