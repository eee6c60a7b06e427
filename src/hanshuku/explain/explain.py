"""explain_rows: from a predictor and rows to explanations, many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.explain import lime, occlusion, shap
from hanshuku.explain.base import Explanation, Share
from hanshuku.explain.cases import BATCH, Case, label_cases, number_cases, values
from hanshuku.explain.gradients import STEPS, integrated_gradients, why_not
from hanshuku.explain.remarks import Remark
from hanshuku.explain.span_cases import answer_cases, rank_cases, tag_cases
from hanshuku.explain.text_cases import text_cases
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.tasks import WRITTEN_KINDS
from hanshuku.training.run import Step, silent

BLACK_BOX: dict[str, Any] = {"occlusion": occlusion, "shap": shap, "lime": lime}  # method -> its `masks` and `weights`
MAKERS: dict[str, Callable[[Any, list[tuple[str, ...]], Any], list[Case]]] = {  # kind -> its cases
    "classify": label_cases, "rate": number_cases, "tag": tag_cases, "answer": answer_cases, "rank": rank_cases,
    **dict.fromkeys(sorted(WRITTEN_KINDS), text_cases),
}  # fmt: skip
NAMED = frozenset({"classify", "tag", "rank"})  # kinds of which one says what is explained
DRAWN = ("shap", "lime")  # methods that draw their variants
METHODS = ("auto", "integrated_gradients", *BLACK_BOX)


def explain_rows(
    predictor: Predictor, rows: Inputs, *, method: str = "auto", label: str | Sequence[str] | None = None, samples: int = 0, seed: int = 0,
    report: Callable[[Step], None] = silent,
) -> list[Explanation]:  # fmt: skip
    """What each word did, for each row. All variants of many rows are asked in one call of the predictor.

    Args:
        predictor: what answers.
        rows: one text per input each.
        method: one of METHODS.
        label: what is explained, see `cases_of`.
        samples: variants a row that SHAP and LIME ask; 0: as many as the words call for.
        seed: of their draws; same seed, same weights.
        report: called with progress.

    Raises:
        UnknownName: no method, or no label, has that name.
        ConfigError: answers of this kind, or this predictor, cannot be explained so.
    """
    return explain_cases(predictor, cases_of(predictor, rows, label), method=resolved(predictor, method, samples), samples=samples, seed=seed, report=report)


def cases_of(predictor: Predictor, rows: Inputs, label: str | Sequence[str] | None = None) -> list[Case]:
    """A case a row.

    Args:
        predictor: what answers.
        rows: one text per input each.
        label: classify: the label to explain, or several of which the first matters most; tag: a kind of entity; rank: a candidate;
            None: what was answered.

    Raises:
        ConfigError: answers of this kind have no label, or cannot be explained.
        UnknownName: no label has that name.
    """
    task = predictor.task
    if label is not None and task.kind not in NAMED:
        raise ConfigError(f"label= says which label is explained; {task.name}() is of kind {task.kind!r} and has none. Leave it out.")
    return MAKERS[task.kind](predictor, [tuple(row) for row in rows], label or None)


def resolved(predictor: Predictor, method: str, samples: int = 0) -> str:
    """The method that is meant, if it can explain this predictor.

    Raises:
        UnknownName: no method has that name.
        ConfigError: it cannot, or draws no samples.
    """
    if method not in METHODS:
        raise UnknownName("method of explaining", method, METHODS)
    if method == "integrated_gradients" and (reason := why_not(predictor)):
        raise ConfigError(reason)
    method = "occlusion" if method == "auto" else method
    if samples and (samples < 0 or method not in DRAWN):
        raise ConfigError(f"samples= is how many variants {' and '.join(DRAWN)} draw, 1 or more; 0: as many as the words call for. Received: samples={samples} with method={method!r}.")
    return method


def explain_cases(
    predictor: Predictor, cases: Sequence[Case], *, method: str, samples: int = 0, seed: int = 0, report: Callable[[Step], None] = silent
) -> list[Explanation]:
    """As `explain_rows`, for cases that are there already, by a method that `resolved` gave."""
    found: list[Explanation] = []
    for group in _groups(cases, method, samples, seed):
        by_gradients = method == "integrated_gradients"
        shares = integrated_gradients(predictor, [case for case, _ in group]) if by_gradients else _black_box(predictor, group, method)
        found += [_explanation(predictor, case, method, share, samples) for (case, _), share in zip(group, shares, strict=True)]
        report(Step(len(found), len(cases), note="explain"))
    return found


def _groups(cases: Sequence[Case], method: str, samples: int, seed: int) -> list[list[tuple[Case, np.ndarray]]]:
    """The cases with their masks, in groups of about BATCH variants."""
    groups: list[list[tuple[Case, np.ndarray]]] = []
    size = BATCH
    for case in cases:
        rng = np.random.default_rng(seed)  # anew for each row: its weights do not depend on the rows beside it
        words = len(case.cutter.words)
        masks = BLACK_BOX[method].masks(words, rng, samples) if method in BLACK_BOX else np.ones((STEPS, words), dtype=bool)
        if size + len(masks) > BATCH:
            groups.append([])
            size = 0
        groups[-1].append((case, masks))
        size += len(masks)
    return groups


def _black_box(predictor: Predictor, group: Sequence[tuple[Case, np.ndarray]], method: str) -> list[dict[str, Share]]:
    scores = values(predictor, [case for case, _ in group], [masks for _, masks in group])
    found = []
    for (case, masks), own in zip(group, scores, strict=True):
        weights = BLACK_BOX[method].weights(masks, own)
        found.append({key: Share(float(own[0, k]), float(own[1, k]), tuple(weights[:, k].tolist())) for k, key in enumerate(case.keys)})
    return found


def _explanation(predictor: Predictor, case: Case, method: str, shares: dict[str, Share], samples: int) -> Explanation:
    words = len(case.cutter.words)
    few = (Remark("few_samples", {"samples": samples, "words": words}),) if 0 < samples < words else ()
    return Explanation(predictor.task.inputs, case.row, case.output, case.label, method, case.UNIT, case.cutter.words, shares, notes=(*case.notes, *few))
