"""Tasks whose answer is a text: ROUGE, chrF, BLEU and exact match; of programs with tests, first of all the share that passes.

Chance is what a row gets that is answered with the reference of another row: the right kind of text, written without reading the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from hanshuku.data.language import KANA, language_of
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.intervals import UNIT, Scale, measured
from hanshuku.metrics.ngrams import bleu_sample, chrf_sample
from hanshuku.metrics.rouge import rouge_rows
from hanshuku.metrics.rows import PERCENT, check_objects, mean_metric, mean_sample, others, texts_of
from hanshuku.tasks import Task

ANY_TEXT = ("rouge_l", "chrf", "bleu", "exact_match")
NAMES = {"translate": ("chrf", "bleu"), "summarize": ("rouge_l", "rouge_1", "rouge_2"), "generate": ANY_TEXT, "chat": ANY_TEXT, "complete_code": ("chrf", "exact_match")}
Texts: TypeAlias = Sequence[str]
References: TypeAlias = Sequence[Sequence[str]]


def text_metrics(task: Task, targets: np.ndarray, outputs: np.ndarray, **draws: Any) -> dict[str, Metric]:
    """The metrics of NAMES for the task's kind, the primary one first; bleu and chrf from 0 to 100, all else from 0 to 1.

    Args:
        task: of a kind whose answer is a text.
        targets: (N,) tuples of accepted texts; of programs (program, tests).
        outputs: (N,) pairs (text, confidence).
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: outputs and targets do not fit.
        MissingExtra: sacrebleu is not installed.
    """
    check_objects(targets, outputs)
    given, references = texts_of(outputs), references_of(task, targets)
    kept = [i for i, due in enumerate(references) if due]
    if not kept:  # programs that have nothing but tests
        return {}
    given, references = [given[i] for i in kept], [references[i] for i in kept]
    language = text_language(task, references)
    unread = others([due[0] for due in references]) if len(references) > 1 else [""]
    found: dict[str, Metric] = {}
    for name in NAMES[task.kind]:
        if name in {"bleu", "chrf"}:
            sample, chance = (_corpus(name, [texts], references, language) for texts in (given, unread))
            found[name] = measured(sample, (PERCENT,), (float(chance.value[0]),), **draws)[0]
        else:
            scores, chances = (_row_scores(name, texts, references, language) for texts in (given, unread))
            found[name] = mean_metric(scores, float(chances.mean()), **draws)
    return found


def text_sample(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> tuple[Sample, Scale]:
    """The kind's first metric of R predictors on the same rows, (B, R), and its scale."""
    name = NAMES[task.kind][0]
    return text_samples(task, targets, outputs, (name,))[name], PERCENT if name == "chrf" else UNIT


def text_samples(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray], names: Sequence[str] = ()) -> dict[str, Sample]:
    """The metrics of NAMES, or those named, of R predictors on the same rows, (B, R) each; {} where all are programs that have nothing but tests."""
    references = references_of(task, targets)
    kept = [i for i, due in enumerate(references) if due]
    texts = [[given[i] for i in kept] for given in map(texts_of, outputs)]
    references = [references[i] for i in kept]
    if not kept:
        return {}
    language = text_language(task, references)
    return {
        name: _corpus(name, texts, references, language) if name in {"bleu", "chrf"} else mean_sample([_row_scores(name, given, references, language) for given in texts])
        for name in names or NAMES[task.kind]
    }


def references_of(task: Task, targets: np.ndarray) -> list[tuple[str, ...]]:
    """The accepted texts of each row; none where a program is known by its tests alone."""
    if task.kind != "complete_code":
        return [tuple(target) for target in targets]
    return [(program,) if program.strip() else () for program, _ in targets]


def text_language(task: Task, references: References) -> str:
    """The language that the task states, else that of most references: "en", "zh", "ja" or "other"."""
    if task.language:
        return task.language
    firsts = [due[0] for due in references]
    found = language_of(firsts)
    return "ja" if found == "other" and 2 * sum(bool(KANA.search(text)) for text in firsts) > len(firsts) else found


def exact_rows(predictions: Texts, references: References) -> np.ndarray:
    """(N,) 1 where a text is one of its references, blanks at line ends and around it aside."""
    return np.array([float(_bare(given) in {_bare(text) for text in due}) for given, due in zip(predictions, references, strict=True)])


def _bare(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _row_scores(name: str, given: Texts, references: References, language: str) -> np.ndarray:
    return exact_rows(given, references) if name == "exact_match" else rouge_rows(given, references, language, names=(name,))[name]


def _corpus(name: str, given: Sequence[Texts], references: References, language: str) -> Sample:
    return chrf_sample(given, references) if name == "chrf" else bleu_sample(given, references, language)
