"""learning_curve: how good a method is at several numbers of rows, and what more rows would bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.infer import infer_task
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.compare import examples_of
from hanshuku.functions.learn import default_model, encoded
from hanshuku.methods import check_kind, get_method
from hanshuku.methods.checks import check_range
from hanshuku.methods.curve_fit import fit_curve
from hanshuku.methods.frozen_rows import FrozenRows
from hanshuku.methods.out_of_fold import FOLDS, fold_of_rows
from hanshuku.metrics.intervals import bootstrap
from hanshuku.metrics.measure import primary_metric, primary_sample
from hanshuku.models.pull import pull
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step, silent

SIZES = 6  # numbers of rows that are measured
FEWEST = 20  # rows that a curve needs
SMALLEST = 8  # rows that are learned from at least
RESAMPLES, DRAWS = 300, 4000  # of the rows; of the forms
WIDER = 0.01  # standard deviation of a score of 0.5 from one sample of rows to learn from to another, which one sample cannot show


@dataclass(frozen=True)
class CurvePoint:
    """A score at a number of rows: measured, or foretold."""

    rows: int
    value: float
    low: float  # of the 95% interval
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {(self.high - self.low) / 2:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class LearningCurve:
    """What was measured and what is foretold.

    Attributes:
        metric: of the task: "accuracy", "micro_f1", "spearman" ...
        method: what learned, with its model.
        rows: all labelled rows.
        measured: by ascending number of rows, each the mean over folds and repeats.
        foretold: at all rows, and with as many more as were asked for.
    """

    metric: str
    method: str
    rows: int
    measured: tuple[CurvePoint, ...]
    foretold: tuple[CurvePoint, ...]

    def plot(self, path: str | Path, language: str = "en") -> Path:
        """Draw it into a PNG file.

        Raises:
            MissingExtra: matplotlib is not installed.
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.evaluation.plot_curve import plot_curve

        return plot_curve(self, Path(path), language)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LearningCurve:
        """The curve that `to_json` wrote.

        Raises:
            DataError: it is no learning curve.
        """
        try:
            points = {name: tuple(CurvePoint(**point) for point in data[name]) for name in ("measured", "foretold")}
            return cls(str(data["metric"]), str(data["method"]), int(data["rows"]), **points)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"This is no learning curve: {error!r}. One is the object that `hanshuku curve --json` prints.") from error


def learning_curve(
    examples: Any, *, more: Sequence[int] = (), task: Task | None = None, method: str = "probe", model: str | None = None, repeats: int = 3,
    seed: int = 0, frozen: FrozenRows | None = None, report: Callable[[Step], None] = silent, **settings: Any,
) -> LearningCurve:  # fmt: skip
    """Measure a method on nested parts of the rows, each answered out of fold, and foretell what more rows would bring.

    Several forms of curves are weighed by their fit (see `methods.curve_fit`); the 95% intervals hold what resampling the rows and
    the repeats changes, what the forms disagree about, and that another sample of rows would have given another curve.

    Args:
        examples: labelled Examples, or whatever `read` takes.
        more: numbers of further rows to foretell; (): as many again, and four times as many.
        task: what they fit; None: found from the columns.
        method: a name in METHODS; each is learned 30 times for one repeat, so a dear one takes long.
        model: catalogue name, hub name or folder; None: the method's default.
        repeats: shuffles of folds and parts.
        seed: of the shuffles.
        frozen: Encoded rows as a probe has read them already; None: they are read here.
        report: called with progress.
        **settings: fields of the method.

    Raises:
        ConfigError: the method does not learn, or a number is outside its range.
        DataError: there are fewer than 20 rows, or they do not fit the task.
        ModelError: the model cannot be had.
    """
    check_range("repeats", repeats, 1, 100, whole=True)
    for count in more:
        check_range("more", count, 1, 10_000_000, whole=True)
    chosen = get_method(method, **settings)
    if not chosen.LEARNS:
        raise ConfigError(f"{method!r} learns nothing from rows, so it has no learning curve.")
    if task is None:
        examples = examples_of(examples)
        task = infer_task(examples)
    check_kind(chosen, task.kind)
    rows, _ = encoded(task, examples, drop_empty=True, drop_repeated=True)
    if len(rows) < FEWEST:
        raise DataError(f"A learning curve needs at least {FEWEST} labelled rows. Received: {len(rows)}.")
    name = model or default_model(chosen, task, rows)
    if method == "probe":
        pull(name)
        fit = _probes(rows, frozen or FrozenRows.read(task, rows.inputs, chosen, name, Run(seed, report=report)))
    else:
        fit = _fits(rows, chosen, name)
    sizes, outputs, thresholds = _measure(rows, fit, repeats, seed, report)
    assert rows.targets is not None
    sample, _ = primary_sample(task, rows.targets, outputs, thresholds)
    score = np.atleast_1d(sample.value).reshape(repeats, len(sizes))
    drawn = bootstrap(sample, resamples=RESAMPLES, seed=seed).reshape(RESAMPLES, repeats, len(sizes))
    ahead = np.array([len(rows), *(len(rows) + count for count in (more or (len(rows), 4 * len(rows))))])
    measured, foretold = _foretell(sizes, score, drawn, ahead, seed)
    return LearningCurve(primary_metric(task, rows.targets), f"{method} with {name}", len(rows), measured, foretold)


def _foretell(
    sizes: np.ndarray, score: np.ndarray, drawn: np.ndarray, ahead: np.ndarray, seed: int
) -> tuple[tuple[CurvePoint, ...], tuple[CurvePoint, ...]]:
    """Points measured and foretold, from scores (R, S) and resampled scores (B, R, S).

    What resampling the rows does to all sizes alike moves the whole curve; only what it does to each size by itself blurs its form.
    """
    rng = np.random.default_rng(seed)
    repeats = len(score)
    means = drawn.mean(axis=1)
    means = means[np.isfinite(means).all(axis=1)]
    level = means.mean(axis=1, keepdims=True)
    shuffles = score.std(axis=0, ddof=1) / np.sqrt(repeats) if repeats > 1 else np.full(len(sizes), WIDER)
    fit = fit_curve(sizes, 1 - score.mean(axis=0), np.hypot(shuffles, (means - level).std(axis=0)))
    value, draws = 1 - fit.mean(ahead), fit.draw(ahead, DRAWS, rng)
    error = max(1 - float(score.mean()), 1e-6)
    draws = draws * np.exp(rng.normal(0, float(level.std()) / error, (DRAWS, 1)))  # errors are moved by factors: none is below 0
    spread = 1 - draws + rng.normal(0, WIDER, (DRAWS, 1)) * 2 * np.sqrt((value * (1 - value)).clip(0.02))
    return _points(sizes, score.mean(axis=0), means), _points(ahead, value, spread)


def _points(sizes: np.ndarray, values: np.ndarray, draws: np.ndarray) -> tuple[CurvePoint, ...]:
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    ends = zip(sizes.tolist(), values.tolist(), low.tolist(), high.tolist(), strict=True)
    return tuple(CurvePoint(int(n), round(v, 4), round(min(a, v), 4), round(min(max(b, v), 1.0), 4)) for n, v, a, b in ends)


_Fit = Callable[[np.ndarray, np.ndarray, int], tuple[np.ndarray, float]]  # rows to learn from, rows to answer, seed -> outputs, threshold


def _measure(
    rows: Encoded, fit: _Fit, repeats: int, seed: int, report: Callable[[Step], None]
) -> tuple[np.ndarray, list[np.ndarray], list[float]]:
    """The sizes, and for each repeat and size the out-of-fold outputs of all rows with their threshold."""
    folds = [fold_of_rows(rows, FOLDS, seed + repeat) for repeat in range(repeats)]
    most = min(int((fold != number).sum()) for fold in folds for number in range(FOLDS))
    least = min(max(SMALLEST, min(len(rows.task.labels), most // 6)), most // 2)
    sizes = np.unique(np.geomspace(least, most, SIZES).round().astype(np.int64))
    outputs, thresholds, total = [], [], repeats * FOLDS * len(sizes)
    for repeat, fold in enumerate(folds):
        found: list[list[Any]] = [[] for _ in sizes]
        for number in range(FOLDS):
            held, order = np.flatnonzero(fold == number), _order(rows, np.flatnonzero(fold != number), seed + 1000 * repeat + number)
            for at, size in enumerate(sizes.tolist()):
                found[at].append((held, *fit(order[:size], held, seed + repeat)))
                report(Step((repeat * FOLDS + number) * len(sizes) + at + 1, total, note=f"learn from {size} rows"))
        outputs += [_joined(parts, len(rows)) for parts in found]
        thresholds += [float(np.mean([threshold for _, _, threshold in parts])) for parts in found]
    return sizes, outputs, thresholds


def _joined(parts: list[Any], count: int) -> np.ndarray:
    """(N, ...) outputs from those of the folds."""
    first = parts[0][1]
    whole = np.empty((count, *first.shape[1:]), dtype=first.dtype)
    for held, found, _ in parts:
        whole[held] = found
    return whole


def _order(rows: Encoded, places: np.ndarray, seed: int) -> np.ndarray:
    """The places shuffled, so that every beginning is a random part; the first two have different labels, where there are any."""
    order = np.random.default_rng(seed).permutation(places)
    strata = rows.strata[order]
    other = np.flatnonzero(strata != strata[0])
    if len(other):
        order[[1, other[0]]] = order[[other[0], 1]]
    return order


def _probes(rows: Encoded, frozen: FrozenRows) -> _Fit:
    """Heads on vectors that are there; layers and penalty of each size are chosen the first time."""
    known: dict[int, Any] = {}

    def fit(places: np.ndarray, held: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
        learned = frozen.learn(rows, places, like=known.get(len(places)), seed=seed)
        known.setdefault(len(places), learned)
        return frozen.outputs(learned, held), learned.threshold

    return fit


def _fits(rows: Encoded, method: Any, model: str) -> _Fit:
    def fit(places: np.ndarray, held: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
        predictor = method.fit(rows.task, rows.take(places), model=model, run=Run(seed))
        return predictor.outputs(rows.take(held).inputs), float(predictor.threshold)

    return fit
