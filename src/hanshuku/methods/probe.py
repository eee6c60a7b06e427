"""probe: a linear head on a frozen encoder, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.methods.base import default_encoder
from hanshuku.methods.checks import check_choice, check_labelled, check_length, check_range
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.inference.encoder import EncoderPredictor


@dataclass(frozen=True)
class Probe:
    """A linear head on the vectors of a frozen encoder, drawn towards what the label descriptions say.

    Its last layer has lost some of what the layers below know of moods and of form (Tenney et al. 2019, https://arxiv.org/abs/1905.05950), so the last
    but two is read besides where rows that are held out in turn are answered better.
    """

    NAME: ClassVar[str] = "probe"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"})
    LEARNS: ClassVar[bool] = True

    descriptions: bool = field(default=True, metadata={"help": "start from the label descriptions where cross-validation does not speak against it"})
    strength: float = field(default=0.0, metadata={"help": "how much rows weigh against the penalty (C), up to 1e6; 0: by cross-validation"})
    trust: float = field(default=4.0, metadata={"help": "length of the descriptions' head that a set strength draws to, 0..100"})
    layers: int = field(default=0, metadata={"help": "layers that are read: 1 the last, 2 the last but two besides; 0: by cross-validation; pairs: the last"})
    max_length: int = field(default=0, metadata={"help": "most tokens a text; 0: the model's limit"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1e6)
        check_range("trust", self.trust, 0, 100)
        check_range("layers", self.layers, 0, 2, whole=True)
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
        from hanshuku.methods.frozen_rows import FrozenRows

        rows = check_labelled("probe", train)
        frozen = FrozenRows.read(task, rows.inputs, self, model, run)
        run.report(Step(2, 3, note="fit the head"))
        predictor = frozen.predictor(frozen.learn(rows, seed=run.seed))
        run.report(Step(3, 3, note="done"))
        return predictor
