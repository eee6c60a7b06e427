"""rerank: read query and candidate together, and score the pair."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import MissingExtra
from hanshuku.methods.base import default_encoder
from hanshuku.methods.checks import check_labelled, check_range, check_training
from hanshuku.methods.finetune import NAMES, SWITCHES
from hanshuku.tasks import Task
from hanshuku.training.run import Run
from hanshuku.training.switches import Switches

if TYPE_CHECKING:
    from hanshuku.inference.ranking import CrossRankPredictor


@dataclass(frozen=True)
class Rerank:
    """Rank by a score of query and candidate read as one text: better than vectors, and as dear as there are candidates.

    Nogueira & Cho 2019, arXiv 1901.04085, with a softmax over the candidates of a query instead of a yes or no for each.
    """

    NAME: ClassVar[str] = "rerank"
    KINDS: ClassVar[frozenset[str]] = frozenset({"rank"})
    LEARNS: ClassVar[bool] = True

    tuning: str = field(default="all", metadata={"help": f"what moves: {', '.join(NAMES)}"})
    size: int = field(default=0, metadata={"help": "rank of lora and dora, width of adapter, virtual tokens of prefix and prompt, blocks of last_layers; 0: 8, 48, 16, 2"})
    negatives: int = field(default=7, metadata={"help": "wrong candidates beside a right one, 1..256; other queries' where its own are too few"})
    epochs: float = field(default=0.0, metadata={"help": "passes over the relevant candidates; 0: planned, 2 for many rows, 10 for few"})
    batch_size: int = field(default=4, metadata={"help": "right candidates a step, each with its wrong ones, 1..4096"})
    learning_rate: float | None = field(default=None, metadata={"help": "peak rate of what moves; none: the tuning's default"})
    warmup: float = field(default=0.1, metadata={"help": "share of the steps in which the rate rises, 0..1"})
    weight_decay: float = field(default=0.01, metadata={"help": "decoupled decay of matrices, >= 0"})
    dropout: float = field(default=0.1, metadata={"help": "share of the head's input dropped while training, 0..1"})
    max_length: int = field(default=0, metadata={"help": "most tokens of query and candidate; 0: the model's limit, at most 512"})
    patience: int = field(default=0, metadata={"help": "evaluations without gain before it stops early; 0: never"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})
    gradient_checkpointing: bool = field(default=False, metadata={"help": "compute activations twice to save memory"})
    switches: Switches = field(default=Switches(), metadata={"help": "what may be turned on besides, see the switches"})

    def __post_init__(self) -> None:
        check_training(self, NAMES)
        check_range("negatives", self.negatives, 1, 256, whole=True)

    def default_model(self, task: Task, language: str) -> str:
        """English: minilm; everything else: e5-multilingual."""
        return default_encoder(language)

    def planned_epochs(self, rows: int, labels: int = 0, kind: str = "rank") -> float:
        """Passes over the rows, whatever their labels: as set, else 3 for a thousand rows, fewer for more and more for fewer, 2..10."""
        return float(self.epochs) or float(min(10, max(2, round(3 * (1000 / max(rows, 1)) ** 0.5, 1))))

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> CrossRankPredictor:
        """Train on `train`; see `Method.fit`. Without validation rows a tenth of `train` judges where patience asks for it.

        Raises:
            ConfigError: the tuning does not fit the model.
            DataError: there is nothing to learn from.
            ModelError: the model cannot be had.
            MissingExtra: torch or transformers is not installed.
            TrainingError: the run diverged, or its folder belongs to another run.
        """
        self.switches.require(SWITCHES["rank"], "rerank")
        rows = check_labelled("rerank", train)
        try:
            from hanshuku.methods.rank_finetuning import fit_cross_encoder
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Fine-tuning") from error
        return fit_cross_encoder(self, task, rows, model=model, validation=validation, run=run)
