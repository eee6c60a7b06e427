"""BLEU and chrF, from 0 to 100 as sacrebleu counts them.

Papineni et al. 2002, https://aclanthology.org/P02-1040; Popović 2015, https://aclanthology.org/W15-3049. sacrebleu (Post 2018,
https://aclanthology.org/W18-6319) splits the texts and counts; both are ratios over the whole corpus and no means of rows, so
the counts of each row are kept and a resample sums those of the rows drawn. Each row may have any number of references.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hanshuku.errors import MissingExtra
from hanshuku.metrics.base import Sample

ORDERS = 4  # of BLEU's n-grams
CHARACTERS, BETA2 = 6, 4.0  # orders of chrF's n-grams; weight of recall, squared
BY_CHARACTER = ("ja", "ko", "th", "lo", "km", "my")  # sacrebleu's own way with the first two needs a dictionary of its own
NOTHING = 1e-16  # as sacrebleu has it


def bleu_sample(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]], language: str = "en") -> Sample:
    """Corpus BLEU of R predictors on the same rows, (B, R), 0..100.

    Args:
        predictions: R lists of N texts.
        references: N lists of accepted texts, at least one each.
        language: of the texts; Chinese is split by character, as sacrebleu's tokenizer "zh" does; Japanese, Korean, Thai and
            their like by character too, all else by "13a".

    Raises:
        MissingExtra: sacrebleu is not installed.
    """
    code = language.lower()[:2]
    metric = _library().BLEU(tokenize="zh" if code == "zh" else "char" if code in BY_CHARACTER else "13a", force=True)
    return _sample(metric, predictions, references, _bleu)


def chrf_sample(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> Sample:
    """Corpus chrF2 of R predictors on the same rows, (B, R), 0..100; it needs no words, so no language.

    Args:
        predictions: R lists of N texts.
        references: N lists of accepted texts, at least one each.

    Raises:
        MissingExtra: sacrebleu is not installed.
    """
    return _sample(_library().CHRF(), predictions, references, _chrf)


def _library() -> Any:
    try:
        from sacrebleu import metrics
    except ImportError as error:
        raise MissingExtra("sacrebleu", "train", "BLEU and chrF") from error
    return metrics


def _sample(metric: Any, predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]], score: Callable[[np.ndarray], np.ndarray]) -> Sample:
    most = max(map(len, references))
    streams = [[row[i] if i < len(row) else None for row in references] for i in range(most)]
    counted = [np.asarray(metric._extract_corpus_statistics(list(given), streams), dtype=np.float64) for given in predictions]
    rows = np.stack(counted, axis=1)  # (N, R, K)

    def statistic(weights: np.ndarray) -> np.ndarray:
        return score(np.tensordot(weights, rows, axes=1))

    return Sample(statistic, np.ones(len(rows), dtype=np.int64))


def _bleu(sums: np.ndarray) -> np.ndarray:
    """(...,) from (..., 2 + 2 x ORDERS): length given, length due, hits and n-grams given by order.

    Where there is no hit of an order, half of one is counted, then a quarter, and so on ("exp" smoothing).
    """
    given, due = sums[..., 0], sums[..., 1]
    hits, whole = sums[..., 2 : 2 + ORDERS], sums[..., 2 + ORDERS :]
    halvings = np.cumsum((hits == 0) & (whole > 0), axis=-1)
    shares = np.where(hits > 0, hits, 0.5**halvings) / np.maximum(whole, 1)
    brevity = np.exp(np.minimum(0, 1 - due / np.maximum(given, NOTHING)))
    found = (hits > 0).any(axis=-1) & (whole > 0).all(axis=-1)
    return np.where(found, 100 * brevity * np.exp(np.log(shares).mean(axis=-1)), 0.0)


def _chrf(sums: np.ndarray) -> np.ndarray:
    """(...,) from (..., 3 x CHARACTERS): n-grams given, due and hit, by order."""
    given, due, hits = (sums[..., i::3] for i in range(3))
    counted = (given > 0) & (due > 0)
    orders = np.maximum(counted.sum(axis=-1), 1)
    precision = np.where(counted, hits / np.maximum(given, 1), 0).sum(axis=-1) / orders
    recall = np.where(counted, hits / np.maximum(due, 1), 0).sum(axis=-1) / orders
    below = BETA2 * precision + recall
    return np.divide(100 * (1 + BETA2) * precision * recall, below, out=np.zeros_like(below), where=below > 0)
