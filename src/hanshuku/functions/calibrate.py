"""calibrate: honest probabilities, refusals and sets of labels for a function that has learned, from rows that it has not seen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.fingerprint import fingerprint
from hanshuku.errors import ConfigError, DataError
from hanshuku.evaluation.cost import library_versions
from hanshuku.functions.learn import encoded
from hanshuku.functions.origin import CALIBRATE, Origin
from hanshuku.inference.base import Predictor
from hanshuku.inference.calibrated import CalibratedPredictor, Sets, uncalibrated
from hanshuku.inference.scope import SCOPES, Read, Scope, fit_scope, needs_others, read_rows
from hanshuku.methods.checks import check_choice
from hanshuku.metrics.calibration import (
    calibration_error,
    corrected_error,
    expected_calibration_error,
    reliability_bins,
)
from hanshuku.metrics.conformal import KINDS, conformal_threshold, strangeness
from hanshuku.metrics.detection import auroc, false_alarms
from hanshuku.metrics.exact import right_answers
from hanshuku.metrics.scaling import FITS, Scaling, fit_scaling
from hanshuku.metrics.selective import threshold_for_risk
from hanshuku.tasks import Task
from hanshuku.tasks.classify import confidences

if TYPE_CHECKING:
    from hanshuku.functions.core import Function

PART = {"temperature": 0.25, "isotonic": 0.5}  # of the held-out rows, for scaling alone where the others promise something
FOLDS = 5
LEAST_IN_SCOPE = 20  # rows, so that 95 in 100 of them can be kept


@dataclass(frozen=True)
class Calibration:
    """What is asked of `calibrate`.

    Args:
        scaling: "temperature" (one number), "isotonic" (a rising curve, for a thousand rows and more), or "none".
        risk: greatest share of wrong answers among those given, 0..1; what is less sure is refused. None: nothing is refused for that.
        sure: certainty of that promise, 0..1.
        coverage: how often a set of labels shall hold the right one, 0..1. None: no sets.
        sets: "lac" (the smallest sets) or "aps" (sets that grow where a row is hard).
        scope: how rows out of scope are told: "confidence", "energy", "mahalanobis" or "knn". None: none is refused for that.
        keep: share of the rows in scope that are kept, 0..1.
        seed: of the division of the rows.

    Raises:
        ConfigError: a value is none of these, or nothing is asked for.
    """

    scaling: str | None = "temperature"
    risk: float | None = None
    sure: float = 0.95
    coverage: float | None = None
    sets: str = "lac"
    scope: str | None = None
    keep: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "scaling", self.scaling or "none")
        check_choice("scaling", self.scaling, (*FITS, "none"))
        check_choice("sets", self.sets, KINDS)
        if self.scope is not None:
            check_choice("scope", self.scope, tuple(SCOPES))
        for name in ("risk", "coverage", "sure", "keep"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, (int, float)) and 0 < value < 1):
                raise ConfigError(f"{name} lies between 0 and 1, both left out. Received: {value!r}.")
        if self.scaling == "none" and self.risk is None and self.coverage is None and self.scope is None:
            raise ConfigError("Nothing is asked for: give a scaling, a risk, a coverage or a scope.")


def calibrate(function: Function[Any, Any], heldout: Any, *, train: Any = None, **asked: Any) -> tuple[CalibratedPredictor, Origin]:
    """A predictor that answers as the function's does, with what was asked for around it, and the record of how.

    Rows whose label the function does not know are from out of scope: they show how well these are told, and count as wrong where they are answered.

    Args:
        function: gives labels.
        heldout: labelled rows that it has not learned from; Examples, Encoded, or whatever `read` takes.
        train: rows that it has learned from, for the scopes "mahalanobis" and "knn"; None: the held-out rows, in turns.
        **asked: fields of `Calibration`.

    Raises:
        ConfigError: the function gives no labels, or cannot give what was asked for.
        DataError: the rows do not fit, are too few, or are those it has learned from.
    """
    begin, task = time.perf_counter(), function.task
    settings = _settings(task, asked)
    rows, notes = encoded(task, heldout, unknown_labels="keep")
    if not len(rows) or rows.targets is None:
        raise DataError("To calibrate, labelled rows are due that the function has not learned from. Received: none.")
    learned = {origin.data for origin in function.history if origin.method != CALIBRATE}
    alike = rows if isinstance(heldout, Encoded) else encoded(task, heldout, unknown_labels="keep", drop_empty=True, drop_repeated=True)[0]  # as learning reads them
    if learned & {fingerprint(rows), fingerprint(alike)}:
        raise DataError("These are the rows that the function has learned from: of them it is too sure. Calibrate on rows that were held out.")
    known = np.flatnonzero(np.asarray(rows.targets) >= 0) if not task.several else np.arange(len(rows))
    base = uncalibrated(function.predictor(rows.inputs[:50]))
    read = read_rows(base, rows.inputs)
    making = _Making(task, base, rows, read, known, settings)
    predictor = making.predictor(None if train is None else encoded(task, train)[0])
    origin = _origin(function.history, settings, rows, time.perf_counter() - begin)
    return predictor, replace(origin, notes=(*(str(getattr(note, "message", note)) for note in notes), *predictor.about["lines"]))


def _settings(task: Task, asked: Mapping[str, Any]) -> Calibration:
    if task.kind != "classify":
        raise ConfigError(f"Labels are calibrated and refused; {task.name}() is of kind {task.kind!r}.")
    unknown = set(asked) - set(Calibration.__dataclass_fields__)
    if unknown:
        raise ConfigError(f"calibrate takes {', '.join(Calibration.__dataclass_fields__)} and train. Received: {', '.join(sorted(unknown))}.")
    settings = Calibration(**asked)
    if task.several and settings.coverage is not None:
        raise ConfigError(f"Sets of labels with a coverage are for one label a row; {task.name}() gives several already.")
    return settings


@dataclass(eq=False)
class _Making:
    """The steps of a calibration on N held-out rows, of which `known` have a label that the function knows."""

    task: Task
    base: Predictor
    rows: Encoded
    read: Read
    known: np.ndarray
    settings: Calibration

    def __post_init__(self) -> None:
        assert self.rows.targets is not None
        self.targets = self.rows.targets
        self.outside = np.setdiff1d(np.arange(len(self.rows)), self.known)
        self.about: dict[str, Any] = {"n": len(self.rows), "unknown": len(self.outside)}
        self.lines: list[str] = []

    def predictor(self, train: Encoded | None) -> CalibratedPredictor:
        """All that was asked for."""
        asked = self.settings
        fitting, promising = self._divide()
        found = CalibratedPredictor(self.task, self.base, self._scaling(fitting, promising), about=self.about)
        if asked.scope is not None:
            found.scope, found.strangest = self._scope(asked.scope, train)
        chances = found.scaled(self.read.outputs)
        if asked.coverage is not None:
            found.sets = self._sets(np.intersect1d(promising, self.known), chances, asked.coverage)
        if asked.risk is not None:
            found.least = self._least(promising, chances, found, asked.risk)
        self.about["lines"] = self.lines
        return found

    def _divide(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of rows for scaling, and for what is promised; the same where only one of both is asked for.

        A promise holds for rows that scaling has not seen.
        """
        every, kind = np.arange(len(self.rows)), str(self.settings.scaling)
        if kind == "none" or (self.settings.risk is None and self.settings.coverage is None):
            return every, every
        mixed = np.random.default_rng(self.settings.seed).permutation(every)
        cut = round(PART[kind] * len(mixed))
        return np.sort(mixed[:cut]), np.sort(mixed[cut:])

    def _scaling(self, fitting: np.ndarray, promising: np.ndarray) -> Scaling | None:
        """The scaling, with the error before and after on rows that it was not fitted on."""
        kind = str(self.settings.scaling)
        if kind == "none":
            return None
        fitting = np.intersect1d(fitting, self.known)
        scaling = fit_scaling(kind, self.targets[fitting], self.read.outputs[fitting])
        if len(promising) < len(self.rows):
            judged = np.intersect1d(promising, self.known)
            after = self._apply(scaling, judged)
        else:
            judged, after = self._in_turns(kind, fitting)
        before = _errors(self.task, self.targets[judged], self.read.outputs[judged], self.base.threshold)
        edge = scaling.threshold(self.base.threshold) if self.task.several else self.base.threshold
        now = _errors(self.task, self.targets[judged], after, edge)
        plain = scaling.to_json()
        self.about["scaling"] = {**(plain if kind == "temperature" else {"kind": kind}), "fitted_on": len(fitting), "before": before, "after": now}
        heat = f" {plain['temperature']:.2f}" if kind == "temperature" else ""
        self.lines.append(
            f"scaled by {kind}{heat}, fitted on {len(fitting):,} rows: calibration error {before['ece']:.3f} before, {now['ece']:.3f} after "
            f"(bias-corrected {before['ece_corrected']:.3f} and {now['ece_corrected']:.3f}; {len(judged):,} rows that it was not fitted on)"
        )
        return scaling

    def _in_turns(self, kind: str, fitting: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions, and what a scaling fitted on the other folds makes of each; too few rows for that: of the one fitted on all."""
        fold = np.random.default_rng(self.settings.seed).permutation(len(fitting)) % FOLDS
        after = np.empty((len(fitting), self.read.outputs.shape[1]), dtype=np.float32)
        for number in range(FOLDS):
            others = fitting[fold != number]
            if len(others) < 2 * FOLDS:
                others = fitting
            after[fold == number] = self._apply(fit_scaling(kind, self.targets[others], self.read.outputs[others]), fitting[fold == number])
        return fitting, after

    def _apply(self, scaling: Scaling, at: np.ndarray) -> np.ndarray:
        return scaling.apply(self.read.outputs[at], self.base.threshold if self.task.several else None)

    def _scope(self, kind: str, train: Encoded | None) -> tuple[Scope, float]:
        """The scope and the strangest row that is kept, judged by rows that it was not learned from."""
        if len(self.known) < LEAST_IN_SCOPE:
            raise DataError(f"To tell what is out of scope at least {LEAST_IN_SCOPE} held-out rows with labels that the function knows are due. Received: {len(self.known)}.")
        inside = self.read.take(self.known)
        if train is not None:
            scope = fit_scope(kind, read_rows(self.base, train.inputs), np.asarray(train.targets), seed=self.settings.seed)
            scores = scope.strangeness(inside)
        else:
            scope = fit_scope(kind, inside, self.targets[self.known], seed=self.settings.seed)
            scores = self._scored_in_turns(kind) if needs_others(kind) else scope.strangeness(inside)
        strangest = conformal_threshold(scores, self.settings.keep)
        told: dict[str, Any] = {"kind": kind, "keep": self.settings.keep, "n": len(self.known), "strangest": strangest}
        line = f"rows out of scope are told by {kind}: {self.settings.keep:.0%} of the rows in scope are kept, judged on {len(self.known):,}"
        if len(self.outside):
            strange = scope.strangeness(self.read.take(self.outside))
            told |= {"auroc": auroc(scores, strange).to_json(), "fpr95": false_alarms(scores, strange, seed=self.settings.seed).to_json()}
            line += f"; of {len(self.outside):,} rows with labels that it does not know {(strange > strangest).mean():.0%} are refused (AUROC {told['auroc']['value']:.3f})"
        self.about["scope"] = told
        self.lines.append(line)
        return scope, strangest

    def _scored_in_turns(self, kind: str) -> np.ndarray:
        """(K,) how strange each known row is to a scope learned from the other folds."""
        fold = np.random.default_rng(self.settings.seed).permutation(len(self.known)) % FOLDS
        found = np.empty(len(self.known))
        for number in range(FOLDS):
            kept, held = self.known[fold != number], self.known[fold == number]
            found[fold == number] = fit_scope(kind, self.read.take(kept), self.targets[kept], seed=self.settings.seed).strangeness(self.read.take(held))
        return found

    def _sets(self, at: np.ndarray, chances: np.ndarray, coverage: float) -> Sets:
        if not len(at):
            raise DataError("Sets of labels need held-out rows with labels that the function knows. Received: none.")
        scores = strangeness(self.settings.sets, chances[at], [self.rows.inputs[i] for i in at.tolist()])
        sets = Sets(self.settings.sets, conformal_threshold(scores[np.arange(len(at)), self.targets[at]], coverage), coverage)
        sizes = (scores <= sets.threshold).sum(axis=1)
        self.about["sets"] = {"kind": sets.kind, "coverage": coverage, "n": len(at), "mean_size": float(sizes.mean()), "empty": float((sizes == 0).mean())}
        self.lines.append(f"sets of labels ({sets.kind}) hold the right one {coverage:.0%} of the time, from {len(at):,} rows; {sizes.mean():.2f} labels on average")
        return sets

    def _least(self, at: np.ndarray, chances: np.ndarray, found: CalibratedPredictor, risk: float) -> float:
        """The least confidence, of the rows that are in scope."""
        if found.scope is not None:
            at = at[found.scope.strangeness(self.read.take(at)) <= found.strangest]
        wrong = ~right_answers(self.task, self.targets[at], chances[at], found.threshold)
        least = threshold_for_risk(confidences(self.task, chances[at], found.threshold), wrong, risk, self.settings.sure)
        self.about["risk"] = asdict(least)
        self.lines.append(
            f"refuses below confidence {least.least:.3f}: answers {least.coverage:.0%} of {least.n:,} rows; with certainty {least.sure:g} "
            f"no more than {risk:.1%} of its answers are wrong ({least.risk:.1%} on these rows)"
        )
        return least.least


def _errors(task: Task, targets: np.ndarray, chances: np.ndarray, threshold: float) -> dict[str, Any]:
    """The calibration error of the confidences, in its three forms."""
    sure, right = (chances.ravel(), targets.ravel() > 0) if task.several else (chances.max(axis=1), right_answers(task, targets, chances, threshold))
    bins = reliability_bins(sure, right)
    return {"ece": expected_calibration_error(sure, right), "ece_corrected": corrected_error(bins), "rms": calibration_error(bins).to_json(), "n": len(targets)}


def _origin(history: tuple[Origin, ...], settings: Calibration, rows: Encoded, seconds: float) -> Origin:
    last = history[-1] if history else Origin(CALIBRATE, {}, "")
    return replace(
        last, method=CALIBRATE, settings=asdict(settings), seed=settings.seed, rows=len(rows), data=fingerprint(rows), seconds=round(seconds, 3),
        date=datetime.now(timezone.utc).isoformat(timespec="seconds"), versions=library_versions(), trials=(),
    )  # fmt: skip
