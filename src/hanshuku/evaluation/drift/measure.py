"""drift: new rows against those that a function learned from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.cost import library_versions
from hanshuku.evaluation.drift.answers import foretell, shares
from hanshuku.evaluation.drift.checks import (
    corrected,
    language_check,
    length_check,
    said_checks,
    summary_checks,
    texts_check,
    words_check,
)
from hanshuku.evaluation.drift.features import row_features
from hanshuku.evaluation.drift.found import Check, Drift, ForeignRow, Window
from hanshuku.evaluation.drift.looks import TypicalWord, count_rows, lengths, typical_words, words_of
from hanshuku.evaluation.drift.said import Said, ask
from hanshuku.evaluation.drift.summary import Summary, label_counts
from hanshuku.evaluation.drift.windows import Counted, measure_windows, places_of
from hanshuku.inference.base import Predictor
from hanshuku.metrics.exact import right_answers
from hanshuku.metrics.foretold import threshold_of
from hanshuku.metrics.rows import share_metric
from hanshuku.metrics.two_samples import ToldApart, tell_apart
from hanshuku.tasks.base import plain
from hanshuku.training.run import Step, silent

MOST = 2000  # rows of each sample that the classifier sees
FOREIGN = 10  # rows that are given
FAR, CLOSE = 0.7, 0.05  # AUC from which answers to new rows can be trusted no more; half width of the accuracy that labels shall give


@dataclass(frozen=True, eq=False)
class Now:
    """New rows: N inputs, file and line of each, and when each came; confidences: from a log, where the function is not asked."""

    inputs: Sequence[tuple[str, ...]]
    origins: Sequence[tuple[str, int]]
    times: Sequence[datetime] | None = None
    confidences: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Before:
    """What the new rows are compared with; at least one of train and summary is there."""

    train: Encoded | None = None  # rows that were learned from, with or without labels
    test: Encoded | None = None  # labelled rows that were not
    summary: Summary | None = None
    report: Mapping[str, Any] | None = None  # that the function was saved with


@dataclass(frozen=True)
class How:
    """How it is looked at."""

    level: float = 0.05  # chance of a false alarm, all checks together
    window: int | str = 0  # rows, or a name in CALENDAR; 0: none
    features: str = ""  # "words", "function", or "" to choose
    asks: bool = True  # whether the function answers the rows
    seed: int = 0


@dataclass(eq=False)
class _Seen:
    """What was found on the way."""

    checks: list[Check] = field(default_factory=list)
    told: ToldApart | None = None
    kept: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # places of the new rows that the classifier saw
    features: tuple[np.ndarray, np.ndarray | None, str] = (np.zeros((0, 0)), None, "")
    unknown: np.ndarray | None = None
    words: tuple[list[TypicalWord], list[TypicalWord]] = field(default_factory=lambda: ([], []))


def drift(predictor: Predictor, now: Now, before: Before, how: How, *, notes: Sequence[str] = (), report: Callable[[Step], None] = silent) -> Drift:
    """See `functions.drift.drift`."""
    task = predictor.task
    report(Step(0, 3, note="compare the texts"))
    seen = _texts(predictor, now, before, how)
    report(Step(1, 3, note="answer the rows"))
    said = ask(predictor, now.inputs) if how.asks else Said(confidences=now.confidences)
    known, source = _known(predictor, before, how)
    if known is not None:
        seen.checks += said_checks(task, known[1], said, counts=source == "test")
    checks = corrected(seen.checks, how.level)
    priors = label_counts(before.train) or (dict(before.summary.labels) if before.summary else {})
    held = known if source == "test" else None
    found, by_report = shares(task, held, before.report, said, priors, how.seed)
    shares_by = "report" if by_report and found else "test" if found else ""
    if not found and known is not None:
        found, shares_by = shares(task, known, None, said, priors, how.seed)[0], "train"
        shares_by = shares_by if found else ""
    foretold = foretell(task, held, said, found, how.seed)  # answers to rows that were learned from are too often right
    report(Step(2, 3, note="look at windows"))
    windows = _windows(predictor, now, said, held, seen, how)
    measured = _accuracy(held, before.report)
    return Drift(
        task, len(now.inputs), len(before.train) if before.train is not None else before.summary.rows if before.summary else 0,
        "train" if before.train is not None else "summary", source or ("report" if by_report and found else ""), seen.features[2], how.level, checks,
        advise(checks, foretold, measured), None if seen.told is None else seen.told.auc.to_json(), found, shares_by, foretold, measured,
        _to_label(measured), _foreign(now, said, seen), tuple(seen.words[0]), tuple(seen.words[1]), windows, tuple(notes), how.seed, library_versions(),
        datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )  # fmt: skip


def _texts(predictor: Predictor, now: Now, before: Before, how: How) -> _Seen:
    """What the texts alone say."""
    seen = _Seen()
    if before.train is None:
        assert before.summary is not None
        seen.checks = summary_checks(before.summary, now.inputs)
        return seen
    rng = np.random.default_rng(how.seed)
    old = before.train.inputs
    kept = [np.sort(rng.permutation(len(part))[:MOST]) for part in (old, now.inputs)]
    both, name = row_features([*(old[i] for i in kept[0].tolist()), *(now.inputs[i] for i in kept[1].tolist())], predictor=predictor, how=how.features)
    split = len(kept[0])
    seen.told, seen.kept, seen.features = tell_apart(both[:split], both[split:], seed=how.seed), kept[1], (both[split:], both[:split], name)
    words = words_of([old[i] for i in kept[0].tolist()]), words_of(now.inputs)
    unknown, seen.unknown = words_check(*words)
    seen.words = typical_words(count_rows(words[0]), count_rows([words[1][i] for i in kept[1].tolist()]), (len(kept[0]), len(kept[1])))
    seen.checks = [*([texts_check(seen.told)] if seen.told else []), length_check(old, now.inputs), language_check(old, now.inputs), unknown]
    return seen


def _known(predictor: Predictor, before: Before, how: How) -> tuple[tuple[Encoded, Said] | None, str]:
    """Known rows with the answers to them, and whether these are "test" or "train" rows."""
    if not how.asks:
        return None, ""
    for rows, source in ((before.test, "test"), (before.train, "train")):
        if rows is not None and len(rows):
            part = rows if len(rows) <= MOST else rows.take(np.sort(np.random.default_rng(how.seed).permutation(len(rows))[:MOST]))
            return (part, ask(predictor, part.inputs)), source
    return None, ""


def _windows(predictor: Predictor, now: Now, said: Said, held: tuple[Encoded, Said] | None, seen: _Seen, how: How) -> tuple[Window, ...]:
    task = predictor.task
    groups = places_of(len(now.inputs), how.window, now.times)
    if not groups:
        return ()
    features, before, name = seen.features
    if before is not None and len(features) < len(now.inputs):  # the classifier saw a part
        features = row_features(now.inputs, predictor=predictor, how=name)[0]
    is_label = task.kind == "classify" and not task.several and said.outputs is not None
    threshold = None
    if held is not None and held[0].targets is not None and held[1].confidences is not None and held[1].outputs is not None and task.kind == "classify":
        threshold = threshold_of(held[1].confidences, right_answers(task, held[0].targets, held[1].outputs, held[1].threshold))
    confidences = said.confidences if said.confidences is not None and len(said.confidences) == len(now.inputs) else None
    counted = Counted(
        features, lengths(now.inputs), seen.unknown, confidences, said.outputs.argmax(axis=1) if is_label and said.outputs is not None else None, threshold,
        task.labels if is_label else (),
    )  # fmt: skip
    return measure_windows(counted, before, groups, level=how.level, seed=how.seed)


def _accuracy(known: tuple[Encoded, Said] | None, report: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The accuracy on rows that were not learned from: those given, or those of the saved report."""
    if known is not None and known[0].task.kind == "classify" and known[0].targets is not None and known[1].outputs is not None:
        right = right_answers(known[0].task, known[0].targets, known[1].outputs, known[1].threshold)
        found: dict[str, Any] = share_metric(right, 0.0).to_json()
        return found
    saved = ((report or {}).get("metrics") or {}).get("accuracy")
    return dict(saved) if saved else None


def advise(checks: Sequence[Check], foretold: Mapping[str, Any], measured: Mapping[str, Any] | None) -> str:
    """What to do, one of ADVICE. nothing: no drift is seen; measure: the rows are too foreign to foretell; relearn: accuracy is foretold, by two ways, to be lower than was measured;
    shares: only the shares of labels moved; watch: all else.

    Args:
        checks: with their p corrected.
        foretold: way -> value, low, high.
        measured: the accuracy on rows that were not learned from, or None.
    """
    real = {check.name for check in checks if check.real}
    if not real:
        return "nothing"
    texts = next((check for check in checks if check.name == "texts"), None)
    if texts is not None and texts.real and (texts.size is None or texts.size >= FAR):
        return "measure"
    ways = [foretold[name] for name in ("as_sure_less", "sure_enough") if name in foretold]
    if ways and measured and all(way["high"] < measured["low"] for way in ways):
        return "relearn"
    return "shares" if real == {"answers"} else "watch"


def _to_label(measured: Mapping[str, Any] | None) -> int:
    """Rows whose labels give the accuracy to CLOSE on either side."""
    share = float(measured["value"]) if measured and measured.get("value") is not None else 0.5
    spread = max(share * (1 - share), 0.09)  # a function that was nearly perfect may be so no more
    return math.ceil(1.96**2 * spread / CLOSE**2)


def _foreign(now: Now, said: Said, seen: _Seen) -> tuple[ForeignRow, ...]:
    """The new rows that the classifier is surest are new, no text twice."""
    if seen.told is None:
        return ()
    own = seen.told.scores[-len(seen.kept) :]
    found: list[ForeignRow] = []
    for k in np.argsort(-own, kind="stable").tolist():
        place = int(seen.kept[k])
        text = " | ".join(now.inputs[place])
        if any(row.text == text for row in found):
            continue
        prediction = said.predictions[place] if said.predictions else None
        answer = (None, None) if prediction is None else (plain(prediction.output), prediction.confidence)
        found.append(ForeignRow(*now.origins[place], text, float(own[k]), *answer))
        if len(found) == FOREIGN:
            break
    return tuple(found)
