"""in_context: show a language model labelled rows before it answers. Brown et al. 2020, https://arxiv.org/abs/2005.14165."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import MissingExtra
from hanshuku.methods.asking import Asking
from hanshuku.methods.checks import check_choice, check_labelled, check_range
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.training.run import Run

if TYPE_CHECKING:
    from hanshuku.inference.base import Predictor


@dataclass(frozen=True)
class InContext(Asking):
    """Show a causal language model labelled rows before each text. Nothing is trained.

    Which rows: for each text those most like it by an encoder, unlike one another, each label in its share, the most similar
    one last; or one set for all texts, which costs less, as the model reads it once. Of conversations (chat) their last turns are shown.
    """

    NAME: ClassVar[str] = "in_context"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"}) | WRITTEN_KINDS
    LEARNS: ClassVar[bool] = True

    demonstrations: int = field(default=8, metadata={"help": "rows shown at most, 1..256; fewer where the model reads no more"})
    choice: str = field(default="similar", metadata={"help": "similar: for each text the rows most like it; fixed: one set for all texts, from the centres of clusters"})
    diversity: float = field(default=0.2, metadata={"help": "similar: how much the rows shown must differ from one another, 0..1"})
    balance: bool = field(default=True, metadata={"help": "no label is shown more often than its equal share, rounded up"})
    encoder: str = field(default="", metadata={"help": "model that says which rows are alike; empty: minilm for English, else e5-multilingual"})
    template: str = field(default="", metadata={"help": "what is said of a row, with {instruction}, {labels}, {text}; chat: what the system is told, with {instruction}; empty: in the language of the task"})
    lead: str | None = field(default=None, metadata={"help": "how the answer begins; none: in the language of the task"})
    calibrate: bool = field(default=True, metadata={"help": "labels: divide by what texts without content get behind the same demonstrations"})

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("demonstrations", self.demonstrations, 1, 256, whole=True)
        check_choice("choice", self.choice, ("similar", "fixed"))
        check_range("diversity", self.diversity, 0, 1)

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
        self.refuse_idle(task, calibrate=self.calibrate)
        try:
            from hanshuku.methods.demonstrating import fit_in_context
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Showing examples to a language model") from error
        return fit_in_context(self, task, rows, model=model, run=run)
