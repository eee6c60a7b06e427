"""Method: a way to make a function from task, model and examples."""

from __future__ import annotations

from typing import ClassVar, Protocol

from hanshuku.data.encoded import Encoded
from hanshuku.inference.base import Predictor
from hanshuku.tasks import Task
from hanshuku.training.run import Run


def default_encoder(language: str) -> str:
    """The catalogue's encoder for "en"; for "zh" and "other" one of a hundred languages."""
    return "minilm" if language == "en" else "e5-multilingual"


def default_generator(language: str) -> str:
    """The catalogue's language model for "en"; smollm2 reads no Chinese, so for all else one whose licence must be accepted."""
    return "smollm2" if language == "en" else "gemma-270m"


class Method(Protocol):
    """A frozen dataclass of settings (at most 15 fields, each with metadata={"help": ...}) with one verb, `fit`."""

    NAME: ClassVar[str]  # its key in methods.METHODS
    KINDS: ClassVar[frozenset[str]]  # task kinds it can do
    LEARNS: ClassVar[bool]  # whether it needs labelled rows; False: zero-shot

    def default_model(self, task: Task, language: str) -> str:
        """Catalogue name to use where the user gave none; language is "en", "zh" or "other"."""
        ...

    def fit(self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = ...) -> Predictor:
        """A predictor.

        Args:
            task: what the function does.
            train: labelled rows; None where LEARNS is False.
            model: a catalogue name, a hub name or a local folder.
            validation: labelled rows for early stopping and thresholds; None: the method holds out a part of train
                where it needs one. Never the test rows.
            run: seed, folder, budget, reporting.
        """
        ...
