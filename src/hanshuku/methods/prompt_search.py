"""prompt_search: find the words and the demonstrations by which a language model answers best, within a budget of calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.methods.asking import Asking
from hanshuku.methods.checks import check_labelled, check_range
from hanshuku.tasks import TEXT_KINDS, Task
from hanshuku.training.run import Run

if TYPE_CHECKING:
    from hanshuku.inference.base import Predictor


@dataclass(frozen=True)
class PromptSearch(Asking):
    """Search the instruction's wording and the rows shown, judged on rows that are not shown. The model itself does not move.

    Wordings (ours in English and Chinese, your own, a model's) and then sets of demonstrations go through successive halving:
    all are judged on a few rows, the better half on more. What wins must beat the usual wording on the same rows by more than
    chance would; else the usual one stays. Every candidate is logged with its score, in the run's folder and in the history.
    Of a chat what the system is told is searched; a conversation's own system message is kept in it.
    """

    NAME: ClassVar[str] = "prompt_search"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"}) | TEXT_KINDS
    LEARNS: ClassVar[bool] = True

    calls: int = field(default=600, metadata={"help": "budget: rows that the model is asked about in all, at least 20"})
    candidates: str = field(default="", metadata={"help": "your own instructions, or templates with {text} (chat: {instruction}), a line each or parted by |; @FILE for those in a file"})
    proposals: int = field(default=0, metadata={"help": "instructions that a language model proposes from the rows, 0..100"})
    proposer: str = field(default="", metadata={"help": "the model that proposes; empty: the one that is asked"})
    demonstrations: int = field(default=4, metadata={"help": "rows in a set of demonstrations, 0..64; 0: words alone are searched"})
    sets: int = field(default=8, metadata={"help": "sets of demonstrations that are drawn, 0..200"})
    caution: float = field(default=1.0, metadata={"help": "standard errors by which a candidate must beat the usual wording, 0..10"})

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("calls", self.calls, 20, 10_000_000, whole=True)
        check_range("proposals", self.proposals, 0, 100, whole=True)
        check_range("demonstrations", self.demonstrations, 0, 64, whole=True)
        check_range("sets", self.sets, 0, 200, whole=True)
        check_range("caution", self.caution, 0, 10)
        if not isinstance(self.candidates, str):
            raise ConfigError(f"candidates is text: instructions or templates, a line each. Received: {self.candidates!r}.")

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> Predictor:
        """The best way to ask that was found, with `trials`: every candidate and its score.

        Without validation rows each candidate is judged on rows of `train` that it does not show. A killed search goes on where
        it was if `run` has a folder; there stand `prompt_search.jsonl`, a line for each judgement of a candidate, and
        `calls.jsonl`, the model's answers.

        Raises:
            ConfigError: a template or a setting is illegal, or the labels leave no room for a text.
            DataError: fewer than 2 labelled rows.
            ModelError: the model cannot be had or is no causal language model.
        """
        rows = check_labelled("prompt_search", train)
        self.refuse_idle(task)
        try:
            from hanshuku.methods.prompt_searching import search_prompt
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Searching prompts") from error
        return search_prompt(self, task, rows, model=model, validation=validation, run=run)
