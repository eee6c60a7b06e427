"""How often our 95% intervals hold the truth, and how often our paired tests raise a false alarm, beside the usual ways.

    python benchmarks/intervals.py [--draws 1000]

Test sets are drawn from populations whose true value is known. An interval is good when it holds the truth in about 950 of
1,000 draws; a test is good when, of two equal methods, it calls one better in at most 50 of 1,000.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from common import record

from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.classification import accuracy_sample, classification_metrics, counts_sample
from hanshuku.metrics.intervals import bootstrap, measured, wilson
from hanshuku.metrics.paired import mcnemar, paired_bootstrap, paired_difference
from hanshuku.metrics.regression import regression_metrics, spearman_sample
from hanshuku.metrics.rows import PERCENT

RESAMPLES = 500  # of each bootstrap; the library takes 1,000
Interval = tuple[float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000, help="test sets drawn for each line")
    draws = parser.parse_args().draws
    start = time.perf_counter()
    results = {
        "draws": draws,
        "resamples": RESAMPLES,
        "seed": 0,
        "coverage": [*accuracy(draws), *macro_f1(draws), *other_metrics(draws), *corpus_ratios(draws)],
        "paired": paired(draws),
        "paired_over_seeds": paired_over_seeds(draws),
        "speed": speed(),
    }
    record("intervals", results | {"seconds": round(time.perf_counter() - start)})


def covered(name: str, n: int, draws: int, draw: Callable[[np.random.Generator, int], tuple[float, dict[str, Interval]]]) -> dict:
    """Share of draws whose interval holds the truth, and mean width, for each kind of interval."""
    rng = np.random.default_rng(0)
    held: dict[str, list[bool]] = {}
    widths: dict[str, list[float]] = {}
    for seed in range(draws):
        truth, intervals = draw(rng, seed)
        for kind, (low, high) in intervals.items():
            held.setdefault(kind, []).append(low - 1e-12 <= truth <= high + 1e-12)
            widths.setdefault(kind, []).append(high - low)
    line = {"what": name, "n": n} | {kind: {"held": round(float(np.mean(held[kind])), 3), "width": round(float(np.mean(widths[kind])), 4)} for kind in held}
    print(line, flush=True)
    return line


def percentile(sample: Sample, seed: int, column: int | None = None) -> Interval:
    """The usual bootstrap interval."""
    drawn = bootstrap(sample, resamples=RESAMPLES, seed=seed)
    low, high = np.quantile(drawn if column is None else drawn[:, column], [0.025, 0.975])
    return float(low), float(high)


def ours(metric: Metric) -> Interval:
    return metric.low, metric.high


def accuracy(draws: int) -> list[dict]:
    lines = []
    for n, share in ((30, 0.9), (100, 0.97), (100, 0.7), (600, 0.93), (3000, 0.99)):

        def draw(rng: np.random.Generator, seed: int, n: int = n, share: float = share) -> tuple[float, dict[str, Interval]]:
            right = rng.random(n) < share
            return share, {"ours": wilson(right.sum(), n), "percentile": percentile(accuracy_sample(np.ones(n, bool), [right]), seed, 0)}

        lines.append(covered(f"accuracy {share}", n, draws, draw))
    return lines


def population(labels: int, right: float, even: bool) -> np.ndarray:
    """Joint shares (L, L) of true label and answer: recall varies around `right`, errors prefer a few labels."""
    rng = np.random.default_rng(1)
    prior = np.ones(labels) if even else 1 / np.arange(1, labels + 1)
    recall = np.clip(rng.normal(right, 0.2 * (1 - right), labels), 0.05, 0.995)
    errors = rng.gamma(0.3, size=(labels, labels)) + 1e-6
    np.fill_diagonal(errors, 0)
    table = errors / errors.sum(axis=1, keepdims=True) * (1 - recall)[:, None]
    np.fill_diagonal(table, recall)
    return table * (prior / prior.sum())[:, None]


def macro_f1(draws: int) -> list[dict]:
    lines = []
    for labels, right, even, n in ((2, 0.8, True, 60), (2, 0.95, True, 100), (4, 0.85, False, 200), (20, 0.9, False, 600), (77, 0.9, True, 600), (150, 0.85, True, 600), (150, 0.85, True, 4500)):
        table = population(labels, right, even)
        true, given = np.indices(table.shape).reshape(2, -1)
        millions = (table * 1e7).ravel()
        f1_truth, mcc_truth = counts_sample(true, given).statistic(millions[None, :])[0]

        def draw(rng: np.random.Generator, seed: int, n: int = n, table: np.ndarray = table, truth: float = float(f1_truth)) -> tuple[float, dict[str, Interval]]:
            targets, answers = np.divmod(np.repeat(np.arange(table.size), rng.multinomial(n, table.ravel())), len(table))
            metric = classification_metrics(targets, np.eye(len(table))[answers], resamples=RESAMPLES, seed=seed)["macro_f1"]
            return truth, {"ours": ours(metric), "percentile": percentile(counts_sample(targets, answers), seed, 0)}

        lines.append(covered(f"macro_f1 {f1_truth:.3f}, {labels} {'even' if even else 'uneven'} labels", n, draws, draw))
        if labels == 4:

            def draw_mcc(rng: np.random.Generator, seed: int, n: int = n, table: np.ndarray = table, truth: float = float(mcc_truth)) -> tuple[float, dict[str, Interval]]:
                targets, answers = np.divmod(np.repeat(np.arange(table.size), rng.multinomial(n, table.ravel())), len(table))
                metric = classification_metrics(targets, np.eye(len(table))[answers], resamples=RESAMPLES, seed=seed)["mcc"]
                return truth, {"ours": ours(metric), "percentile": percentile(counts_sample(targets, answers), seed, 1)}

            lines.append(covered(f"mcc {mcc_truth:.3f}, {labels} uneven labels", n, draws, draw_mcc))
    return lines


def other_metrics(draws: int) -> list[dict]:
    """log_loss of an overconfident classifier, Spearman and RMSE of five-step ratings."""
    lines = []
    big = np.random.default_rng(7)

    def losses(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        margin = rng.normal(2, 2.5, n)
        return np.zeros(n, dtype=np.int64), np.stack([1 / (1 + np.exp(-margin)), 1 / (1 + np.exp(margin))], axis=1)

    def ratings(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        targets = np.clip(np.round(rng.normal(3.5, 1.2, n)), 1, 5)
        return targets, targets + rng.normal(0, 0.9, n)

    loss_truth = float(-np.log(np.maximum(losses(big, 2_000_000)[1][:, 0], 1e-7)).mean())
    targets, values = ratings(big, 500_000)
    rank_truth = float(spearman_sample(targets, [values]).value[0])
    for n in (100, 600):

        def draw_loss(rng: np.random.Generator, seed: int, n: int = n) -> tuple[float, dict[str, Interval]]:
            return loss_truth, {"ours": ours(classification_metrics(*losses(rng, n), resamples=RESAMPLES, seed=seed)["log_loss"])}

        def draw_rank(rng: np.random.Generator, seed: int, n: int = n) -> tuple[float, dict[str, Interval]]:
            rows = ratings(rng, n)
            metric = regression_metrics(*rows, resamples=RESAMPLES, seed=seed)["spearman"]
            return rank_truth, {"ours": ours(metric), "percentile": percentile(spearman_sample(rows[0], [rows[1]]), seed, 0)}

        def draw_rmse(rng: np.random.Generator, seed: int, n: int = n) -> tuple[float, dict[str, Interval]]:
            return 0.9, {"ours": ours(regression_metrics(*ratings(rng, n), resamples=RESAMPLES, seed=seed)["rmse"])}

        lines += [covered(name, n, draws, draw) for name, draw in ((f"log_loss {loss_truth:.3f}", draw_loss), (f"spearman {rank_truth:.3f}", draw_rank), ("rmse 0.900", draw_rmse))]
    return lines


def corpus_ratios(draws: int) -> list[dict]:
    """A ratio over the whole corpus, as chrF and BLEU are, from poor to good: hits among 5 to 35 parts a row, some rows better than others."""
    lines = []
    for share in (0.005, 0.02, 0.2, 0.9):
        for n in (12, 40, 150):

            def draw(rng: np.random.Generator, seed: int, n: int = n, share: float = share) -> tuple[float, dict[str, Interval]]:
                parts = rng.integers(5, 36, n)
                hits = rng.binomial(parts, rng.beta(4 * share, 4 * (1 - share), n))
                sample = Sample(lambda weights: 100 * (weights @ hits) / (weights @ parts), np.ones(n, dtype=np.int64))
                return 100 * share, {"ours": ours(measured(sample, (PERCENT,), (0.0,), resamples=RESAMPLES, seed=seed)[0]), "percentile": percentile(sample, seed)}

            lines.append(covered(f"corpus ratio {100 * share:g} of 100", n, draws, draw))
    return lines


def paired(draws: int) -> list[dict]:
    """Two functions on the same rows: coverage of the difference of accuracy, and how often they are called different."""
    lines = []
    for n, only_a, only_b in ((100, 0.05, 0.05), (600, 0.02, 0.02), (600, 0.1, 0.1), (600, 0.08, 0.04), (3000, 0.05, 0.05)):
        called: dict[str, list[bool]] = {"mcnemar_mid_p": [], "mcnemar_exact": [], "paired_bootstrap": []}

        def draw(rng: np.random.Generator, seed: int, n: int = n, a: float = only_a, b: float = only_b, called: dict = called) -> tuple[float, dict[str, Interval]]:
            kind = rng.choice(4, n, p=[a, b, 0.9 - a - b, 0.1])
            right = [(kind == 0) | (kind == 2), (kind == 1) | (kind == 2)]
            sample = accuracy_sample(np.ones(n, bool), right)
            drawn = bootstrap(sample, resamples=RESAMPLES, seed=seed)
            found = paired_difference((sample.value[:1], sample.value[1:]), (drawn[:, :1], drawn[:, 1:]), n, extra_row=True)
            test = mcnemar(*right)
            for name, p in (("mcnemar_mid_p", test.p_mid), ("mcnemar_exact", test.p_exact), ("paired_bootstrap", paired_bootstrap(sample, resamples=RESAMPLES, seed=seed).p)):
                called[name].append(p <= 0.05)
            return a - b, {"ours": (found.low, found.high)}

        line = covered(f"difference of accuracy {only_a - only_b:+.2f}, {only_a + only_b:.0%} of rows differ", n, draws, draw)
        line["called_different"] = {name: round(float(np.mean(times)), 3) for name, times in called.items()}
        print(line["called_different"], flush=True)
        lines.append(line)
    return lines


def paired_over_seeds(draws: int) -> list[dict]:
    """Two equal methods, several seeds each, the same rows: our test over rows and seeds, and one over rows alone."""
    lines = []
    for n, seeds, spread, noise in ((600, 3, 0.0, 0.7), (600, 3, 0.2, 0.7), (600, 5, 0.2, 0.7), (3000, 5, 0.1, 0.5)):
        rng = np.random.default_rng(0)
        alarms, alone = [], []
        for seed in range(draws):
            rows = rng.normal(0, 2, n)  # how hard each row is for all
            skill = 1.6 + rng.normal(0, spread, (2, seeds, 1))
            right = skill + rows + rng.normal(0, 0.8, (2, 1, n)) + rng.normal(0, noise, (2, seeds, n)) > 0
            sample = accuracy_sample(np.ones(n, bool), list(right.reshape(2 * seeds, n)))
            drawn, values = bootstrap(sample, resamples=RESAMPLES, seed=seed), sample.value
            alarms.append(paired_difference((values[:seeds], values[seeds:]), (drawn[:, :seeds], drawn[:, seeds:]), n).p <= 0.05)
            means = [part.mean(axis=1, keepdims=True) for part in (drawn[:, :seeds], drawn[:, seeds:])]
            alone.append(paired_difference(([values[:seeds].mean()], [values[seeds:].mean()]), (means[0], means[1]), n).p <= 0.05)
        spread_seen = float(np.std([(1.6 + s + np.random.default_rng(1).normal(0, 2, 20_000) > 0).mean() for s in np.random.default_rng(2).normal(0, spread, 200)]))
        lines.append(
            {"n": n, "seeds": seeds, "spread_of_accuracy_over_seeds": round(spread_seen, 4), "false_alarms": {"ours": round(float(np.mean(alarms)), 3), "rows_alone": round(float(np.mean(alone)), 3)}}
        )
        print(lines[-1], flush=True)
    return lines


def speed() -> dict:
    """Seconds for all metrics of 10,000 rows: 150 labels, and numbers."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 150, 10_000)
    scores = rng.normal(size=(10_000, 150))
    scores[np.arange(10_000), targets] += 4
    outputs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    numbers = rng.normal(size=10_000)
    marks = [time.perf_counter()]
    classification_metrics(targets, outputs)
    marks.append(time.perf_counter())
    regression_metrics(numbers, numbers + rng.normal(size=10_000))
    marks.append(time.perf_counter())
    first, second = (b - a for a, b in pairwise(marks))
    return {"rows": 10_000, "resamples": 1000, "150_labels_s": round(first, 2), "numbers_s": round(second, 2)}


if __name__ == "__main__":
    main()
