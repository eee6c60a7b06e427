"""back_translate, paraphrase, generate: new rows whose text a function writes; kept only where they can be what they should be.

Sennrich et al. 2016 (back-translation, https://arxiv.org/abs/1511.06709); Xie et al. 2020 (UDA, https://arxiv.org/abs/1904.12848);
label-conditioned writing: Kumar et al. 2020, https://arxiv.org/abs/2003.02245.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hanshuku.data.augment.rows import Copy, Marked, Plan
from hanshuku.data.augment.table import New, Table
from hanshuku.data.language import script_of
from hanshuku.data.split import normal_text
from hanshuku.errors import ConfigError, DataError
from hanshuku.tasks.classify import label_text, split_labels

WRITERS = {
    "back_translate": "translated there and back: by=(there, back)",
    "paraphrase": "said in other words: by=function, or several that take turns",
    "generate": "another text with the same label: by=function that writes what a prompt asks for",
}
WHOLE = 20  # letters and digits from which a text that stands in the other whole is the same again, cut short or talked about
LONGER = 3.0  # times as long, or as short, as its original a new text may be
NEAR = 0.1  # numbers agree that differ by so much of the range that occurs
QUOTES = {'"': '"', "“": "”", "「": "」", "'": "'"}
TALK = re.compile(r"\b(as an? ([\w-]+ )?ai\b|as a chatbot|language model|i'm sorry, but|i cannot (help|assist))|text with the label|作为(一个|一名)?(ai|人工智能|语言模型)|抱歉，我|标签(同样)?为", re.IGNORECASE)  # of the writer about itself, or of what it was asked
ASKED = {
    "en": "{task}A text with the label {label!r}:\n{text}\nWrite one other text with the label {label!r}: another case, in the same manner and about as long. Write the text alone.",
    "zh": "{task}下面是标签为“{label}”的一段文本：\n{text}\n请另写一段标签同样为“{label}”的文本：换一件事，语气相同，长短相近。只写这段文本。",
}
Writer = Callable[..., Any]  # a Function, or a callable that takes a list of texts and gives as many


def written_rows(table: Table, name: str, by: Any, plan: Plan, labels: Sequence[Any] | None, instruction: str = "") -> tuple[list[New], Counter[str]]:
    """New rows whose text `by` writes, and how many texts were refused for which reason.

    Args:
        table: rows whose labels lie on whole texts.
        name: one of WRITERS.
        by: see WRITERS.
        plan: times, seed and sides; its ways are not read.
        labels: one a row; for `generate`.
        instruction: what the labels are about, in the user's words; for `generate`.

    Raises:
        ConfigError: `by` is missing or is not what that way takes; a row has two texts where one is due.
        DataError: a writer gives back another number of texts than it was given.
    """
    writers = _writers(name, by, plan.times)
    if table.task is not None:
        raise ConfigError(f"{name} writes a text anew, and nothing says where entities and answers would then stand. Take ways that change words, such as synonyms or typos.")
    if name == "generate" and (len(table.inputs) > 1 or labels is None):
        raise ConfigError("generate writes one text for a label. Received: " + ("rows of two texts." if len(table.inputs) > 1 else "rows without labels."))
    rows = [table.row(i) for i in range(len(table.examples))]
    places = [_places(row, plan) for row in rows]
    jobs = [(i, place) for i, found in enumerate(places) for place in found]
    asked = [rows[i][place].text for i, place in jobs]
    if name == "generate":
        asked = [prompt(rows[i][0].text, label_text(labels[i]), instruction) for i, _ in jobs]  # type: ignore[index]
    refused: Counter[str] = Counter()
    seen = {bare(rows[i][place].text) for i, place in jobs}
    made: list[New] = []
    for number in range(plan.times):
        new: dict[int, dict[int, str]] = {}
        for (i, place), text in zip(jobs, _write(writers[number % len(writers)], asked), strict=True):
            tidy = tidied(text)
            why = fault(rows[i][place].text, tidy, seen)
            if why:
                refused[why] += 1
            else:
                seen.add(bare(tidy))
                new.setdefault(i, {})[place] = tidy
        for i, texts in new.items():
            copy = Copy(tuple(Marked(texts.get(place, marked.text)) for place, marked in enumerate(rows[i])), name)
            made.append(New(i, table.changed(i, copy), name))
    return sorted(made, key=lambda row: row.origin), refused


def agreeing(made: Sequence[New], table: Table, labels: Sequence[Any], agree: Writer) -> list[New]:
    """The new rows that a function answers as their original is labelled (numbers: nearly so).

    Args:
        made: the new rows.
        table: what they were made from.
        labels: one a row of the table.
        agree: a Function, or a callable that takes a list of texts (tuples, where rows have two) and gives as many answers.

    Raises:
        DataError: it gives another number of answers.
    """
    inputs = [tuple(str(row.cells[name]) for name in table.inputs) for row in made]
    answers = _write(agree, [row[0] if len(row) == 1 else row for row in inputs]) if made else []
    numbers = [float(label) for label in labels if isinstance(label, (int, float)) and not isinstance(label, bool)]
    reach = NEAR * (max(numbers) - min(numbers)) if numbers else 0.0
    return [row for row, answer in zip(made, answers, strict=True) if same_answer(labels[row.origin], answer, reach)]


def same_answer(label: Any, answer: Any, reach: float) -> bool:
    """Whether an answer is the label: numbers within `reach`, several labels as sets, all else as the text it is written as."""
    if isinstance(answer, float):
        try:
            return abs(float(label) - answer) <= reach
        except (TypeError, ValueError):
            return False
    if isinstance(answer, (set, frozenset, list, tuple)):
        return {label_text(each) for each in answer} == set(split_labels(label))
    return label_text(getattr(answer, "value", answer)).casefold() == label_text(label).casefold()


def rewritten(texts: Sequence[str], by: Writer) -> list[str | None]:
    """The texts as a function says them in other words; None where what it wrote is refused, see `fault`.

    Raises:
        DataError: it gives back another number of texts than it was given.
    """
    new = [tidied(text) for text in _write(by, list(texts))]
    return [None if fault(old, text, {bare(old)}) else text for old, text in zip(texts, new, strict=True)]


def prompt(text: str, label: str, instruction: str) -> str:
    """What a writer is asked for to get another text with a label."""
    task = f"{instruction.strip()}\n" if instruction.strip() else ""
    return ASKED["zh" if script_of(text).startswith("zh") else "en"].format(task=task, label=label.replace("_", " "), text=text)


def tidied(text: Any) -> str:
    """The text without blanks and quotation marks around it."""
    found = str(text or "").strip()
    while len(found) > 1 and QUOTES.get(found[0]) == found[-1]:
        found = found[1:-1].strip()
    return found


def bare(text: str) -> str:
    """A text as it is compared for being the same: case, width, blanks and punctuation do not count."""
    return "".join(filter(str.isalnum, normal_text(text)))


def fault(old: str, new: str, seen: set[str]) -> str:
    """Why a written text is refused: "empty", "repeated" (or the old text cut short, or with more behind it), "talk" (the writer speaks of itself), "length", "language"; "" where it is not."""
    if not any(map(str.isalnum, new)):
        return "empty"
    shorter, longer = sorted((bare(old), bare(new)), key=len)
    if bare(new) in seen or (len(shorter) >= WHOLE and shorter in longer):
        return "repeated"
    if TALK.search(new) and not TALK.search(old):
        return "talk"
    if not len(old) / LONGER <= len(new) + 10 or not len(new) <= len(old) * LONGER + 10:
        return "length"
    scripts = [script_of(text).partition("-")[0] for text in (old, new)]
    return "language" if scripts[0] != scripts[1] and "none" not in scripts else ""


def _writers(name: str, by: Any, times: int) -> list[Writer]:
    """The writers of each new row of a row.

    Raises:
        ConfigError: `by` is missing or is not what that way takes.
    """
    if by is None:
        raise ConfigError(f"{name} needs a function that writes ({WRITERS[name]}; on the command line --by). Received none.")
    found = list(by) if isinstance(by, (list, tuple)) else [by]
    if not found or not all(map(callable, found)):
        raise ConfigError(f"by= is a function, or a list of functions. Received: {by!r}.")
    if name != "back_translate":
        return found
    if len(found) % 2 or times > len(found) // 2:
        raise ConfigError(f"back_translate takes two functions a new row, there and back: {2 * times} for times={times}. Received: {len(found)}.")
    return [lambda texts, there=there, back=back: _write(back, _write(there, texts)) for there, back in zip(found[::2], found[1::2], strict=True)]


def _write(writer: Writer, texts: list[Any]) -> list[Any]:
    """What a writer makes of the texts, as many as it was given.

    Raises:
        DataError: it gives another number.
    """
    found = list(writer.map(texts) if hasattr(writer, "map") else writer(texts)) if texts else []
    if len(found) != len(texts):
        raise DataError(f"A function that was given {len(texts)} texts gave back {len(found)}; one a text is due. Does it take a list of texts?")
    return found


def _places(row: tuple[Marked, ...], plan: Plan) -> list[int]:
    """Which texts of a row are written anew."""
    both = list(range(len(row)))
    key = "\x1f".join([str(plan.seed), *(marked.text for marked in row)])
    return {"first": [0], "second": [len(row) - 1], "both": both}.get(plan.sides) or [Random(key).choice(both)]  # noqa: S311 - no secret
