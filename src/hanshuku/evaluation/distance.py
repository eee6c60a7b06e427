"""How far two sets of texts are from each other, cheaply: by the words that only one has, and by how well a classifier tells them apart."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.data.language import HAN
from hanshuku.evaluation.perturb import drawn
from hanshuku.metrics.detection import auroc

ROWS = 500  # texts of each set that are looked at
FOLDS = 5
CELLS = 1 << 15  # hash cells for tokens
SMOOTH = 0.5  # texts added to each token's count
WORD = re.compile(r"[^\W_]+|[^\w\s]")


def tokens(text: str) -> list[str]:
    """Words in small letters and marks; of Chinese each character and each pair."""
    found: list[str] = []
    for word in WORD.findall(text.lower()):
        if HAN.search(word):
            found += [*word, *(word[i : i + 2] for i in range(len(word) - 1))]
        else:
            found.append(word)
    return found


def distance(first: Sequence[str], second: Sequence[str], *, seed: int = 0) -> dict[str, Any]:
    """How far the second set is from the first.

    Args:
        first: N texts.
        second: M texts.
        seed: of the texts that are drawn where there are more than 500, and of the folds.

    Returns:
        auc: with low, high, n: how often a naive Bayes over tokens, judged on folds it has not learned from, holds a text of the second set
        for likelier to be of the second than one of the first (a classifier two-sample test, Lopez-Paz & Oquab 2017,
        https://arxiv.org/abs/1610.06545): 0.5 told apart by nothing, 1 wholly; None with fewer than 10 texts a set. unseen: share of the second's tokens
        that the first has not; own: the same for texts of the first itself, each fifth against the others.
    """
    sets = [[tokens(texts[i]) for i in drawn(len(texts), ROWS, seed)] for texts in (first, second)]
    known = {token for text in sets[0] for token in text}
    running = [token for text in sets[1] for token in text]
    return {
        "auc": _auc(sets[0], sets[1], seed) if min(map(len, sets)) >= 2 * FOLDS else None,
        "unseen": sum(token not in known for token in running) / len(running) if running else None,
        "own": _own(sets[0]) if len(sets[0]) >= FOLDS else None,
    }


def _own(texts: list[list[str]]) -> float | None:
    """The share of tokens of each fifth of the texts that the other four fifths have not."""
    missed = whole = 0
    for fold in range(FOLDS):
        known = {token for i, text in enumerate(texts) if i % FOLDS != fold for token in text}
        running = [token for text in texts[fold::FOLDS] for token in text]
        missed, whole = missed + sum(token not in known for token in running), whole + len(running)
    return missed / whole if whole else None


def _auc(first: list[list[str]], second: list[list[str]], seed: int) -> dict[str, Any]:
    held = [_held(texts) for texts in (first, second)]
    folds = [np.random.default_rng(seed).permutation(len(texts)) % FOLDS for texts in held]
    scores = [np.zeros(len(texts)) for texts in held]
    for fold in range(FOLDS):
        logs = []
        for texts, own in zip(held, folds, strict=True):
            learned = [texts[i] for i in np.flatnonzero(own != fold)]
            counts = np.bincount(np.concatenate(learned) if learned else np.zeros(0, dtype=np.int64), minlength=CELLS)
            logs.append(np.log((counts + SMOOTH) / (len(learned) + 2 * SMOOTH)))
        weights = logs[1] - logs[0]
        for texts, own, score in zip(held, folds, scores, strict=True):
            for i in np.flatnonzero(own == fold):
                score[i] = weights[texts[i]].mean() if len(texts[i]) else 0.0  # the mean: long texts are not thereby surer
    found = auroc(scores[0], scores[1]).to_json()
    return {key: found[key] for key in ("value", "low", "high", "n")}


def _held(texts: list[list[str]]) -> list[np.ndarray]:
    """The cells of the tokens that each text holds, each once."""
    return [np.unique(np.array([zlib.crc32(token.encode("utf-8", "surrogatepass")) % CELLS for token in text], dtype=np.int64)) for text in texts]
