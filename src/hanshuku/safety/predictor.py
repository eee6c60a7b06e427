"""GuardedPredictor: another predictor behind a guard. It reads what the guard lets through, and its answers pass the guard too."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import ConfigError
from hanshuku.inference.base import Inputs, Predictor, Reply, judged_by
from hanshuku.safety.guard import Checked, Guard
from hanshuku.safety.held_back import held_back
from hanshuku.safety.masking import put_back
from hanshuku.safety.parts import changed, leaves
from hanshuku.tasks import TEXT_KINDS, WRITTEN_KINDS, Answer, Prediction, Span, Task, kind_of
from hanshuku.tasks.base import objects

PASSED = frozenset({"notes", "spending", "count_anew", "total_parameters", "moved_parameters", "limit", "unsure", "unended", "cut", "fit_notes", "card_lines"})  # of the inner one; they read no row
WRITING = frozenset({"replies", "stream", "prompt", "overlong", "with_settings"})  # there where the inner one has them


class GuardedPredictor:
    """A predictor behind a guard.

    Args:
        inner: what answers.
        guard: the rules.
    """

    KIND: ClassVar[str] = "guarded"

    def __init__(self, inner: Predictor | Any, guard: Guard) -> None:
        self.task: Task = inner.task
        self.threshold = inner.threshold
        keep: Any = getattr(inner, "cleaned", None) if self.task.kind in WRITTEN_KINDS else None  # it keeps answers of a server on disk
        self.inner: Any = keep(guard.cleaned, guard.mark) if keep else inner
        self.guard = guard

    def __getattr__(self, name: str) -> Any:
        if name in WRITING and hasattr(self.inner, name):
            return getattr(self, f"_{name}")
        if name in PASSED:
            return getattr(self.inner, name)
        raise AttributeError(f"A guarded predictor has no {name!r}.")

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """As the inner predictor's, of rows as the guard lets them through. A row that is refused gets no information: all labels alike, the
        middle of the range, no entity, no answer, the refusal as the text.
        """
        checked = self.guard.read(self.task, inputs)
        rows = [self.guard.rewritten(self.task, row, one) for row, one in zip(inputs, checked, strict=True) if not one.reason]
        found = self.inner.outputs(rows) if rows else None
        if found is not None and len(rows) == len(inputs) and found.dtype != object:
            return np.asarray(found)
        answers = iter(() if found is None else found)
        outputs = [self._nothing(row, one) if one.reason else next(answers) for row, one in zip(inputs, checked, strict=True)]
        if self.task.kind in {"classify", "rate"}:
            return np.array(outputs, dtype=np.float32).reshape(len(outputs), *([] if self.task.kind == "rate" else [len(self.task.labels)]))
        places = [place for place, one in enumerate(checked) if not one.reason]
        passed = [checked[place] for place in places]
        for place, output in zip(places, self._guarded([outputs[place] for place in places], passed), strict=True):
            outputs[place] = output
        return objects(outputs)

    @property
    def refuses(self) -> bool:
        """Whether a row may be refused a label, by the guard or by what is behind it."""
        return self.task.kind == "classify" and (self.guard.blocks or bool(getattr(self.inner, "refuses", False)))

    def judged(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """classify: (N, L) float32 probabilities, and (N,) texts: why a row is refused, "" where it is answered."""
        checked = self.guard.read(self.task, inputs)
        passed = np.array([not one.reason for one in checked], dtype=bool)
        rows = [self.guard.rewritten(self.task, row, one) for row, one in zip(inputs, checked, strict=True) if not one.reason]
        outputs = np.array([self._nothing(row, one) for row, one in zip(inputs, checked, strict=True)], dtype=np.float32).reshape(len(inputs), len(self.task.labels))
        reasons = np.array([one.reason for one in checked], dtype=object)
        if rows:
            given, why = judged_by(self.inner, rows)
            outputs[passed], reasons[passed] = given, "" if why is None else why
        return outputs, reasons

    def _guarded(self, outputs: Sequence[Any], checked: Sequence[Checked]) -> list[Any]:
        """Outputs for what was let through: texts after the rules for answers, spans with their places in what was given."""
        kind = self.task.kind
        if kind == "tag":
            return [tuple((*_origin(one, start, end), label, p) for start, end, label, p in spans) for spans, one in zip(outputs, checked, strict=True)]
        if kind == "answer":
            return [(text, *(_origin(one, start, end) if start >= 0 else (start, end)), p) for (text, start, end, p), one in zip(outputs, checked, strict=True)]
        if kind not in WRITTEN_KINDS:
            return list(outputs)
        objects_ = [json.loads(text) if kind == "extract" else text for text, _ in outputs]
        found = []
        for given, (_, p), one, after in zip(objects_, outputs, checked, self.guard.answered([leaves(each) for each in objects_], [one.names for one in checked]), strict=True):
            if after.reason:
                found.append(("{}" if kind == "extract" else self._refusal(one), None))
                continue
            clean = self._with(given, after, one)
            found.append((json.dumps(clean, ensure_ascii=False) if kind == "extract" else clean, p))
        return found

    def _with(self, output: Any, after: Checked, one: Checked) -> Any:
        """A text or an object with its texts as the rules left them."""
        parts = iter(after.texts)
        return changed(output, lambda _: self._back(next(parts), one))

    def _nothing(self, row: Sequence[str], one: Checked) -> Any:
        """The output of a row that is refused."""
        task = self.task
        if task.kind == "classify":
            return np.full(len(task.labels), 0.0 if task.several else 1 / len(task.labels), dtype=np.float32)
        if task.kind in {"rate", "tag"}:
            return (task.low + task.high) / 2 if task.kind == "rate" else ()
        if task.kind == "rank":
            return (0.0,) * (len(one.texts) - len(row) + 1)
        if task.kind == "answer":
            return ("", -1, -1, None)
        return (self._refusal(one), None) if task.kind in TEXT_KINDS else ({}, None)

    def predictions(self, inputs: Inputs) -> list[Prediction]:
        """What a function answers. A row that is refused has a reason and, where the answer is a text, the refusal as its output, else none."""
        checked = self.guard.read(self.task, inputs)
        rows = [self.guard.rewritten(self.task, row, one) for row, one in zip(inputs, checked, strict=True) if not one.reason]
        if not rows:
            found: list[Prediction] = []
        elif hasattr(self.inner, "predictions"):
            found = list(self.inner.predictions(rows))
        else:
            found = kind_of(self.task).decode(self.task, self.inner.outputs(rows), self.threshold, rows)
        passed = [one for one in checked if not one.reason]
        answers = iter(self._answers(found, passed))
        return [self._refused(one) if one.reason else next(answers) for one in checked]

    def _answers(self, found: Sequence[Prediction], checked: Sequence[Checked]) -> list[Prediction]:
        """Predictions for what was let through, after the rules for answers."""
        kind = self.task.kind
        if kind in {"tag", "answer"}:
            return [replace(given, output=_placed(given.output, one)) for given, one in zip(found, checked, strict=True)]
        if kind == "rank":
            return list(found)
        if kind not in TEXT_KINDS and kind != "extract":
            return list(found)
        texts = [leaves(given.output) for given in found]
        answers = []
        for given, one, after in zip(found, checked, self.guard.answered(texts, [one.names for one in checked]), strict=True):
            if after.reason:
                answers.append(self._refused(replace(one, reason=after.reason)))
                continue
            answers.append(replace(given, output=self._with(given.output, after, one)))
        return answers

    def _spoken(self, texts: Sequence[str], checked: Sequence[Checked]) -> list[tuple[str, str]]:
        """Texts after the rules for answers, and why one is refused."""
        after = self.guard.answered([[text] for text in texts], [one.names for one in checked])
        return [(self._back(each.texts[0], one), each.reason) for each, one in zip(after, checked, strict=True)]

    def _back(self, text: str, one: Checked) -> str:
        return put_back(text, one.names.stands) if self.guard.pii and self.guard.pii.put_back else text

    def _refusal(self, one: Checked) -> str:
        return self.guard.refuse(one.texts)

    def _refused(self, one: Checked) -> Prediction:
        return Prediction(self._refusal(one) if self.task.kind in TEXT_KINDS else None, reason=one.reason)

    def _one(self, row: Sequence[str]) -> tuple[tuple[str, ...], Checked]:
        (checked,) = self.guard.read(self.task, [tuple(row)])
        return self.guard.rewritten(self.task, row, checked), checked

    def _replies(self, inputs: Inputs) -> list[Reply]:
        checked = self.guard.read(self.task, inputs)
        rows = [self.guard.rewritten(self.task, row, one) for row, one in zip(inputs, checked, strict=True) if not one.reason]
        found = self.inner.replies(rows) if rows else []
        spoken = self._spoken([reply.text for reply in found], [one for one in checked if not one.reason])
        answers = iter(zip(found, spoken, strict=True))
        replies = []
        for one in checked:
            if one.reason:
                replies.append(Reply(self._refusal(one)))
                continue
            reply, (text, reason) = next(answers)
            replies.append(replace(reply, text=self._refusal(one), confidence=None, is_whole=True) if reason else replace(reply, text=text))
        return replies

    def _stream(self, row: Sequence[str]) -> Generator[str, None, Reply]:
        """See `held_back`; an answer that is refused ends with the refusal."""
        clean, checked = self._one(row)
        if checked.reason:
            refusal = self._refusal(checked)
            yield refusal
            return Reply(refusal)
        last: list[Reply] = []

        def inner() -> Generator[str, None, None]:
            with closing(self.inner.stream(clean)) as pieces:
                last.append((yield from pieces))

        parts: list[str] = []
        with closing(inner()) as written:
            guarded = held_back(self.guard, written, checked.names)
            while True:
                try:
                    piece = next(guarded)
                except StopIteration as ended:
                    reason = ended.value
                    break
                parts.append(piece)
                yield piece
        if reason:
            refusal = self._refusal(checked)
            parts.append(("\n" if parts else "") + refusal)
            yield parts[-1]
        text = "".join(parts).strip()
        return replace(last[0], text=text) if last and last[0] is not None and not reason else Reply(text)

    def _prompt(self, row: Sequence[str]) -> str:
        clean, checked = self._one(row)
        if checked.reason:
            raise ConfigError(f"{self.task.name}() sends no prompt for this input, which its guard refuses ({checked.reason}).")
        return str(self.inner.prompt(clean))

    def _overlong(self, rows: Inputs) -> list[bool]:
        return list(self.inner.overlong(rows))

    def _with_settings(self, **changes: Any) -> GuardedPredictor:
        return GuardedPredictor(self.inner.with_settings(**changes), self.guard)


def _origin(one: Checked, start: int, end: int) -> tuple[int, int]:
    """Where a span of the last masked text lies in what was given."""
    return one.masked[-1].origin(start, end) if one.masked and one.masked[-1].edits else (start, end)


def _placed(output: Any, one: Checked) -> Any:
    """Spans and answers with their places in what was given; their text is that of the masked input."""
    if isinstance(output, Answer):
        return Answer(output.text, *_origin(one, output.start, output.end)) if output else output
    return tuple(Span(*_origin(one, span.start, span.end), span.label, span.text, span.confidence) for span in output)
