"""in_context: show a language model labelled rows before it answers. Brown et al. 2020, https://arxiv.org/abs/2005.14165."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.methods.base import default_generator
from hanshuku.methods.checks import check_choice, check_labelled, check_range
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.training.run import Run

if TYPE_CHECKING:
    from hanshuku.inference.base import Predictor


@dataclass(frozen=True)
class InContext:
    """Show a causal language model labelled rows before each text. Nothing is trained.

    Which rows: for each text those most like it by an encoder, unlike one another, each label in its share, the most similar
    one last; or one set for all texts, which costs less, as the model reads it once.
    """

    NAME: ClassVar[str] = "in_context"
    KINDS: ClassVar[frozenset[str]] = (frozenset({"classify", "rate"}) | WRITTEN_KINDS) - {"chat"}  # a conversation is not shown before another
    LEARNS: ClassVar[bool] = True

    demonstrations: int = field(default=8, metadata={"help": "rows shown at most, 1..256; fewer where the model reads no more"})
    choice: str = field(default="similar", metadata={"help": "similar: for each text the rows most like it; fixed: one set for all texts, from the centres of clusters"})
    diversity: float = field(default=0.2, metadata={"help": "similar: how much the rows shown must differ from one another, 0..1"})
    balance: bool = field(default=True, metadata={"help": "no label is shown more often than its equal share, rounded up"})
    encoder: str = field(default="", metadata={"help": "model that says which rows are alike; empty: minilm for English, else e5-multilingual"})
    template: str = field(default="", metadata={"help": "what is said of a row, with {instruction}, {labels}, {text}; empty: in the language of the task"})
    lead: str | None = field(default=None, metadata={"help": "how the answer begins; none: in the language of the task"})
    language: str = field(default="auto", metadata={"help": "of the wording: auto, en or zh"})
    calibrate: bool = field(default=True, metadata={"help": "labels: divide by what texts without content get behind the same demonstrations"})
    normalise: str = field(default="sum", metadata={"help": "a label's log-probability: sum of its tokens, mean, or sum a byte"})
    max_length: int = field(default=2048, metadata={"help": "most tokens of a prompt with its answer; never more than the model reads"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32; auto is fp32 for texts, as rounding depends on the batch"})
    max_new_tokens: int = field(default=0, metadata={"help": "texts: most tokens of an answer; 0: 128 for translations and summaries, else 256"})
    remote: str = field(default="", metadata={"help": "a model on a server: how it is asked, such as timeout=30,price_in=0.15; see the page on remote models"})

    def __post_init__(self) -> None:
        check_range("demonstrations", self.demonstrations, 1, 256, whole=True)
        check_choice("choice", self.choice, ("similar", "fixed"))
        check_range("diversity", self.diversity, 0, 1)
        check_choice("language", self.language, ("auto", "en", "zh"))
        check_choice("normalise", self.normalise, ("sum", "mean", "byte"))
        check_range("max_length", self.max_length, 8, 1_000_000, whole=True)
        check_choice("precision", self.precision, ("auto", "bf16", "fp32"))
        check_range("max_new_tokens", self.max_new_tokens, 0, 1_000_000, whole=True)
        RemoteSettings.parse(self.remote)

    def default_model(self, task: Task, language: str) -> str:
        """smollm2 for English; it reads no Chinese, so gemma-270m, whose licence must be accepted, for everything else."""
        return default_generator(language)

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> Predictor:
        """A predictor that shows rows of `train`.

        Raises:
            ConfigError: the template or a setting is illegal, or the labels leave no room for a text.
            DataError: fewer than 2 labelled rows.
            ModelError: a model cannot be had or is no causal language model.
        """
        rows = check_labelled("in_context", train)
        if task.kind in WRITTEN_KINDS and (not self.calibrate or self.normalise != "sum"):
            raise ConfigError(f"calibrate and normalise have no meaning for a task of kind {task.kind!r}. Leave them out.")
        try:
            from hanshuku.methods.demonstrating import fit_in_context
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Showing examples to a language model") from error
        return fit_in_context(self, task, rows, model=model, run=run)
