"""Encoder-decoders (T5, BART, Marian) as writers: the source is read once, the answer is written token by token behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from hanshuku.errors import ConfigError
from hanshuku.inference.asking import Teller
from hanshuku.inference.decoder import SHRINK, Completion, Limits, Writer
from hanshuku.inference.prompt_tokens import CHARACTERS_PER_TOKEN
from hanshuku.inference.prompts import Demonstration, special_tokens, without_marks
from hanshuku.inference.tools import told_tools
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task

TRANSLATORS = frozenset({"marian", "m2m_100", "mbart", "fsmt", "nllb-moe"})  # model types that translate and do nothing else


class SourceAsker(Teller):
    """Rows of a task as what an encoder-decoder reads.

    A translation model (TRANSLATORS) reads the text alone; every other one the instruction and then the text. A template
    says it otherwise.

    Args:
        task: of a kind whose answer a model writes.
        loaded: the encoder-decoder.
        language: of the wording, "en" or "zh".
        template: what is read, with {instruction} and the task's inputs, or {text} for all of them; "": see above.
        limit: most tokens of a source.

    Attributes:
        stops: ids of tokens that end an answer.

    Raises:
        ConfigError: the template is illegal, or leaves no room for a text.
    """

    def __init__(self, task: Task, loaded: Loaded, *, language: str = "en", template: str = "", limit: int = 512) -> None:
        if not template and task.kind != "chat" and loaded.network.config.model_type in TRANSLATORS:
            template = "{text}"
        super().__init__(task, language=language, template=template)
        self.tokenizer, self.limit = loaded.tokenizer, limit
        self.special = special_tokens(loaded.tokenizer)
        self.stops = frozenset({int(loaded.tokenizer.eos_token_id)})
        bare = len(self._tokens(self._content(("",) * len(task.inputs)))) if task.kind != "chat" else 0
        if bare >= limit:
            raise ConfigError(f"The source is {bare} tokens before any text is put in; {limit} are read. Shorten the instruction, or raise max_length.")

    def prompts(self, rows: Sequence[Sequence[str]]) -> tuple[list[list[int]], list[bool]]:
        """N sources as token ids, each at most `limit` long, and whether one had to lose its end (a conversation its beginning)."""
        found, cut = [], []
        for row in rows:
            text = self.source(row)
            room = self.limit * CHARACTERS_PER_TOKEN
            ids = self._tokens(text[-room:] if self.task.kind == "chat" else text[:room])
            excess = len(ids) - self.limit
            cut.append(excess > 0 or len(text) > room)
            if excess > 0:  # the last token closes the source and stays
                ids = ids[excess:] if self.task.kind == "chat" else ids[: self.limit - 1] + ids[-1:]
            found.append(ids)
        return found, cut

    def source(self, row: Sequence[str]) -> str:
        """What is read of a row."""
        if self.task.kind != "chat":
            return self._content(tuple(row))
        said = [self.words.roles[turn["role"]].format(text=turn["content"]) for turn in told_tools(self.turns(row), self.language)]
        return "\n".join([*said, self.words.leads["chat"]])

    def example(self, row: Sequence[str], reply: str, *, most: int) -> tuple[list[int], list[bool], bool]:
        """A row with its answer: the ids of its source and of the answer, which of them are the answer's, and whether one was cut.

        Args:
            row: one text an input.
            reply: the answer.
            most: tokens of either.
        """
        (ids,), (cut,) = self.prompts([row])
        answer = self._answer(reply)
        return ids + answer[:most], [False] * len(ids) + [True] * len(answer[:most]), cut or len(answer) > most

    def reply_length(self, reply: str) -> int:
        """Tokens of an answer with what ends it."""
        return len(self._answer(reply))

    def showing(self, demonstrations: Sequence[Demonstration]) -> SourceAsker:
        """The same: there is nothing to show.

        Raises:
            ConfigError: there are demonstrations.
        """
        if demonstrations:
            raise ConfigError("An encoder-decoder reads one text and is shown no others before it. Use finetune, or a causal language model.")
        return self

    def fitted(self, demonstrations: Sequence[Demonstration], row: Sequence[str]) -> tuple[Demonstration, ...]:
        """The demonstrations; see `showing`."""
        return tuple(demonstrations)

    def _answer(self, reply: str) -> list[int]:
        """The tokens of an answer with the end behind it, without what some tokenizers put before it: the decoder begins by itself."""
        ids: list[int] = self.tokenizer(text_target=self._safe(reply.strip()), add_special_tokens=False, verbose=False)["input_ids"]
        return [*ids, *self.stops]

    def _tokens(self, text: str) -> list[int]:
        found: list[int] = self.tokenizer(text, verbose=False)["input_ids"]
        return found

    def _safe(self, text: str) -> str:
        return without_marks(text, self.special)


class SourceDecoder(Writer):
    """Writes answers to sources with one encoder-decoder.

    What the model's own generation config forbids (`bad_words_ids` of one token, `suppress_tokens`) or asks for as the first token
    (`forced_bos_token_id`) is kept to, as transformers does.

    Args:
        network: an encoder-decoder of transformers, in evaluation mode.
        vectors: (P, D) learned vectors that stand before every source; None: there are none.
    """

    def __init__(self, network: Any, *, vectors: Tensor | None = None) -> None:
        super().__init__(network, vectors=vectors)
        own = network.generation_config
        self.start = int(own.decoder_start_token_id if own.decoder_start_token_id is not None else network.config.decoder_start_token_id)
        self.first: int | None = own.forced_bos_token_id
        self.forbidden = sorted({*(ids[0] for ids in own.bad_words_ids or () if len(ids) == 1), *(own.suppress_tokens or ())})

    def complete(self, prompts: Sequence[Sequence[int]], limits: Limits) -> list[Completion]:
        """One completion a source, in their order; a source has at least one token."""
        found = [Completion() for _ in prompts]
        with torch.inference_mode():
            for rows in self._batches([len(prompt) for prompt in prompts]) if prompts else ():
                self._run(rows, [list(prompts[row]) for row in rows], limits, found)
        return found

    def logits(self, hidden: Tensor) -> Tensor:
        """(B, V) float32 from last hidden states (B, D), -inf where the model may not write."""
        logits = super().logits(hidden)
        if self.forbidden:
            logits[:, self.forbidden] = float("-inf")
        return logits

    def _run(self, rows: list[int], sources: list[list[int]], limits: Limits, found: list[Completion]) -> None:
        states, mask = encode_sources(self.network, sources, self.vectors)
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        tokens = torch.full((len(rows),), self.start, dtype=torch.long, device=self.device)
        tokens_left, active = limits.max_new_tokens, list(rows)
        if self.first is not None:
            self._step(tokens, states, mask, cache)
            tokens = torch.full_like(tokens, self.first)
        for _ in range(tokens_left):
            last = self._step(tokens, states, mask, cache)
            tokens, logprobs = self._choose(active, last, limits)
            going = [self._note(found[row], row, int(tokens[i]), float(logprobs[i]), limits) for i, row in enumerate(active)]
            if not any(going):
                return
            if sum(going) <= SHRINK * len(active):
                at = torch.tensor([i for i, goes in enumerate(going) if goes], device=self.device)
                active = [row for row, goes in zip(active, going, strict=True) if goes]
                tokens, states, mask = tokens[at], states[at], mask[at]
                cache.batch_select_indices(at)

    def _step(self, tokens: Tensor, states: Tensor, mask: Tensor, cache: EncoderDecoderCache) -> Tensor:
        """(B, D) last hidden states behind one token more."""
        out = self.network.get_decoder()(
            input_ids=tokens[:, None], encoder_hidden_states=states, encoder_attention_mask=mask, past_key_values=cache, use_cache=True
        )
        return out.last_hidden_state[:, -1]


def encode_sources(network: Any, sources: Sequence[Sequence[int]], vectors: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """What the encoder makes of sources, padded on the right: states (B, T, D) and a mask (B, T) of int64.

    Args:
        network: an encoder-decoder of transformers.
        sources: B rows of token ids, at least one each.
        vectors: (P, D) learned vectors before every source; None: there are none.
    """
    device = next(network.parameters()).device
    longest = max(map(len, sources))
    ids = torch.zeros((len(sources), longest), dtype=torch.long)
    mask = torch.zeros((len(sources), longest), dtype=torch.long)
    for i, source in enumerate(sources):
        ids[i, : len(source)] = torch.tensor(list(source))
        mask[i, : len(source)] = 1
    given = source_inputs(network, ids.to(device), mask.to(device), vectors)
    return network.get_encoder()(**given).last_hidden_state, given["attention_mask"]


def source_inputs(network: Any, ids: Tensor, mask: Tensor, vectors: Tensor | None) -> dict[str, Tensor]:
    """What the encoder takes: ids, or embedded ids behind learned vectors."""
    if vectors is None:
        return {"input_ids": ids, "attention_mask": mask}
    embedded = network.get_input_embeddings()(ids)
    shown = vectors.to(embedded.dtype).expand(len(ids), -1, -1)
    scale = getattr(network.get_encoder(), "embed_scale", 1.0)  # Marian scales ids that it embeds itself, and nothing else
    ones = mask.new_ones((len(ids), len(vectors)))
    return {"inputs_embeds": torch.cat([shown, embedded], dim=1) * scale, "attention_mask": torch.cat([ones, mask], dim=1)}
