"""What a comparison of functions says, sentence by sentence, the verdict first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanshuku.evaluation.diff.found import FunctionDiff, Measured, Pair
from hanshuku.evaluation.diff.words import words
from hanshuku.evaluation.findings import difference_text, p_text
from hanshuku.tasks import Task

SHOWN_LABELS = 6
NOISE = 1.25  # speeds nearer than this are called alike


def findings(found: FunctionDiff, language: str = "en") -> list[str]:
    """The sentences on every pair, one pair after the other.

    Raises:
        UnknownName: the language is neither "en" nor "zh".
    """
    words(language)
    return [line for pair in found.pairs for line in pair_findings(found, pair, language)]


def pair_findings(found: FunctionDiff, pair: Pair, language: str) -> list[str]:
    """The sentences on one pair."""
    say = words(language)
    lines = [difference_text(pair.verdict, found.primary, language), counts_text(found, pair, say), agreement_text(pair.agreement, say)]
    return [*lines, *_beside(found, pair, say), *_labels(pair, say), *cost_lines(found, pair, say)]


def is_graded(task: Task) -> bool:
    """Whether an answer can be more or less right, so that a changed row is better or worse and not fixed or broken."""
    return task.kind != "classify" or task.several


def change_name(task: Task, change: str, say: Mapping[str, str]) -> str:
    """A kind of change in words."""
    return say[f"{change}_graded" if is_graded(task) else change]


def counts_text(found: FunctionDiff, pair: Pair, say: Mapping[str, str]) -> str:
    """How many rows changed, and McNemar's exact test."""
    if not pair.rows:
        return say["unchanged"]
    facts: dict[str, Any] = {"changed": f"{len(pair.rows):,}", "n": f"{found.n:,}", "p": p_text(pair.right.p_exact), **pair.counts}
    if is_graded(found.task):
        return say["counts_graded"].format(**facts, only_before=pair.right.only_a, only_after=pair.right.only_b)
    return say["counts"].format(**facts)


def agreement_text(agreement: Mapping[str, Any], say: Mapping[str, str]) -> str:
    """How far the two agree."""
    same = agreement["same"]
    text = say["same"].format(same=_percent(same["value"]), low=_percent(same["low"]), high=_percent(same["high"]))
    for name in ("kappa", "spearman"):
        metric = agreement.get(name)
        if metric and metric["value"] is not None:
            text += say[name].format(**{name: f"{metric['value']:.3f}"}, low=_three(metric["low"]), high=_three(metric["high"]))
    return text


def _beside(found: FunctionDiff, pair: Pair, say: Mapping[str, str]) -> list[str]:
    others = [change for change in pair.metrics if change.metric != found.primary]
    if not others:
        return []
    tests = len(others) * len(found.pairs)
    real = [f"{change.metric} ({change.before:.3f} → {change.after:.3f})" for change in others if change.real]
    return [say["beside"].format(primary=found.primary, metrics=say["comma"].join(real), tests=tests) if real else say["beside_none"].format(tests=tests)]


def _labels(pair: Pair, say: Mapping[str, str]) -> list[str]:
    if len(pair.labels) < 2:
        return []
    real = [change for change in pair.labels if change.real]
    if not real:
        return [say["labels_none"].format(tests=len(pair.labels))]
    told = [say["label_move"].format(label=change.label, before=_percent(change.before), after=_percent(change.after)) for change in real[:SHOWN_LABELS]]
    more = " ..." if len(real) > SHOWN_LABELS else ""
    return [say["labels_real"].format(tests=len(pair.labels), count=len(real), labels=say["comma"].join(told) + more)]


def cost_lines(found: FunctionDiff, pair: Pair, say: Mapping[str, str]) -> list[str]:
    """Speed, and size on disk where both were saved."""
    before, after = _of(found, pair.before), _of(found, pair.after)
    lines, (a, b) = [], (after.cost.get("rows_per_second"), before.cost.get("rows_per_second"))
    if a and b:
        facts = {"after": pair.after, "before": pair.before, "a": f"{a:,.0f}", "b": f"{b:,.0f}"}
        alike = 1 / NOISE < a / b < NOISE
        lines.append(say["as_fast"].format(**facts) if alike else say["faster"].format(**facts, times=f"{a / b:.1f}") if a > b else say["slower"].format(**facts, share=_percent(a / b)))
    a, b = after.facts.get("megabytes"), before.facts.get("megabytes")
    if a and b:
        lines.append(say["size"].format(after=pair.after, before=pair.before, a=f"{a:,.1f}", b=f"{b:,.1f}"))
    return lines


def _of(found: FunctionDiff, name: str) -> Measured:
    return next(each for each in found.functions if each.name == name)


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
