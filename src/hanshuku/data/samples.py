"""Sample sets that ship with the package: customer messages to a shop, written by its authors, in English and Chinese.

Thirteen intents, the same label names in both languages; each file was written in its own language and none is a
translation. Rows marked `hard` are those that a careful person may get wrong: two matters in one message, irony,
negation, a wish that is only implied.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hanshuku.errors import UnknownName

FOLDER = Path(__file__).parent / "samples"
SAMPLES = {
    "customer_en": "customer messages in English, 13 intents",
    "customer_zh": "customer messages in Chinese, the same 13 intents",
}
PARTS = ("train", "test", "unlabelled")
LANGUAGES = ("en", "zh")
LABELLED = {"customer": "customer_labels.json"} | dict.fromkeys(
    SAMPLES, "customer_labels.json"
)  # one set of labels serves both


def sample_path(name: str, part: str) -> Path:
    """The file of a sample set's part.

    Args:
        name: in SAMPLES.
        part: "train", "test" or "unlabelled".

    Raises:
        UnknownName: there is no such set or part.
    """
    if name not in SAMPLES:
        raise UnknownName("sample set", name, SAMPLES)
    if part not in PARTS:
        raise UnknownName("part", part, PARTS)
    return FOLDER / f"{name}_{part}.jsonl"


def load_rows(name: str, part: str) -> list[dict[str, Any]]:
    """The rows of a part: "text", "label" (not in "unlabelled") and, for hard ones, "hard": True.

    Raises:
        UnknownName: there is no such set or part.
    """
    return [json.loads(line) for line in sample_path(name, part).read_text(encoding="utf-8").splitlines()]


def label_descriptions(name: str, language: str) -> dict[str, str]:
    """What each label means, in one sentence, in the order of the labels.

    Args:
        name: in SAMPLES, or "customer" for the labels that both sets share.
        language: "en" or "zh", of the descriptions; the label names are the same in both.

    Raises:
        UnknownName: there is no such set or language.
    """
    if name not in LABELLED:
        raise UnknownName("sample set", name, LABELLED)
    if language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    described = json.loads((FOLDER / LABELLED[name]).read_text(encoding="utf-8"))
    return {label: texts[language] for label, texts in described.items()}
