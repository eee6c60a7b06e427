"""What is said to a model on a server: a row as messages, with the legal answers where they are labels or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hanshuku.inference.asking import Teller
from hanshuku.inference.prompts import WORDINGS, check_template, label_names, option_lines, turn_text
from hanshuku.inference.settings import GenerationSettings, PromptSettings
from hanshuku.inference.tools import Turns, told_tools
from hanshuku.tasks import Task

RULES = {  # language -> what kind of answer is due -> how it is said
    "en": {
        "one": "Answer with exactly one of these labels and nothing else:\n{labels}",
        "several": "Answer with all of these labels that fit, separated by semicolons, or with the word none, and nothing else:\n{labels}",
        "number": "Answer with one number from {low:g} to {high:g} and nothing else.",
    },
    "zh": {
        "one": "只回答以下标签中的一个，不要回答其他内容：\n{labels}",
        "several": "只回答以下标签中所有符合的，用分号隔开；都不符合就回答“无”，不要回答其他内容：\n{labels}",
        "number": "只回答一个从{low:g}到{high:g}的数字，不要回答其他内容。",
    },
}


def text_messages(task: Task, settings: GenerationSettings, rows: Sequence[Sequence[str]]) -> list[Turns]:
    """The conversation that each row is, for a task whose answer is a text.

    Raises:
        ConfigError: the template is illegal.
    """
    teller = Teller(task, language=settings.language, template=settings.template, demonstrations=settings.demonstrations)
    return [_sendable(told_tools(teller.turns(tuple(row)), settings.language), settings) for row in rows]


def _sendable(turns: Turns, settings: GenerationSettings) -> Turns:
    """Turns as any server takes them: what a tool said is told by the user, as which tools there are is told by the system; how the answer begins is said at the end."""
    from hanshuku.inference.asking import WORDS

    told = WORDS[settings.language].roles["tool"]
    sent = [{"role": "user", "content": told.format(text=turn["content"])} if turn["role"] == "tool" else turn for turn in turns]
    if settings.lead:
        sent[-1] = {**sent[-1], "content": f"{sent[-1]['content']}\n\n{settings.lead}"}
    return sent


def choice_messages(task: Task, settings: PromptSettings, rows: Sequence[Sequence[str]]) -> list[Turns]:
    """The conversation that each row is, for labels and numbers: the row, then which answers are legal.

    Raises:
        ConfigError: the template is illegal.
    """
    fields = check_template(settings.template or WORDINGS[settings.language].template, task.inputs)
    rule = _rule(task, settings.language, listed=any(name == "labels" for _, name in fields))
    behind = f"\n\n{rule}" + (f"\n{settings.lead}" if settings.lead else "")

    def said(row: Sequence[str]) -> str:
        return turn_text(fields, task, WORDINGS[settings.language], [text.strip() for text in row]) + behind

    shown: Turns = []
    for row, answer in settings.demonstrations:
        shown += [{"role": "user", "content": said(row)}, {"role": "assistant", "content": answer}]
    return [[*shown, {"role": "user", "content": said(row)}] for row in rows]


def names_of(task: Task) -> list[tuple[str, ...]]:
    """For each label what an answer may call it: as it is listed, as it is, by its description."""
    described = task.descriptions or task.labels
    return [tuple(dict.fromkeys(names)) for names in zip(label_names(task), task.labels, described, strict=True)]


def answer_due(task: Task, target: Any, language: str) -> str:
    """The answer to a labelled row in the form that the rule asks for, as a demonstration shows it.

    Args:
        task: classify or rate.
        target: as in `Encoded.targets`.
        language: of the wording, "en" or "zh".
    """
    if task.kind == "rate":
        return f"{float(target):g}"
    names = label_names(task)
    if not task.several:
        return names[int(target)]
    given = [name for name, is_given in zip(names, target, strict=True) if is_given > 0]
    return {"en": "; ", "zh": "；"}[language].join(given) or {"en": "none", "zh": "无"}[language]


def _rule(task: Task, language: str, *, listed: bool) -> str:
    if task.kind == "rate":
        return RULES[language]["number"].format(low=task.low, high=task.high)
    rule = RULES[language]["several" if task.several else "one"]
    if listed:
        return rule.partition("\n")[0].rstrip(":：") + {"en": ".", "zh": "。"}[language]
    return rule.format(labels="\n".join(f"- {line}" for line in option_lines(task)))
