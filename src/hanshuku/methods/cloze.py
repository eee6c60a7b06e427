"""cloze: a masked language model fills a gap behind the text. Schick & Schütze 2021, https://arxiv.org/abs/2001.07676."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.methods.checks import check_choice, check_training
from hanshuku.methods.finetune import SWITCHES as OF_FINETUNE
from hanshuku.methods.finetune import Finetune
from hanshuku.tasks import Task
from hanshuku.training.run import Run
from hanshuku.training.switches import Switches

if TYPE_CHECKING:
    from hanshuku.inference.cloze import ClozePredictor

MODELS = {"en": "google-bert/bert-base-uncased", "zh": "google-bert/bert-base-chinese"}  # hub names: no package holds a masked language model
ANY_LANGUAGE = "FacebookAI/xlm-roberta-base"
TUNINGS = ("all", "last_layers", "bias", "lora")
SWITCHES = {kind: OF_FINETUNE[kind] - {"mixup", "reinit_layers"} for kind in ("classify", "rate")}  # there is no pooled state to mix, and the head for words needs its layers


@dataclass(frozen=True)
class Cloze:
    """Let a masked language model fill a gap; each label has words that stand for it. Learns from rows where there are some.

    Without rows the words' probabilities are divided by what texts without content get; with rows the model is fine-tuned on
    the words of the labels, which needs fewer rows than a new head. A model with its head for masked words is needed: from
    the hub, or trained by yourself.
    """

    NAME: ClassVar[str] = "cloze"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"})
    LEARNS: ClassVar[bool] = False  # it can do without rows

    template: str = field(default="", metadata={"help": "what is read, with {text} and {mask}, also {instruction}, {labels} and the inputs; empty: in the language of the task"})
    verbalisers: str = field(default="", metadata={"help": "words that stand for a label, label=word,word|label=word; rate: low=word|high=word; else the label itself"})
    language: str = field(default="auto", metadata={"help": "of the template: auto, en or zh"})
    calibrate: bool = field(default=True, metadata={"help": "divide by what texts without content get"})
    learn: bool = field(default=True, metadata={"help": "fine-tune on the rows that are given; false: zero-shot whatever is given"})
    tuning: str = field(default="all", metadata={"help": f"what moves: {', '.join(TUNINGS)}"})
    size: int = field(default=0, metadata={"help": "rank of lora, blocks of last_layers; 0: 8, 2"})
    epochs: float = field(default=0.0, metadata={"help": "passes over the rows; 0: planned, 2 for many rows, 30 for few"})
    batch_size: int = field(default=16, metadata={"help": "rows a step, 1..4096"})
    learning_rate: float | None = field(default=None, metadata={"help": "peak rate of what moves; none: the tuning's default"})
    max_length: int = field(default=0, metadata={"help": "most tokens of a row with its template; 0: the model's limit, at most 512"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})
    switches: Switches = field(default=Switches(), metadata={"help": "what may be turned on besides, see the switches"})

    def __post_init__(self) -> None:
        check_choice("language", self.language, ("auto", "en", "zh"))
        check_training(self, TUNINGS)
        for name in ("template", "verbalisers"):
            if not isinstance(getattr(self, name), str):
                raise ConfigError(f"{name} is text. Received: {getattr(self, name)!r}.")
        if not self.learn and self.switches.on:
            raise ConfigError(f"Switches change how rows are learned, and learn=false learns none. Received: {', '.join(self.switches.on)}.")

    def default_model(self, task: Task, language: str) -> str:
        """A hub name: BERT for English or for Chinese, XLM-R for everything else."""
        return MODELS.get(language, ANY_LANGUAGE)

    def planned_epochs(self, rows: int, labels: int = 0, kind: str = "classify") -> float:
        """Passes over the rows as `finetune` plans them."""
        return Finetune(epochs=self.epochs).planned_epochs(rows, labels, kind)

    def fit(
        self, task: Task, train: Encoded | None = None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> ClozePredictor:
        """A predictor that fills the gap, fine-tuned where there are labelled rows.

        Raises:
            ConfigError: the template, a word or a setting is illegal.
            ModelError: the model cannot be had, or has no head for masked words.
            TrainingError: the run diverged, or its folder belongs to another run.
        """
        self.switches.require(SWITCHES[task.kind], f"cloze of a task of kind {task.kind!r}")
        try:
            from hanshuku.methods.cloze_learning import fit_cloze
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Filling a gap") from error
        return fit_cloze(self, task, train, model=model, run=run)
