"""writers_of: the functions that write new rows for augmentation, from saved functions or from a model's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hanshuku.errors import ConfigError
from hanshuku.functions.core import Function
from hanshuku.functions.store import load
from hanshuku.functions.verbs import generate, translate
from hanshuku.tasks.languages import LANGUAGES

OTHERWISE = {  # so that several rows made of one differ
    "en": (
        "Say the text in other words. Keep its meaning, its tone and about its length. Write the new text alone.",
        "Say the text as somebody else would in everyday speech. Keep its meaning. Write the new text alone.",
        "Say the text more formally. Keep its meaning. Write the new text alone.",
        "Say the text with its parts in another order. Keep its meaning. Write the new text alone.",
    ),
    "zh": (
        "请换一种说法改写这段文本，保持意思、语气和大致长度不变，只写改写后的文本。",
        "请用另一个人的日常口语改写这段文本，保持意思不变，只写改写后的文本。",
        "请用更正式的说法改写这段文本，保持意思不变，只写改写后的文本。",
        "请调整语序改写这段文本，保持意思不变，只写改写后的文本。",
    ),
}
ANOTHER = {"en": "Do what the text asks for. Write the answer alone.", "zh": "请按要求书写，只写所要的文本。"}


def writers_of(way: str, names: Sequence[str], *, language: str, through: Sequence[str] = (), times: int = 1, accept_licence: bool = False) -> list[Function[..., Any]]:
    """The functions for `Examples.augment(way, by=...)`.

    Args:
        way: "back_translate", "paraphrase" or "generate".
        names: saved functions (NAME.fn), taken as they are; or one model, by which functions for the way are made.
        language: of the rows, "en" or "zh".
        through: languages to translate through and back, one a new row.
        times: new rows a row.
        accept_licence: accept the model's licence where it is a restricted one.

    Raises:
        ConfigError: saved functions and models are mixed, or a language is none.
    """
    saved = [Path(name).is_dir() and name.rstrip("/").endswith(".fn") for name in names]
    if all(saved):
        return [load(name) for name in names]
    if any(saved) or len(names) != 1:
        raise ConfigError(f"--by takes saved functions (NAME.fn, with commas between them) or one model. Received: {', '.join(names)}.")
    chinese = language == "zh"
    if way == "back_translate":
        own = "zh" if chinese else "en"
        pivots = list(through) or [code for code in ("de", "fr", "en", "es", "ja", "ru", "it", "pt") if code != own][:times]
        wrong = next((code for code in pivots if code not in LANGUAGES or code == own), None)
        if wrong is not None or len(pivots) < times:
            raise ConfigError(f"--through takes one language a new row, other than {own}, of {', '.join(LANGUAGES)}. Received: {', '.join(pivots)} for --times {times}.")
        made = [function for code in pivots[:times] for function in (translate(code, source=own), translate(own, source=code))]
    elif way == "paraphrase":
        wordings = OTHERWISE["zh" if chinese else "en"]
        made = [generate(wordings[i % len(wordings)], language=language) for i in range(min(times, len(wordings)))]
    else:
        made = [generate(ANOTHER["zh" if chinese else "en"], language=language)]
    return [function.learn(method="prompt", model=names[0], accept_licence=accept_licence) for function in made]
