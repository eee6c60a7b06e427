"""measure: a task's metrics from its targets and a predictor's outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from hanshuku.metrics.answers import answer_metrics, answer_sample, answer_samples
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.classification import (
    accuracy_sample,
    answers_of,
    classification_metrics,
    counts_samples,
    row_losses,
)
from hanshuku.metrics.entities import entity_metrics, entity_sample, entity_samples
from hanshuku.metrics.intervals import SIGNED, UNIT, Scale
from hanshuku.metrics.programs import can_run, program_metrics, program_sample, program_samples
from hanshuku.metrics.rankings import ranking_metrics, ranking_sample, ranking_samples
from hanshuku.metrics.regression import pearson_sample, regression_metrics, rmse_sample, spearman_sample
from hanshuku.metrics.rows import mean_sample, ratio_sample
from hanshuku.metrics.several import macro_f1_sample, micro_f1_sample, sets_sample, several_metrics
from hanshuku.metrics.structures import structure_metrics, structure_sample, structure_samples
from hanshuku.metrics.texts import text_metrics, text_sample, text_samples
from hanshuku.tasks import Task

Outputs: TypeAlias = Sequence[np.ndarray]
Thresholds: TypeAlias = Sequence[float]
Refused: TypeAlias = Sequence[np.ndarray | None] | None


@dataclass(frozen=True)
class Family:
    """What is measured of tasks of a kind."""

    primary: str  # the metric by which methods are compared
    metrics: Callable[..., dict[str, Metric]]  # (task, targets, outputs, threshold, **draws), the primary one first
    sample: Callable[[Task, np.ndarray, Outputs, Thresholds], tuple[Sample, Scale]]  # the primary metric of R predictors, (B, R)
    samples: Callable[[Task, np.ndarray, Outputs, Thresholds, Refused], dict[str, Sample]]  # every metric of R predictors, (B, R) each


def _one(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float, **draws: Any) -> dict[str, Metric]:
    return classification_metrics(targets, outputs, **draws)


def _one_sample(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds) -> tuple[Sample, Scale]:
    return accuracy_sample(targets, [given.argmax(axis=1) for given in outputs]), UNIT


def _one_samples(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds, refused: Refused) -> dict[str, Sample]:
    answers = [answers_of(given, refused=none) for given, none in zip(outputs, refused or [None] * len(outputs), strict=True)]
    macro, mcc = counts_samples(targets, answers)
    losses = mean_sample([row_losses(targets, given) for given in outputs])
    return {"accuracy": accuracy_sample(targets, answers), "macro_f1": macro, "mcc": mcc, "log_loss": losses, **_refusals([each == targets for each in answers], refused)}


def _several(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float, **draws: Any) -> dict[str, Metric]:
    return several_metrics(targets, outputs, threshold, **draws)


def _several_sample(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds) -> tuple[Sample, Scale]:
    return micro_f1_sample(targets, [given >= least for given, least in zip(outputs, thresholds, strict=True)]), UNIT


def _several_samples(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds, refused: Refused) -> dict[str, Sample]:
    given = [answers_of(each, least, none) for each, least, none in zip(outputs, thresholds, refused or [None] * len(outputs), strict=True)]
    answers = [each > 0 for each in given]
    return {"micro_f1": micro_f1_sample(targets, answers), "macro_f1": macro_f1_sample(targets, answers), "accuracy": sets_sample(targets, given), **_refusals([((targets > 0) == each).all(axis=1) for each in given], refused)}


def _refusals(right: Sequence[np.ndarray], refused: Refused) -> dict[str, Sample]:
    """Coverage and risk, where rows are refused; no risk where one answers nothing."""
    if not refused:
        return {}
    answered = [np.ones(len(fits), dtype=bool) if none is None else ~none for fits, none in zip(right, refused, strict=True)]
    found = {"coverage": mean_sample(answered)}
    if all(each.any() for each in answered):
        found["risk"] = ratio_sample([(each & ~fits, each) for each, fits in zip(answered, right, strict=True)])
    return found


def _rate(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float, **draws: Any) -> dict[str, Metric]:
    return regression_metrics(targets, np.clip(outputs, task.low, task.high), **draws)  # as `decode` answers


def _rate_sample(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds) -> tuple[Sample, Scale]:
    return spearman_sample(targets, [np.clip(given, task.low, task.high).astype(np.float64) for given in outputs]), SIGNED


def _rate_samples(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds, refused: Refused) -> dict[str, Sample]:
    true, values = targets.astype(np.float64), [np.clip(given, task.low, task.high).astype(np.float64) for given in outputs]
    return {"spearman": spearman_sample(targets, values), "pearson": pearson_sample(true, values), "rmse": rmse_sample(true, values)}


Metrics: TypeAlias = Callable[..., dict[str, Metric]]
Samples: TypeAlias = Callable[[Task, np.ndarray, Outputs], tuple[Sample, Scale]]


Every: TypeAlias = Callable[[Task, np.ndarray, Outputs], dict[str, Sample]]


def _objects(primary: str, metrics: Metrics, sample: Samples, samples: Every) -> Family:
    """A family of outputs that are objects, for which a threshold has no meaning."""

    def measured(task: Task, targets: np.ndarray, outputs: np.ndarray, threshold: float, **draws: Any) -> dict[str, Metric]:
        return metrics(task, targets, outputs, **draws)

    def sampled(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds) -> tuple[Sample, Scale]:
        return sample(task, targets, outputs)

    def every(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds, refused: Refused) -> dict[str, Sample]:
        return samples(task, targets, outputs)

    return Family(primary, measured, sampled, every)


FAMILIES: dict[str, Family] = {
    "classify": Family("accuracy", _one, _one_sample, _one_samples),
    "several": Family("micro_f1", _several, _several_sample, _several_samples),  # classify, where an answer is a set of labels
    "rate": Family("spearman", _rate, _rate_sample, _rate_samples),
    "translate": _objects("chrf", text_metrics, text_sample, text_samples),
    "summarize": _objects("rouge_l", text_metrics, text_sample, text_samples),
    "generate": _objects("rouge_l", text_metrics, text_sample, text_samples),
    "chat": _objects("rouge_l", text_metrics, text_sample, text_samples),
    "complete_code": _objects("chrf", text_metrics, text_sample, text_samples),
    "answer": _objects("f1", answer_metrics, answer_sample, answer_samples),
    "tag": _objects("entity_f1", entity_metrics, entity_sample, entity_samples),
    "extract": _objects("field_f1", structure_metrics, structure_sample, structure_samples),
    "rank": _objects("ndcg_at_10", ranking_metrics, ranking_sample, ranking_samples),
}


WITH_TESTS = _objects("pass_at_1", program_metrics, program_sample, program_samples)  # complete_code, where rows have tests


def family_of(task: Task, targets: np.ndarray | None = None) -> Family:
    """What is measured of the task; of programs, whether they pass their tests, where these targets have some."""
    if can_run(task, targets):
        return WITH_TESTS
    return FAMILIES["several" if task.several else task.kind]


def measure(task: Task, targets: np.ndarray, outputs: np.ndarray, *, threshold: float = 0.5, **draws: Any) -> dict[str, Metric]:
    """Every metric of the task, the primary one first.

    Args:
        task: one label: accuracy, macro_f1, mcc, log_loss; several: micro_f1, macro_f1, accuracy; rate: spearman,
            pearson, rmse; texts: see `texts.NAMES`; answer: f1, exact_match; tag: entity_f1, precision, recall; extract: field_f1,
            exact_match, valid; rank: ndcg_at_10, mrr; complete_code: pass_at_1 where rows have tests, before the metrics of texts.
        targets: as in `Encoded`.
        outputs: as a predictor gives them.
        threshold: several labels: least probability of a label that is given.
        **draws: `resamples` (1,000, fewer for very many rows) and `seed` (0) of the bootstrap; of labels also `refused`, (N,) bool, or None where no
            row can be: then coverage and risk are measured too.

    Raises:
        DataError: the shapes do not fit, there is no row, or an output is no number.
    """
    return family_of(task, targets).metrics(task, targets, outputs, threshold, **draws)


def primary_metric(task: Task, targets: np.ndarray | None = None) -> str:
    """The metric by which methods are compared: "accuracy", "micro_f1", "spearman", "chrf" ..."""
    return family_of(task, targets).primary


def primary_sample(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds) -> tuple[Sample, Scale]:
    """The primary metric of R predictors on the same rows as one statistic (B, R), so that a resample is shared by all."""
    return family_of(task, targets).sample(task, targets, outputs, thresholds)


def every_sample(task: Task, targets: np.ndarray, outputs: Outputs, thresholds: Thresholds, refused: Refused = None) -> dict[str, Sample]:
    """Every metric of `measure` of R predictors on the same rows, as statistics (B, R), so that their differences can be taken pairwise.

    Args:
        task: of the rows.
        targets: as in `Encoded`.
        outputs: of each predictor.
        thresholds: of each predictor; several labels: least probability of a label that is given.
        refused: labels: of each predictor (N,) which rows it gives no answer to, so no right one, though log_loss takes its outputs; then coverage and risk are
            there too. None: none.
    """
    return family_of(task, targets).samples(task, targets, outputs, thresholds, refused)
