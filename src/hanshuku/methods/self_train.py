"""self_train: few labelled rows and much unlabelled text; a function labels what it is sure of and learns from that too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.methods.base import default_encoder
from hanshuku.methods.checks import check_labelled, check_range
from hanshuku.methods.settings import parse_method
from hanshuku.tasks import Task
from hanshuku.training.run import Run

if TYPE_CHECKING:
    from hanshuku.inference.base import Predictor


@dataclass(frozen=True)
class SelfTrain:
    """Self-training: rounds in which a teacher's surest answers to unlabelled texts become rows for the next one.

    A text is taken where two views agree on it: the teacher's, and that of a probe on the frozen encoder (co-training, Blum & Mitchell
    1998, https://doi.org/10.1145/279943.279962). Of each label the same share is taken, the surest first, so that no label
    crowds out the others (Zou et al. 2018, https://arxiv.org/abs/1810.07911).
    """

    NAME: ClassVar[str] = "self_train"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify"})
    LEARNS: ClassVar[bool] = True

    teacher: str = field(default="contrastive", metadata={"help": "what learns in each round: a method with its settings, as in finetune:tuning=lora:epochs=5"})
    rounds: int = field(default=3, metadata={"help": "rounds at most, 1..20; it stops before where the new rows teach no better"})
    portion: float = field(default=0.2, metadata={"help": "share of the texts on which both views agree that the first round takes, 0.01..1; each round takes so many more"})
    most: int = field(default=4000, metadata={"help": "unlabelled texts that are read at most, drawn at random, 10..10000000"})
    ratio: float = field(default=20.0, metadata={"help": "texts taken of a label at most, for each of its labelled rows, 0.1..10000"})
    settle: float = field(default=0.01, metadata={"help": "it stops where fewer than this share of the texts change their label, 0..1"})

    def __post_init__(self) -> None:
        check_range("rounds", self.rounds, 1, 20, whole=True)
        check_range("portion", self.portion, 0.01, 1)
        check_range("most", self.most, 10, 10_000_000, whole=True)
        check_range("ratio", self.ratio, 0.1, 10_000)
        check_range("settle", self.settle, 0, 1)
        name, model, settings = parse_method(str(self.teacher))
        if "two_views" in settings:
            raise ConfigError(f"The teacher of self_train reads labelled rows alone; finetune with two_views reads the unlabelled texts itself: --method finetune --set two_views=uda. Received: {self.teacher!r}.")
        if name not in {"probe", "contrastive", "finetune", "static"} or model:
            raise ConfigError(f"teacher is probe, contrastive, finetune or static with its settings, and takes the model of self_train. Received: {self.teacher!r}.")

    def default_model(self, task: Task, language: str) -> str:
        """English: minilm; everything else: e5-multilingual."""
        return default_encoder(language)

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> Predictor:
        """Learn from `train` and from its unlabelled texts; see `Method.fit`. Validation rows are the teacher's.

        Raises:
            ConfigError: there are no unlabelled texts.
            DataError: there is nothing to learn from.
            ModelError: the model cannot be had.
            MissingExtra: torch, scipy or transformers is not installed.
        """
        rows = check_labelled("self_train", train)
        if not rows.unlabelled:
            raise ConfigError("self_train learns from unlabelled texts too. Give some: learn(rows, method='self_train', unlabelled=...), or --unlabelled FILE.")
        try:
            from hanshuku.methods.self_training import fit_rounds
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Self-training") from error
        return fit_rounds(self, task, rows, model, validation, run)
