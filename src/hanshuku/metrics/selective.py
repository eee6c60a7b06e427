"""Answering only where one is sure: risk against coverage, and a threshold of confidence that keeps the risk with a stated certainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hanshuku.errors import DataError

STARTS = 5  # places from which `threshold_for_risk` tests its way towards full coverage
STEPS = 50  # coverages that it looks at


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Risk, the share wrong among the rows answered, at every coverage, the surest rows first.

    Attributes:
        coverage: (K,) share of rows answered, rising to 1; K different confidences.
        risk: (K,) share wrong among them.
        least: (K,) confidence of the least sure of them.
    """

    coverage: np.ndarray
    risk: np.ndarray
    least: np.ndarray

    def coverage_at(self, risk: float) -> float:
        """The greatest coverage at which the risk on these rows is no more than that; 0 where there is none.

        It is what was seen, not what is promised: for a promise see `threshold_for_risk`.
        """
        within = np.flatnonzero(self.risk <= risk)
        return float(self.coverage[within[-1]]) if len(within) else 0.0


def risk_coverage(confidences: np.ndarray, wrong: np.ndarray) -> RiskCoverage:
    """The risk-coverage curve (El-Yaniv & Wiener 2010, JMLR 11, section 2); rows of one confidence are answered together.

    Args:
        confidences: (N,), N >= 1.
        wrong: (N,) whether the answer is wrong.

    Raises:
        DataError: there is no row, or not as many of each.
    """
    if not len(confidences) or len(confidences) != len(wrong):
        raise DataError(f"A risk needs a confidence for each answer, at least one. Received: {len(confidences)} and {len(wrong)}.")
    order = np.argsort(-confidences, kind="stable")
    sure, errors = confidences[order], np.cumsum(np.asarray(wrong, dtype=np.float64)[order])
    last = np.flatnonzero(np.append(sure[1:] != sure[:-1], True))
    return RiskCoverage((last + 1) / len(sure), errors[last] / (last + 1), sure[last])


def aurc(confidences: np.ndarray, wrong: np.ndarray) -> tuple[float, float]:
    """The area under the risk-coverage curve, and how much of it is more than the best order of the same answers would have.

    AURC is the mean risk over the coverages 1/N, 2/N ... 1; the second number (excess AURC) is 0 where every right answer is surer than every
    wrong one (Geifman, Uziel & El-Yaniv 2019, arXiv 1805.08206, equations 2 and 3). Among rows of one confidence every order is as good: the mean over them counts.

    Args:
        confidences: (N,), N >= 1.
        wrong: (N,) whether the answer is wrong.
    """
    curve, n = risk_coverage(confidences, wrong), len(wrong)
    ends = np.rint(curve.coverage * n).astype(np.int64)
    errors = curve.risk * ends
    expected = np.interp(np.arange(1, n + 1), np.append(0, ends), np.append(0.0, errors))  # within a tie errors come evenly
    area = float((expected / np.arange(1, n + 1)).mean())
    total = round(float(errors[-1]))
    best = float((np.arange(1, total + 1) / np.arange(n - total + 1, n + 1)).sum() / n) if total else 0.0
    return area, max(area - best, 0.0)


def binomial_tail(errors: int, n: int, rate: float) -> float:
    """P(X <= errors) of a binomial X of n draws; rate strictly between 0 and 1."""
    steps = np.arange(1, errors + 1, dtype=np.float64)
    logs = np.concatenate([[0.0], np.cumsum(np.log(n - steps + 1) - np.log(steps) + math.log(rate) - math.log1p(-rate))])
    return min(1.0, float(np.exp(logs + n * math.log1p(-rate)).sum()))


def upper_bound(errors: int, n: int, sure: float = 0.95) -> float:
    """One-sided upper bound of an error rate, exact (Clopper & Pearson 1934, https://doi.org/10.1093/biomet/26.4.404).

    Args:
        errors: wrong answers among n.
        n: rows, >= 1.
        sure: how often, of many draws of n rows, the bound lies above the true rate.
    """
    if errors >= n:
        return 1.0
    low, high = errors / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if binomial_tail(errors, n, min(middle, 1 - 1e-12)) > 1 - sure else (low, middle)
    return high


@dataclass(frozen=True)
class Threshold:
    """A least confidence, and what it does on the rows it was chosen on.

    Attributes:
        least: rows less sure than this are refused; 0: none is.
        coverage: share of these rows that is answered.
        risk: share wrong among them, on these rows.
        bound: the risk that is kept, with certainty `sure`.
        sure: of the promise.
        n: rows.
    """

    least: float
    coverage: float
    risk: float
    bound: float
    sure: float
    n: int


def threshold_for_risk(confidences: np.ndarray, wrong: np.ndarray, risk: float, sure: float = 0.95) -> Threshold:
    """The least confidence that answers most and still keeps the risk: with certainty `sure` over draws of such rows, rows to come that are answered are
    wrong no more often than `risk`.

    Learn then test (Angelopoulos et al. 2021, arXiv 2110.01052, sections 2 and 4): for each of STEPS coverages fixed beforehand, "the risk is greater" is tested by
    the exact binomial; given the confidence at its edge the rows above are independent draws, so the count of their errors is binomial. From each of
    STARTS coverages the tests go on towards full coverage until one fails, at a STARTS-th of the level (fixed sequences with Bonferroni's correction).

    Args:
        confidences: (N,) of rows that were not learned from.
        wrong: (N,) whether the answer is wrong.
        risk: greatest share of wrong answers among those given, within 0..1.
        sure: certainty of the promise, within 0..1.

    Raises:
        DataError: no coverage keeps the risk with that certainty.
    """
    if not len(confidences):
        raise DataError("To keep a risk, labelled rows are due. Received: none.")
    order = np.argsort(-confidences, kind="stable")
    n, ranked, errors = len(order), confidences[order].astype(np.float64), np.cumsum(np.asarray(wrong, dtype=np.int64)[order])
    level = (1 - sure) / STARTS
    ranks = sorted({max(1, math.ceil(n * step / STEPS)) for step in range(1, STEPS + 1)})
    passed = best = -1
    for start in range(1, STARTS + 1):
        for rank in (rank for rank in ranks if rank >= n * start / STARTS):
            if rank <= passed:
                continue  # an earlier sequence has been here
            above = rank if rank == n else int((ranked > ranked[rank]).sum())
            if not above or binomial_tail(int(errors[above - 1]), above, risk) > level:
                break
            passed, best = rank, max(best, above)
    if best < 1:
        raise DataError(_hopeless(ranked, errors, risk, sure, level))
    least = 0.0 if best == n else float((ranked[best - 1] + ranked[best]) / 2)
    return Threshold(least, best / n, float(errors[best - 1]) / best, risk, sure, n)


def _hopeless(ranked: np.ndarray, errors: np.ndarray, risk: float, sure: float, level: float) -> str:
    n = len(ranked)
    due = math.ceil(math.log(level) / math.log1p(-risk))
    most_sure = max(1, n // STARTS)
    seen = f"of the {most_sure} surest rows {int(errors[most_sure - 1])} are wrong, of all {n} {int(errors[-1])}"
    few = f" Even without any error {due} rows answered are due." if n < due * STARTS else ""
    return (
        f"No least confidence keeps the risk at {risk:g} with certainty {sure:g} on these {n} rows: {seen}.{few} "
        "Give more held-out rows, allow more risk, or learn from more rows first."
    )
