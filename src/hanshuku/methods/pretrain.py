"""pretrain: a language model or an encoder from raw text, from scratch or going on from one that there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hanshuku.data.corpus import Corpus
from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.methods.base import default_encoder, default_generator
from hanshuku.methods.checks import check_choice, check_length, check_range
from hanshuku.models.vocabularies import KINDS, LARGEST
from hanshuku.training.run import Run

if TYPE_CHECKING:
    from hanshuku.methods.pretraining import Pretrained

OBJECTIVES = ("clm", "mlm", "crops", "simcse", "tsdae")
VECTORS = frozenset({"crops", "simcse", "tsdae"})  # objectives by which an encoder learns what its vectors of whole texts say


@dataclass(frozen=True)
class Pretrain:
    """Pre-train a language model or an encoder on raw text.

    clm: each token is foretold from those before it (causal models). mlm: hidden tokens are told from both sides (encoders;
    Devlin et al. 2019, arXiv 1810.04805). crops: the two parts of a cut text are nearer to each other than to those of others (Izacard et al. 2022, arXiv 2112.09118). simcse: a text read twice under dropout is nearer to itself than to others (Gao et al. 2021, arXiv 2104.08821). tsdae: a
    text is written again from the one vector of what deletion left of it (Wang et al. 2021, arXiv 2104.06979). Going on from a model with the text of one's own field is domain-adaptive pre-training (Gururangan et
    al. 2020, arXiv 2004.10964).
    """

    NAME: ClassVar[str] = "pretrain"

    objective: str = field(default="clm", metadata={"help": "clm: foretell the next token; mlm: tell hidden ones; crops: tell a text's other part; simcse: tell a text's own other view; tsdae: write a text again from its vector"})
    tokenizer: str = field(default="", metadata={"help": f"from scratch: {', '.join(KINDS)}, or a model whose tokenizer is taken; empty: bpe for clm, wordpiece for mlm"})
    vocab_size: int = field(default=0, metadata={"help": "entries of a new vocabulary; 0: planned, about 2 sqrt(bytes), for wordpiece also the Chinese characters, 640 to 32768"})
    epochs: float = field(default=0.0, metadata={"help": "passes over the text; 0: planned, from scratch 20 tokens a parameter in 1 to 16 passes, going on 3, more where a budget ends it"})
    batch_size: int = field(default=0, metadata={"help": "rows a step, 1..4096; 0: 32, for crops 64, as a text is told among those of its step"})
    max_length: int = field(default=0, metadata={"help": "tokens a row; 0: the model's limit, at most 256"})
    rows: str = field(default="auto", metadata={"help": "packed: documents behind one another in full rows (clm, mlm); documents: a row each; auto: packed for clm, documents for the others"})
    learning_rate: float | None = field(default=None, metadata={"help": "peak rate; none: from scratch 0.46 / width, going on as finetune"})
    warmup: float = field(default=0.05, metadata={"help": "share of the steps in which the rate rises, 0..1"})
    weight_decay: float = field(default=0.1, metadata={"help": "decoupled decay of matrices, >= 0"})
    mask: float = field(default=0.0, metadata={"help": "mlm: share of the tokens that are hidden; tsdae: share of the words that are deleted; 0: 0.15, for tsdae 0.6"})
    masking: str = field(default="words", metadata={"help": "mlm: words: whole words, in Chinese spans of characters; tokens: each by itself"})
    patience: int = field(default=5, metadata={"help": "evaluations without gain before it stops early; 0: never"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32"})
    gradient_checkpointing: bool = field(default=False, metadata={"help": "compute activations twice to save memory"})

    def __post_init__(self) -> None:
        check_choice("objective", self.objective, OBJECTIVES)
        check_choice("rows", self.rows, ("auto", "packed", "documents"))
        check_choice("masking", self.masking, ("words", "tokens"))
        check_choice("precision", self.precision, ("auto", "bf16", "fp32"))
        check_range("vocab_size", self.vocab_size, 0, LARGEST, whole=True)
        check_range("epochs", self.epochs, 0, 10_000)
        check_range("batch_size", self.batch_size, 0, 4096, whole=True)
        check_length(self.max_length)
        if self.learning_rate is not None:
            check_range("learning_rate", self.learning_rate, 1e-9, 10)
        check_range("warmup", self.warmup, 0, 0.999)
        check_range("weight_decay", self.weight_decay, 0, 10)
        check_range("mask", self.mask, 0, 0.9)
        if self.mask and self.mask < 0.01:
            raise ConfigError(f"mask is 0, for its default, or 0.01 to 0.9. Received: {self.mask}.")
        if self.objective in VECTORS and self.rows == "packed":
            raise ConfigError(f"objective {self.objective} reads a document a row. Received: rows='packed'.")
        check_range("patience", self.patience, 0, 10_000, whole=True)

    @property
    def rows_a_step(self) -> int:
        """The batch size that was set, or the planned one."""
        return self.batch_size or (64 if self.objective == "crops" else 32)

    def default_model(self, language: str) -> str:
        """What to go on from where the user names neither model nor size."""
        return default_generator(language) if self.objective == "clm" else default_encoder(language)

    def fit(
        self, corpus: Corpus, *, model: str = "", size: str = "", validation: Corpus | None = None, run: Run = Run()  # noqa: B008 - frozen
    ) -> Pretrained:
        """A language model that has read the corpus.

        Args:
            corpus: raw text.
            model: what to go on from: a catalogue name, hub name or folder.
            size: from scratch instead: a name in models.scratch.SIZES or a config.json.
            validation: text to judge on; None: 1 to 10 in 100 documents of the corpus are held out, equal documents together.
            run: seed, folder (a killed run goes on from there, and does not tokenise again), budget, reporting.

        Raises:
            ConfigError: settings do not go together, or with the model.
            DataError: the corpus is empty, or has too few documents to hold any out.
            ModelError: the model cannot be had, or has not this objective.
            TrainingError: the run diverged.
        """
        if bool(model) == bool(size):
            raise ConfigError(f"Give a model to go on from, or a size to begin from scratch. Received: {model!r} and {size!r}.")
        if size and self.objective in VECTORS:
            raise ConfigError(f"objective {self.objective} goes on from an encoder: give --model. From scratch there are clm and mlm. Received: {size!r}.")
        if model and (self.tokenizer or self.vocab_size):
            raise ConfigError(f"A model has its own vocabulary: tokenizer and vocab_size are for training from scratch. Received: {self.tokenizer or self.vocab_size!r} with {model!r}.")
        try:
            from hanshuku.methods.pretraining import pretrain
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Pre-training") from error
        return pretrain(self, corpus, model=model, size=size, validation=validation, run=run)
