"""Which shares labels have among rows without labels, where the texts of each label are as they were (label shift)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanshuku.metrics.intervals import t_quantile, t_tail
from hanshuku.metrics.paired import holm

DRAWS, ROUNDS = 300, 200
CLOSE = 1e-6  # change of a share at which the rounds end


@dataclass(frozen=True)
class LabelShare:
    """One label's share among the new rows.

    Attributes:
        label: its name.
        before: share among the rows that were learned from.
        value: estimated share now.
        low: 95% interval.
        high: upper end.
        p: of no change.
        p_holm: corrected for all labels.
        by_em: the other estimate, by expectation maximisation; None where there are no probabilities.
    """

    label: str
    before: float
    value: float
    low: float
    high: float
    p: float
    p_holm: float
    by_em: float | None


def black_box(confusion: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """(L,) shares of the labels by black box shift estimation (Lipton et al. 2018, https://arxiv.org/abs/1802.03916).

    Solves P(answer, label) w = P(answer now) for the weights of the labels; weights below 0 are set to 0.

    Args:
        confusion: (L, L) rows of known label, true label down, answer across.
        answers: (L,) how often each answer is given now.
    """
    joint, now = confusion.T / confusion.sum(), answers / max(answers.sum(), 1)
    priors = joint.sum(axis=0)
    occur = priors > 0
    weights = np.zeros(len(priors))
    weights[occur] = np.linalg.lstsq(joint[:, occur], now, rcond=1e-3)[0]
    shares = weights.clip(0) * priors
    return shares / shares.sum() if shares.sum() > 0 else priors


def by_em(probabilities: np.ndarray, priors: np.ndarray) -> np.ndarray:
    """(L,) shares of the labels by expectation maximisation (Saerens et al. 2002, https://doi.org/10.1162/089976602753284446), for calibrated probabilities.

    Args:
        probabilities: (N, L) of the new rows, by a function that learned with these priors.
        priors: (L,) shares where it learned.
    """
    start = np.maximum(priors, 1e-9)
    shares = start / start.sum()
    for _ in range(ROUNDS):
        weighed = probabilities * (shares / start)
        weighed /= np.maximum(weighed.sum(axis=1, keepdims=True), 1e-300)
        new = weighed.mean(axis=0)
        if np.abs(new - shares).max() < CLOSE:
            return np.asarray(new)
        shares = new
    return np.asarray(shares)


def label_shares(
    labels: tuple[str, ...], confusion: np.ndarray, answers: np.ndarray, *, priors: np.ndarray, probabilities: np.ndarray | None = None, seed: int = 0
) -> tuple[LabelShare, ...]:
    """The share of each label among new rows, with intervals that hold what other test rows and other new rows would say.

    Args:
        labels: L names.
        confusion: (L, L) counts on labelled rows that were not learned from, true label down, answer across.
        answers: (L,) counts of the answers to the new rows.
        priors: (L,) shares among the rows that were learned from.
        probabilities: (N, L) of the new rows, for the other estimate.
        seed: of the bootstrap.
    """
    value = black_box(confusion, answers)
    rng = np.random.default_rng(seed)
    rows, news = int(confusion.sum()), int(answers.sum())
    cells = rng.multinomial(rows, (confusion / rows).ravel(), size=DRAWS).reshape(DRAWS, *confusion.shape)
    drawn = np.stack([black_box(cell, now) for cell, now in zip(cells, rng.multinomial(news, answers / news, size=DRAWS), strict=True)])
    error = np.maximum(drawn.std(axis=0, ddof=1), 0.5 / news)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    half = t_quantile(min(rows, news)) * 0.5 / news
    low, high = np.minimum(low, value - half).clip(0), np.maximum(high, value + half).clip(max=1)
    ps = [t_tail(float(gap), min(rows, news)) for gap in (value - priors) / error]
    other = None if probabilities is None else by_em(probabilities, priors)
    return tuple(
        LabelShare(label, float(priors[i]), float(value[i]), float(low[i]), float(high[i]), ps[i], p_holm, None if other is None else float(other[i]))
        for i, (label, p_holm) in enumerate(zip(labels, holm(ps), strict=True))
    )
