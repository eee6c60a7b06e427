"""Words among the tokens of a batch, and which tokens masked language modelling hides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from hanshuku.data.language import HAN
from hanshuku.errors import ConfigError
from hanshuku.training.token_loss import IGNORED

KEPT, RANDOM = 0.1, 0.1  # shares of the chosen tokens that stay, and that become another one (Devlin et al. 2019, arXiv 1810.04805)
HAN_CUT = 0.5  # chance that a span of Chinese characters ends at the next one: spans of two on average, as words are
MASKINGS = ("words", "tokens")


class WordPlaces:
    """Which tokens belong to one word.

    Words are what the tokenizer marks as such (WordPiece's ##, the blank of SentencePiece and of byte-level BPE). Chinese has no such mark: there
    characters that stand together are taken in spans of random length, two on average, as whole-word masking does with a
    segmenter (Cui et al. 2021, arXiv 1906.08101); a piece of several characters is a word already.

    Args:
        tokenizer: a fast transformers tokenizer.
    """

    def __init__(self, tokenizer: Any) -> None:
        special = set(tokenizer.all_special_ids)
        pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        texts = [_spelled(piece) for piece in pieces]
        self.begins = torch.tensor(_beginnings(pieces))  # (V,) a word begins with it
        self.han = torch.tensor([len(text) == 1 and HAN.match(text) is not None for text in texts])  # (V,) one Chinese character
        self.ideographic = torch.tensor([bool(text) and all(HAN.match(character) for character in text) for text in texts])
        self.fixed = torch.tensor([i in special for i in range(len(pieces))])  # (V,) belongs to no word
        self.plain = torch.tensor([i for i in range(len(pieces)) if i not in special])

    def words(self, ids: Tensor) -> Tensor:
        """(B, T) number of the word that each token belongs to; spans of Chinese are drawn from torch's generator."""
        device = ids.device
        han, ideographic = self.han.to(device)[ids], self.ideographic.to(device)[ids]
        begins = self.begins.to(device)[ids] | self.fixed.to(device)[ids] | ideographic
        after = torch.roll(ideographic, 1, 1) != ideographic  # the script changes
        goes_on = han & torch.roll(han, 1, 1) & (torch.rand(ids.shape, device=device) >= HAN_CUT)
        starts = (begins | after) & ~goes_on
        starts[:, 0] = True
        return starts.long().cumsum(1) - 1


class Masker(WordPlaces):
    """Hides a share of the tokens: whole words, or token by token.

    Args:
        tokenizer: it has a mask token.
        share: of the tokens that are hidden, 0..1.
        masking: one of MASKINGS.

    Raises:
        ConfigError: the tokenizer has no mask token.
    """

    def __init__(self, tokenizer: Any, *, share: float = 0.15, masking: str = "words") -> None:
        if tokenizer.mask_token_id is None:
            raise ConfigError("objective mlm needs a tokenizer with a mask token, and this one has none. Use objective clm, or another model.")
        super().__init__(tokenizer)
        self.mask_id, self.share, self.whole = int(tokenizer.mask_token_id), share, masking == "words"

    def __call__(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The batch with tokens hidden in `input_ids`, and `labels` (B, T) that say what they were.

        What is drawn comes from torch's generator.
        """
        ids = batch["input_ids"]
        device = ids.device
        free = ~self.fixed.to(device)[ids]
        if "attention_mask" in batch:
            free &= batch["attention_mask"].bool()
        words = self.words(ids) if self.whole else torch.arange(ids.shape[1], device=device).expand_as(ids)
        drawn = torch.rand(ids.shape, device=device).gather(1, words)
        chosen = (drawn < self.share) & free
        fate = torch.rand(ids.shape, device=device)
        other = self.plain.to(device)[torch.randint(len(self.plain), ids.shape, device=device)]
        hidden = torch.where(fate < KEPT, ids, torch.where(fate < KEPT + RANDOM, other, self.mask_id))
        return {**batch, "input_ids": torch.where(chosen, hidden, ids), "labels": torch.where(chosen, ids, IGNORED)}


def _beginnings(pieces: Sequence[str]) -> list[bool]:
    """Which pieces a word begins with, as their tokenizer marks it; all of them where it marks nothing."""
    if any(piece.startswith("##") for piece in pieces):
        return [not piece.startswith("##") for piece in pieces]
    marks = tuple(mark for mark in ("\u2581", "\u0120") if any(piece.startswith(mark) for piece in pieces))
    if not marks:
        return [True] * len(pieces)
    return [piece.startswith(marks) or not _spelled(piece)[:1].isalnum() for piece in pieces]


def _spelled(piece: str) -> str:
    """A piece without the mark of its tokenizer; byte-level pieces of whole characters are spelled out."""
    plain = piece.removeprefix("##").lstrip("\u2581")
    if plain and not plain.isascii() and all(character in _BYTES for character in plain):
        raw = bytes(_BYTES[character] for character in plain)
        try:
            return raw.decode("utf-8").strip()
        except UnicodeDecodeError:  # a part of a character; its first byte begins a word of its own
            return "x" if raw[0] & 0xC0 == 0x80 else "\ufffd"
    return plain


def _byte_letters() -> dict[str, int]:
    """The letter that stands for each byte in byte-level vocabularies -> the byte."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {chr(256 + i): byte for i, byte in enumerate(hidden)}


_BYTES = _byte_letters()
