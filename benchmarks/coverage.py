"""What reports and calibration promise, held to the truth: intervals, families of tests, risks, sets of labels.

    python benchmarks/coverage.py [--draws 1000] [--sets sst2,chnsenticorp_hotel,banking77] [--splits 200]

Simulated where the truth must be known: an interval is good when it holds it in 950 of 1,000 draws, a family of tests when it raises any false alarm in at most
50, a risk when rows to come are wrong more often than was asked in at most 50. Sets of labels are held to their coverage on real data: one function a set, its
held-out rows divided again and again into rows for the threshold and rows to be judged. (intervals.py has harder populations, and the usual ways beside ours.)
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from calibration import rows_of
from common import record
from intervals import Interval, covered, population

import hanshuku as hk
from hanshuku.data.encode import encode
from hanshuku.errors import DataError
from hanshuku.methods.settings import parse_settings
from hanshuku.metrics.calibration import calibration_error, reliability_bins
from hanshuku.metrics.classification import accuracy_sample, counts_sample
from hanshuku.metrics.conformal import KINDS, conformal_threshold, strangeness
from hanshuku.metrics.detection import auroc, false_alarms
from hanshuku.metrics.intervals import SIGNED, UNIT, measured, wilson, z_quantile
from hanshuku.metrics.paired import holm, mcnemar, paired_bootstrap
from hanshuku.metrics.selective import threshold_for_risk

RESAMPLES = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--sets", default="sst2,chnsenticorp_hotel,banking77", help="for the sets of labels; none: leave them out")
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1500, help="training rows of the function that gives the sets")
    parser.add_argument("--method", default="static")
    parser.add_argument("--set", action="append", default=["strength=10"], help="a setting of the method, field=value")
    parser.add_argument("--name", default="coverage", help="of the result")
    asked = parser.parse_args()
    start = time.perf_counter()
    results = {
        "draws": asked.draws,
        "seed": 0,
        "intervals": intervals(asked.draws),
        "families": families(asked.draws),
        "risks": risks(asked.draws),
        "sets_of_labels": [] if asked.sets == "none" else [conformal(asked, name) for name in asked.sets.split(",")],
    }
    record(asked.name, results | {"seconds": round(time.perf_counter() - start)})


def intervals(draws: int) -> list[dict]:
    """Accuracy, macro F1, the paired difference of both, and the numbers of calibration and detection."""
    lines = [covered(f"accuracy {share}", n, draws, lambda rng, _seed, n=n, share=share: (share, {"ours": wilson(int((rng.random(n) < share).sum()), n)})) for n, share in ((200, 0.7), (600, 0.9), (2000, 0.95))]
    lines += [macro_f1(labels, n, draws) for labels, n in ((2, 300), (4, 300), (20, 1000))]
    lines += [difference(what, n, draws) for what in ("accuracy", "macro_f1") for n in (300, 1000)]
    lines += [covered("calibration error 0.100 (root mean square)", 600, draws, lambda rng, _seed: (0.1, {"ours": boasting(rng, 600, 0.1)}))]
    lines += [covered("calibration error 0.000 (root mean square)", 600, draws, lambda rng, _seed: (0.0, {"ours": boasting(rng, 600, 0.0)}))]
    return lines + detection(draws)


def macro_f1(labels: int, n: int, draws: int) -> dict:
    table = population(labels, 0.85, even=True)
    true, given = np.indices(table.shape).reshape(2, -1)
    truth = float(counts_sample(true, given).statistic((table * 1e7).ravel()[None, :])[0, 0])

    def draw(rng: np.random.Generator, seed: int) -> tuple[float, dict[str, Interval]]:
        targets, answers = np.divmod(np.repeat(np.arange(table.size), rng.multinomial(n, table.ravel())), labels)
        metric = measured(counts_sample(targets, answers), (UNIT, SIGNED), (0.0, 0.0), resamples=RESAMPLES, seed=seed)[0]  # as classification_metrics does
        return truth, {"ours": (metric.low, metric.high)}

    return covered(f"macro_f1 {truth:.3f}, {labels} labels", n, draws, draw)


def pair(rng: np.random.Generator, n: int, labels: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, and the answers of two functions that err on partly the same rows; the second is worse."""
    targets = rng.integers(0, labels, n)
    hard = rng.random(n)
    answers = []
    for skill in (0.88, 0.83):
        wrong = 0.6 * hard + 0.4 * rng.random(n) > skill * 0.85
        answers.append(np.where(wrong, (targets + rng.integers(1, labels, n)) % labels, targets))
    return targets, answers[0], answers[1]


def difference(what: str, n: int, draws: int) -> dict:
    """The paired difference of two functions on the same rows; its truth is that of two million rows."""
    targets, one, other = pair(np.random.default_rng(1), 2_000_000)
    truth = float((one == targets).mean() - (other == targets).mean()) if what == "accuracy" else macro(targets, one) - macro(targets, other)

    def draw(rng: np.random.Generator, seed: int) -> tuple[float, dict[str, Interval]]:
        targets, one, other = pair(rng, n)
        sample = accuracy_sample(targets, [one, other]) if what == "accuracy" else both_macro(targets, one, other)
        found = paired_bootstrap(sample, resamples=RESAMPLES, seed=seed)
        return truth, {"ours": (found.low, found.high)}

    return covered(f"difference of {what} {truth:+.3f}", n, draws, draw)


def macro(targets: np.ndarray, answers: np.ndarray) -> float:
    return float(counts_sample(targets, answers).value[0])


def both_macro(targets: np.ndarray, one: np.ndarray, other: np.ndarray):
    """The macro F1 of two sets of answers to the same rows, as one statistic (B, 2)."""
    from hanshuku.metrics.base import Sample

    cells, counts = np.unique(np.stack([targets, one, other]), axis=1, return_counts=True)
    parts = [_f1_of(cells[0], given) for given in cells[1:]]
    return Sample(lambda weights: np.stack([part(weights) for part in parts], axis=1), counts)


def _f1_of(true: np.ndarray, given: np.ndarray):
    labels = np.union1d(true, given)
    of_true, of_given = (true[:, None] == labels).astype(float), (given[:, None] == labels).astype(float)
    return lambda weights: (2 * (weights @ (of_true * of_given)) / np.maximum(weights @ of_true + weights @ of_given, 1e-9)).mean(axis=1)


def boasting(rng: np.random.Generator, n: int, by: float) -> Interval:
    """The interval of the calibration error of confidences that are too high by so much."""
    sure = rng.uniform(0.5, 1.0, n)
    found = calibration_error(reliability_bins(sure, rng.random(n) < sure - by))
    return found.low, found.high


def detection(draws: int) -> list[dict]:
    """AUROC and FPR95 of two normal populations, 1.5 and 3 apart."""
    from statistics import NormalDist

    normal, lines = NormalDist(), []
    for apart in (1.5, 3.0):
        truths = {"auroc": normal.cdf(apart / 2**0.5), "fpr95": normal.cdf(normal.inv_cdf(0.95) - apart)}
        for name, measure in (("auroc", auroc), ("fpr95", false_alarms)):

            def draw(rng: np.random.Generator, _seed: int, apart: float = apart, measure=measure, truth: float = truths[name]) -> tuple[float, dict[str, Interval]]:
                found = measure(rng.normal(0, 1, 500), rng.normal(apart, 1, 200))
                return truth, {"ours": (found.low, found.high)}

            lines.append(covered(f"{name} {truths[name]:.3f}, 500 and 200 rows", 700, draws, draw))
    return lines


def families(draws: int, size: int = 10, n: int = 600) -> list[dict]:
    """Ten functions against one on the same rows; of those that are no better or worse, how often any is called so."""
    lines = []
    for real in (0, 3):
        rng = np.random.default_rng(0)
        alarms: dict[str, list[bool]] = {"uncorrected": [], "holm": [], "holm_bootstrap": []}
        found = []
        for seed in range(draws):
            hard = rng.random(n)
            base = 0.5 * hard + 0.5 * rng.random(n) < 0.8
            others = [0.5 * hard + 0.5 * rng.random(n) < (0.7 if i < real else 0.8) for i in range(size)]
            exact = [mcnemar(base, other).p_mid for other in others]
            resampled = [paired_bootstrap(accuracy_sample(np.ones(n, bool), [base, other]), resamples=200, seed=seed).p for other in others]
            adjusted = holm(exact)
            for name, p in (("uncorrected", exact), ("holm", adjusted), ("holm_bootstrap", holm(resampled))):
                alarms[name].append(min(p[real:]) <= 0.05)
            found += [p <= 0.05 for p in adjusted[:real]]
        shares = {name: share(times) for name, times in alarms.items()}
        lines.append({"functions": size, "of_these_really_worse": real, "n": n, "any_false_alarm": shares, "real_ones_found": round(float(np.mean(found)), 3) if found else None})
        print(lines[-1], flush=True)
    return lines


def risks(draws: int) -> list[dict]:
    """A risk that is asked for, with certainty 0.95, on confidences that are too high; how often rows to come are wrong more often."""
    lines = []
    for asked, n in ((0.05, 1000), (0.1, 500), (0.1, 3000)):
        rng = np.random.default_rng(0)
        broken, coverage, none = [], [], 0
        for _ in range(draws):
            sure = confidence(rng.random(n))
            try:
                found = threshold_for_risk(sure, rng.random(n) > true_share(sure), asked)
            except DataError:
                none += 1
                broken.append(False)
                coverage.append(0.0)
                continue
            broken.append(risk_above(found.least) > asked)
            coverage.append(found.coverage)
        reachable = max(part for part in np.linspace(0.001, 1, 1000) if risk_above(confidence(part)) <= asked)
        lines.append({"asked": asked, "certainty": 0.95, "n": n, "broken": share(broken), "coverage": round(float(np.mean(coverage)), 3), "coverage_were_all_known": round(float(reachable), 3), "nothing_promised": none})
        print(lines[-1], flush=True)
    return lines


def confidence(place: np.ndarray) -> np.ndarray:
    """The confidence of the row at this place, 0..1, from the surest on; many are nearly certain, as of a real function."""
    return 1 - 0.5 * place**3


def risk_above(least: float) -> float:
    """How often rows of at least this confidence are wrong."""
    place = np.linspace(0, min((2 * (1 - least)) ** (1 / 3), 1.0), 2001)
    return float(1 - true_share(confidence(place)).mean())


def true_share(sure: np.ndarray) -> np.ndarray:
    """How often an answer of this confidence is right: less often than it says, but for the surest."""
    return np.clip(1.3 * sure - 0.3, 0, 1)


def share(times: list[bool]) -> dict:
    low, high = wilson(sum(times), len(times))
    return {"value": round(float(np.mean(times)), 4), "low": round(low, 4), "high": round(high, 4)}


def conformal(asked: argparse.Namespace, name: str) -> dict:
    """The coverage of sets on real rows, mean over random divisions into rows for the threshold and rows to be judged."""
    train, held, test = rows_of(name, asked.rows, 1000, 0)
    labels = sorted(set(train.column("label")))
    model = "minilm" if name in {"sst2", "banking77", "ag_news"} else "e5-multilingual"
    function = hk.classify(labels, name=name).learn(train, method=asked.method, model=None if asked.method == "static" else model, **parse_settings(asked.set))
    parts = [encode(function.task, part)[0] for part in (held, test)]
    inputs, targets = [*parts[0].inputs, *parts[1].inputs], np.concatenate([part.targets for part in parts])
    outputs = function.predictor().outputs(inputs)
    rng, lines = np.random.default_rng(0), []
    for kind in KINDS:
        scores = strangeness(kind, outputs, inputs)
        own = scores[np.arange(len(targets)), targets]
        for coverage in (0.8, 0.9, 0.95):
            held_share, sizes, empty = [], [], []
            for _ in range(asked.splits):
                mixed = rng.permutation(len(targets))
                fitting, judged = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
                threshold = conformal_threshold(own[fitting], coverage)
                size = (scores[judged] <= threshold).sum(axis=1)
                held_share.append(float((own[judged] <= threshold).mean()))
                sizes.append(float(size.mean()))
                empty.append(float((size == 0).mean()))
            reach = z_quantile() * float(np.std(held_share, ddof=1)) / asked.splits**0.5
            mean = float(np.mean(held_share))
            lines.append(
                {"kind": kind, "asked": coverage, "held": round(mean, 4), "low": round(mean - reach, 4), "high": round(mean + reach, 4), "one_division_sd": round(float(np.std(held_share, ddof=1)), 4),
                 "labels_a_set": round(float(np.mean(sizes)), 3), "empty": round(float(np.mean(empty)), 4)}
            )  # fmt: skip
    found = {"set": name, "method": asked.method, "labels": len(labels), "n": len(targets), "divisions": asked.splits, "accuracy": round(float((outputs.argmax(1) == targets).mean()), 4), "sets": lines}
    print(found, flush=True)
    return found


if __name__ == "__main__":
    main()
