"""How often the 95% intervals of corpus BLEU, chrF, ROUGE-L, entity F1 and answer F1 hold the truth, beside the percentile bootstrap.

    python benchmarks/intervals_of_texts.py [--draws 1000]

Test sets are drawn from a population of made-up rows; the truth is the metric of the whole population. Rows are uneven in length and in
quality, as answers of a model are. An interval is good when it holds the truth in about 950 of 1,000 draws.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import numpy as np
from common import record
from intervals import RESAMPLES, Interval, covered, ours, percentile

from hanshuku.metrics.base import Sample
from hanshuku.metrics.intervals import UNIT, Scale, measured
from hanshuku.metrics.ngrams import bleu_sample, chrf_sample
from hanshuku.metrics.rouge import rouge_rows
from hanshuku.metrics.rows import PERCENT, mean_sample, ratio_sample

ROWS = {"texts": 20_000, "numbers": 500_000}  # of the population


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000, help="test sets drawn for each line")
    draws = parser.parse_args().draws
    start = time.perf_counter()
    lines = [*texts(draws), *numbers(draws)]
    record("intervals_of_texts", {"draws": draws, "resamples": RESAMPLES, "seed": 0, "coverage": lines, "seconds": round(time.perf_counter() - start)})


def sentences(rng: np.random.Generator, count: int) -> tuple[list[str], list[list[str]]]:
    """Answers and references: words of a Zipf vocabulary, each kept, replaced or dropped; how many are kept differs from row to row."""
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    vocabulary = np.array(["".join(rng.choice(letters, size)) for size in rng.integers(2, 10, 3000)])
    chances = 1 / np.arange(1, 3001)
    chances /= chances.sum()
    given, due = [], []
    for quality in rng.beta(3, 1.5, count):
        words = rng.choice(vocabulary, rng.integers(4, 30), p=chances)
        fate = rng.random(len(words))
        others = rng.choice(vocabulary, len(words), p=chances)
        mine = [word if f < quality else other for word, other, f in zip(words, others, fate, strict=True) if f < 0.95]
        given.append(" ".join(mine))
        due.append([" ".join(words)])
    return given, due


def line(name: str, n: int, draws: int, truth: float, sample: object, scale: Scale, size: int) -> dict:
    """Coverage of one metric at one size of test set; `sample` makes a Sample of rows at these places."""

    def draw(rng: np.random.Generator, seed: int) -> tuple[float, dict[str, Interval]]:
        rows: Sample = sample(rng.integers(0, size, n))
        metric = measured(rows, (scale,), (0.0,), resamples=RESAMPLES, seed=seed)[0]
        return truth, {"ours": ours(metric), "percentile": percentile(rows, seed, 0)}

    return covered(f"{name} {truth:.3f}", n, draws, draw)


def texts(draws: int) -> list[dict]:
    """BLEU and chrF from the texts of the drawn rows, ROUGE-L from the scores of all rows."""
    size = ROWS["texts"]
    given, due = sentences(np.random.default_rng(11), size)
    scores = rouge_rows(given, due, names=("rouge_l",))["rouge_l"]

    def of_texts(score: object, places: np.ndarray) -> Sample:
        return score([[given[i] for i in places]], [due[i] for i in places])

    families = [(name, partial(of_texts, score), float(score([given], due).value[0]), PERCENT) for name, score in (("bleu", bleu_sample), ("chrf", chrf_sample))]
    families.append(("rouge_l", lambda places: mean_sample([scores[places]]), float(scores.mean()), UNIT))
    return [line(name, n, draws, truth, sample, scale, size) for name, sample, truth, scale in families for n in (50, 200)]


def numbers(draws: int) -> list[dict]:
    """Entity F1 of rows with few and many entities, and the F1 of answers, of which many are wholly right or wholly wrong."""
    rng, size = np.random.default_rng(13), ROWS["numbers"]
    due = rng.poisson(rng.gamma(1.0, 1.5, size))
    hits = rng.binomial(due, rng.beta(6, 1.5, size))
    sums = due + hits + rng.poisson(0.25, size)
    kind = rng.random(size)
    answers = np.where(kind < 0.55, 1.0, np.where(kind < 0.75, 0.0, rng.beta(2, 2, size)))
    families = [
        ("entity_f1", lambda places: ratio_sample([(2 * hits[places], sums[places])]), float(2 * hits.sum() / sums.sum())),
        ("answer f1", lambda places: mean_sample([answers[places]]), float(answers.mean())),
    ]
    return [line(name, n, draws, truth, sample, UNIT, size) for name, sample, truth in families for n in (50, 200, 1000)]


if __name__ == "__main__":
    main()
