"""What is expected of the methods before a task is seen: how much better or worse than `probe` they are, in parts of 1 of accuracy.

These are first estimates with wide deviations, from a few runs on development sets (`benchmarks/auto_regret.py --sets development`, kept in
benchmarks/results/auto_regret.cells.jsonl); no set on which auto is judged is among them. They are where a search starts: what
the rows at hand say soon outweighs them, but few rows say little (a warm start by meta-learning, as in Feurer et al. 2015,
"Efficient and Robust Automated Machine Learning", section 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

REFERENCE = "probe"


@dataclass(frozen=True)
class Standing:
    """How much better than the reference a method is expected to be: 0.01 is a point of accuracy."""

    mean: float
    sd: float


# method -> (rows a class, mean, sd), by rows a class; between them it is interpolated over their logarithm
_KNOWN: dict[str, tuple[tuple[int, float, float], ...]] = {
    "similarity": ((8, -0.20, 0.08), (32, -0.20, 0.10), (400, -0.28, 0.10)),
    "static": ((8, -0.05, 0.05), (32, -0.08, 0.05), (400, -0.05, 0.04)),
    "contrastive": ((8, 0.04, 0.04), (32, 0.03, 0.03), (400, 0.02, 0.03)),
    "self_train": ((8, 0.03, 0.04), (32, 0.03, 0.04), (400, 0.02, 0.04)),
    "finetune": ((8, -0.01, 0.06), (32, 0.0, 0.05), (400, 0.04, 0.03)),
}
UNKNOWN = Standing(0.0, 0.10)


def expected(method: str, rows_a_class: float) -> Standing:
    """The standing of a method with its usual settings; the reference itself: 0 for certain.

    Args:
        method: its name.
        rows_a_class: rows for each label, or for each of five parts of a range.
    """
    if method == REFERENCE:
        return Standing(0.0, 0.0)
    known = _KNOWN.get(method)
    if known is None:
        return UNKNOWN
    x = math.log(max(rows_a_class, 1e-9))
    for (n0, mean0, sd0), (n1, mean1, sd1) in pairwise(known):
        if rows_a_class <= n1:
            t = min(1.0, max(0.0, (x - math.log(n0)) / (math.log(n1) - math.log(n0))))
            return Standing(mean0 + t * (mean1 - mean0), sd0 + t * (sd1 - sd0))
    return Standing(*known[-1][1:])
