"""auto: climb from cheap methods to dear ones inside a budget, and keep what is probably best.

Labels and numbers: every arm is judged by out-of-fold answers to the same rows, which are weighed against what is usual for its
method; see `auto_search`. Other kinds: a ladder with held-out rows; see `auto_ladder`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.inference.base import Predictor
from hanshuku.methods.base import default_encoder, default_generator
from hanshuku.methods.checks import check_range
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.training.run import Run

JUDGED = frozenset({"classify", "rate"})  # kinds whose arms are judged out of fold
LADDERS: dict[str, tuple[str, ...]] = {  # kind of task -> what is tried, cheapest first
    **dict.fromkeys(sorted(JUDGED), ("similarity", "static", "probe", "contrastive", "finetune")),
    **dict.fromkeys(sorted(WRITTEN_KINDS), ("prompt", "in_context", "finetune")),
    **dict.fromkeys(("answer", "tag"), ("finetune",)),
    "rank": ("similarity", "finetune", "rerank"),
}


@dataclass(frozen=True)
class Auto:
    """Choose among methods, their switches and pairs of them, by what they answer to rows they did not learn from."""

    NAME: ClassVar[str] = "auto"
    KINDS: ClassVar[frozenset[str]] = frozenset(LADDERS)
    LEARNS: ClassVar[bool] = True

    methods: str = field(default="", metadata={"help": "methods to try, with commas, cheapest first; empty: those for the kind of task"})
    latency_ms: float = field(default=0.0, metadata={"help": "labels, numbers: most milliseconds a text may take; with it two methods may answer together; 0: one method, however slow"})
    switches: bool = field(default=True, metadata={"help": "where a budget is given, try switches on the best method at last; one is kept only where a paired test speaks for it"})
    held_out: float = field(default=0.0, metadata={"help": "part of the rows that judges, 0.05..0.5; 0: labels, numbers: five folds, of 2,000 rows and more a tenth; else a quarter"})
    most_held_out: int = field(default=2000, metadata={"help": "rows that are held out at most"})

    def __post_init__(self) -> None:
        if self.held_out:
            check_range("held_out", self.held_out, 0.05, 0.5)
        check_range("latency_ms", self.latency_ms, 0, 1e6)
        check_range("most_held_out", self.most_held_out, 10, 1_000_000, whole=True)
        if not isinstance(self.methods, str):
            raise ConfigError(f"methods are names with commas, such as 'probe,finetune'. Received: {self.methods!r}.")

    def default_model(self, task: Task, language: str) -> str:
        """The encoder for the language; for texts and objects the language model."""
        return default_generator(language) if task.kind in WRITTEN_KINDS else default_encoder(language)

    def fit(self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run | None = None) -> Predictor:
        """The predictor of what is probably best, with `trials`: what was tried, how it did, what it took, the command that learns it again.

        With a folder in `run` every answer is kept as it comes, and a search that was killed goes on from there.

        Raises:
            ConfigError: there are no labelled rows.
            BudgetError: no method could be fitted within the budget.
            DataError: there are too few rows.
        """
        if train is None or train.targets is None:
            raise ConfigError("Method 'auto' learns from labelled rows. Received none; for none, use 'similarity' or 'prompt'.")
        run, names = run or Run(), self._names(task)
        if task.kind not in JUDGED:
            from hanshuku.methods.auto_ladder import climb

            return climb(self, task, train, names, model=model, validation=validation, run=run)
        try:
            from hanshuku.methods.auto_calibrating import honest
            from hanshuku.methods.auto_finals import choose, make, try_switches
            from hanshuku.methods.auto_search import Search
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Choosing among methods") from error
        search = Search(task, train, model, validation, run, self)
        search.climb([*names, "self_train"] if train.unlabelled and not self.methods else names)
        best = search.best()
        choice = choose(search, try_switches(search, best) if self.switches else best)
        predictor, said = honest(search, choice, make(search, choice))
        predictor.trials = search.trials(choice.arms)  # type: ignore[attr-defined]
        predictor.fit_notes = tuple(note for note in (*getattr(predictor, "fit_notes", ()), choice.note, said) if note)  # type: ignore[attr-defined]
        return predictor

    def _names(self, task: Task) -> list[str]:
        """What to try on this task."""
        from hanshuku.methods import METHODS

        names: Any = self.methods.split(",") if self.methods else LADDERS[task.kind]
        return [name.strip() for name in names if name.strip() and (self.methods or task.kind in METHODS[name].KINDS)]
