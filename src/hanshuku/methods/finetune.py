"""finetune: move the model itself, or a small part of it; for labels and numbers with a linear head on top."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.methods.base import default_encoder, default_generator
from hanshuku.methods.checks import check_labelled, check_training
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.training.run import Run
from hanshuku.training.switches import Switches
from hanshuku.training.views import Views

if TYPE_CHECKING:
    from hanshuku.inference.base import Predictor

NAMES = ("all", "head", "last_layers", "bias", "lora", "dora", "ia3", "prefix", "prompt", "adapter")
HOLD_OUT = 0.1  # share of train that judges, where no validation rows are given and some are needed
MIN_TO_HOLD = 50  # with fewer rows every one is needed for learning
WORK: dict[str, str] = {  # kind of task -> module:function that does the work of `fit`
    **dict.fromkeys(("classify", "rate"), "hanshuku.methods.finetuning:fit_encoder"),
    **dict.fromkeys(sorted(WRITTEN_KINDS), "hanshuku.methods.text_finetuning:fit_generator"),
    "answer": "hanshuku.methods.answer_finetuning:fit_answerer",
    "tag": "hanshuku.methods.tag_finetuning:fit_tagger",
    "rank": "hanshuku.methods.rank_finetuning:fit_bi_encoder",
}
_WEIGHTS = frozenset({"average", "average_decay", "layer_decay"})  # switches that act on weights, whatever the task
_ATTACK = frozenset({"adversarial", "adversarial_size", "adversarial_steps", "adversarial_weight"})
_GROWN = frozenset({"augment", "augment_times"})  # rows of the task are made of others
_ANY = _WEIGHTS | _ATTACK | {"consistency", "reinit_layers"}  # of an encoder, whatever it answers
SWITCHES: dict[str, frozenset[str]] = {  # kind of task -> switches that have a meaning
    "classify": _ANY | _GROWN | {"mixup", "label_smoothing", "class_weights", "focal"},
    "rate": _ANY | _GROWN | {"mixup"},
    **dict.fromkeys(sorted(WRITTEN_KINDS), _WEIGHTS | _ATTACK),
    "answer": _ANY | _GROWN,
    "tag": _ANY | _GROWN | {"label_smoothing", "focal"},
    "rank": _ANY,
}
BATCH = 16  # rows a step
TEXT_STEPS = 400  # that few texts are learned in: with 98 steps 270 replies to customers were mixed up, with 675 they were right (benchmarks/customer_chat.py)
LONGEST = 512  # tokens a row where the user sets no limit: attention grows with the square


@dataclass(frozen=True)
class Finetune:
    """Fine-tune a model, wholly or in part.

    Labels and numbers: an encoder or a causal model with a linear head on its pooled output. Texts: a causal
    model or an encoder-decoder, instruction tuning; the loss is that of the answers alone.

    Of fewer than 400 texts with labels or numbers (no pairs) the head starts from a probe's and weights that were trained before move at
    sqrt(rows / 400) of their rate (LP-FT, Kumar et al. 2022, https://arxiv.org/abs/2202.10054); not with tuning=head,
    prefix or prompt, nor where layers start anew (`reinit_layers`).
    """

    NAME: ClassVar[str] = "finetune"
    KINDS: ClassVar[frozenset[str]] = frozenset(WORK)
    LEARNS: ClassVar[bool] = True

    tuning: str = field(default="all", metadata={"help": f"what moves: {', '.join(NAMES)}"})
    size: int = field(default=0, metadata={"help": "rank of lora and dora, width of adapter, virtual tokens of prefix and prompt, blocks of last_layers; 0: 8, 48, 16, 2"})
    epochs: float = field(default=0.0, metadata={"help": "passes over the rows; 0: planned, 2 for many rows, 30 for few"})
    batch_size: int = field(default=0, metadata={"help": "rows a step, 1..4096; 0: planned, 16, and down to 4 for few rows of texts"})
    learning_rate: float | None = field(default=None, metadata={"help": "peak rate of what moves; none: the tuning's default, and less of it for few rows"})
    warmup: float = field(default=0.1, metadata={"help": "share of the steps in which the rate rises, 0..1"})
    weight_decay: float = field(default=0.01, metadata={"help": "decoupled decay of matrices, >= 0"})
    dropout: float = field(default=0.1, metadata={"help": "share of the head's input dropped while training, 0..1"})
    max_length: int = field(default=0, metadata={"help": "most tokens a row; 0: the model's limit, at most 512"})
    patience: int = field(default=0, metadata={"help": "evaluations without gain before it stops early; 0: never"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})
    gradient_checkpointing: bool = field(default=False, metadata={"help": "compute activations twice to save memory"})
    packing: bool = field(default=False, metadata={"help": "texts: rows of a step stand behind one another up to max_length, none seeing its neighbour"})
    switches: Switches = field(default=Switches(), metadata={"help": "what may be turned on besides, see the switches"})
    views: Views = field(default=Views(), metadata={"help": "labels: what unlabelled texts teach besides"})

    def __post_init__(self) -> None:
        check_training(self, NAMES)

    def default_model(self, task: Task, language: str) -> str:
        """English: minilm, for texts smollm2; everything else: e5-multilingual, for texts gemma-270m."""
        return default_generator(language) if task.kind in WRITTEN_KINDS else default_encoder(language)

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> Predictor:
        """Train on `train`; see `Method.fit`.

        Without validation rows a tenth of `train` judges where something must be judged (early stopping, the threshold of
        several labels) and there are enough rows.

        Raises:
            ConfigError: the tuning does not fit the model, or a setting is outside its range.
            DataError: there is nothing to learn from.
            ModelError: the model cannot be had.
            TrainingError: the run diverged, or its folder belongs to another run.
        """
        self.switches.require(SWITCHES[task.kind], f"finetune of a task of kind {task.kind!r}")
        if self.switches.adversarial == "smart" and task.kind in WRITTEN_KINDS:
            raise ConfigError("adversarial=smart compares whole answers of labels, spans or numbers. For texts choose fgm, pgd or freelb.")
        if self.packing and (task.kind not in WRITTEN_KINDS or self.tuning == "prompt"):
            raise ConfigError(f"packing is for texts and every tuning but prompt. Received: kind {task.kind!r}, tuning {self.tuning!r}.")
        rows = check_labelled("finetune", train)
        self.views.check(task, rows)
        try:
            module, name = WORK[task.kind].split(":")
            work = getattr(import_module(module), name)
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Fine-tuning") from error
        predictor: Predictor = work(self, task, rows, model=model, validation=validation, run=run)
        return predictor

    def planned_epochs(self, rows: int, labels: int = 0, kind: str = "classify") -> float:
        """Passes over the rows: as set, else fewer the more rows there are and more the more labels, 2..30; over texts 3 for a thousand, 1..10."""
        if self.epochs:
            return float(self.epochs)
        if kind in WRITTEN_KINDS:
            return float(min(10, max(1, round(3 * (1000 / max(rows, 1)) ** 0.5, 1))))
        spread = 1 + 0.25 * math.log2(max(labels, 2) / 2)
        return float(min(30, max(2, round(spread * 30 * math.sqrt(100 / max(rows, 1)), 1))))

    def planned_batch(self, labels: int = 0, rows: int = 1000, kind: str = "classify") -> int:
        """Rows a step: as set, else 16; of texts so many that few rows still make some hundred steps, 4..16."""
        if self.batch_size or kind not in WRITTEN_KINDS:
            return self.batch_size or BATCH
        return min(BATCH, max(4, round(rows * self.planned_epochs(rows, labels, kind) / TEXT_STEPS)))
