"""continual: a function that has learned already learns on, and forgets little of what it knew."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.methods.base import default_encoder
from hanshuku.methods.checks import check_choice, check_labelled, check_length, check_range
from hanshuku.methods.finetune import SWITCHES, Finetune
from hanshuku.tasks import Task
from hanshuku.training.run import Run
from hanshuku.training.stored import Stored
from hanshuku.training.switches import Switches

if TYPE_CHECKING:
    from hanshuku.inference.continual import ContinualPredictor
    from hanshuku.inference.encoder import EncoderPredictor

STRATEGIES = ("plain", "replay", "distill", "ewc", "lwf", "olora", "analytic")
REPLAYING = frozenset({"replay", "distill"})  # these store rows
TUNINGS = ("auto", "all", "last_layers", "lora", "head")
ALONE = frozenset({"plain", "auto", "analytic"})  # strategies that are not joined with others


@dataclass(frozen=True)
class Continual:
    """Learn on: the same labels in a new domain, new labels, new tasks; one head for all labels, so no text is told its task.

    `plain` is fine-tuning as it is. `replay` shows stored rows beside the new ones (Chaudhry et al. 2019,
    https://arxiv.org/abs/1902.10486); `distill` also holds the answers to them (DER++, https://arxiv.org/abs/2004.07211). Without a
    stored row: `lwf` holds the answers to the new rows (https://arxiv.org/abs/1606.09282), `ewc` the weights that matter
    (https://arxiv.org/abs/1805.06370), `olora` learns in directions orthogonal to the earlier ones
    (https://arxiv.org/abs/2310.14152). Several are joined by +. `analytic` leaves the encoder as it is and solves for the head from sums
    over the rows of all sessions: nothing is forgotten and no row is kept (https://arxiv.org/abs/2205.14922); of one label it is a linear discriminant
    (https://arxiv.org/abs/1909.01520), else ridge regression.
    """

    NAME: ClassVar[str] = "continual"
    KINDS: ClassVar[frozenset[str]] = frozenset({"classify", "rate"})
    LEARNS: ClassVar[bool] = True

    strategy: str = field(default="auto", metadata={"help": f"{', '.join(STRATEGIES)}, or some with + between; auto: analytic where that was, replay where rows are or may be stored, else lwf"})
    strength: float = field(default=1.0, metadata={"help": "factor on what keeps it from forgetting, 0..1000000"})
    temperature: float = field(default=2.0, metadata={"help": "lwf: how far answers are softened, 0.1..100"})
    decay: float = field(default=0.95, metadata={"help": "ewc: what is left of the earlier sessions' information after each, 0..1"})
    scope: str = field(default="auto", metadata={"help": "labels among which a new row is decided: all, or session (those of its own session); auto: all where rows are replayed and for plain"})
    tuning: str = field(default="auto", metadata={"help": f"what moves: {', '.join(TUNINGS)}; auto: lora for olora, else all (or the adapter, prefix, prompt, biases or layers that moved before)"})
    size: int = field(default=0, metadata={"help": "rank of lora, blocks of last_layers; 0: 8, 2"})
    epochs: float = field(default=0.0, metadata={"help": "passes over the new rows; 0: planned, 2 for many rows, 30 for few"})
    batch_size: int = field(default=16, metadata={"help": "new rows a step, 1..4096"})
    learning_rate: float | None = field(default=None, metadata={"help": "peak rate of what moves; none: the tuning's default"})
    max_length: int = field(default=0, metadata={"help": "first session: most tokens a row; 0: the model's limit, at most 512"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})
    stored: Stored = field(default=Stored(), metadata={"help": "which rows are kept to be replayed"})
    switches: Switches = field(default=Switches(), metadata={"help": "what may be turned on besides, see the switches"})

    def __post_init__(self) -> None:
        if self.strategy != "auto":
            for name in str(self.strategy).split("+"):
                check_choice("strategy", name, (*STRATEGIES, "auto"))
            if "+" in self.strategy and (ALONE & set(self.names) or len(set(self.names)) < len(self.names)):
                raise ConfigError(f"Strategies joined by + are different ones among {', '.join(name for name in STRATEGIES if name not in ALONE)}. Received: {self.strategy!r}.")
        check_choice("scope", self.scope, ("auto", "all", "session"))
        check_choice("tuning", self.tuning, TUNINGS)
        check_choice("precision", self.precision, ("auto", "bf16", "fp32"))
        check_range("strength", self.strength, 0, 1e6)
        check_range("temperature", self.temperature, 0.1, 100)
        check_range("decay", self.decay, 0, 1)
        check_range("size", self.size, 0, 4096, whole=True)
        check_range("epochs", self.epochs, 0, 10_000)
        check_range("batch_size", self.batch_size, 1, 4096, whole=True)
        if self.learning_rate is not None:
            check_range("learning_rate", self.learning_rate, 1e-9, 10)
        check_length(self.max_length)
        if "olora" in self.names and self.tuning not in {"auto", "lora"}:
            raise ConfigError(f"olora learns by tuning='lora'. Received: {self.tuning!r}.")
        if self.strategy == "analytic":
            self.require_analytic()
        if "ewc" in self.names and ("olora" in self.names or self.tuning == "lora"):
            raise ConfigError("ewc holds the weights themselves, and LoRA learns new ones in each session: take ewc with another tuning.")

    def require_analytic(self) -> None:
        """
        Raises:
            ConfigError: a setting is given that has no meaning where nothing is learned step by step.
        """
        meant = {"strategy", "max_length", "precision", "switches", "tuning", "stored"}
        given = [f.name for part in (self, self.stored) for f in fields(part) if f.name not in meant and getattr(part, f.name) != f.default]
        given += ["tuning"] if self.tuning not in {"auto", "head"} else []
        if given:
            raise ConfigError(
                f"strategy=analytic solves for the head at once, over an encoder that stays as it is, so {', '.join(given)} would do nothing. "
                "Leave it out, or name another strategy."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The strategies by themselves."""
        return tuple(self.strategy.split("+"))

    def default_model(self, task: Task, language: str) -> str:
        """English: minilm; everything else: e5-multilingual."""
        return default_encoder(language)

    def planned_epochs(self, rows: int, labels: int = 0, kind: str = "classify") -> float:
        """Passes over the new rows as `finetune` plans them."""
        return self.finetune().planned_epochs(rows, labels, kind)

    def fit(
        self, task: Task, train: Encoded | None, *, model: str, validation: Encoded | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> ContinualPredictor:
        """The first session: fine-tuning from a pretrained model, and then storing what the strategy needs; see `Method.fit`.

        Raises:
            ConfigError: a setting does not fit the model.
            DataError: there is nothing to learn from.
            ModelError: the model cannot be had.
            TrainingError: the run diverged, or its folder belongs to another run.
        """
        self.check_switches(task)
        rows = check_labelled("continual", train)
        return _work().first_session(self, task, rows, model=model, validation=validation, run=run)

    def go_on(
        self, task: Task, train: Encoded | None, *, start: EncoderPredictor, earlier: Encoded | None = None,
        validation: Encoded | None = None, run: Run = Run(),  # noqa: B008 - frozen
    ) -> ContinualPredictor:  # fmt: skip
        """The next session: what `start` knows, and `train` besides. `start` stays as it is.

        Args:
            task: what the function does from now on; its labels begin with those of `start`.
            train: labelled rows.
            start: what has learned already.
            earlier: rows of sessions before, from which the memory is filled where `start` has none.
            validation: labelled rows for the threshold of several labels.
            run: seed, folder, budget, reporting.

        Raises:
            ConfigError: what is there cannot go on, or a strategy needs what the earlier sessions did not keep.
            DataError: there is nothing to learn from.
            TrainingError: the run diverged, or its folder belongs to another run.
        """
        self.check_switches(task)
        rows = check_labelled("continual", train)
        return _work().next_session(self, task, rows, start=start, earlier=earlier, validation=validation, run=run)

    def check_switches(self, task: Task) -> None:
        """
        Raises:
            ConfigError: one is on that has no meaning here.
        """
        meant = frozenset({"augment", "augment_times"}) if self.strategy == "analytic" else SWITCHES[task.kind] - {"reinit_layers"}
        self.switches.require(meant, f"continual{' by analytic' if self.strategy == 'analytic' else ''} of a task of kind {task.kind!r}")

    def finetune(self) -> Finetune:
        """The fine-tuning inside."""
        tuning = ("lora" if "olora" in self.names else "all") if self.tuning == "auto" else self.tuning
        return Finetune(
            tuning=tuning, size=self.size, epochs=self.epochs, batch_size=self.batch_size, learning_rate=self.learning_rate,
            max_length=self.max_length, precision=self.precision, switches=self.switches,
        )  # fmt: skip


def _work() -> Any:
    """The module that does the work, which needs torch."""
    from importlib import import_module

    try:
        return import_module("hanshuku.methods.continual_learning")
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "train", "Learning on") from error
