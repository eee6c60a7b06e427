"""How a language model is asked, as plain data that is saved with a function; loads no network library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hanshuku.errors import ConfigError
from hanshuku.inference.prompts import WORDINGS, Demonstration
from hanshuku.tasks import Task

NEW_TOKENS = {"translate": 128, "summarize": 128}  # where the user set no limit; else:
MANY_NEW_TOKENS = 256
NORMALISE = ("mean", "sum", "byte")
DECODING = ("max_new_tokens", "temperature", "top_p", "top_k", "beams", "stop", "seed")  # what may be set anew after learning


@dataclass(frozen=True)
class GenerationSettings:
    """How a language model is asked for a text, and how it writes; plain data, saved with the function."""

    language: str = "en"  # of the wording: "en" or "zh"
    template: str = ""  # the user's turn, with {instruction} and the inputs, or {text}; chat: what the system is told; "": the wording's
    lead: str | None = None  # how the answer begins; None: the wording's
    demonstrations: tuple[Demonstration, ...] = ()  # (row, reply) shown before every row
    max_new_tokens: int = 0  # most tokens of an answer; 0: 128 for translations and summaries, else 256
    temperature: float = 0.0  # 0: the likeliest token always; above: drawn at random
    top_p: float = 1.0  # least probability mass that is drawn from
    top_k: int = 0  # most tokens that are drawn from; 0: all
    beams: int = 1  # answers kept side by side; 1: none but the one
    stop: tuple[str, ...] = ()  # texts that end an answer; they are not part of it
    seed: int = 0  # of the draws
    max_length: int = 2048  # most tokens of prompt and answer; never more than the model reads
    precision: str = "fp32"  # "fp32", "bf16", or "auto": bf16 where the processor gains by it; its rounding depends on the batch

    def __post_init__(self) -> None:
        ranges = {"max_new_tokens": (0, 1_000_000), "temperature": (0.0, 100.0), "top_p": (0.001, 1.0), "top_k": (0, 1_000_000), "beams": (1, 64)}
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name} is from {low:g} to {high:g}. Received: {getattr(self, name)!r}.")
        for name, legal in (("language", ("en", "zh")), ("precision", ("auto", "bf16", "fp32"))):
            if getattr(self, name) not in legal:
                raise ConfigError(f"{name} is one of {', '.join(legal)}. Received: {getattr(self, name)!r}.")
        if self.beams > 1 and self.temperature:
            raise ConfigError(f"Beams keep the likeliest answers and draw none: give beams or a temperature. Received: {self.beams}, {self.temperature}.")


@dataclass(frozen=True)
class PromptSettings:
    """How a language model is asked; plain data, saved with the function."""

    language: str = "en"  # of the wording: "en" or "zh"
    template: str = ""  # the user's turn, with {instruction} {labels} {text}; "": the wording's
    lead: str | None = None  # how the answer begins; None: the wording's
    calibrate: bool = True  # divide by what texts without content get (Zhao et al. 2021)
    normalise: str = "sum"  # a label's log-probability: the "sum" of its tokens, their "mean", or the sum a "byte"
    max_length: int = 2048  # most tokens of a prompt with its answer; never more than the model reads
    precision: str = "auto"  # "auto", "bf16" or "fp32"
    demonstrations: tuple[Demonstration, ...] = ()  # (row, answer) shown before every row; for answers see `answer_of`

    def __post_init__(self) -> None:
        for name, legal in (("language", tuple(WORDINGS)), ("normalise", NORMALISE), ("precision", ("auto", "bf16", "fp32"))):
            if getattr(self, name) not in legal:
                raise ConfigError(f"{name} is one of {', '.join(legal)}. Received: {getattr(self, name)!r}.")
        if self.max_length < 8:
            raise ConfigError(f"max_length is at least 8 tokens. Received: {self.max_length}.")


def decoding_changed(settings: GenerationSettings, changes: Mapping[str, Any]) -> GenerationSettings:
    """The settings with others of DECODING; a stop text may be given alone, and an empty one stops nothing.

    Raises:
        ConfigError: another setting, or a value outside its range.
    """
    if unknown := sorted(set(changes) - set(DECODING)):
        raise ConfigError(f"After learning, {', '.join(DECODING)} may be set. Received: {', '.join(unknown)}.")
    stop = changes.get("stop", settings.stop)
    return replace(settings, **{**changes, "stop": tuple(text for text in ([stop] if isinstance(stop, str) else stop) if text)})


def new_tokens(task: Task, settings: GenerationSettings, reads: int = 1_000_000) -> int:
    """The most tokens of an answer: as set, else what the kind of task needs, but no more than half of what is read in all."""
    return settings.max_new_tokens or min(NEW_TOKENS.get(task.kind, MANY_NEW_TOKENS), reads // 2)
