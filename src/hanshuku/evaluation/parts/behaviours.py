"""behaviours: how often the function fails the tests that users wrote, with the cases it fails; see evaluation.behaviours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.errors import DataError
from hanshuku.evaluation.behaviours.base import NOT_DOWN, Behaviour, Case, Given, Group
from hanshuku.evaluation.behaviours.read import READY
from hanshuku.evaluation.parts.answers import answer_text
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.metrics.intervals import wilson
from hanshuku.tasks import Task, kind_of
from hanshuku.tasks.base import well_formed

NEEDS = f"The check 'behaviours' runs tests from files: give behaviours=[FILE, ...] (--behaviours FILE), or a ready set: {', '.join(READY)}."
SAMPLES = 5  # failed cases of a test that are shown
# What data sets call the same; a label of a test is met under any name of its line.
NAMES = (
    "positive pos good favourable favorable 正面 积极 正向 好评 正 褒义 1",
    "negative neg bad unfavourable unfavorable 负面 消极 负向 差评 负 贬义 0",
    "neutral neu mixed 中性 中立 中评 中",
)


def suits(task: Task) -> bool:
    """Whether answers of the task are labels or numbers."""
    return task.kind in {"classify", "rate"}


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any]:
    """The failure rate of every test, with its 95% interval (Wilson).

    Returns:
        n, failed, value, low, high over all cases; tests: test, type, capability, source, n, failed, value, low, high, samples; capabilities: the
        same numbers by capability; left_out: test, source, need (labels that the function does not know). At most `wanted.rows` cases a test.

    Raises:
        DataError: a text of a test does not fit the inputs of the function.
    """
    task = seen.encoded.task
    cases: list[tuple[int, Case, tuple[frozenset[str], frozenset[str]]]] = []
    left_out: dict[int, set[str]] = {}
    for place, behaviour in enumerate(wanted.behaviours):
        for case in behaviour.cases(wanted.rows, seen.seed):
            known, missing = _labels(task, case.group, behaviour)
            if missing:
                left_out.setdefault(place, set()).update(missing)
            else:
                cases.append((place, case, known))
    answers = _Answers(seen, [text for place, case, _ in cases for text in _rows(task, case, wanted.behaviours[place])])
    judged: dict[int, list[tuple[Case, str]]] = {}
    for place, case, known in cases:
        rows = _rows(task, case, wanted.behaviours[place])
        judged.setdefault(place, []).append((case, _failure(answers, wanted.behaviours[place].type, case.group, rows, known)))
    tests = [_test(answers, wanted.behaviours[place], found) for place, found in judged.items()]
    missed = [{"test": wanted.behaviours[i].test, "source": wanted.behaviours[i].source, "need": sorted(need)} for i, need in left_out.items() if i not in judged]
    return {**_rate(tests), "tests": tests, "capabilities": _capabilities(tests), "left_out": missed}


def _labels(task: Task, group: Group, behaviour: Behaviour) -> tuple[tuple[frozenset[str], frozenset[str]], set[str]]:
    """The right and the wrong answers as the function calls them, and the labels it has not; of several right ones one will do."""
    if task.kind == "rate":
        needs = behaviour.type == "MFT" and group.numbers is None
        return (frozenset(), frozenset()), set(group.labels or group.wrong) if needs else set()
    right = {own for label in group.labels if (own := same_label(label, task.labels))}
    wrong = {own for label in group.wrong if (own := same_label(label, task.labels))}
    missing = set(group.labels if group.labels and not right else ()) | set(group.wrong if group.wrong and not wrong else ())
    return (frozenset(right), frozenset(wrong)), missing


def same_label(label: str, labels: Sequence[str]) -> str:
    """The one of the labels that is this one, or that means the same by another name; "" where there is none."""
    folded = {own.casefold(): own for own in labels}
    if label in labels or label.casefold() in folded:
        return label if label in labels else folded[label.casefold()]
    for line in NAMES:
        names = line.split()
        if label.casefold() in names:
            found = [folded[name] for name in names if name in folded and (name not in "10" or set(labels) == {"0", "1"})]
            return found[0] if len(found) == 1 else ""
    return ""


def _rows(task: Task, case: Case, behaviour: Behaviour) -> list[tuple[str, ...]]:
    """The texts of a case as rows of the task."""
    return [_row(task, well_formed(text), behaviour.source, case.group.line) for text in case.texts]


def _row(task: Task, text: Given, source: str, line: int) -> tuple[str, ...]:
    given = {task.inputs[0]: text} if isinstance(text, str) else dict(text)
    if set(given) != set(task.inputs):
        raise DataError(f"the function takes {' and '.join(task.inputs)}; a text is then an object such as {{{', '.join(f'{name!r}: ...' for name in task.inputs)}}}. Received: {text!r}.", source, line)
    return tuple(given[name] for name in task.inputs)


class _Answers:
    """What the function answers to each row, asked once however often it occurs; a row that it refuses has no answer."""

    def __init__(self, seen: Seen, rows: Sequence[tuple[str, ...]]) -> None:
        self.task, self.threshold = seen.encoded.task, seen.predictor.threshold
        self._place = {row: i for i, row in enumerate(dict.fromkeys(rows))}
        unique = list(self._place)
        nothing: tuple[np.ndarray, np.ndarray | None] = np.zeros(0), None
        self._outputs, self._refused = seen.ask(unique, "behaviours") if unique else nothing
        self._answers = [prediction.output for prediction in kind_of(self.task).decode(self.task, self._outputs, self.threshold, unique)]

    def answer(self, row: tuple[str, ...]) -> Any:
        """A label, a tuple of labels, or a number; None where the row is refused."""
        place = self._place[row]
        return None if self._refused is not None and self._refused[place] else self._answers[place]

    def score(self, row: tuple[str, ...], label: str) -> float:
        """The probability of a label, or the number, 0..1 of the range."""
        if self.task.kind == "rate":
            return float((self._answers[self._place[row]] - self.task.low) / (self.task.high - self.task.low))
        return float(self._outputs[self._place[row]][self.task.labels.index(label)])

    def held(self, row: tuple[str, ...]) -> frozenset[str]:
        """The labels that are given."""
        answer = self.answer(row)
        if answer is None:
            return frozenset()
        return frozenset(answer) if isinstance(answer, tuple) else frozenset([answer])


def _failure(answers: _Answers, kind: str, group: Group, rows: list[tuple[str, ...]], known: tuple[frozenset[str], frozenset[str]]) -> str:
    """What was due, in a few words, where the function fails; "" where it passes."""
    if kind == "MFT":
        return _wrong(answers, group, rows[0], known)
    first, others = rows[0], rows[1:]
    if kind == "INV":
        if answers.task.kind == "rate":
            return "same" if any(abs(answers.score(row, "") - answers.score(first, "")) > group.within for row in others) else ""
        return "same" if any(answers.answer(row) != answers.answer(first) for row in others) else ""
    labels = sorted(known[0]) if known[0] else sorted(answers.held(first)) if answers.task.kind == "classify" else [""]
    down = group.expect == NOT_DOWN
    for label in labels:
        before = answers.score(first, label)
        moves = [answers.score(row, label) - before for row in others]
        if (min(moves) < -group.within) if down else (max(moves) > group.within):
            return f"{group.expect} {label}".strip()
    return ""


def _wrong(answers: _Answers, group: Group, row: tuple[str, ...], known: tuple[frozenset[str], frozenset[str]]) -> str:
    if answers.task.kind == "rate":
        assert group.numbers is not None
        low, high = group.numbers
        slack = group.within * (answers.task.high - answers.task.low) if low == high else 0.0
        return "" if low - slack <= answers.answer(row) <= high + slack else f"{low:g}..{high:g}"
    right, wrong = known
    held = answers.held(row)
    if right and not held & right:
        return " / ".join(sorted(right))
    return f"not {' / '.join(sorted(held & wrong))}" if held & wrong else ""


@dataclass(frozen=True)
class _Count:
    failed: int
    n: int

    def to_json(self) -> dict[str, float | int]:
        low, high = wilson(self.failed, self.n) if self.n else (0.0, 1.0)
        return {"n": self.n, "failed": self.failed, "value": self.failed / self.n if self.n else 0.0, "low": low, "high": high}


def _test(answers: _Answers, behaviour: Behaviour, found: list[tuple[Case, str]]) -> dict[str, Any]:
    failed = [(case, due) for case, due in found if due]
    step = max(1, len(failed) // SAMPLES)
    samples = []
    for case, due in failed[::step][:SAMPLES]:
        rows = _rows(answers.task, case, behaviour)
        shown = rows[:1] + _telling(answers, rows, due)
        samples.append({"line": case.group.line, "texts": [list(row) for row in shown], "answers": [_shown(answers, row, due) for row in shown], "due": due})
    named = {"test": behaviour.test, "type": behaviour.type, "capability": behaviour.capability, "source": behaviour.source}
    return {**named, **_Count(len(failed), len(found)).to_json(), "samples": samples}


def _telling(answers: _Answers, rows: list[tuple[str, ...]], due: str) -> list[tuple[str, ...]]:
    """The form of a text by which a case fails most."""
    if len(rows) == 1:
        return []
    if due == "same" and answers.task.kind == "classify":
        return [next(row for row in rows[1:] if answers.answer(row) != answers.answer(rows[0]))]
    label = due.partition(" ")[2]
    moves = [answers.score(row, label) - answers.score(rows[0], label) for row in rows[1:]]
    order = np.abs(moves) if due == "same" else np.array(moves) * (-1 if due.startswith(NOT_DOWN) else 1)
    return [rows[1 + int(np.argmax(order))]]


def _shown(answers: _Answers, row: tuple[str, ...], due: str) -> str | None:
    """An answer, with the score that was looked at; None where the row is refused."""
    if answers.answer(row) is None:
        return None
    label = due.partition(" ")[2] if due.startswith(("not_up", "not_down")) else ""
    return f"{answer_text(answers.answer(row))} ({label} {answers.score(row, label):.2f})" if label else answer_text(answers.answer(row))


def _rate(tests: Sequence[dict[str, Any]]) -> dict[str, float | int]:
    return _Count(sum(test["failed"] for test in tests), sum(test["n"] for test in tests)).to_json()


def _capabilities(tests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    names = dict.fromkeys(test["capability"] for test in tests)
    return [{"capability": name, **_rate([test for test in tests if test["capability"] == name])} for name in names]
