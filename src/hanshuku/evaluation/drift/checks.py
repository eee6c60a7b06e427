"""The single checks: texts as a whole, length, language, unknown words, confidence, answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hanshuku.evaluation.drift.features import word_features
from hanshuku.evaluation.drift.found import Check
from hanshuku.evaluation.drift.looks import LANGUAGES, count_rows, languages, lengths, unknown_shares
from hanshuku.evaluation.drift.said import Said
from hanshuku.evaluation.drift.summary import EDGES, WIDTH, Summary
from hanshuku.metrics.apart import apart
from hanshuku.metrics.paired import holm
from hanshuku.metrics.two_samples import ToldApart, kolmogorov, kolmogorov_shares, means_differ, shares_differ
from hanshuku.tasks import Task

Rows = Sequence[tuple[str, ...]]


def corrected(checks: Sequence[Check], level: float) -> tuple[Check, ...]:
    """The checks with their p corrected by Holm for those that count."""
    counted = [check for check in checks if check.counts]
    adjusted = dict(zip([check.name for check in counted], holm([check.p for check in counted]), strict=True))
    return tuple(replace(check, p_holm=adjusted[check.name], real=adjusted[check.name] <= level + 1e-12) if check.counts else check for check in checks)


def texts_check(told: ToldApart) -> Check:
    """How well a classifier tells the rows apart."""
    auc = told.auc
    return Check("texts", 0.5, auc.value, auc.value - 0.5, auc.low - 0.5, auc.high - 0.5, told.p, None, False, auc.value)


def length_check(before: Rows, now: Rows) -> Check:
    """Characters of a row: the medians, and Kolmogorov's distance."""
    old, new = lengths(before), lengths(now)
    distance, p = kolmogorov(old, new)
    return Check("length", float(np.median(old)), float(np.median(new)), float(np.median(new) - np.median(old)), None, None, p, None, False, distance)


def language_check(before: Rows, now: Rows) -> Check:
    """The share of each language."""
    return _language_check(Counter(languages(before)), Counter(languages(now)))


def _language_check(old: Counter[str], new: Counter[str]) -> Check:
    return _shares_check("language", [old[name] for name in LANGUAGES], [new[name] for name in LANGUAGES], LANGUAGES)


def _shares_check(name: str, old: Sequence[int], new: Sequence[int], names: Sequence[str], *, counts: bool = True) -> Check:
    p, _each = shares_differ(old, new)
    before, now = (np.array(part, dtype=np.float64) / max(sum(part), 1) for part in (old, new))
    shares = [{key: float(value) for key, value in zip(names, part, strict=True) if value} for part in (before, now)]
    return Check(name, shares[0], shares[1], None, None, None, p, None, False, float(np.abs(before - now).sum() / 2), counts)


def words_check(before: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> tuple[Check, np.ndarray]:
    """The share of words that stand in no other row learned from, and the (M,) shares of the new rows."""
    known = count_rows(before)
    old, new = unknown_shares(before, known, own=True), unknown_shares(now, known)
    gap = apart(new, old)
    return Check("unknown_words", float(old.mean()), float(new.mean()), gap.difference, gap.low, gap.high, gap.p, None, False, abs(gap.difference)), new


def said_checks(task: Task, before: Said, now: Said, *, counts: bool) -> list[Check]:
    """How sure the answers are, and which they are.

    Args:
        task: what is answered.
        before: answers to known rows.
        now: answers to the new ones.
        counts: whether the known rows were not learned from.
    """
    found = []
    if before.confidences is not None and now.confidences is not None and len(before.confidences) and len(now.confidences):
        gap = apart(now.confidences, before.confidences)
        sizes = (float(before.confidences.mean()), float(now.confidences.mean()), gap.difference, gap.low, gap.high)
        found.append(Check("confidence", *sizes, gap.p, None, False, kolmogorov(before.confidences, now.confidences)[0], counts))
    if task.kind == "classify" and before.outputs is not None and now.outputs is not None:
        found.append(_shares_check("answers", before.counts(task), now.counts(task), task.labels, counts=counts))
    if task.kind == "rate" and before.outputs is not None and now.outputs is not None:
        distance, p = kolmogorov(before.outputs, now.outputs)
        means = float(before.outputs.mean()), float(now.outputs.mean())
        gap = apart(now.outputs, before.outputs)
        found.append(Check("answers", *means, gap.difference, gap.low, gap.high, p, None, False, distance, counts))
    return found


def summary_checks(summary: Summary, now: Rows) -> list[Check]:
    """The checks that a summary allows: lengths by bins, languages, and the means of hashed words."""
    places = np.searchsorted(EDGES, lengths(now), side="left")
    new = np.bincount(places, minlength=len(EDGES) + 1)
    old = np.array(summary.lengths)
    distance, p = kolmogorov_shares(np.cumsum(old) / old.sum(), np.cumsum(new) / len(now), summary.rows, len(now))
    medians = [_middle(part) for part in (old, new)]
    found = [
        Check("length", medians[0], medians[1], medians[1] - medians[0], None, None, p, None, False, distance),
        _language_check(Counter(summary.languages), Counter(languages(now))),
    ]
    if summary.rows + len(now) > 3 * WIDTH and min(summary.rows, len(now)) > 1:
        features = word_features(now, WIDTH)
        squared, p = means_differ(summary.moments, (features.mean(axis=0), np.cov(features.T), len(now)))
        found.insert(0, Check("texts", 0.0, squared**0.5, squared**0.5, None, None, p, None, False, None))
    return found


def _middle(counts: np.ndarray) -> float:
    """The median of lengths that are counted by bins, as if they were spread evenly within each."""
    edges = np.array([0, *EDGES, 2 * EDGES[-1]], dtype=np.float64)
    return float(np.interp(counts.sum() / 2, np.concatenate([[0], np.cumsum(counts)]), edges))
