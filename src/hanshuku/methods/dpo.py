"""dpo: learn from preferences, rows with a better and a worse answer. Rafailov et al. 2023, https://arxiv.org/abs/2305.18290."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import DataError, MissingExtra
from hanshuku.methods.base import default_generator
from hanshuku.methods.checks import check_labelled, check_range, check_training
from hanshuku.methods.finetune import NAMES
from hanshuku.models.catalogue import find
from hanshuku.tasks import TEXT_KINDS, Task
from hanshuku.training.run import Run

if TYPE_CHECKING:
    from hanshuku.inference.base import Predictor


@dataclass(frozen=True)
class Dpo:
    """Direct preference optimisation: a causal model learns to prefer the better of two answers (columns chosen and rejected).

    The reference is the model as it was; what it says of the rows is computed once. Held-out pairs judge.
    """

    NAME: ClassVar[str] = "dpo"
    KINDS: ClassVar[frozenset[str]] = TEXT_KINDS
    LEARNS: ClassVar[bool] = True

    tuning: str = field(default="lora", metadata={"help": f"what moves: {', '.join(NAMES)}"})
    size: int = field(default=0, metadata={"help": "rank of lora and dora, width of adapter, virtual tokens of prefix and prompt, blocks of last_layers; 0: 8, 48, 16, 2"})
    beta: float = field(default=0.1, metadata={"help": "how dear it is to leave the model as it was, 0.001..100"})
    label_smoothing: float = field(default=0.0, metadata={"help": "probability that a pair is the wrong way round, 0..0.49"})
    epochs: float = field(default=2.0, metadata={"help": "passes over the pairs, 0.001..10000"})
    batch_size: int = field(default=8, metadata={"help": "pairs a step, 1..4096"})
    learning_rate: float | None = field(default=None, metadata={"help": "peak rate of what moves; none: a fifth of the tuning's default"})
    warmup: float = field(default=0.1, metadata={"help": "share of the steps in which the rate rises, 0..1"})
    weight_decay: float = field(default=0.0, metadata={"help": "decoupled decay of matrices, >= 0"})
    max_length: int = field(default=0, metadata={"help": "most tokens of a prompt with an answer; 0: the model's limit, at most 1024"})
    patience: int = field(default=0, metadata={"help": "evaluations without gain before it stops early; 0: never"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})
    gradient_checkpointing: bool = field(default=False, metadata={"help": "compute activations twice to save memory"})

    def __post_init__(self) -> None:
        check_training(self, NAMES)
        check_range("epochs", self.epochs, 0.001, 10_000)
        check_range("beta", self.beta, 0.001, 100)
        check_range("label_smoothing", self.label_smoothing, 0, 0.49)

    def default_model(self, task: Task, language: str) -> str:
        """smollm2 for English; for everything else gemma-270m, whose licence must be accepted."""
        return default_generator(language)

    def planned_epochs(self, rows: int, labels: int = 0, kind: str = "generate") -> float:
        """Passes over the pairs, however many they are: as set."""
        return self.epochs

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> Predictor:
        """Train on the pairs of `train`; see `Method.fit`.

        Without validation rows a tenth of `train` is held out where there are 50 pairs or more. What is measured on the pairs held out
        stands in the predictor's `fit_notes`.

        Raises:
            ConfigError: the tuning does not fit the model, or a setting is outside its range.
            DataError: there are no pairs to learn from.
            ModelError: the model cannot be had.
            TrainingError: the run diverged, or its folder belongs to another run.
        """
        find(model)
        rows = check_labelled("dpo", train)
        for name, part in (("rows", rows), ("validation rows", validation)):
            if part is not None and part.rejected is None:
                raise DataError(
                    f"dpo learns from preferences: beside the better answer (column chosen) a worse one is due (column rejected). Received: {len(part)} {name} without."
                )
        try:
            from hanshuku.methods.preference_tuning import fit_preferences
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Preference tuning") from error
        return fit_preferences(self, task, rows, model=model, validation=validation, run=run)
