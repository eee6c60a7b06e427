"""Every kind whose answer is neither label nor number: judged, printed in both languages, kept on disk and compared like all others."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from hanshuku.data.encoded import Encoded
from hanshuku.errors import DataError
from hanshuku.evaluation.compare import Candidate, compare
from hanshuku.evaluation.evaluate import evaluate, judge
from hanshuku.evaluation.render import verdict
from hanshuku.evaluation.report import Report
from hanshuku.evaluation.run_files import load_record, load_rows, save_record, save_rows
from hanshuku.evaluation.runs import RunRecord
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.evaluation.recall import Recall, RecallPredictor, output_of

pytest.importorskip("sacrebleu")

WORDS = "glad happy sunny lovely kind bright sad rain gloomy awful cruel dark".split()
ZH = ["今天天气很好", "我的包裹没有到", "发票金额不对", "服务态度好"]


def text_target(i, words):
    return (" ".join(reversed(words)) + ZH[i % 4],)


TARGETS = dict.fromkeys(("generate", "translate", "summarize", "chat"), text_target)
TARGETS["complete_code"] = lambda i, words: (f"{words[0]} = {i % 3}", ())
TARGETS["answer"] = lambda i, words: () if i % 7 == 0 else ((words[0], 0), (" ".join(words[:2]), 0))
TARGETS["tag"] = lambda i, words: ((0, len(words[0]), "MOOD"), (len(words[0]) + 1, len(words[0]) + 1 + len(words[1]), "SKY"))[: i % 3]
TARGETS["extract"] = lambda i, words: json.dumps({"first": words[0], "rest": words[1:]})
TARGETS["rank"] = lambda i, words: (i % 4,)
INPUTS = {"answer": ("question", "context"), "rank": ("query", "candidates")}
SCHEMA = json.dumps({"type": "object", "properties": {"first": {"type": "string"}, "rest": {"type": "array"}}})
FIELDS = {"answer": {"optional": True}, "tag": {"labels": ("MOOD", "SKY")}, "extract": {"schema": SCHEMA}}
TASKS = {kind: Task(kind, INPUTS.get(kind, ("text",)), **FIELDS.get(kind, {})) for kind in TARGETS}


def rows(kind, n=60, seed=0):
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(WORDS, 5, replace=False).tolist() for _ in range(n)]
    inputs = [(" ".join(words), json.dumps(ZH, ensure_ascii=False))[: len(TASKS[kind].inputs)] for words in drawn]
    return Encoded(TASKS[kind], inputs, objects([TARGETS[kind](i, words) for i, words in enumerate(drawn)]), np.zeros(n, dtype=np.int64))


def report_of(kind):
    return evaluate(Recall(share=0.5).fit(TASKS[kind], rows(kind), model="none"), rows(kind))


def printed(thing, language="en"):
    stream = io.StringIO()
    thing.render(Console(file=stream, width=160), language=language)
    return stream.getvalue()


@pytest.mark.parametrize("kind", TASKS)
class TestEveryKind:
    def test_a_report_survives_json(self, kind):
        report = report_of(kind)
        assert Report.from_json(json.loads(json.dumps(report.to_json(), allow_nan=False))).to_json() == report.to_json()

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_it_is_printed_with_verdict_and_every_metric(self, kind, language):
        report = report_of(kind)
        text = printed(report, language)
        assert text.startswith(verdict(report, language))
        assert all(name in text for name in report.metrics)

    def test_answers_that_are_all_right_are_perfect(self, kind):
        encoded = rows(kind)
        report = judge(encoded, objects([output_of(TASKS[kind], t, row) for t, row in zip(encoded.targets, encoded.inputs, strict=True)]))
        for name, metric in report.metrics.items():
            assert metric.value == pytest.approx(100 if name in {"bleu", "chrf"} else 1), name

    def test_two_methods_are_compared_each_in_a_process_of_its_own_as_evaluate_would(self, kind, tmp_path):
        data = rows(kind)
        candidates = [Candidate("all", Recall(), "none"), Candidate("few", Recall(share=0.1), "none")]
        found = compare(data, data, candidates, run_folder=tmp_path)
        assert [m.status for m in found.methods] == ["done", "done"], [m.message for m in found.methods]
        assert found.methods[0].metrics == evaluate(Recall().fit(TASKS[kind], data, model="none"), data).metrics
        assert found.primary == next(iter(found.methods[0].metrics))
        assert found.differences[0].first == "all" and found.differences[0].real
        for language in ("en", "zh"):
            assert found.primary in printed(found, language)

    def test_rows_and_outputs_are_the_same_when_read_again(self, kind, tmp_path):
        data = rows(kind)
        outputs = Recall().fit(TASKS[kind], data, model="none").outputs(data.inputs)
        save_rows(data, tmp_path / "rows")
        save_record(RunRecord("x", "none", 0, "done", outputs=outputs), tmp_path / "record")
        assert load_rows(tmp_path / "rows").targets.tolist() == data.targets.tolist()
        assert load_record(tmp_path / "record").outputs.tolist() == outputs.tolist()


def test_each_kind_of_entity_has_its_line():
    report = report_of("tag")
    assert [row["label"] for row in report.per_label] == ["MOOD", "SKY"]
    assert "Labels with the lowest F1" in printed(report) and "F1 最低的标签" in printed(report, "zh")


def test_outputs_of_another_form_are_refused():
    with pytest.raises(DataError, match="Outputs of shape"):
        judge(rows("translate"), np.zeros((60, 2)))


class Teller(RecallPredictor):
    """One that also says how likely it finds an answer: a bit a byte."""

    def reference_bits(self, inputs, references):
        sizes = np.array([len(text.encode()) for text in references], dtype=float)
        return np.stack([sizes, sizes, sizes], axis=1)


@pytest.mark.parametrize(("kind", "told"), [("generate", True), ("chat", True), ("translate", False)])
def test_what_foretells_references_is_measured_by_that_too(kind, told):
    report = evaluate(Teller(TASKS[kind], rows(kind)), rows(kind))
    names = list(report.metrics)[-3:]
    assert (names == ["bits_per_byte", "loss", "perplexity"]) == told
    if told:
        assert report.metrics["bits_per_byte"].value == pytest.approx(1)
        assert "less is better" in printed(report) and "越小越好" in printed(report, "zh")


def test_notes_of_a_report_count_its_own_rows_alone(tiny_causal):
    pytest.importorskip("torch")
    from hanshuku.inference.generation import GenerationPredictor, load_generator
    from hanshuku.inference.settings import GenerationSettings

    task = Task("generate")
    predictor = GenerationPredictor(task, load_generator(tiny_causal, "fp32"), GenerationSettings(max_new_tokens=8, max_length=100))
    long = Encoded(task, [("good food " * 200,), ("x",)], objects([("a",), ("b",)]), np.zeros(2, dtype=np.int64))
    notes = [[note for note in evaluate(predictor, long).notes if "longer" in note] for _ in range(2)]
    assert notes[0] == notes[1] and notes[0][0].startswith("1 text was longer")
