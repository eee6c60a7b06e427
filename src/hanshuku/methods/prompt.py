"""prompt: ask a language model, and take the label it finds likeliest. Nothing is learned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.data.language import language_of
from hanshuku.errors import LicenceRequired, MissingExtra
from hanshuku.methods.checks import check_choice, check_range
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.inference.label_scoring import LabelScoringPredictor

SEEN = 200  # rows that tell the language


@dataclass(frozen=True)
class Prompt:
    """Ask a causal language model with an instruction; all labels are scored in one forward. Needs no examples.

    Small language models are poor judges: measure `similarity` beside it.
    """

    NAME: ClassVar[str] = "prompt"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"})
    LEARNS: ClassVar[bool] = False

    template: str = field(default="", metadata={"help": "what is said, with {instruction}, {labels}, {text}; empty: in the language of the task"})
    lead: str | None = field(default=None, metadata={"help": "how the answer begins; none: in the language of the task"})
    language: str = field(default="auto", metadata={"help": "of the wording: auto, en or zh"})
    calibrate: bool = field(default=True, metadata={"help": "divide by what texts without content get"})
    normalise: str = field(default="sum", metadata={"help": "a label's log-probability: sum of its tokens, mean, or sum a byte"})
    max_length: int = field(default=2048, metadata={"help": "most tokens of a prompt with its answer; longer texts are cut"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})

    def __post_init__(self) -> None:
        check_choice("language", self.language, ("auto", "en", "zh"))
        check_choice("normalise", self.normalise, ("sum", "mean", "byte"))
        check_choice("precision", self.precision, ("auto", "bf16", "fp32"))
        check_range("max_length", self.max_length, 8, 1_000_000, whole=True)

    def default_model(self, task: Task, language: str) -> str:
        """smollm2 for English; it reads no Chinese, so gemma-270m, whose licence must be accepted, for everything else."""
        return "smollm2" if language == "en" else "gemma-270m"

    def fit(
        self, task: Task, train: Encoded | None = None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> LabelScoringPredictor:
        """A predictor that asks `model`; rows, where there are any, only tell the language and are not learned from.

        Raises:
            ConfigError: the template or a setting is illegal, or the labels leave no room for a text.
            LicenceRequired: the model's licence must be accepted first; the message says what needs none.
            ModelError: the model cannot be had or is no causal language model.
        """
        try:
            from hanshuku.inference.label_scoring import LabelScoringPredictor, PromptSettings, load_model
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Prompting") from error
        settings = PromptSettings(
            self._language(task, train or validation),
            self.template,
            self.lead,
            self.calibrate,
            self.normalise,
            self.max_length,
            self.precision,
        )
        try:
            loaded = load_model(model, self.precision)
        except LicenceRequired as error:
            raise LicenceRequired(f"{error} Without a language model: method similarity with model e5-multilingual answers in Chinese.") from error
        predictor = LabelScoringPredictor(task, loaded, settings)
        run.report(Step(1, 1, note="prompt ready"))
        return predictor

    def _language(self, task: Task, rows: Encoded | None) -> str:
        """Of the wording, where the user did not say: Chinese where the task or most of its rows are."""
        if self.language != "auto":
            return self.language
        said = language_of([task.instruction, *task.labels, *task.descriptions])
        read = language_of([" ".join(row) for row in rows.inputs[:SEEN]]) if rows is not None else said
        return "zh" if "zh" in {said, read} else "en"
