"""static: a linear head on static word vectors and hashed n-grams, for speed above all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import MissingExtra
from hanshuku.methods.checks import check_labelled, check_length, check_range
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.inference.static import StaticPredictor


@dataclass(frozen=True)
class Static:
    """A linear head on the mean of static word vectors and on hashed words and character n-grams."""

    NAME: ClassVar[str] = "static"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"})
    LEARNS: ClassVar[bool] = True

    descriptions: bool = field(default=True, metadata={"help": "start from the label descriptions"})
    strength: float = field(default=0.0, metadata={"help": "how much rows weigh against the penalty (C), up to 1e6; 0: by cross-validation"})
    ngrams: float = field(default=1.0, metadata={"help": "weight of hashed words and n-grams beside the word vectors, 0..100; 0: none"})
    features: int = field(default=20_000, metadata={"help": "hashed features kept at most, the most frequent ones, 0..65536"})
    fold_case: bool = field(default=True, metadata={"help": "word vectors of small letters for capitals too, so that SHOUTED and Titled texts are read as others; the n-grams never tell case"})
    max_length: int = field(default=0, metadata={"help": "most tokens a text; 0: 2048"})

    def __post_init__(self) -> None:
        check_range("strength", self.strength, 0, 1e6)
        check_range("ngrams", self.ngrams, 0, 100)
        check_range("features", self.features, 0, 65536, whole=True)
        check_length(self.max_length)

    def default_model(self, task: Task, language: str) -> str:
        """The only static vectors in the catalogue; Chinese rests on the n-grams."""
        return "wordllama"

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> StaticPredictor:
        """Logistic regression (rate: with soft targets, Papke & Wooldridge 1996) on static features; see `Method.fit`.

        Cross-validation inside `train` chooses the penalty; validation rows are not looked at.

        Raises:
            DataError: there is nothing to learn from.
            ModelError: the model cannot be had, or holds no static vectors.
            MissingExtra: scipy is not installed.
        """
        rows = check_labelled("static", train)
        try:
            from hanshuku.methods.static_learning import fit_static
        except ImportError as error:
            raise MissingExtra(error.name or "scipy", "train", "Learning") from error
        run.report(Step(0, 1, note=f"load {model}"))
        return fit_static(self, task, rows, model=model, run=run)
