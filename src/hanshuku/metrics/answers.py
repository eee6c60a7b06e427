"""Answers from a context: exact match and F1 as SQuAD counts them, and for Chinese as CMRC 2018 does.

SQuAD (Rajpurkar et al. 2016 and 2018, https://aclanthology.org/D16-1264, https://aclanthology.org/P18-2124): lower case, no
punctuation, no articles; F1 is over shared words. CMRC 2018 (Cui et al. 2019, https://aclanthology.org/D19-1600): lower case, no
punctuation; F1 is over the longest common stretch of characters. The best of the accepted answers counts. Where there is no
answer, none is right and any is wrong.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.data.language import language_of
from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric, Sample
from hanshuku.metrics.intervals import UNIT, Scale
from hanshuku.metrics.rows import check_objects, mean_metric, mean_sample
from hanshuku.tasks import Task

ARTICLES = re.compile(r"\b(a|an|the)\b")
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
CHINESE_MARKS = frozenset("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")  # those that CMRC leaves out, and no other
WORD = r"[^\W\u4e00-\u9fa5]+"
PIECE = re.compile(rf"[\u4e00-\u9fa5]|{WORD}(?:[.,]{WORD})*(?:\.(?=\s*[^\s\u4e00-\u9fa5]))?|[^\w\s]")  # "3.5", "a." within a name


def answer_metrics(task: Task, targets: np.ndarray, outputs: np.ndarray, **draws: Any) -> dict[str, Metric]:
    """f1 and exact_match, 0..1. Chance is what giving no answer gets: the share of rows that have none.

    Args:
        task: of kind answer; where most answers are Chinese (or the task says so) CMRC's rules hold, else SQuAD's.
        targets: (N,) tuples of (text, start).
        outputs: (N,) tuples (text, start, end, confidence).
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: outputs and targets do not fit.
    """
    check_objects(targets, outputs)
    exact, f1 = answer_rows(answer_texts(outputs), accepted_texts(targets), chinese=is_chinese(task, targets))
    chance = float(np.mean([not target for target in targets]))
    return {"f1": mean_metric(f1, chance, **draws), "exact_match": mean_metric(exact, chance)}


def answer_sample(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> tuple[Sample, Scale]:
    """The F1 of R predictors on the same rows, (B, R), and its scale."""
    return mean_sample([answer_f1(task, targets, given) for given in outputs]), UNIT


def answer_f1(task: Task, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """(N,) F1 of each row, by the rules of `answer_metrics`."""
    return answer_rows(answer_texts(outputs), accepted_texts(targets), chinese=is_chinese(task, targets))[1]


def answer_samples(task: Task, targets: np.ndarray, outputs: Sequence[np.ndarray]) -> dict[str, Sample]:
    """f1 and exact_match of R predictors on the same rows, (B, R) each."""
    due, chinese = accepted_texts(targets), is_chinese(task, targets)
    rows = [answer_rows(answer_texts(given), due, chinese=chinese) for given in outputs]
    return {"f1": mean_sample([f1 for _, f1 in rows]), "exact_match": mean_sample([exact for exact, _ in rows])}


def answer_rows(predictions: Sequence[str], answers: Sequence[Sequence[str]], *, chinese: bool) -> tuple[np.ndarray, np.ndarray]:
    """Exact match and F1 of each row, (N,) each.

    Args:
        predictions: N texts; "" is no answer.
        answers: N lists of accepted texts; an empty one where there is none.
        chinese: by CMRC's rules, not SQuAD's.
    """
    exact, f1 = (_cmrc_exact, _cmrc_f1) if chinese else (_squad_exact, _squad_f1)
    rows = [(given, due or ("",)) for given, due in zip(predictions, answers, strict=True)]
    return tuple(np.array([max(score(given, text) for text in due) for given, due in rows]) for score in (exact, f1))  # type: ignore[return-value]


def is_chinese(task: Task, targets: np.ndarray) -> bool:
    """Whether CMRC's rules hold: the task's language, or else that of most answers, is Chinese."""
    if task.language:
        return task.language.lower().startswith("zh")
    return language_of(text for target in targets for text, _ in target) == "zh"


def answer_texts(outputs: np.ndarray) -> list[str]:
    """The texts of outputs (text, start, end, confidence); "" is no answer.

    Raises:
        DataError: an output has another form.
    """
    strange = next((output for output in outputs if not (isinstance(output, (tuple, list)) and len(output) == 4 and isinstance(output[0], str))), None)
    if strange is not None:
        raise DataError(f"Outputs are tuples (text, start, end, confidence). Received: {strange!r}.")
    return [output[0] for output in outputs]


def accepted_texts(targets: np.ndarray) -> list[tuple[str, ...]]:
    """The accepted texts of each row."""
    return [tuple(text for text, _ in target) for target in targets]


def _plain(text: str) -> list[str]:
    """Words as SQuAD compares them."""
    return ARTICLES.sub(" ", text.lower().translate(NO_PUNCTUATION)).split()


def _squad_exact(given: str, due: str) -> float:
    return float(_plain(given) == _plain(due))


def _squad_f1(given: str, due: str) -> float:
    mine, theirs = _plain(given), _plain(due)
    if not mine or not theirs:
        return float(mine == theirs)
    return _f1(sum((Counter(mine) & Counter(theirs)).values()), len(mine), len(theirs))


def _bare(text: str) -> str:
    return "".join(character for character in text.lower().strip() if character not in CHINESE_MARKS)


def _cmrc_exact(given: str, due: str) -> float:
    return float(_bare(given) == _bare(due))


def _cmrc_f1(given: str, due: str) -> float:
    """Over characters of Chinese and words of all else."""
    mine, theirs = PIECE.findall(_bare(given)), PIECE.findall(_bare(due))
    if not mine or not theirs:
        return float(mine == theirs)
    return _f1(longest_stretch(mine, theirs), len(mine), len(theirs))


def _f1(hits: int, given: int, due: int) -> float:
    return 2 * hits / (given + due) if hits else 0.0


def longest_stretch(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest run that both have without a gap."""
    best, row = 0, [0] * (len(second) + 1)
    for one in first:
        row = [0, *(before + 1 if one == other else 0 for before, other in zip(row, second, strict=False))]
        best = max(best, *row)
    return best
