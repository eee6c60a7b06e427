"""Cases of functions that point into a text or order texts: entities, answers, rankings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.explain.base import SCORE
from hanshuku.explain.cases import Case
from hanshuku.explain.remarks import Remark
from hanshuku.explain.words import Cutter, words_of_row
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.tasks import kind_of
from hanshuku.tasks.shown import short

LEAST = 0.01  # chance that is told from none, of a span that is not found
CANDIDATES = 20  # answers of a variant among which the one that is explained is looked for


@dataclass(frozen=True)
class SpanCase(Case):
    """tag and answer: the log-odds of finding the same span again.

    Of what is found in a variant, the chance counts by how much of it is the span that is looked for, moved as words went.
    """

    spans: tuple[tuple[int, int, str], ...] = ()  # of the keys: first character, the one behind the last (-1: no answer), label
    part: int = 0  # the input that they stand in

    def ask(self, predictor: Predictor, rows: Inputs, cases: Sequence[Case]) -> Iterable[Any]:
        """What is found, each with its chance: of answers several."""
        best = getattr(predictor, "best", None)
        if best is None:
            return predictor.outputs(rows)
        return [[(start, end, "", chance) for _, start, end, chance in own] for own in best([tuple(row) for row in rows], CANDIDATES)]

    def scores(self, predictor: Predictor, said: Any, kept: np.ndarray) -> np.ndarray:
        """The log-odds of each span."""
        chances = []
        for start, end, label in self.spans:
            wanted = (-1, -1) if start < 0 else (self.cutter.moved(self.part, start, kept), self.cutter.moved(self.part, end, kept))
            chances.append(max((chance * _overlap(wanted, (a, b)) for a, b, name, chance in said if name == label), default=0.0))
        clipped = np.clip(np.array(chances, dtype=np.float64), LEAST, 1 - 1e-6)
        return np.log(clipped / (1 - clipped))


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The characters that two spans share as a part of all that they have; of two that are none 1."""
    if one[0] < 0 or other[0] < 0:
        return float(one[0] < 0 and other[0] < 0)
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, shared / max(one[1] - one[0] + other[1] - other[0] - shared, 1))


def tag_cases(predictor: Predictor, rows: list[tuple[str, ...]], label: Any) -> list[Case]:
    """A case a row, for its entities; the surest one matters most.

    Raises:
        UnknownName: label is no kind of entity.
    """
    wanted = predictor.task.labels if label is None else (label,) if isinstance(label, str) else tuple(label)
    for name in wanted:
        if name not in predictor.task.labels:
            raise UnknownName("kind of entity", name, predictor.task.labels)
    found: list[Case] = []
    for row, answer in zip(rows, _answers(predictor, rows), strict=True):
        spans = [span for span in answer.output if span.label in wanted]
        names = tuple(f"{span.label}: {span.text} [{span.start}:{span.end}]" for span in spans)
        main = max(range(len(spans)), key=lambda i: spans[i].confidence or 0.0) if spans else -1
        missed = Remark("no_entity") if label is None else Remark("no_entity_of", {"kinds": ", ".join(wanted)})
        notes = () if spans else (missed,)
        places = tuple((span.start, span.end, span.label) for span in spans)
        cutter = Cutter.of(row, words_of_row(row) if spans else ())
        found.append(SpanCase(row, cutter, answer.output, names or ("",), names[main] if names else "", notes, spans=places or ((0, 0, ""),)))
    return found


def answer_cases(predictor: Predictor, rows: list[tuple[str, ...]], label: Any) -> list[Case]:
    """A case a row, for its answer, or for there being none: words of the question and of the context."""
    found: list[Case] = []
    for row, answer in zip(rows, _answers(predictor, rows), strict=True):
        output = answer.output
        name = f"{output.text} [{output.start}:{output.end}]" if output else "-"
        found.append(SpanCase(row, Cutter.of(row, words_of_row(row)), output, (name,), name, spans=((output.start, output.end, ""),), part=1))
    return found


@dataclass(frozen=True)
class RankCase(Case):
    """rank: the score of one candidate; the row is the query and that candidate."""

    UNIT: ClassVar[str] = SCORE

    def variant(self, kept: np.ndarray) -> tuple[str, ...]:
        """The query with that candidate alone, as a row of the task."""
        query, candidate = self.cutter.variant(kept)
        return query, json.dumps([candidate], ensure_ascii=False)

    def scores(self, predictor: Predictor, said: Any, kept: np.ndarray) -> np.ndarray:
        """The candidate's score."""
        return np.array([float(said[0])])


def rank_cases(predictor: Predictor, rows: list[tuple[str, ...]], label: Any) -> list[Case]:
    """A case a row, for the first candidate or the one that `label` is: words of the query and of the candidate.

    Raises:
        UnknownName: label is none of a row's candidates.
        ConfigError: a row has no candidate, or several are asked for.
    """
    if isinstance(label, (list, tuple)):
        if len(label) > 1:
            raise ConfigError(f"Of a ranking one candidate is explained at a time. Received {len(label)} labels.")
        label = label[0]
    found: list[Case] = []
    for row, answer in zip(rows, _answers(predictor, rows), strict=True):
        candidates = answer.output.candidates
        if not candidates:
            raise ConfigError("A ranking without candidates cannot be explained. Give at least one.")
        if label is not None and label not in candidates:
            raise UnknownName("candidate", short(str(label)), list(map(short, candidates)))
        chosen = candidates[0] if label is None else label
        pair = (row[0], chosen)
        found.append(RankCase(pair, Cutter.of(pair, words_of_row(pair)), candidates[0], (chosen,), chosen))
    return found


def _answers(predictor: Predictor, rows: list[tuple[str, ...]]) -> list[Any]:
    return kind_of(predictor.task).decode(predictor.task, predictor.outputs(rows), predictor.threshold, rows) if rows else []
