"""Rows and words of a cloze as token ids: a template with a gap, as many masks in it as a word has tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hanshuku.errors import ConfigError
from hanshuku.inference.prompts import check_template, special_tokens, without_marks
from hanshuku.inference.tokens import CHARACTERS_PER_TOKEN, pad
from hanshuku.tasks import Task

Words = tuple[tuple[str, ...], ...]  # for each answer, the words that stand for it
GAP = "mask"  # the field of a template where the answer stands


@dataclass(frozen=True)
class Group:
    """Words of one number of tokens."""

    masks: int  # M
    ids: list[list[int]]  # (W, M)


@dataclass(frozen=True)
class Rows:
    """N rows as token ids, once for each number of masks."""

    ids: dict[int, list[list[int]]]  # masks -> N rows
    mask_id: int
    pad_id: int
    types: bool  # whether the network takes segment numbers

    @property
    def lengths(self) -> list[int]:
        """(N,) tokens a row, of the longest form."""
        return [max(lengths) for lengths in zip(*([len(row) for row in rows] for rows in self.ids.values()), strict=True)]

    def batch(self, rows: Sequence[int]) -> dict[str, Tensor]:
        """What `Cloze` takes for these rows: for each number M of masks `input_ids_M`, `attention_mask_M` (B, T) and `places_M` (B, M)."""
        found: dict[str, Tensor] = {}
        for masks, all_ids in self.ids.items():
            ids = torch.from_numpy(pad([all_ids[i] for i in rows], self.pad_id))
            lengths = torch.tensor([len(all_ids[i]) for i in rows])
            found[f"input_ids_{masks}"] = ids
            found[f"attention_mask_{masks}"] = (torch.arange(ids.shape[1])[None] < lengths[:, None]).long()
            if self.types:
                found[f"token_type_ids_{masks}"] = torch.zeros_like(ids)
            found[f"places_{masks}"] = torch.tensor([[i for i, token in enumerate(all_ids[row]) if token == self.mask_id] for row in rows])
        return found


class ClozeTokens:
    """A template and its words in the tokens of one model.

    Args:
        task: gives the instruction, the labels and the inputs.
        tokenizer: a fast transformers tokenizer with a mask.
        template: with {mask} once, and {text} or every input.
        words: for each answer the words that stand for it.
        limit: most tokens of a row.

    Attributes:
        groups: the words by number of tokens, few tokens first.
        owned: for each answer, the places of its words in the groups' words behind one another.
        cut: rows so far that lost the end of a text.

    Raises:
        ConfigError: the template is illegal, a word is unknown to the model, or no room is left for a text.
    """

    def __init__(self, task: Task, tokenizer: Any, template: str, words: Words, limit: int) -> None:
        self.task, self.tokenizer, self.limit, self.cut = task, tokenizer, limit, 0
        self.parts = check_gap(template, task)
        self.special = special_tokens(tokenizer)
        self.names = ["input_ids", "attention_mask", *(["token_type_ids"] if "token_type_ids" in tokenizer.model_input_names else [])]
        before = "".join(literal for literal, name in self.parts[: 1 + next(i for i, (_, name) in enumerate(self.parts) if name == GAP)])
        joint = " " if before[-1:].isspace() else ""
        found = [[(self._word(joint, word), answer) for word in own] for answer, own in enumerate(words)]
        flat = sorted((pair for own in found for pair in own), key=lambda pair: len(pair[0]))  # stable: answers stay in order
        self.groups = [Group(masks, [ids for ids, _ in flat if len(ids) == masks]) for masks in sorted({len(ids) for ids, _ in flat})]
        self.owned = [[place for place, (_, owner) in enumerate(flat) if owner == answer] for answer in range(len(words))]
        bare = len(self._ids(("",) * len(task.inputs), self.groups[-1].masks))
        if bare >= limit:
            raise ConfigError(f"The template with its longest word is {bare} tokens before any text is put in; {limit} are allowed. Shorten the instruction or the words.")

    def rows(self, rows: Sequence[Sequence[str]]) -> Rows:
        """Rows as token ids, each text cut where the row would not fit."""
        ids: dict[int, list[list[int]]] = {group.masks: [] for group in self.groups}
        for row in rows:
            texts = tuple(without_marks(text.strip()[: CHARACTERS_PER_TOKEN * 4 * self.limit], self.special) for text in row)
            longest = self._ids(texts, self.groups[-1].masks)
            if len(longest) > self.limit:
                self.cut += 1
            while len(longest) > self.limit:
                texts = self._shorter(texts, len(longest) - self.limit)
                longest = self._ids(texts, self.groups[-1].masks)
            for group in self.groups:
                ids[group.masks].append(longest if group is self.groups[-1] else self._ids(texts, group.masks))
        return Rows(ids, int(self.tokenizer.mask_token_id), int(self.tokenizer.pad_token_id or 0), "token_type_ids" in self.names)

    def _shorter(self, texts: tuple[str, ...], excess: int) -> tuple[str, ...]:
        """The texts with the longest one about `excess` tokens shorter."""
        offsets = [self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"] for text in texts]
        longest = max(range(len(texts)), key=lambda i: len(offsets[i]))
        kept = max(0, len(offsets[longest]) - excess)
        end = offsets[longest][kept][0] if kept < len(offsets[longest]) else 0
        return tuple(text[: min(end, max(0, len(text) - 1))] if i == longest else text for i, text in enumerate(texts))

    def _ids(self, texts: Sequence[str], masks: int) -> list[int]:
        """Token ids of a row with so many masks in the gap."""
        named = dict(zip(self.task.inputs, texts, strict=True))
        named = {"text": " ".join(text for text in texts if text)} | named
        named |= {"instruction": self.task.instruction.strip(), "labels": ", ".join(self.task.labels), GAP: self.tokenizer.mask_token * masks}
        said = "".join(literal + ("" if name is None else named[name]) for literal, name in self.parts)
        found: list[int] = self.tokenizer(said, verbose=False)["input_ids"]
        return found

    def _word(self, joint: str, word: str) -> list[int]:
        """A word as it would stand in the gap.

        Raises:
            ConfigError: the model does not know it.
        """
        ids = self.tokenizer(joint + word.strip(), add_special_tokens=False, verbose=False)["input_ids"]
        ids = [token for token in ids if self.tokenizer.convert_ids_to_tokens(token) != "\u2581"]  # the mark of a space by itself
        if not ids or self.tokenizer.unk_token_id in ids:
            raise ConfigError(f"The model has no token for the word {word!r}. Give the label other words: verbalisers=\"label=word,word|label=word\".")
        return [int(token) for token in ids]


def check_gap(template: str, task: Task) -> list[tuple[str, str | None]]:
    """The parts of a cloze template, see `check_template`.

    Raises:
        ConfigError: it is illegal, or {mask} does not stand in it once.
    """
    parts = check_template(template, (*task.inputs, GAP))
    if [name for _, name in parts].count(GAP) != 1:
        raise ConfigError(f"The template of a cloze holds {{mask}} once, where the answer stands. Received: {template!r}.")
    return parts


def words_of(answers: Sequence[str], stated: str) -> Words:
    """For each answer the words that stand for it: as stated, else its own name.

    Args:
        answers: labels, or "low" and "high".
        stated: "label=word,word|label=word"; a line break parts as | does, fullwidth commas as commas do.

    Raises:
        ConfigError: it names something that is no answer, or gives no word.
    """
    given: dict[str, tuple[str, ...]] = {}
    for part in (part.strip() for line in stated.splitlines() for part in line.split("|")):
        if not part:
            continue
        name, equals, words = part.partition("=")
        found = tuple(word.strip() for word in words.replace("，", ",").split(",") if word.strip())
        if not equals or name.strip() not in answers or not found:
            raise ConfigError(f"verbalisers are \"label=word,word|label=word\" with the labels {', '.join(answers)}. Received: {part!r}.")
        given[name.strip()] = found
    return tuple(given.get(answer, (answer,)) for answer in answers)


