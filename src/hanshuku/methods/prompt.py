"""prompt: ask a language model; take the label it finds likeliest, or the text it writes. Nothing is learned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, LicenceRequired
from hanshuku.inference.language import make_predictor
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.inference.settings import GenerationSettings, PromptSettings
from hanshuku.methods.base import default_generator
from hanshuku.methods.checks import check_choice, check_range
from hanshuku.methods.wording import wording_language
from hanshuku.models.remote import is_remote
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.inference.base import Predictor

FOR_TEXTS = {"max_new_tokens": 0, "temperature": 0.0, "top_p": 1.0, "beams": 1, "stop": ""}  # settings of generation -> their rest state
FOR_LABELS = {"calibrate": True, "normalise": "sum"}  # of label scoring


@dataclass(frozen=True)
class Prompt:
    """Ask a language model (causal, for texts also an encoder-decoder) with an instruction. Needs no examples.

    Labels and numbers: all answers are scored in one forward (small language models are poor judges: measure
    `similarity` beside it). Texts: the model writes them.
    """

    NAME: ClassVar[str] = "prompt"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"}) | WRITTEN_KINDS
    LEARNS: ClassVar[bool] = False

    template: str = field(default="", metadata={"help": "what is said, with {instruction}, {labels}, {text}; chat: what the system is told, with {instruction}; empty: in the language of the task"})
    lead: str | None = field(default=None, metadata={"help": "how the answer begins; none: in the language of the task"})
    language: str = field(default="auto", metadata={"help": "of the wording: auto, en or zh"})
    calibrate: bool = field(default=True, metadata={"help": "divide by what texts without content get"})
    normalise: str = field(default="sum", metadata={"help": "a label's log-probability: sum of its tokens, mean, or sum a byte"})
    max_length: int = field(default=2048, metadata={"help": "most tokens of a prompt with its answer; longer texts are cut"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32; auto is fp32 for texts, as rounding depends on the batch"})
    max_new_tokens: int = field(default=0, metadata={"help": "texts: most tokens of an answer; 0: 128 for translations and summaries, else 256"})
    temperature: float = field(default=0.0, metadata={"help": "texts: 0 takes the likeliest token, above 0 tokens are drawn"})
    top_p: float = field(default=1.0, metadata={"help": "texts: least probability mass that is drawn from"})
    beams: int = field(default=1, metadata={"help": "texts: answers kept side by side"})
    stop: str = field(default="", metadata={"help": "texts: what ends an answer"})
    remote: str = field(default="", metadata={"help": "a model on a server: how it is asked, such as timeout=30,price_in=0.15; see the page on remote models"})

    def __post_init__(self) -> None:
        check_choice("language", self.language, ("auto", "en", "zh"))
        check_choice("normalise", self.normalise, ("sum", "mean", "byte"))
        check_choice("precision", self.precision, ("auto", "bf16", "fp32"))
        check_range("max_length", self.max_length, 8, 1_000_000, whole=True)
        check_range("max_new_tokens", self.max_new_tokens, 0, 1_000_000, whole=True)
        check_range("temperature", self.temperature, 0, 100)
        check_range("top_p", self.top_p, 0.001, 1)
        check_range("beams", self.beams, 1, 64, whole=True)
        RemoteSettings.parse(self.remote)

    def default_model(self, task: Task, language: str) -> str:
        """smollm2 for English; it reads no Chinese, so gemma-270m, whose licence must be accepted, for everything else."""
        return default_generator(language)

    def fit(
        self, task: Task, train: Encoded | None = None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> Predictor:
        """A predictor that asks `model`; rows, where there are any, only tell the language and are not learned from.

        Raises:
            ConfigError: the template or a setting is illegal, or the labels leave no room for a text.
            LicenceRequired: the model's licence must be accepted first; the message says what needs none.
            ModelError: the model cannot be had or is no language model.
        """
        useless = FOR_LABELS if task.kind in WRITTEN_KINDS else FOR_TEXTS
        if given := [name for name, rest in useless.items() if getattr(self, name) != rest]:
            raise ConfigError(f"{', '.join(given)} has no meaning for a task of kind {task.kind!r}. Leave it out.")
        rows = train or validation
        if self.remote and not is_remote(model):
            raise ConfigError(f"remote says how a model on a server is asked. Received: the model {model!r}, which is none.")
        try:
            settings = self._for_texts(task, rows, run.seed) if task.kind in WRITTEN_KINDS else self._for_labels(task, rows)
            predictor = make_predictor(task, model, settings, RemoteSettings.parse(self.remote))
        except LicenceRequired as error:
            hint = "" if task.kind in WRITTEN_KINDS else " Without a language model: method similarity with model e5-multilingual answers in Chinese."
            raise LicenceRequired(f"{error}{hint}") from error
        run.report(Step(1, 1, note="prompt ready"))
        return predictor

    def _for_texts(self, task: Task, rows: Encoded | None, seed: int) -> GenerationSettings:
        precision = "fp32" if self.precision == "auto" else self.precision
        return GenerationSettings(
            wording_language(self.language, task, rows), self.template, self.lead, max_new_tokens=self.max_new_tokens, temperature=self.temperature,
            top_p=self.top_p, beams=self.beams, stop=(self.stop,) if self.stop else (), seed=seed, max_length=self.max_length, precision=precision,
        )  # fmt: skip

    def _for_labels(self, task: Task, rows: Encoded | None) -> PromptSettings:
        language = wording_language(self.language, task, rows)
        return PromptSettings(language, self.template, self.lead, self.calibrate, self.normalise, self.max_length, self.precision)
