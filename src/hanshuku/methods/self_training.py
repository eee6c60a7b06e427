"""The work of `SelfTrain.fit`: rounds of labelling what two views are sure of, and learning from it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded, drawn_unlabelled
from hanshuku.errors import ConfigError
from hanshuku.inference.base import Predictor
from hanshuku.methods.frozen_rows import FrozenRows
from hanshuku.methods.modest import as_sure_as, mean_surety
from hanshuku.methods.probe import Probe
from hanshuku.methods.row_values import steady_rows
from hanshuku.methods.self_train import SelfTrain
from hanshuku.methods.settings import parse_method
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step

SAMPLE = 500  # unlabelled texts by which the last teacher is made as sure as the first


@dataclass(frozen=True)
class Guesses:
    """What was answered to N unlabelled texts.

    Attributes:
        targets: as of labelled rows: (N,) label numbers, or (N, L) of 0 and 1.
        surety: (N,) mean probability of what is given as right.
        agreed: (N,) whether both views say so.
    """

    targets: np.ndarray
    surety: np.ndarray
    agreed: np.ndarray


def fit_rounds(method: SelfTrain, task: Task, labelled: Encoded, model: str, validation: Encoded | None, run: Run) -> Predictor:
    """See `SelfTrain.fit`."""
    start, drawn, given = time.monotonic(), drawn_unlabelled(labelled, method.most, run.seed), len(labelled.unlabelled)
    if not drawn:
        raise ConfigError("All unlabelled texts are empty, or stand among the labelled rows.")
    labelled = replace(labelled, unlabelled=())
    frozen = FrozenRows.read(task, [*labelled.inputs, *drawn], Probe(), model, run)
    places = np.arange(len(labelled))
    everything = Encoded(task, [*labelled.inputs, *drawn], _filled(labelled, len(drawn)), np.zeros(len(labelled) + len(drawn), dtype=np.int64))
    head = frozen.learn(everything, places, seed=run.seed)
    best = _teach(method, task, labelled, model, validation, run, start, 0)
    notes, before, score, surety = [f"{len(drawn):,} of {given:,} unlabelled texts were read"], None, -math.inf, 1.0
    some = np.random.default_rng(run.seed).permutation(len(drawn))[:SAMPLE]
    for number in range(1, method.rounds + 1):
        views = best.outputs(drawn), frozen.outputs(head, np.arange(len(labelled), len(everything)))
        surety = mean_surety(task, views[0][some]) if number == 1 else surety
        found = guesses(task, *views)
        taken = chosen(found, _strata(task, labelled), _strata(task, replace(labelled, inputs=drawn, targets=found.targets)), method, number)
        changed = 1.0 if before is None else float(np.mean([not np.array_equal(a, b) for a, b in zip(found.targets, before, strict=True)]))
        if not len(taken) or changed < method.settle:
            notes.append(f"round {number}: {'nothing both views are sure of' if not len(taken) else f'{changed:.1%} of the labels changed'}; it ends here")
            break
        everything.targets[len(labelled) :] = found.targets  # type: ignore[index]
        pseudo = everything.take(len(labelled) + taken)
        reverse = _reverse(frozen, everything, len(labelled), taken, run.seed)
        if reverse <= score:
            notes.append(f"round {number}: {len(taken):,} texts would teach no better than those before; it ends here")
            break
        score, before = reverse, found.targets
        run.report(Step(number, method.rounds, note=f"round {number}: {len(taken):,} texts"))
        both = Encoded(task, [*labelled.inputs, *pseudo.inputs], np.concatenate([labelled.targets, pseudo.targets]), np.concatenate([labelled.lines, pseudo.lines]))  # type: ignore[list-item]
        best = _teach(method, task, both, model, validation, run, start, number)
        head = frozen.learn(everything, np.concatenate([places, len(labelled) + taken]), seed=run.seed)
        notes.append(f"round {number}: {len(taken):,} texts, on which both views agree, were learned; alone they tell {reverse:.3f} of the labelled rows")
    if before is not None:  # guesses were learned
        best, said = _modest(best, [drawn[i] for i in some], surety)
        notes += said
    best.fit_notes = (*getattr(best, "fit_notes", ()), *notes)  # type: ignore[attr-defined]
    return best


def _modest(last: Predictor, texts: list[tuple[str, ...]], surety: float) -> tuple[Predictor, list[str]]:
    """The last teacher, no surer of the texts than the first one was, which learned no guesses; and what was done."""
    found, temperature = as_sure_as(last, texts, surety)
    if temperature == 1:
        return found, []
    return found, [f"confidences are scaled by a temperature of {temperature:.2f}: it is as sure of the unlabelled texts as before it learned guesses; no answer changes"]


def _filled(labelled: Encoded, more: int) -> np.ndarray:
    """The targets, and room for those of so many texts more."""
    assert labelled.targets is not None
    return np.concatenate([labelled.targets, np.zeros((more, *labelled.targets.shape[1:]), dtype=labelled.targets.dtype)])


def _teach(method: SelfTrain, task: Task, rows: Encoded, model: str, validation: Encoded | None, run: Run, start: float, number: int) -> Predictor:
    """One fit of the teacher, within its share of the budget."""
    from hanshuku.methods import get_method

    name, _, settings = parse_method(method.teacher)
    teacher = get_method(name, **settings)
    left = None if run.budget_s is None else max(1.0, (run.budget_s - (time.monotonic() - start)) / (method.rounds + 1 - number))
    place = None if run.folder is None else run.folder / f"round-{number}"
    own: Any = teacher.default_model(task, "en") if name == "static" else model
    found: Predictor = teacher.fit(task, rows, model=own, validation=validation, run=replace(run, budget_s=left, folder=place))
    return found


def guesses(task: Task, one: np.ndarray, other: np.ndarray) -> Guesses:
    """What two views, (N, L) probabilities each, say together."""
    mean = (one + other) / 2
    if task.several:
        sets = [(view >= 0.5).astype(np.float32) for view in (mean, one, other)]
        return Guesses(sets[0], np.maximum(mean, 1 - mean).mean(axis=1), (sets[1] == sets[2]).all(axis=1))
    return Guesses(mean.argmax(axis=1), mean.max(axis=1), one.argmax(axis=1) == other.argmax(axis=1))


def _strata(task: Task, rows: Encoded) -> np.ndarray:
    return Encoded(task, rows.inputs, rows.targets, np.zeros(len(rows.inputs), dtype=np.int64)).strata


def chosen(found: Guesses, labelled: np.ndarray, strata: np.ndarray, method: SelfTrain, number: int) -> np.ndarray:
    """Places of the texts that a round takes: of each label the same share of those agreed on, the surest first.

    Args:
        found: the guesses for N texts.
        labelled: stratum of each labelled row.
        strata: (N,) stratum of each text by its guess.
        method: its settings.
        number: of the round, from 1.
    """
    taken: list[int] = []
    share = min(1.0, method.portion * number)
    for stratum in np.unique(strata[found.agreed]):
        places = np.flatnonzero(found.agreed & (strata == stratum))
        most = int(min(math.ceil(share * len(places)), method.ratio * max(1, int((labelled == stratum).sum()))))
        taken += places[np.argsort(-found.surety[places], kind="stable")[:most]].tolist()
    return np.array(sorted(taken), dtype=np.int64)


def _reverse(frozen: FrozenRows, everything: Encoded, count: int, taken: np.ndarray, seed: int) -> float:
    """How well a probe that learned the guesses alone tells the labelled rows, 0..1: reverse validation (Zhong et al. 2010, https://doi.org/10.1007/978-3-642-15939-8_35)."""
    guessed = everything.take(count + taken)
    if len(np.unique(guessed.strata)) < 2:
        return 0.0
    learned = frozen.learn(everything, count + taken, seed=seed)
    assert everything.targets is not None
    return float(steady_rows(frozen.task, everything.targets[:count], frozen.outputs(learned, np.arange(count)), learned.threshold).mean())
