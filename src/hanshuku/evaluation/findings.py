"""What a comparison says, sentence by sentence: which differences are real, and what would settle the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hanshuku.evaluation.words import words
from hanshuku.metrics.base import CORRELATIONS, PERCENTAGES

if TYPE_CHECKING:
    from hanshuku.evaluation.comparison import Comparison
    from hanshuku.evaluation.differences import Difference

MANY = 10  # pairs beyond the best one's that are told one by one


def findings(comparison: Comparison, language: str = "en") -> list[str]:
    """The sentences, most important first.

    Raises:
        UnknownName: the language is neither "en" nor "zh".
    """
    say = words(language)
    ranked = comparison.ranked
    if not ranked:
        return [say["none_done"]]
    best = ranked[0].name
    with_best = [d for d in comparison.differences if best in (d.first, d.second)]
    others = [d for d in comparison.differences if d not in with_best]
    lines = []
    if len(ranked) > 1:
        rivals = [d.second if d.first == best else d.first for d in with_best if not d.real]
        sentence = say["best_alone" if not rivals else "best_shared"]
        lines.append(sentence.format(best=best, metric=comparison.primary, rivals=say["comma"].join(rivals)))
    lines += [difference_text(d, comparison.primary, language) for d in with_best]
    lines += [difference_text(d, comparison.primary, language) for d in others[:MANY]]
    if len(others) > MANY:
        lines.append(say["more_pairs"].format(count=len(others) - MANY))
    if comparison.seeds == 1 and len(ranked) > 1:
        lines.append(say["one_seed"])
    if comparison.seeds == 2 and len(ranked) > 1:
        lines.append(say["two_seeds"])
    lines += _worse_than_nothing(comparison, language)
    return lines


def difference_text(difference: Difference, metric: str, language: str) -> str:
    """One difference in a sentence; `metric`: what was measured."""
    say = words(language)
    points = metric not in CORRELATIONS
    scale, unit = (1.0 if metric in PERCENTAGES else 100.0, say["points"]) if points else (1.0, "")
    shown = {key: f"{scale * getattr(difference, key):{'.1f' if points else '.3f'}}" for key in ("difference", "low", "high")}
    facts = {**shown, "first": difference.first, "second": difference.second, "unit": unit, "p": p_text(difference.p_holm), "metric": metric}
    if difference.real:
        return say["real"].format(**facts)
    text = say["open"].format(**facts)
    if difference.more_rows:
        return text + say["settle"].format(rows=f"{_rounded(difference.more_rows):,}")
    if difference.difference == 0:
        return text + say["same"]
    return text + say["seeds_first" if difference.seeds > 1 else "never"]


def p_text(p: float) -> str:
    """A p-value as one reads it: "< 0.001", "0.004", "0.31"."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def _rounded(rows: int) -> int:
    """Two digits: the estimate holds no more."""
    digits = max(0, math.floor(math.log10(rows)) - 1)
    return round(rows / 10**digits) * 10**digits


def _worse_than_nothing(comparison: Comparison, language: str) -> list[str]:
    """The methods that are not clearly better than one that has learned nothing."""
    share = comparison.majority[1] if comparison.majority and comparison.primary == "accuracy" else 0.0
    low = [m.name for m in comparison.ranked if not m.metrics[comparison.primary].low > max(m.metrics[comparison.primary].chance, share)]
    say = words(language)
    return [say["not_above"].format(names=say["comma"].join(low))] if low else []
