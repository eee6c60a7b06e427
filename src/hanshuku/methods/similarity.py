"""similarity: text against label descriptions, by an encoder. Nothing is learned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.methods.base import default_encoder
from hanshuku.methods.checks import check_choice, check_length, check_range
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.inference.base import Predictor


@dataclass(frozen=True)
class Similarity:
    """Answer with the label whose description lies nearest to the text, or rank texts by how near they lie, without any example."""

    NAME: ClassVar[str] = "similarity"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate", "rank"})
    LEARNS: ClassVar[bool] = False

    templates: str = field(default="", metadata={"help": "sentences with {} for the label, parted by |; empty: built-in ones in English and Chinese"})
    sharpness: float = field(default=1.0, metadata={"help": "factor on the logits: above 1 surer of itself, 0.01..100"})
    max_length: int = field(default=0, metadata={"help": "most tokens a text; 0: the model's limit"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})

    def __post_init__(self) -> None:
        check_range("sharpness", self.sharpness, 0.01, 100)
        check_length(self.max_length)
        check_choice("precision", self.precision, ("auto", "bf16", "fp32"))
        if not isinstance(self.templates, str) or any("{}" not in part for part in self.template_list):
            raise ConfigError(f"Each template holds {{}} where the label stands, as in 'It is about {{}}.|{{}}'. Received: {self.templates!r}.")

    @property
    def template_list(self) -> tuple[str, ...]:
        """The templates as set; () for the built-in ones."""
        return tuple(part.strip() for part in self.templates.split("|") if part.strip())

    def default_model(self, task: Task, language: str) -> str:
        """English: minilm; everything else: e5-multilingual."""
        return default_encoder(language)

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> Predictor:
        """A predictor made of the task's labels, descriptions and instruction alone; rows are not looked at.

        Raises:
            ConfigError: a setting that needs labels, for a task without.
            ModelError: the model cannot be had.
            MissingExtra: torch is not installed.
        """
        try:
            from hanshuku.inference.encoder import EncoderPredictor, Head
            from hanshuku.inference.ranking import BiRankPredictor
            from hanshuku.methods.zero_shot import zero_shot_head
            from hanshuku.models.load import load_encoder
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Comparing texts") from error
        if task.kind == "rank" and (self.templates or self.sharpness != 1.0):
            raise ConfigError("To rank there are no labels: leave templates and sharpness as they are.")
        run.report(Step(0, 1, note=f"load {model}"))
        loaded = load_encoder(model)
        if task.kind == "rank":
            return BiRankPredictor(task, loaded, loaded.info.pooling, self.max_length or None, self.precision, changed=False)
        head = zero_shot_head(task, loaded, templates=self.template_list, precision=self.precision)
        if task.kind == "classify":
            head = Head(head.weight * self.sharpness, head.bias * self.sharpness)
        return EncoderPredictor(
            task, loaded, head, pooling=loaded.info.pooling, normalise=True, pair="bi", max_length=self.max_length or None,
            precision=self.precision, changed=False,
        )  # fmt: skip
