"""What the methods share that ask a language model and train nothing: how it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from hanshuku.errors import ConfigError
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.methods.base import default_generator
from hanshuku.methods.checks import check_choice, check_range
from hanshuku.tasks import WRITTEN_KINDS, Task


@dataclass(frozen=True)
class Asking:
    """Settings of `in_context` and `prompt_search`."""

    language: str = field(default="auto", metadata={"help": "of the wording: auto, en or zh"})
    normalise: str = field(default="sum", metadata={"help": "a label's log-probability: sum of its tokens, mean, or sum a byte"})
    max_length: int = field(default=2048, metadata={"help": "most tokens of a prompt with its answer; never more than the model reads"})
    precision: str = field(default="auto", metadata={"help": "auto, bf16 or fp32; auto is fp32 for texts, as rounding depends on the batch"})
    max_new_tokens: int = field(default=0, metadata={"help": "texts: most tokens of an answer; 0: 128 for translations and summaries, else 256"})
    remote: str = field(default="", metadata={"help": "a model on a server: how it is asked, such as timeout=30,price_in=0.15; see the page on remote models"})

    def __post_init__(self) -> None:
        check_choice("language", self.language, ("auto", "en", "zh"))
        check_choice("normalise", self.normalise, ("sum", "mean", "byte"))
        check_range("max_length", self.max_length, 8, 1_000_000, whole=True)
        check_choice("precision", self.precision, ("auto", "bf16", "fp32"))
        check_range("max_new_tokens", self.max_new_tokens, 0, 1_000_000, whole=True)
        RemoteSettings.parse(self.remote)

    def default_model(self, task: Task, language: str) -> str:
        """smollm2 for English; it reads no Chinese, so gemma-270m, whose licence must be accepted, for everything else."""
        return default_generator(language)

    def refuse_idle(self, task: Task, *, calibrate: bool = True) -> None:
        """Refuse what means nothing where the answer is a text.

        Args:
            task: what is asked.
            calibrate: as set, where the method has it.

        Raises:
            ConfigError: so.
        """
        if task.kind in WRITTEN_KINDS and not (calibrate and self.normalise == "sum"):
            raise ConfigError(f"calibrate and normalise have no meaning for a task of kind {task.kind!r}. Leave them out.")
