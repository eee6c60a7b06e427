"""masked@MODEL: a word becomes one that a masked language model puts into its place.

The model proposes, as in Kobayashi 2018 (https://arxiv.org/abs/1805.06201) and Wu et al. 2019 (https://arxiv.org/abs/1812.06705, there with the label as a condition); what it
proposes must also be of the word's form, no opposite, none that turns a sentence round (but, not), no next of a row, and praise or blame as the word does (see near.py), as the label must still hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from random import Random
from typing import Any

from hanshuku.data.augment.eda import turns
from hanshuku.data.augment.edits import Edit
from hanshuku.data.augment.near import fits, is_open, word_space
from hanshuku.data.augment.synonyms import drawn, open_words, written
from hanshuku.data.augment.words import Word, segmenter
from hanshuku.errors import ModelError

AROUND = 160  # characters on each side that the model reads
PROPOSED = 60  # tokens that are looked at for a place
EACH = 8  # of each place where a Chinese word is two of them
LIKELY = 1e-3  # chance of a word that may stand there
CHOICE = 4  # of the words that are left one is drawn, the likelier the likelier
_LEGAL = {"en": re.compile("[a-z]{3,}"), "zh": re.compile("[\u4e00-\u9fff]{2,4}")}


def filled(model: str, text: str, rng: Random) -> Iterator[Edit]:
    """A word becomes another one that is likely there.

    Args:
        model: a masked language model with its head, see `filler`.
        text: what it stands in.
        rng: all that is drawn comes from it.
    """
    words = open_words(text)
    rng.shuffle(words)
    for word in words:
        language, own = "zh" if word.is_han else "en", word.text.lower()
        if not is_open(own, language):
            continue
        likely = filler(model).words(text, word)
        others = tuple(other for other in likely if other != own and not turns(other) and fits(own, other, language, likely))
        kin = written(text, word, word_space(language).kin(own, others)) if others else []
        if kin:
            yield Edit(word.start, word.end, drawn(kin[:CHOICE], rng))


@dataclass(frozen=True)
class Filler:
    """A masked language model.

    Attributes:
        loaded: models.load.Loaded, with its head.
        by_character: its vocabulary has no Chinese word of several characters.
    """

    loaded: Any
    by_character: bool

    def words(self, text: str, word: Word) -> dict[str, float]:
        """Words that may stand in a word's place with their chances, the likeliest first; none where they would take more than two tokens."""
        count = len(word.text) if word.is_han and self.by_character else 1
        if count > 2:
            return {}
        before, after = text[max(0, word.start - AROUND) : word.start], text[word.end : word.end + AROUND]
        chances = self._chances(before + self.loaded.tokenizer.mask_token * count + after, count)
        if count == 1:
            found = {self._spelled(piece): chance for piece, chance in chances[0]}
        else:
            found = {one + two: p * q for (one, p), (two, q) in product(*(place[:EACH] for place in chances))}
        language = "zh" if word.is_han else "en"
        legal = {other: chance for other, chance in found.items() if chance >= LIKELY and _LEGAL[language].fullmatch(other) and (language == "en" or segmenter().has_word(other))}
        return dict(sorted(legal.items(), key=lambda item: -item[1]))

    def _spelled(self, piece: str) -> str:
        """A piece that is a word by itself, small; "" for one that goes on a word."""
        if piece.startswith("##") or (self._marks and not piece.startswith("▁") and piece.isascii()):
            return ""
        return piece.lstrip("▁").lower()

    @property
    def _marks(self) -> bool:
        return "▁the" in self.loaded.tokenizer.get_vocab()

    def _chances(self, text: str, count: int) -> list[list[tuple[str, float]]]:
        """For each mask, the likeliest tokens with their chances."""
        import torch

        from hanshuku.models.device import on_device

        tokenizer, network = self.loaded.tokenizer, on_device(self.loaded.network)
        inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=self.loaded.info.max_length).to(network.device)
        at = (inputs["input_ids"][0] == tokenizer.mask_token_id).nonzero()[:, 0]
        if len(at) != count:  # the text has such a sign of its own, or was cut
            return [[] for _ in range(count)]
        with torch.inference_mode():
            found = network(**inputs).logits[0, at].float().softmax(-1).topk(min(PROPOSED, len(tokenizer)))
        return [list(zip(tokenizer.convert_ids_to_tokens(ids.tolist()), chances.tolist(), strict=True)) for chances, ids in zip(found.values, found.indices, strict=True)]


@cache
def filler(model: str) -> Filler:
    """The model of a folder, a hub name or a catalogue name.

    Raises:
        ModelError: it cannot be had, or comes without the head that tells hidden words.
        MissingExtra: torch or transformers is not installed.
    """
    from hanshuku.models.load import load_masked

    loaded, is_whole = load_masked(model)
    if not is_whole:
        raise ModelError(
            f"{model} has no head that tells hidden words, so it cannot propose any. Give it one from texts of your field: "
            f"hanshuku pretrain TEXTS --objective mlm --model {model} --out NEW.model, then masked@NEW.model."
        )
    if loaded.tokenizer.mask_token is None:
        raise ModelError(f"{model} has no mask token, so it cannot propose words.")
    return Filler(loaded, not any(_LEGAL["zh"].fullmatch(piece.lstrip("▁")) for piece in loaded.tokenizer.get_vocab()))
