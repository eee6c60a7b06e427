"""Programs with tests: the share that passes them all, each run in the sandbox. Chen et al. 2021, https://arxiv.org/abs/2107.03374."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.intervals import UNIT, Scale
from hanshuku.metrics.rows import check_objects, mean_metric, mean_sample, share_metric, texts_of
from hanshuku.metrics.sandbox import Verdict, run_program, walls_here
from hanshuku.metrics.texts import text_metrics, text_samples
from hanshuku.tasks import Task

SHOWN = 3  # reasons that are told


def has_tests(task: Task, targets: np.ndarray | None) -> bool:
    """Whether these are programs of which some have tests."""
    return task.kind == "complete_code" and targets is not None and any(tests for _, tests in targets)


def can_run(task: Task, targets: np.ndarray | None) -> bool:
    """Whether there are tests, and this machine can run programs without harm."""
    return has_tests(task, targets) and bool(walls_here())


def program_metrics(task: Task, targets: np.ndarray, outputs: np.ndarray, **draws: Any) -> dict[str, Metric]:
    """pass_at_1, over the rows with tests, and then the metrics of texts. Chance is 0: no program passes by accident.

    Args:
        task: of kind complete_code.
        targets: (N,) pairs (program, tests).
        outputs: (N,) pairs (program, confidence).
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: outputs and targets do not fit.
    """
    passed = np.array([verdict.passed for verdict in verdicts(targets, outputs)])
    return {"pass_at_1": share_metric(passed, 0.0), **text_metrics(task, targets, outputs, **draws)}


def program_sample(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> tuple[Sample, Scale]:
    """The share that passes of R predictors on the rows with tests, (B, R), and its scale."""
    return mean_sample([np.array([float(verdict.passed) for verdict in verdicts(targets, given)]) for given in outputs]), UNIT


def program_samples(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> dict[str, Sample]:
    """pass_at_1 and the metrics of texts of R predictors on the same rows, (B, R) each."""
    return {"pass_at_1": program_sample(task, targets, outputs)[0], **text_samples(task, targets, outputs)}


def verdicts(targets: np.ndarray, outputs: np.ndarray) -> list[Verdict]:
    """What came of each program that has tests, in the order of the rows; as many are run at once as there are processors."""
    check_objects(targets, outputs)
    jobs = [(program, tuple(tests)) for program, (_, tests) in zip(texts_of(outputs), targets, strict=True) if tests]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1) as pool:
        return list(pool.map(lambda job: _judged(*job), jobs))


@lru_cache(maxsize=10_000)
def _judged(program: str, tests: tuple[str, ...]) -> Verdict:
    """A program is judged once, however many metrics ask."""
    return run_program(program, tests)


def program_note(targets: np.ndarray, outputs: np.ndarray) -> str:
    """How the programs were run, and why most of those that failed did."""
    if not walls_here():
        return f"pass_at_1 is not measured: {run_program('', []).reason}"
    found = verdicts(targets, outputs)
    reasons = Counter(_kind(verdict.reason) for verdict in found if not verdict.passed)
    told = ", ".join(f"{kind} {count}" for kind, count in reasons.most_common(SHOWN))
    failed = f"{reasons.total()} of {len(found)} programs did not pass: {told}. " if reasons else ""
    return f"{failed}Programs were run behind these walls: {', '.join(walls_here())}"


def _kind(reason: str) -> str:
    """A reason without what is the program's own: "test 2: AssertionError: 3 is not 4" is an AssertionError."""
    parts = reason.split(": ")
    return parts[1] if parts[0] == "program" or parts[0].startswith("test ") else reason


def pass_at_k(passed: np.ndarray, k: int, **draws: Any) -> Metric:
    """The chance that at least one of k programs passes, from n >= k samples a row, without bias.

    1 - C(n - c, k) / C(n, k) for c of n that pass (Chen et al. 2021, equation 1), averaged over the rows.

    Args:
        passed: (N, n) bool, whether each sample of each row passes; see `verdicts`.
        k: 1..n.
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: there is no row, or k is not within 1..n.
    """
    if passed.ndim != 2 or not len(passed) or not 1 <= k <= passed.shape[1]:
        raise DataError(f"pass@k takes (N, n) samples and k of 1..n. Received: {passed.shape} and k={k}.")
    n = passed.shape[1]
    scores = [1 - math.comb(n - right, k) / math.comb(n, k) for right in passed.sum(axis=1).tolist()]
    return mean_metric(np.array(scores), 0.0, **draws)
