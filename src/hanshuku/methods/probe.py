"""probe: a linear head on a frozen encoder, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.errors import MissingExtra
from hanshuku.methods.base import default_encoder
from hanshuku.methods.checks import check_choice, check_labelled, check_length, check_range
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.inference.encoder import EncoderPredictor


@dataclass(frozen=True)
class Probe:
    """A linear head on the vectors of a frozen encoder, drawn towards what the label descriptions say."""

    NAME: ClassVar[str] = "probe"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"})
    LEARNS: ClassVar[bool] = True

    descriptions: bool = field(default=True, metadata={"help": "start from the label descriptions where cross-validation does not speak against it"})
    strength: float = field(default=0.0, metadata={"help": "how much rows weigh against the penalty (C), up to 1e6; 0: by cross-validation"})
    trust: float = field(default=4.0, metadata={"help": "length of the descriptions' head that a set strength draws to, 0..100"})
    max_length: int = field(default=0, metadata={"help": "most tokens a text; 0: the model's limit"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1e6)
        check_range("trust", self.trust, 0, 100)
        check_length(self.max_length)
        check_choice("precision", self.precision, ("auto", "bf16", "fp32"))

    def default_model(self, task: Task, language: str) -> str:
        """English: minilm; everything else: e5-multilingual."""
        return default_encoder(language)

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> EncoderPredictor:
        """Logistic regression (several labels: one a label; rate: ridge regression) on frozen vectors; see `Method.fit`.

        A pair is read as two texts u, v: [u, v, |u - v|, u * v]. Cross-validation inside `train` chooses the penalty, so
        validation rows, where there are any, are not looked at.

        Raises:
            DataError: there is nothing to learn from.
            ModelError: the model cannot be had.
            MissingExtra: torch, scipy or transformers is not installed.
        """
        rows = check_labelled("probe", train)
        try:
            from hanshuku.inference.encoder import EncoderPredictor, Head
            from hanshuku.methods.head_learning import learn_head
            from hanshuku.methods.linear import Penalty
            from hanshuku.methods.zero_shot import zero_shot_head
            from hanshuku.models.load import load_encoder
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Learning a probe") from error
        run.report(Step(0, 3, note=f"load {model}"))
        loaded = load_encoder(model)
        width = int(loaded.network.config.hidden_size) * (4 if task.is_pair else 1)
        predictor = EncoderPredictor(
            task, loaded, Head(np.zeros((1, width)), np.zeros(1)), pooling=loaded.info.pooling, normalise=True, pair="bi",
            max_length=self.max_length or None, precision=self.precision, changed=False,
        )  # fmt: skip
        run.report(Step(1, 3, note=f"read {len(rows):,} rows"))
        features = predictor.features(rows.inputs)
        prior = zero_shot_head(task, loaded, precision=self.precision) if self.descriptions else None
        run.report(Step(2, 3, note="fit the head"))
        penalty = Penalty(self.strength, self.trust if prior else 0.0) if self.strength else None
        learned = learn_head(task, features, rows, prior, penalty=penalty, blocks=4 if task.is_pair else 1, seed=run.seed)
        predictor.head, predictor.threshold = learned.head, learned.threshold
        predictor.moved_parameters = learned.head.weight.size + learned.head.bias.size
        run.report(Step(3, 3, note="done"))
        return predictor
