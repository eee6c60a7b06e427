"""Instructions that a language model proposes from labelled rows. Zhou et al. 2022, https://arxiv.org/abs/2211.01910, section 3.1."""

from __future__ import annotations

from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.inference.generation import GenerationPredictor, load_generator
from hanshuku.inference.settings import GenerationSettings
from hanshuku.methods.text_finetuning import reply_of
from hanshuku.tasks import TEXT_KINDS, Task
from hanshuku.tasks.shown import readable

SHOWN, LONGEST, MOST = 4, 200, 300  # rows that the model sees, characters of each, characters of an instruction
ASKED = {
    "en": ("Say in one sentence what must be done with an input to get its output.", "Input: {0}\nOutput: {1}", "So far it was put like this: {0}"),
    "zh": ("请用一句话说明：要从输入得到输出，应该做什么？", "输入：{0}\n输出：{1}", "目前的指令是：{0}"),
}  # fmt: skip
TALKS = {
    "en": ("Say in one sentence how the assistant answers in these conversations, as an instruction to it.", "Conversation:\n{0}\nAnswer of the assistant: {1}", ASKED["en"][2]),
    "zh": ("请用一句话说明助手在这些对话中是怎样回答的，写成给助手的指令。", "对话：\n{0}\n助手的回答：{1}", ASKED["zh"][2]),
}  # fmt: skip


def propose(model: str, task: Task, rows: Encoded, language: str, count: int, seed: int) -> list[str]:
    """At most `count` different instructions, each drawn by a seed of its own from a few other rows.

    Args:
        model: a causal language model: catalogue name, hub name or folder.
        task: what is to be done.
        rows: labelled.
        language: of the instructions, "en" or "zh".
        count: how many are asked for; what is empty, repeated or no single sentence is left out.
        seed: same seed, same instructions.

    Raises:
        ModelError: the model cannot be had or is no causal language model.
    """
    assert rows.targets is not None
    ask, pair, before = (TALKS if task.kind == "chat" else ASKED)[language]
    writer = Task("generate", instruction=ask)
    loaded = load_generator(model, "fp32")
    most = min(64, loaded.info.max_length // 8)
    rng, found = np.random.default_rng(seed), []
    for number in range(count):
        places = rng.permutation(len(rows))[:SHOWN]
        shown = [pair.format(_said(task, rows.inputs[i]), _answer(task, rows.targets[i])[:LONGEST]) for i in places]
        said = [before.format(task.instruction)] if task.instruction.strip() else []
        predictor = GenerationPredictor(writer, loaded, GenerationSettings(language, max_new_tokens=most, temperature=0.8, top_p=0.95, seed=seed + number))
        text, _ = predictor.outputs([("\n\n".join([*said, *shown]),)])[0]
        found.append(_one_line(text))
    return [text for text in dict.fromkeys(found) if text and text != task.instruction.strip()]


def _said(task: Task, row: tuple[str, ...]) -> str:
    """The beginning of a row, of a conversation its end, which is what was answered."""
    text = " / ".join(readable(task, name, text) for name, text in zip(task.inputs, row, strict=True))
    return text[-LONGEST:] if task.kind == "chat" else text[:LONGEST]


def _answer(task: Task, target: Any) -> str:
    if task.kind in TEXT_KINDS:
        return reply_of(target)
    if task.kind == "rate":
        return f"{float(target):g}"
    chosen = np.flatnonzero(target > 0) if task.several else [int(target)]
    return ", ".join(task.label_texts[int(i)] for i in chosen)


def _one_line(text: str) -> str:
    """The first line of what was written, without quotes; "" where it is too long to be an instruction."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "").strip("\"'“”*# ")
    return line if len(line) <= MOST else ""
