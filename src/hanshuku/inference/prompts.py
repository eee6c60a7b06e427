"""Prompts: the wording in English and Chinese, the user's own templates, and rows as token ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from hanshuku.errors import ConfigError
from hanshuku.tasks import Task

Demonstration = tuple[tuple[str, ...], str]  # a row and the answer to it, shown before the row that is asked about
FIELDS = ("instruction", "labels", "text")  # legal in a template, beside the names of the task's inputs
MARK = "\ue000{}\ue001"  # private-use characters: no chat template touches them


@dataclass(frozen=True)
class Wording:
    """What Hanshuku says to a language model in one language."""

    template: str  # the user's turn: fields {instruction} {labels} {text}
    lead: str  # how the model's answer begins; a label follows
    comma: str  # between labels
    classify: str  # instruction where the user gave none
    rate: str  # instruction where the user gave none
    range: str  # put behind the instruction of a rating
    question: str  # several labels: asked for each one behind the lead
    yes_no: tuple[str, str]
    content_free: tuple[str, ...]  # texts that say nothing, for the prior (Zhao et al. 2021)
    pair: str  # one input of a pair


WORDINGS = {
    "en": Wording(
        template="{instruction}\n\nText: {text}",
        lead="The label that fits best is:",
        comma=", ",
        classify="Choose the label that fits the text best.",
        rate="Rate the text.",
        range="{instruction} Answer with a number from {low:g} to {high:g}.",
        question='"{label}" fits:',
        yes_no=("yes", "no"),
        content_free=("N/A", "", "[MASK]"),
        pair="{name}: {text}",
    ),
    "zh": Wording(
        template="{instruction}\n\n文本：{text}",
        lead="答案：",
        comma="、",
        classify="请选出最符合文本的标签。",
        rate="请给文本打分。",
        range="{instruction}请用{low:g}到{high:g}之间的数字回答。",
        question="“{label}”是否符合：",
        yes_no=("是", "否"),
        content_free=("无", "", "N/A"),
        pair="{name}：{text}",
    ),
}


def check_template(template: str, inputs: Sequence[str] = ()) -> list[tuple[str, str | None]]:
    """The literal texts of a template, each with the field behind it (None at the end).

    Args:
        template: text with {instruction}, {labels}, {text}; a brace of its own is doubled.
        inputs: names of the task's inputs, which are legal fields too.

    Raises:
        ConfigError: a brace is left open, a field is unknown, or no input is named.
    """
    legal = [*FIELDS, *(name for name in inputs if name not in FIELDS)]
    found = _parsed(template, legal)
    named = [name for _, name in found if name is not None]
    missing = [name for name in inputs if name not in named] if inputs else []
    if "text" not in named and (missing or not inputs):
        raise ConfigError(f"The template must hold {{text}}, or every input of the task; legal fields are {_fields(legal)}. Received: {template!r}.")
    return found


def check_told(template: str) -> list[tuple[str, str | None]]:
    """The parts, as of `check_template`, of what the system is told in a conversation: a text, where {instruction} may stand.

    Raises:
        ConfigError: a brace is left open, or there is another field: what the user says stands in turns of its own.
    """
    return _parsed(template, FIELDS[:1])


def _parsed(template: str, legal: Sequence[str]) -> list[tuple[str, str | None]]:
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise ConfigError(f"The template cannot be read: {error}. Write a brace of its own as {{{{ or }}}}. Received: {template!r}.") from None
    for _, name, form, conversion in parsed:
        if name is not None and (name not in legal or form or conversion):
            written = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            raise ConfigError(f"The template has the field {{{written}}}; legal {'are' if len(legal) > 1 else 'is'} {_fields(legal)}. Write a brace of its own as {{{{ or }}}}.")
    return [(literal, name) for literal, name, _, _ in parsed]


def _fields(names: Sequence[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


@dataclass(frozen=True)
class Layout:
    """A prompt with its wording filled in and its inputs left out.

    Attributes:
        parts: literal texts, and numbers of the task's inputs, in order.
        chat: whether the parts are a conversation in the model's own template.
        joint: what stands between the prompt and a label: a space or nothing.
    """

    parts: tuple[str | int, ...]
    chat: bool
    joint: str

    def render(self, texts: Sequence[str]) -> str:
        """The prompt of one row."""
        return "".join(texts[part] if isinstance(part, int) else part for part in self.parts)

    @property
    def tail(self) -> str:
        """What stands behind the last input."""
        return self.parts[-1] if isinstance(self.parts[-1], str) else ""


def lay_out(
    task: Task, tokenizer: Any, wording: Wording, *, template: str = "", lead: str | None = None, demonstrations: Sequence[Demonstration] = ()
) -> Layout:
    """The prompt of a task in the model's chat template, or as plain text for a model that has none.

    Args:
        task: gives the instruction, the labels and the names of the inputs.
        tokenizer: a transformers tokenizer.
        wording: the language.
        template: the user's own; "" for the wording's.
        lead: the user's own beginning of the answer; None for the wording's.
        demonstrations: rows with their answers; each is a turn of the user and one of the model, or a paragraph of plain text.

    Raises:
        ConfigError: see `check_template`.
    """
    fields = check_template(template or wording.template, task.inputs)
    lead = wording.lead if lead is None else lead
    special = special_tokens(tokenizer)
    asked = turn_text(fields, task, wording, [MARK.format(i) for i in range(len(task.inputs))])
    shown = [(turn_text(fields, task, wording, [_shown(text, special) for text in row]), _shown(answer, special)) for row, answer in demonstrations]
    chat = bool(getattr(tokenizer, "chat_template", None))
    if chat:
        turns = [{"role": "user", "content": turn} for turn in [*(turn for turn, _ in shown), asked]]
        for place, (_, answer) in reversed(list(enumerate(shown))):
            turns.insert(place + 1, {"role": "assistant", "content": lead + _joint(lead) + answer})
        marked = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True) + lead
    else:
        said = [f"{turn}\n{lead}" if lead else turn for turn in [*(turn for turn, _ in shown), asked]]
        answers = [f"{_joint(text)}{answer}\n\n" for text, (_, answer) in zip(said, shown, strict=False)]
        marked = "".join(text + answer for text, answer in zip(said, [*answers, ""], strict=True))
    return Layout(tuple(_split(marked, len(task.inputs))), chat, _joint(marked))


def special_tokens(tokenizer: Any) -> dict[int, str]:
    """The marks of a model's own, such as the end of a turn: id -> text."""
    return {token_id: token.content for token_id, token in tokenizer.added_tokens_decoder.items() if token.special}


def without_marks(text: str, special: Mapping[int, str]) -> str:
    """The text with a space inside whatever the model would take for a mark of its own."""
    for mark in special.values():
        if mark in text:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text


def _shown(text: str, special: Mapping[int, str]) -> str:
    """A text of a demonstration: no mark of the model's and none of ours."""
    return without_marks(text.strip(), special).replace(MARK[0], "").replace(MARK[-1], "")


def _joint(text: str) -> str:
    """What stands between a text and an answer behind it."""
    return " " if text and text[-1].isascii() and not text[-1].isspace() else ""


def turn_text(fields: Sequence[tuple[str, str | None]], task: Task, wording: Wording, texts: Sequence[str]) -> str:
    """What is said of one row: the template with its fields filled in."""
    parts: list[str] = []
    for literal, name in fields:
        parts.append(literal)
        if name == "text" and "text" not in task.inputs:
            named = zip(task.inputs, texts, strict=True)
            parts.append("\n".join(wording.pair.format(name=other.replace("_", " "), text=text) for other, text in named))
        elif name in task.inputs:
            parts.append(texts[task.inputs.index(name)])
        elif name == "labels":
            parts.append(wording.comma.join(option_lines(task)))
        elif name == "instruction":
            parts.append(instruction_of(task, wording))
    return "".join(parts)


def instruction_of(task: Task, wording: Wording) -> str:
    """The task's instruction, or the wording's own; a rating is told its range."""
    if task.kind != "rate":
        return task.instruction.strip() or wording.classify
    return wording.range.format(instruction=task.instruction.strip() or wording.rate, low=task.low, high=task.high)


def option_lines(task: Task) -> list[str]:
    """The answers that {labels} lists: each label's text, with its description where there is one."""
    if task.kind == "rate":
        return rate_points(task)[0]
    names = label_names(task)
    if not task.descriptions:
        return names
    return [name if name == about else f"{name} ({about})" for name, about in zip(names, task.descriptions, strict=True)]


def label_names(task: Task) -> list[str]:
    """One short text a label, all different, that a language model may answer with.

    The label with its underscores spaced; its description where the label is a bare number; the label as it is where
    two would read alike.
    """
    names = [label.replace("_", " ").strip() or label for label in task.labels]
    if task.descriptions and all(not any(c.isalpha() for c in label) for label in task.labels):
        names = list(task.descriptions)
    return [name if names.count(name) == 1 else label for name, label in zip(names, task.labels, strict=True)]


def rate_points(task: Task) -> tuple[list[str], list[float]]:
    """The numbers of a rating that a language model chooses among, written and as numbers: at most eleven, evenly spaced."""
    width = task.high - task.low
    scale = 1.0
    while scale * 10 < width:
        scale *= 10
    while scale >= width:
        scale /= 10
    step = next(s for s in (scale / 10, scale / 5, scale / 2, scale, scale * 2, scale * 5, scale * 10) if width / s <= 10 + 1e-9)
    values = [task.low + i * step for i in range(int(width / step + 1e-9) + 1)]
    if values[-1] < task.high - 1e-9 * width:
        values.append(task.high)
    digits = next(d for d in range(12) if all(abs(round(v, d) - v) < 1e-9 * max(1.0, abs(v)) for v in values) or d == 11)
    return [f"{value:.{digits}f}" for value in values], values


def _split(marked: str, inputs: int) -> list[str | int]:
    """Literal texts and input numbers of a rendered prompt; an input the template repeats stands twice."""
    parts: list[str | int] = [marked]
    for number in range(inputs):
        found: list[str | int] = []
        for part in parts:
            pieces = part.split(MARK.format(number)) if isinstance(part, str) else []
            for i, piece in enumerate(pieces):
                found += [number, piece] if i else [piece]
            if isinstance(part, int):
                found.append(part)
        parts = found
    return parts
