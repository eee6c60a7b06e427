"""RemotePredictor: a model on a server answers, with a label, a number or a text."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from copy import copy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import ConfigError, FunctionFolderError
from hanshuku.inference.asking import tidied
from hanshuku.inference.base import Inputs, Reply
from hanshuku.inference.demonstrations import read_demonstrations
from hanshuku.inference.endings import check_schema_met
from hanshuku.inference.prompts import Demonstration
from hanshuku.inference.remote.answers import Answer
from hanshuku.inference.remote.choices import choice_of, unreadable
from hanshuku.inference.remote.client import Client
from hanshuku.inference.remote.objects import fitting_objects, response_format
from hanshuku.inference.remote.reading import said
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.inference.remote.streaming import stream_text
from hanshuku.inference.remote.wording import choice_messages, names_of, text_messages
from hanshuku.inference.settings import GenerationSettings, PromptSettings, decoding_changed, new_tokens
from hanshuku.inference.tools import Turns
from hanshuku.models.remote import parse_remote
from hanshuku.tasks import WRITTEN_KINDS, Task
from hanshuku.tasks.base import objects

CHOICE_TOKENS = 512  # most tokens of an answer that is a label or a number: room for models that think aloud first
ALTERNATIVES = 10  # likeliest tokens that are asked for beside each token of a label


class RemotePredictor:
    """Asks a model on a server that speaks OpenAI's chat completions.

    Nothing is sent, and no key is needed, before the first row. An answer that names no legal label or number is counted and said,
    and the row gets no information: all labels alike, the middle of the range.

    Args:
        task: classify, rate, or of a kind whose answer is a text or an object.
        model: see `hanshuku.models.remote`.
        settings: how it is asked; GenerationSettings for texts, PromptSettings for labels and numbers.
        remote: how the server is asked.

    Attributes:
        unread: answers since the last `count_anew` that named nothing legal.
        unended: answers since then that the limit of tokens ended.

    Raises:
        ConfigError: a template is illegal, or a setting has no meaning for a model on a server.
        TaskError: no object fits the schema.
        ModelError: the name is none of a model on a server.
    """

    KIND: ClassVar[str] = "remote"
    threshold = 0.5

    def __init__(
        self, task: Task, model: str, settings: GenerationSettings | PromptSettings, remote: RemoteSettings = RemoteSettings()  # noqa: B008 - frozen
    ) -> None:
        self.task, self.settings, self.remote = task, settings, remote
        _check(task, settings)
        if task.kind == "extract":
            check_schema_met(task.schema)
        self.client = Client(parse_remote(model), remote)
        self.count_anew()
        self.messages([("",) * len(task.inputs)] if task.kind != "chat" else [])  # a template that is illegal is refused now

    def count_anew(self) -> None:
        """Forget what was counted, so that `notes` tell of what comes now; `spending` goes on."""
        self.unread = self.unended = self.unsure = 0
        self._strange = ""
        self._before = replace(self.client.spent)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of the rows since the last `count_anew`: what was spent, answers that could not be read or were cut short, settings the server refuses."""
        spent, remote = self.client.spent.since(self._before), self.remote
        price = f", price {spent.price(remote):.6g}" if remote.price_in or remote.price_out else ""
        found = []
        if spent.answered or spent.kept:
            found.append(f"{self.client.model.name} answered {spent.answered} requests ({spent.tokens_in} tokens in, {spent.tokens_out} out{price}); {spent.kept} answers were at hand.")
        if spent.untold:
            found.append(f"The server did not count the tokens of {spent.untold} answers.")
        if self.unread:
            found.append(f"{self.unread} answers named nothing legal, such as {self._strange!r}; those rows got no information.")
        if self.unended:
            found.append(f"{self.unended} answers reached the limit of {self._most()} tokens and may be cut short.")
        if self.unsure:
            found.append(f"The server gave no probabilities for {self.unsure} answers: their confidence says nothing.")
        if self.client.left_out:
            found.append(f"The server refuses {', '.join(sorted(self.client.left_out))} as asked; it was asked without.")
        return (*found, *([f"Answers could not be kept: {self.client.unkept}"] if self.client.unkept else []))

    @property
    def spending(self) -> dict[str, float]:
        """What asking has cost so far, for a report: requests, answers at hand, tokens, and the price where prices were set."""
        spent = self.client.spent
        found: dict[str, float] = {"requests": spent.answered, "kept_answers": spent.kept, "tokens_in": spent.tokens_in, "tokens_out": spent.tokens_out}
        return found | ({"price": spent.price(self.remote)} if self.remote.price_in or self.remote.price_out else {})

    def outputs(self, inputs: Inputs, shown: Sequence[Sequence[Demonstration]] | None = None) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32; texts: (N,) objects (text, confidence).

        Args:
            inputs: N rows.
            shown: N lists of demonstrations, each row's own; None: those of the settings.

        Raises:
            RemoteError: the server cannot be asked or did not answer; what it did answer is kept and not asked again.
        """
        rows = [tuple(row) for row in inputs]
        turns = self.messages(rows, shown)
        if isinstance(self.settings, GenerationSettings):
            return objects([(one.text, one.confidence) for one in self._replies(turns)])
        answers = self._ask(turns)
        self.unended += sum(answer.finish == "length" for answer in answers)
        self.unsure += sum(not answer.tokens for answer in answers) if self.task.kind == "classify" else 0
        names = names_of(self.task)
        found = [self._read(answer, names) for answer in answers]
        return np.array(found, dtype=np.float32).reshape(len(found), *([] if self.task.kind == "rate" else [len(self.task.labels)]))

    def replies(self, inputs: Inputs, shown: Sequence[Sequence[Demonstration]] | None = None) -> list[Reply]:
        """For a task whose answer is a text: the answers with their counts of tokens; arguments and errors as of `outputs`."""
        return self._replies(self.messages([tuple(row) for row in inputs], shown))

    def overlong(self, rows: Inputs) -> list[bool]:
        """False for each row: what is too long its server says."""
        return [False] * len(rows)

    def _replies(self, turns: Sequence[Turns]) -> list[Reply]:
        assert isinstance(self.settings, GenerationSettings)
        if self.task.kind == "extract":
            texts, answers = fitting_objects(self.task, self.settings.language, turns, self._ask)
        else:
            answers = self._ask(turns)
            texts = [tidied(self.task, said(answer.text), self.settings.stop) for answer in answers]
            self.unended += sum(answer.finish == "length" for answer in answers)
        return [Reply(text, _confidence(one), one.finish != "length", one.tokens_in, one.tokens_out) for text, one in zip(texts, answers, strict=True)]

    def _ask(self, conversations: Sequence[Turns]) -> list[Answer]:
        return self.client.ask([self.body(turns) for turns in conversations])

    def _read(self, answer: Answer, names: Sequence[Sequence[str]]) -> np.ndarray | float:
        found = choice_of(self.task, answer, names)
        if found is not None:
            return found
        self._strange = self._strange if self.unread else answer.text.strip()[:60]
        self.unread += 1
        return unreadable(self.task)

    def messages(self, rows: Sequence[tuple[str, ...]], shown: Sequence[Sequence[Demonstration]] | None = None) -> list[Turns]:
        """The conversation that each row is."""
        if shown is not None:
            own = [replace(self.settings, demonstrations=tuple(given)) for given in shown]
            return [turns for settings, row in zip(own, rows, strict=True) for turns in _messages(self.task, settings, [row])]
        return _messages(self.task, self.settings, rows)

    def body(self, turns: Turns) -> dict[str, Any]:
        """The request for a conversation: all that is sent but the key."""
        body: dict[str, Any] = {"model": self.client.model.model, "messages": turns, "max_tokens": self._most()}
        settings = self.settings
        if self.remote.logprobs:
            body |= {"logprobs": True} | ({} if isinstance(settings, GenerationSettings) else {"top_logprobs": ALTERNATIVES})
        if not isinstance(settings, GenerationSettings):
            return body | {"temperature": 0.0}
        body |= {"temperature": settings.temperature} | ({"response_format": response_format(self.task)} if self.task.kind == "extract" else {})
        if settings.temperature:
            body |= {"seed": settings.seed, "top_p": settings.top_p} | ({"extra_body": {"top_k": settings.top_k}} if settings.top_k else {})
        return body | ({"stop": list(settings.stop)} if settings.stop else {})

    def _most(self) -> int:
        return new_tokens(self.task, self.settings) if isinstance(self.settings, GenerationSettings) else CHOICE_TOKENS

    def prompt(self, row: Sequence[str], shown: Sequence[Demonstration] | None = None) -> str:
        """The whole conversation of one row, as text."""
        turns = self.messages([tuple(row)], None if shown is None else [shown])[0]
        return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in turns)

    def cleaned(self, clean: Callable[[str], str], mark: str) -> RemotePredictor:
        """The same, with a change that every answer passes before it is kept on disk or read; `mark` names it in what is kept."""
        found = copy(self)
        found.client = Client(self.client.model, self.remote, clean, mark)
        found.count_anew()
        return found

    def stream(self, row: Sequence[str], shown: Sequence[Demonstration] | None = None) -> Generator[str, None, Reply]:
        """The answer to one row, piece by piece as it is written, which is returned at the end.

        Raises:
            RemoteError: the server cannot be asked, or broke off.
        """
        return stream_text(self.client, self.body(self.messages([tuple(row)], None if shown is None else [shown])[0]))

    def with_settings(self, **changes: Any) -> RemotePredictor:
        """The same model with other settings of DECODING.

        Raises:
            ConfigError: another setting, or a value outside its range.
        """
        if not isinstance(self.settings, GenerationSettings):
            raise ConfigError(f"After learning, nothing may be set of a function that gives labels or numbers. Received: {', '.join(sorted(changes))}.")
        return RemotePredictor(self.task, self.client.model.name, decoding_changed(self.settings, changes), self.remote)

    def save(self, folder: Path) -> dict[str, Any]:
        """Nothing is written to `folder`: the model stays where it is. Returns its name and the settings; never a key."""
        return {"model": self.client.model.name, "settings": asdict(self.settings), "remote": asdict(self.remote)}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> RemotePredictor:
        """The predictor that `save` wrote; the server is not asked and no key is needed yet.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            plain = dict(data["settings"])
            shown = read_demonstrations(plain.pop("demonstrations", ()))
            if "stop" in plain:
                plain["stop"] = tuple(plain["stop"])
            kind: type[Any] = GenerationSettings if task.kind in WRITTEN_KINDS else PromptSettings
            settings, remote, model = kind(**plain, demonstrations=shown), RemoteSettings(**data["remote"]), str(data["model"])
        except (KeyError, TypeError, ValueError) as error:
            raise FunctionFolderError(f"{folder} is damaged: its function.json does not say how to ask ({error!r}). Copy it again.") from error
        return cls(task, model, settings, remote)


def _check(task: Task, settings: GenerationSettings | PromptSettings) -> None:
    """Refuse what a server cannot be asked for."""
    if isinstance(settings, GenerationSettings):
        idle = {"beams": settings.beams != 1}
    else:
        idle = {"calibrate": not settings.calibrate, "normalise": settings.normalise != "sum"}
    if given := [name for name, is_set in idle.items() if is_set]:
        raise ConfigError(f"{', '.join(given)} has no meaning for a model on a server. Leave it out.")


def _messages(task: Task, settings: GenerationSettings | PromptSettings, rows: Sequence[tuple[str, ...]]) -> list[Turns]:
    return text_messages(task, settings, rows) if isinstance(settings, GenerationSettings) else choice_messages(task, settings, rows)


def _confidence(answer: Answer) -> float | None:
    """The geometric mean of the tokens' probabilities."""
    return math.exp(sum(p for _, p, _ in answer.tokens) / len(answer.tokens)) if answer.tokens else None
