"""GenerationPredictor: a language model answers with a text."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import ConfigError, FunctionFolderError
from hanshuku.inference.asking import Asker, tidied
from hanshuku.inference.backbone import load_backbone, save_backbone
from hanshuku.inference.base import Inputs, Reply, cut_note
from hanshuku.inference.beams import search_beams
from hanshuku.inference.decoder import Completion, Decoder, Limits, Watch, sampler
from hanshuku.inference.demonstrations import read_demonstrations
from hanshuku.inference.embed import is_half
from hanshuku.inference.encoder_decoder import SourceAsker, SourceDecoder
from hanshuku.inference.prompts import Demonstration
from hanshuku.inference.settings import GenerationSettings, decoding_changed, new_tokens
from hanshuku.models.device import best_device, on_device
from hanshuku.models.load import Loaded, load_writer
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

AnyAsker = Asker | SourceAsker


class GenerationPredictor:
    """Asks a language model, causal or encoder-decoder, and returns what it writes.

    Greedy unless a temperature or beams are set. An answer does not depend on the rows beside it; drawn answers depend on
    the seed and the prompt.

    Args:
        task: of a kind whose answer is a text.
        loaded: a causal language model or an encoder-decoder of transformers; it is put on the GPU if there is one.
        settings: how it is asked and how it writes.
        changed: whether its weights moved (fine-tuning), so that they are saved whole.
        moved_parameters: how many parameters learning moved.

    Attributes:
        cut: rows seen since the last `count_anew` that were longer than the model may read and lost some text.
        unended: answers since then that the limit of new tokens ended.
        fit_notes: what learning it has shown, for its record.

    Raises:
        ConfigError: the prompt leaves no room for a text or an answer.
    """

    KIND: ClassVar[str] = "generation"
    threshold = 0.5

    def __init__(
        self, task: Task, loaded: Loaded, settings: GenerationSettings = GenerationSettings(), *, changed: bool = False, moved_parameters: int = 0  # noqa: B008 - frozen
    ) -> None:
        self.task, self.loaded, self.settings, self.changed, self.moved_parameters = task, loaded, settings, changed, moved_parameters
        self.count_anew()
        self.fit_notes: tuple[str, ...] = ()
        reads = min(settings.max_length, loaded.info.max_length - learned_vectors(loaded))
        self.new_tokens = new_tokens(task, settings, reads)
        if self.new_tokens >= reads - 8:
            raise ConfigError(f"max_new_tokens={self.new_tokens} leaves no room for a prompt: {reads} tokens are read in all. Lower it, or raise max_length.")
        self.asker = asker_for(
            task, loaded, language=settings.language, template=settings.template, lead=settings.lead, demonstrations=settings.demonstrations,
            limit=reads if loaded.network.config.is_encoder_decoder else reads - self.new_tokens,
        )  # fmt: skip
        network = on_device(loaded.network)
        writer = SourceDecoder if network.config.is_encoder_decoder else Decoder
        self.decoder = writer(getattr(network, "trunk", network), vectors=getattr(network, "vectors", None))

    @property
    def total_parameters(self) -> int:
        """Parameters of the network."""
        return sum(parameter.numel() for parameter in self.loaded.network.parameters())

    def count_anew(self) -> None:
        """Forget what was counted, so that `notes` tell of what comes now."""
        self.cut = self.unended = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of the rows since the last `count_anew`: texts cut, answers that were not finished."""
        cut = cut_note(self.cut, f"{self.asker.limit} tokens beside the answer", "a part")
        answers = "1 answer" if self.unended == 1 else f"{self.unended} answers"
        return (*cut, f"{answers} reached max_new_tokens={self.new_tokens} and may be cut short.") if self.unended else cut

    def outputs(self, inputs: Inputs, shown: Sequence[Sequence[Demonstration]] | None = None) -> np.ndarray:
        """(N,) objects (text, confidence): the geometric mean of the tokens' probabilities; arguments as in `replies`."""
        return objects([(one.text, one.confidence) for one in self.replies(inputs, shown)])

    def replies(self, inputs: Inputs, shown: Sequence[Sequence[Demonstration]] | None = None) -> list[Reply]:
        """The answers with their counts of tokens.

        Args:
            inputs: N rows.
            shown: N lists of demonstrations, each row's own, as many of the last ones as fit; None: those of the settings.
        """
        unique = list(dict.fromkeys(tuple(row) for row in inputs))
        place = {row: i for i, row in enumerate(unique)}
        own = None if shown is None else dict(zip((tuple(row) for row in inputs), shown, strict=True))
        prompts, was_cut = self.prompts(unique, None if own is None else [own[row] for row in unique])
        index = [place[tuple(row)] for row in inputs]
        self.cut += sum(was_cut[i] for i in index)
        found = self._complete(prompts)
        self.unended += sum(not self.is_whole(found[i]) for i in index)
        answers = [self.reply(ids, completion) for ids, completion in zip(prompts, found, strict=True)]
        return [answers[i] for i in index]

    def prompts(self, rows: Inputs, shown: Sequence[Sequence[Demonstration]] | None = None) -> tuple[list[list[int]], list[bool]]:
        """N prompts as token ids, and whether a row had to lose some of its text; arguments as in `replies`."""
        if shown is None:
            return self.asker.prompts(rows)
        asked = [self.asker.showing(self.asker.fitted(own, row)).prompts([row]) for own, row in zip(shown, rows, strict=True)]
        return [ids for (ids,), _ in asked], [cut for _, (cut,) in asked]

    def overlong(self, rows: Inputs) -> list[bool]:
        """Whether each row is longer than the model may read and would lose some of its text."""
        return self.prompts(rows)[1]

    def reply(self, prompt: Sequence[int], completion: Completion) -> Reply:
        """What was written behind a prompt, as an answer."""
        count = len(completion.ids) + completion.ended
        return Reply(self.text(completion.ids), _confidence(completion), self.is_whole(completion), len(prompt), count)

    def reference_bits(self, inputs: Inputs, references: Sequence[str], shown: Sequence[Sequence[Demonstration]] | None = None) -> np.ndarray:
        """How well the model foretells an answer, whatever it would write itself.

        No row depends on another, but for rounding in the last digits.

        Args:
            inputs: N rows.
            references: N answers. One that does not fit into max_length with its prompt is scored as far as it fits.
            shown: N lists of demonstrations, as in `outputs`.

        Returns:
            (N, 3) float64: bits (minus log2 of the answer's probability, with what ends it), tokens of it, bytes of it as UTF-8.
        """
        from hanshuku.inference.foretelling import reference_bits

        return reference_bits(self, inputs, references, shown)

    def prompt(self, row: Sequence[str], shown: Sequence[Demonstration] | None = None) -> str:
        """The whole prompt of one row as the model reads it, up to where the answer begins."""
        (ids,), _ = self.prompts([tuple(row)], None if shown is None else [shown])
        return str(self.loaded.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    @property
    def limit(self) -> int:
        """Most tokens of a prompt."""
        return self.asker.limit

    def fitted(self, demonstrations: Sequence[Demonstration], row: Sequence[str]) -> tuple[Demonstration, ...]:
        """The last demonstrations that leave room for the row, or for half of what the model reads where it is longer than that."""
        return self.asker.fitted(demonstrations, row)

    def stream(self, row: Sequence[str], shown: Sequence[Demonstration] | None = None) -> Generator[str, None, Reply]:
        """The answer to one row, piece by piece as it is written; together the pieces are the answer of `outputs`, which is returned at the end."""
        from hanshuku.inference.streaming import stream_text

        return stream_text(self, tuple(row), shown)

    def with_settings(self, **changes: Any) -> GenerationPredictor:
        """The same model with other settings of DECODING.

        Raises:
            ConfigError: another setting, or a value outside its range.
        """
        other = type(self)(self.task, self.loaded, decoding_changed(self.settings, changes), changed=self.changed, moved_parameters=self.moved_parameters)
        other.decoder = self.decoder  # with the beginning of prompts that it keeps
        return other

    def is_whole(self, completion: Completion) -> bool:
        """Whether the model ended the answer; False: the limit of new tokens did."""
        return completion.ended

    def written(self, ids: Sequence[int]) -> str:
        """What was written, as a stream gives it: up to a stop text."""
        text = self.decode(ids)
        for stop in self.settings.stop:
            text = text.partition(stop)[0]
        return self.asker.calls.plain(text) if self.asker.calls else text

    def text(self, ids: Sequence[int]) -> str:
        """The answer that these tokens are; see `tidied`."""
        return tidied(self.task, self.written(ids), self.settings.stop)

    def decode(self, ids: Sequence[int]) -> str:
        """Tokens as text, special ones left out."""
        return str(self.loaded.tokenizer.decode(ids, skip_special_tokens=True))

    def limits(self, prompts: Sequence[Sequence[int]], watch: Watch | None = None) -> Limits:
        """When to stop, and how tokens are chosen, for these prompts."""
        settings = self.settings
        choose = None
        if settings.temperature:
            choose = sampler(prompts, temperature=settings.temperature, top_p=settings.top_p, top_k=settings.top_k, seed=settings.seed)
        if watch is None and settings.stop:

            def watch(_row: int, ids: list[int]) -> bool:
                tail = self.decode(ids[-32:])
                return any(stop in tail for stop in settings.stop)

        return Limits(self.new_tokens, self.asker.stops, choose, watch)

    def _complete(self, prompts: list[list[int]]) -> list[Completion]:
        if self.settings.beams > 1:
            return search_beams(self.decoder.network, prompts, self.limits(prompts), beams=self.settings.beams, vectors=self.decoder.vectors)
        return self.decoder.complete(prompts, self.limits(prompts))

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the model below `folder`/model; return JSON data that `load` needs besides."""
        backbone = save_backbone(self.loaded, folder, changed=self.changed)
        return {"backbone": backbone, "settings": asdict(self.settings), "moved_parameters": self.moved_parameters}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> GenerationPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            plain = dict(data["settings"])
            shown = read_demonstrations(plain.pop("demonstrations", ()))
            settings = GenerationSettings(**{**plain, "stop": tuple(plain.get("stop", ()))}, demonstrations=shown)
            moved = int(data.get("moved_parameters", 0))
        except (KeyError, TypeError, ValueError) as error:
            raise FunctionFolderError(f"{folder} is damaged: its function.json does not say how to ask ({error!r}). Copy it again.") from error
        loaded = load_backbone(folder, data["backbone"], lambda name: load_generator(name, settings.precision))
        return cls(task, loaded, settings, changed=data["backbone"]["form"] == "whole" and moved > 0, moved_parameters=moved)


def writer_of(task: Task) -> type[GenerationPredictor]:
    """The class of what writes the answers of a task."""
    if task.kind != "extract":
        return GenerationPredictor
    from hanshuku.inference.extraction import ExtractionPredictor

    return ExtractionPredictor


def asker_for(
    task: Task, loaded: Loaded, *, language: str = "en", template: str = "", lead: str | None = None, limit: int = 2048,
    demonstrations: Sequence[Demonstration] = (),
) -> AnyAsker:  # fmt: skip
    """How rows are put to this model; see `Asker` and `SourceAsker`.

    Raises:
        ConfigError: the template is illegal or leaves no room, or an encoder-decoder is to be given a lead or demonstrations.
    """
    if not loaded.network.config.is_encoder_decoder:
        return Asker(task, loaded.tokenizer, language=language, template=template, lead=lead, limit=limit, demonstrations=demonstrations)
    if lead:
        raise ConfigError(f"An encoder-decoder begins its answer by itself: leave out lead. Received: {lead!r}.")
    return SourceAsker(task, loaded, language=language, template=template, limit=limit).showing(demonstrations)


def load_generator(name: str, precision: str) -> Loaded:
    """A language model, causal or encoder-decoder, with its weights in the precision that it will run in.

    Raises:
        ModelError: it cannot be had or writes no texts.
    """
    import torch

    return load_writer(name, dtype=torch.bfloat16 if is_half(precision, best_device()) else torch.float32)


def learned_vectors(loaded: Loaded) -> int:
    """Positions that prompt tuning takes before every text."""
    vectors = getattr(loaded.network, "vectors", None)
    return 0 if vectors is None else len(vectors)


def _confidence(completion: Completion) -> float | None:
    return math.exp(completion.logprob / completion.count) if completion.count else None
