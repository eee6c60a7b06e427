"""suggest: which of many unlabelled rows to label next, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.data.encode import input_rows
from hanshuku.data.examples import Examples
from hanshuku.data.language import language_of
from hanshuku.data.match import pair_of_texts
from hanshuku.data.read import read
from hanshuku.data.roles import holds_pairs
from hanshuku.data.split import normal_text
from hanshuku.data.stream import PEEK, Stream
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.origin import learned_by
from hanshuku.methods import METHODS, choosing
from hanshuku.methods.checks import check_choice, check_range
from hanshuku.tasks import Prediction, Task, kind_of
from hanshuku.tasks.base import plain
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.functions.core import Function

STRATEGIES: dict[str, tuple[str, ...]] = {  # by -> how; the first is the default
    "both": ("clusters", "badge"),
    "uncertainty": ("margin", "entropy"),
    "diversity": ("typical", "k_centres"),
}
NEW = 4  # one in so many rows stands for a group without a label, where it is known what is labelled
MOST = 20_000  # rows of a pool that are looked at; of a larger one as many are drawn


@dataclass(frozen=True)
class Suggestion:
    """A row to label next."""

    row: int  # position in the pool, from 0
    inputs: tuple[str, ...]  # one text per task input
    guess: Any  # what the function answers now; None: there is none
    confidence: float | None  # of the guess
    reason: str  # why this row

    @property
    def text(self) -> str:
        """The inputs as one text."""
        return " | ".join(self.inputs)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {"row": self.row, "text": self.text, "guess": plain(self.guess), "confidence": self.confidence, "reason": self.reason}


def suggest(
    function: Function[..., Any] | None, texts: Any, *, n: int = 20, by: str = "both", how: str = "", labelled: Any = None,
    model: str | None = None, seed: int = 0, report: Callable[[Step], None] = silent,
) -> tuple[Suggestion, ...]:  # fmt: skip
    """The n rows to label next. Empty rows, repeated ones, and those that are labelled already are passed over.

    A function that has learned nothing yet (and none at all) is asked nothing: rows are then chosen by diversity. So they are
    where answers say nothing of how sure they are (rate, texts). Several labels: how unsure the answer is of each label, on
    average; entities and answers: their confidence.

    Args:
        function: what the labels are for; None: none is there.
        texts: rows as `Function.map` takes them, a file, Examples or a Stream; without a function texts, or pairs of texts.
        n: rows to choose.
        by: "uncertainty", "diversity" or "both".
        how: uncertainty: "margin" or "entropy"; diversity: "typical" (TypiClust) or "k_centres"; both: "clusters" (the most unsure rows,
            grouped) or "badge"; "": the first.
        labelled: rows that are labelled already; what is like them is not chosen for diversity.
        model: encoder that reads rows where the function has none of its own; None: the default one of their language.
        seed: of the draws.
        report: called with progress.

    Raises:
        ConfigError: a choice is not legal, or uncertainty is asked of answers that have none.
        DataError: there is no row to choose from, or a row does not fit the function.
    """
    check_choice("by", by, STRATEGIES)
    check_choice("how", how or STRATEGIES[by][0], STRATEGIES[by])
    check_range("n", n, 1, 1_000_000, whole=True)
    texts, labelled = (read(source, stream=True) if isinstance(source, (str, Path)) else source for source in (texts, labelled))
    task = function.task if function is not None else _unnamed(texts)
    known = [] if labelled is None else _rows(function, task, labelled)
    rows = _rows(function, task, texts)
    places = _fresh(rows, known, seed)
    if not places:
        raise DataError(f"There is no row to choose from: all of the {len(rows):,} are empty, repeated or labelled already.")
    pool = _Pool(function, task, places, [rows[place] for place in places], known, model, seed, report)
    return pool.choose(min(n, len(places)), by, how or STRATEGIES[by][0])


def _unnamed(source: Any) -> Task:
    """What rows without a function fit: one text, or the two of a file of pairs."""
    head = source.head(PEEK) if isinstance(source, Stream) else source
    if not isinstance(head, Examples) or not holds_pairs(head.names):
        return Task("generate")
    return Task("generate", inputs=pair_of_texts(list(head.names), head))


def _rows(function: Function[..., Any] | None, task: Task, source: Any) -> list[tuple[str, ...]]:
    if isinstance(source, (Examples, Stream)):
        return list(input_rows(task, source))
    if function is None:
        rows = [(row,) if isinstance(row, str) else tuple(row) if isinstance(row, (list, tuple)) else () for row in source]
        if any(len(row) not in (1, 2) or not all(isinstance(text, str) for text in row) for row in rows) or len({len(row) for row in rows}) > 1:
            raise DataError("Without a function, rows are texts, or pairs of texts. Give texts, pairs, a file or Examples.")
        return rows
    return [function.row(row, place) for place, row in enumerate(source)]


def _fresh(rows: list[tuple[str, ...]], known: list[tuple[str, ...]], seed: int) -> list[int]:
    """Positions of rows with text, the first of each; MOST at most, drawn by the seed."""
    seen = {tuple(map(normal_text, row)) for row in known}
    places = []
    for place, row in enumerate(rows):
        key = tuple(map(normal_text, row))
        if any(key) and key not in seen:
            seen.add(key)
            places.append(place)
    if len(places) > MOST:
        drawn = np.sort(np.random.default_rng(seed).permutation(len(places))[:MOST])
        places = [places[at] for at in drawn.tolist()]
    return places


@dataclass
class _Pool:
    """Rows to choose from; what is asked of them is computed when it is first needed."""

    function: Function[..., Any] | None
    task: Task
    places: list[int]  # of the rows in what was given
    rows: list[tuple[str, ...]]
    known: list[tuple[str, ...]]  # rows that are labelled
    model: str | None
    seed: int
    report: Callable[[Step], None]

    def choose(self, n: int, by: str, how: str) -> tuple[Suggestion, ...]:
        """See `suggest`."""
        unsure = None
        if by != "diversity" and self._has_learned():
            outputs, predictions = self._answers(self.rows)
            unsure = self._unsure(outputs, predictions, "entropy" if how == "entropy" else "margin")
        if unsure is None:
            if by == "uncertainty":
                raise ConfigError(self._no_uncertainty())
            return self._diverse(n, how if how in STRATEGIES["diversity"] else "typical")
        reasons: dict[int, str] = {}
        if by == "uncertainty":
            chosen = np.argsort(-unsure, kind="stable")[:n]
        elif how == "badge" and self.task.kind == "classify":
            chosen = choosing.badge(self._vectors(self.rows), self._errors(outputs), n, self.seed)
        else:
            chosen, reasons = self._unsure_and_new(unsure, n)
        why = "" if by == "uncertainty" else "; unlike the others chosen"
        return tuple(self._said(at, predictions[at], reasons.get(at) or self._doubt(predictions[at], float(unsure[at])) + why) for at in chosen.tolist())

    def _unsure_and_new(self, unsure: np.ndarray, n: int) -> tuple[np.ndarray, dict[int, str]]:
        """Unsure rows that are unlike each other; where it is known what is labelled, a part are typical rows of groups without a label.

        The part was chosen on tweet_emotion and airline_tweets: 0.35 and 0.30 of the labels that random choice needs, 0.41 and 0.32 without it.
        """
        vectors = choosing.unit(self._vectors(self.rows))
        new, sizes = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        if self.known and n >= NEW:
            new, sizes = choosing.typical(vectors, n // NEW, choosing.unit(self._vectors(self.known)), self.seed)
        rest = np.setdiff1d(np.arange(len(vectors)), new)
        chosen = rest[choosing.unsure_and_unlike(vectors[rest], unsure[rest], n - len(new), self.seed)]
        return np.concatenate([chosen, new]), {int(at): _stands_for(int(size)) for at, size in zip(new, sizes, strict=True)}

    def _diverse(self, n: int, how: str) -> tuple[Suggestion, ...]:
        vectors = choosing.unit(self._vectors(self.rows))
        known = choosing.unit(self._vectors(self.known)) if self.known else None
        if how == "k_centres":
            chosen = choosing.k_centres(vectors, n, known)
            reasons = ["far from every row that is labelled or chosen"] * len(chosen)
            if known is None:
                reasons[0] = "in the middle of all rows"
        else:
            chosen, sizes = choosing.typical(vectors, n, known, self.seed)
            reasons = [_stands_for(size) for size in sizes.tolist()]
        predictions = self._answers([self.rows[at] for at in chosen.tolist()])[1] if self.function is not None and self._answers_at_once() else [None] * n
        return tuple(self._said(at, prediction, reason) for at, prediction, reason in zip(chosen.tolist(), predictions, reasons, strict=True))

    def _said(self, at: int, prediction: Prediction | None, reason: str) -> Suggestion:
        guess, confidence = (None, None) if prediction is None else (prediction.output, prediction.confidence)
        return Suggestion(self.places[at], self.rows[at], guess, confidence, reason)

    def _has_learned(self) -> bool:
        """Whether the function rests on labelled rows."""
        history = self.function.history if self.function is not None else ()
        last = learned_by(history)
        return last is not None and (last.method not in METHODS or METHODS[last.method].LEARNS)

    def _answers_at_once(self) -> bool:
        from hanshuku.functions.learn import ZERO_SHOT

        return self._has_learned() or self.task.kind in ZERO_SHOT

    def _answers(self, rows: list[tuple[str, ...]]) -> tuple[Any, list[Prediction]]:
        assert self.function is not None
        predictor = self.function.predictor(rows)
        self.report(Step(0, 2, note=f"answer {len(rows):,} rows"))
        outputs = predictor.outputs(rows)
        return outputs, kind_of(self.task).decode(self.task, outputs, predictor.threshold, rows)

    def _unsure(self, outputs: Any, predictions: list[Prediction], measure: str) -> np.ndarray | None:
        """(N,) how unsure each answer is; None where answers do not say."""
        if self.task.kind == "classify":
            of = choosing.entropies if measure == "entropy" else choosing.margins
            return of(np.asarray(outputs), several=self.task.several)
        sure = [prediction.confidence for prediction in predictions]
        if all(confidence is None for confidence in sure):
            return None
        return np.array([0.0 if confidence is None else 1 - confidence for confidence in sure])

    def _errors(self, outputs: Any) -> np.ndarray:
        """(N, L) probabilities minus what is answered."""
        assert self.function is not None
        chances = np.asarray(outputs, dtype=np.float64)
        if self.task.several:
            return chances - (chances >= self.function.predictor().threshold)
        return chances - np.eye(chances.shape[1])[chances.argmax(axis=1)]

    def _doubt(self, prediction: Prediction, unsure: float) -> str:
        """What the answer wavers between, in words."""
        if not prediction.scores:
            return f"unsure: confidence {1 - unsure:.2f}"
        if self.task.several:
            middle = 0.5 if self.function is None else self.function.predictor().threshold
            near = sorted(prediction.scores.items(), key=lambda item: abs(item[1] - middle))[:2]
        else:
            near = sorted(prediction.scores.items(), key=lambda item: -item[1])[:2]
        return "unsure: " + ", ".join(f"{label} {chance:.2f}" for label, chance in near)

    def _no_uncertainty(self) -> str:
        if not self._has_learned():
            return "Uncertainty is that of a function that has learned; this one has not. Choose by diversity, or let it learn from a few rows first."
        return f"None of the answers (of kind {self.task.kind!r}) says how sure it is. Choose by diversity."

    def _vectors(self, rows: list[tuple[str, ...]]) -> np.ndarray:
        """(N, D) as the function's own encoder reads them, else as the default encoder of their language does."""
        self.report(Step(1, 2, note=f"read {len(rows):,} rows"))
        own = None if self.function is None or not self._has_learned() else self.function.predictor(rows)
        if own is not None and hasattr(own, "features"):
            return np.asarray(own.features(rows))
        from hanshuku.inference.embed import embed
        from hanshuku.methods.base import default_encoder
        from hanshuku.models.load import load_encoder

        name = self.model or default_encoder(language_of([" ".join(row) for row in self.rows[:200]]))
        return embed(load_encoder(name), rows)


def _stands_for(size: int) -> str:
    return f"typical of {size} rows that are alike" if size > 1 else "like no other row"
