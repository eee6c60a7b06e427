"""Cases of functions that write: what each word did to the probability of the text that was written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import ConfigError
from hanshuku.explain.base import NATS
from hanshuku.explain.cases import Case
from hanshuku.explain.words import Cutter, words_of_row
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.tasks import kind_of


@dataclass(frozen=True)
class TextCase(Case):
    """The log-probability of the text that was written, in nats; of a conversation the last turn of the user is the row."""

    UNIT: ClassVar[str] = NATS
    reference: str = ""
    turns: tuple[dict[str, str], ...] = ()  # of a conversation; () elsewhere

    def variant(self, kept: np.ndarray) -> tuple[str, ...]:
        """The row with the words alone for which `kept` is true; of a conversation all turns."""
        texts = self.cutter.variant(kept)
        if not self.turns:
            return texts
        place = _asked(self.turns)
        changed = [{**turn, "content": texts[0]} if i == place else turn for i, turn in enumerate(self.turns)]
        return (json.dumps(changed, ensure_ascii=False),)

    def ask(self, predictor: Any, rows: Inputs, cases: Sequence[Case]) -> Iterable[Any]:
        """Bits of the texts that were written."""
        return predictor.reference_bits(rows, [case.reference for case in cases if isinstance(case, TextCase)])[:, 0]

    def scores(self, predictor: Predictor, said: Any, kept: np.ndarray) -> np.ndarray:
        """The log-probability."""
        return np.array([-float(said) * math.log(2)])


def text_cases(predictor: Any, rows: list[tuple[str, ...]], label: Any) -> list[Case]:
    """A case a row, for the text or object that was written.

    Raises:
        ConfigError: the model does not say how probable a text is.
    """
    task = predictor.task
    asker = getattr(predictor, "asker", None)
    if not hasattr(predictor, "reference_bits") or (hasattr(asker, "KIND") and not hasattr(asker, "reference_bits")):
        raise ConfigError(f"{task.name}() is answered by a model that does not say how probable a given text is, so that what it wrote cannot be explained.")
    found: list[Case] = []
    outputs = predictor.outputs(rows) if rows else np.zeros(0)
    for row, said, answer in zip(rows, outputs, kind_of(task).decode(task, outputs, predictor.threshold, rows), strict=True):
        turns = tuple(json.loads(row[0])) if task.kind == "chat" else ()
        own = (turns[_asked(turns)]["content"],) if turns else row
        found.append(TextCase(own, Cutter.of(own, words_of_row(own)), answer.output, ("",), "", reference=str(said[0]), turns=turns))
    return found


def _asked(turns: Sequence[dict[str, str]]) -> int:
    """The last turn of the user."""
    return max(i for i, turn in enumerate(turns) if turn["role"] == "user")
