"""What is noted where functions are compared, and where new rows are held against those learned from, is told in Chinese on their pages and in the terminal."""

import io
import json
from html import escape

import numpy as np
import pytest
from rich.console import Console

import hanshuku as hk
from hanshuku.evaluation.drift.summary import summarise
from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.notes.comparing import COMPARING
from hanshuku.functions.core import Function
from hanshuku.functions.diff import diff
from hanshuku.functions.origin import Origin
from hanshuku.tasks import Task
from tests.evaluation.notes.read_as import english_in, unused
from tests.evaluation.spotter import MOODS, Careful, Spotter, moods


def written(texts):
    """An answerer of texts, which drift does not ask again."""

    class Writer:
        KIND, threshold, task = "writer", 0.5, Task("generate", name="write")

        def outputs(self, inputs):
            raise AssertionError("asked again")

        def features(self, inputs):
            return np.ones((len(inputs), 2))

    return Function(Writer.task, Writer()).drift(texts, texts)


def compared():
    """Comparisons of functions that differ in labels, in ranges, in how often they answer."""
    rows = [{"text": f"a lovely day {i}", "mood": "good"} for i in range(15)] + [{"text": f"a plain day {i}", "mood": "odd"} for i in range(15)]
    wide = Task("classify", ("text",), ("bad", "good", "odd"), name="mood")

    class Wide(Spotter):
        def outputs(self, inputs):
            return np.concatenate([super().outputs(inputs), np.zeros((len(inputs), 1), np.float32)], axis=1)

    class Rated(Spotter):
        def outputs(self, inputs):
            return np.array([len(row[0]) % 4 + 1 for row in inputs], dtype=np.float32)

    stars = [{"text": "a" * i, "score": i % 5 + 1} for i in range(1, 31)]
    yield diff({"旧": Function(MOODS, Spotter()), "新": Function(wide, Wide(wide))}, rows)
    yield diff({name: Function(task, Rated(task)) for name, task in (("甲", Task("rate", low=1, high=5)), ("乙", Task("rate", low=0, high=5)))}, stars)
    yield diff({"旧": Function(MOODS, Spotter()), "慎": Function(MOODS, Careful())}, [{"text": text, "mood": MOODS.labels[label]} for (text,), label in zip([*moods(20).inputs, ("so so",)], [*moods(20).targets, 0], strict=True)])


def drifted(folder):
    texts = [text for (text,) in moods(60).inputs]
    function, log = Function(MOODS, Spotter()), folder / "log.jsonl"
    lines = [{"time": "2026-03-01", "function": name, "input": {"text": text}, "output": "good", "confidence": 0.9} for text in texts for name in ("mood", "team")]
    log.write_text("\n".join(map(json.dumps, lines)) + '\n{"time": "20', encoding="utf-8")
    yield function.drift(log, texts, rows=50)
    rows = hk.read([{"text": text} for text in texts])
    kept = Function(MOODS, Spotter(), history=(Origin("words", {}, "none", summary=summarise([(text,) for text in texts], None).to_json()),))
    yield kept.drift(rows)
    for masked in (function, kept):
        yield masked.drift([f"{text} [EMAIL]" for text in texts], *([[f"{text} a@b.example" for text in texts]] if masked is function else []))
    yield written(texts)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return [*compared(), *drifted(tmp_path_factory.mktemp("drift"))]


def test_each_note_stands_in_chinese_on_the_page_and_in_the_terminal(found):
    for one in found:
        stream = io.StringIO()
        one.render(Console(file=stream, width=10_000), language="zh")
        told = [note_text(note, "zh") for note in one.notes]
        assert told and not any(map(english_in, told)) and not set(told) & set(one.notes)
        assert all(escape(line) in one.to_html("zh") and f"附注：{line}" in stream.getvalue() for line in told)


def test_no_form_stands_in_the_table_for_nothing(found):
    assert unused(COMPARING, [note for one in found for note in one.notes]) == []
