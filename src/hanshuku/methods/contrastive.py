"""contrastive: move the encoder so that texts of one label lie together, then a head."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.methods.base import default_encoder
from hanshuku.methods.checks import check_choice, check_labelled, check_length, check_range
from hanshuku.methods.finetune import SWITCHES as OF_FINETUNE
from hanshuku.tasks import Task
from hanshuku.training.run import Run
from hanshuku.training.switches import Switches

if TYPE_CHECKING:
    from hanshuku.inference.encoder import EncoderPredictor

SWITCHES = OF_FINETUNE["rank"] | {"augment", "augment_times"}  # vectors are learned in both


@dataclass(frozen=True)
class Contrastive:
    """A supervised contrastive loss over unique texts and label descriptions, then a linear head; for 4 to 64 rows a label."""

    NAME: ClassVar[str] = "contrastive"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"})
    LEARNS: ClassVar[bool] = True

    steps: int = field(default=0, metadata={"help": "steps of the encoder; 0: planned by rows and labels"})
    batch_size: int = field(default=0, metadata={"help": "texts a step, 4..4096; 0: planned, more where there are many labels"})
    learning_rate: float | None = field(default=None, metadata={"help": "peak rate of the encoder; none: 3e-4 over the number of its blocks"})
    temperature: float = field(default=0.1, metadata={"help": "cosines are divided by it, in parts of the model's range of cosines"})
    layers: int = field(default=0, metadata={"help": "upper blocks that move; 0: all. Word vectors never move: rows are few"})
    descriptions: bool = field(default=True, metadata={"help": "label descriptions are texts of their label, and the head is drawn to them"})
    strength: float = field(default=5.0, metadata={"help": "how much rows weigh against the penalty of the head (C), up to 1e6"})
    trust: float = field(default=4.0, metadata={"help": "length of the descriptions' head that the head is drawn to, 0..100"})
    max_length: int = field(default=0, metadata={"help": "most tokens a text; 0: the model's limit, at most 256"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})
    gradient_checkpointing: bool = field(default=False, metadata={"help": "compute activations twice to save memory"})
    switches: Switches = field(default=Switches(), metadata={"help": "what may be turned on besides, see the switches"})

    def __post_init__(self) -> None:
        check_range("steps", self.steps, 0, 1_000_000, whole=True)
        if self.batch_size:
            check_range("batch_size", self.batch_size, 4, 4096, whole=True)
        if self.learning_rate is not None:
            check_range("learning_rate", self.learning_rate, 1e-9, 10)
        check_range("temperature", self.temperature, 1e-3, 10)
        check_range("layers", self.layers, 0, 1000, whole=True)
        check_range("strength", self.strength, 1e-6, 1e6)
        check_range("trust", self.trust, 0, 100)
        check_length(self.max_length)
        check_choice("precision", self.precision, ("auto", "bf16", "fp32"))

    def default_model(self, task: Task, language: str) -> str:
        """English: minilm; everything else: e5-multilingual."""
        return default_encoder(language)

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> EncoderPredictor:
        """Train on `train`; see `Method.fit`. Validation rows tell how sure it may be, and nothing else.

        A pair whose labels name a relation of its texts (same and different), or whose target is a number, is learned by
        the cosine of the two; any other pair as the middle of the two.

        Raises:
            DataError: there is nothing to learn from.
            ModelError: the model cannot be had.
            MissingExtra: torch, scipy or transformers is not installed.
        """
        self.switches.require(SWITCHES, "contrastive, whose head learns after the encoder")
        if self.layers and self.switches.reinit_layers > self.layers:
            raise ConfigError(f"Layers that start anew must learn. Received: reinit_layers={self.switches.reinit_layers} with layers={self.layers}.")
        rows = check_labelled("contrastive", train)
        try:
            from hanshuku.methods.contrastive_learning import fit_contrastive
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Contrastive learning") from error
        return fit_contrastive(self, task, rows, model, validation, run)

    def planned_batch(self, labels: int) -> int:
        """Texts a step: as set, else 32, or enough that a good part of the labels meet: up to 128."""
        return self.batch_size or min(128, max(32, 32 * round(labels / 16)))

    def planned_steps(self, rows: int, labels: int) -> int:
        """Steps: as set, else enough that each text is seen about 20 times, but 1,000 to 4,000 texts in all."""
        if self.steps:
            return self.steps
        return round(min(4000, max(1000, 20 * (rows + labels))) / self.planned_batch(labels))
