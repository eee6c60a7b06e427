"""Prompts as token ids: the shared beginning, the rows cut to fit, and the labels as they read behind the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hanshuku.errors import ConfigError
from hanshuku.inference.prompts import Layout, special_tokens, without_marks
from hanshuku.inference.trie import common_length

CHARACTERS_PER_TOKEN = 32  # of a text longer than this for each token there is room for, only the beginning is looked at
PROBES = ("a", "The", "0", "中")  # texts that begin unlike each other: what their prompts share, nearly all prompts share


class PromptTokens:
    """Token ids of rows in one layout.

    A prompt and a label are tokenised as one string would be: where a label changes the last tokens of the prompt (a
    merge across the boundary), these belong to the paths, and the prompts end before them.

    Args:
        tokenizer: a fast transformers tokenizer.
        layout: the prompt.
        answers: P texts that may follow, without the joint.
        limit: most tokens of a prompt with an answer.
        inputs: texts a row.

    Raises:
        ConfigError: the prompt is longer than the limit before any text is put in.
    """

    def __init__(self, tokenizer: Any, layout: Layout, answers: Sequence[str], *, limit: int, inputs: int = 1) -> None:
        self.tokenizer, self.layout, self.inputs = tokenizer, layout, inputs
        self.front = [] if layout.chat else front_tokens(tokenizer)
        self.special = special_tokens(tokenizer)
        tail = self._ids([layout.tail])[0]
        joined = self._ids([layout.tail + layout.joint + answer for answer in answers])
        kept = min(common_length(tail, row) for row in joined)
        self.dropped = len(tail) - kept  # tokens at the end of a prompt that some answer changes
        self.tail = tail[kept:]
        self.paths = [row[kept:] for row in joined]
        if not all(self.paths):
            raise ConfigError(f"An answer is empty to the tokenizer. Received: {[a for a, path in zip(answers, self.paths, strict=True) if not path]}.")
        self.limit = limit - max(map(len, self.paths))
        bare = self._prompt(("",) * inputs)
        self.expected = self._specials(bare)
        if len(bare) >= self.limit:
            raise ConfigError(
                f"The prompt with its longest answer is {len(bare) + limit - self.limit} tokens before any text is put in; "
                f"{limit} are allowed. Shorten the instruction, the labels or the demonstrations, leave {{labels}} out of the template, or raise max_length."
            )
        first, *others = (self._prompt((probe,) * inputs) for probe in PROBES)
        self.prefix = first[: min(common_length(first, other) for other in others)]

    def rows(self, rows: Sequence[Sequence[str]]) -> tuple[list[list[int]], list[bool]]:
        """N prompts as token ids, each at most `limit` long, and whether a text of the row had to lose its end."""
        room = self.limit * CHARACTERS_PER_TOKEN
        texts = [tuple(text.strip()[:room] for text in row) for row in rows]
        encoded = [self._finish(ids) for ids in self._ids([self.layout.render(row) for row in texts])]
        cut = [any(len(text.strip()) > room for text in row) for row in rows]
        for i in range(len(rows)):
            if self._specials(encoded[i]) > self.expected:
                texts[i] = tuple(without_marks(text, self.special) for text in texts[i])
                encoded[i] = self._prompt(texts[i])
            if len(encoded[i]) > self.limit:
                encoded[i], cut[i] = self._shortened(texts[i], encoded[i]), True
        return encoded, cut

    def shown(self, row: Sequence[str]) -> str:
        """The prompt of one row as text, special tokens and all, up to where an answer begins."""
        ids = self.rows([row])[0][0]
        return str(self.tokenizer.decode([*ids, *self.tail], skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def _shortened(self, texts: tuple[str, ...], ids: list[int]) -> list[int]:
        """The prompt with the end of its longest text left out, as little as will do."""
        while len(ids) > self.limit:
            offsets = [self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"] for text in texts]
            longest = max(range(len(texts)), key=lambda i: len(offsets[i]))
            kept = max(0, len(offsets[longest]) - (len(ids) - self.limit))
            end = offsets[longest][kept][0] if offsets[longest] else 0
            end = min(end, max(0, len(texts[longest]) - 1))
            texts = tuple(text[:end] if i == longest else text for i, text in enumerate(texts))
            ids = self._prompt(texts)
        return ids

    def _specials(self, ids: Sequence[int]) -> int:
        return sum(token in self.special for token in ids)

    def _prompt(self, texts: Sequence[str]) -> list[int]:
        return self._finish(self._ids([self.layout.render(texts)])[0])

    def _finish(self, ids: list[int]) -> list[int]:
        return [*self.front, *ids[: len(ids) - self.dropped]]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids without special tokens around them."""
        if not texts:
            return []
        return self.tokenizer(list(texts), add_special_tokens=False, padding=False, truncation=False, verbose=False)["input_ids"]


def front_tokens(tokenizer: Any) -> list[int]:
    """Tokens that the tokenizer puts before a text, such as <bos>."""
    bare = tokenizer("x", add_special_tokens=False)["input_ids"]
    full = tokenizer("x")["input_ids"]
    return full[: next(i for i in range(len(full)) if full[i : i + len(bare)] == bare)] if bare else []
