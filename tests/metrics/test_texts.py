"""Tasks whose answer is a text: which metrics they have, what guessing gets, and how well references are foretold."""

import math

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.metrics.likelihood import likelihood_metrics
from hanshuku.metrics.measure import measure, primary_metric, primary_sample
from hanshuku.metrics.texts import exact_rows, text_language
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

pytest.importorskip("sacrebleu")

REFERENCES = objects([("a glad sunny day", "a happy day"), ("my parcel never came",), ("the invoice is wrong",), ("cancel the order",)])
GIVEN = objects([("a happy day", 0.5), ("my parcel came", 0.2), ("the invoice is wrong", None), ("no", 0.1)])
KINDS = {
    "translate": ["chrf", "bleu"], "summarize": ["rouge_l", "rouge_1", "rouge_2"],
    "generate": ["rouge_l", "chrf", "bleu", "exact_match"], "chat": ["rouge_l", "chrf", "bleu", "exact_match"],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    def test_it_has_its_metrics_the_primary_one_first(self, kind):
        found = measure(Task(kind), REFERENCES, GIVEN)
        assert list(found) == KINDS[kind]
        assert primary_metric(Task(kind)) == KINDS[kind][0]
        assert all(metric.n == 4 and metric.low <= metric.value <= metric.high for metric in found.values())

    def test_answering_without_reading_gets_less(self, kind):
        for metric in measure(Task(kind), REFERENCES, GIVEN).values():
            assert 0 <= metric.chance < metric.value

    def test_the_primary_metric_of_many_predictors_at_once_is_that_of_each_alone(self, kind):
        task, other = Task(kind), objects([("a sunny day", 0.1)] * 4)
        sample, scale = primary_sample(task, REFERENCES, [GIVEN, other], [0.5, 0.5])
        alone = [measure(task, REFERENCES, given)[primary_metric(task)].value for given in (GIVEN, other)]
        assert sample.value == pytest.approx(alone)
        assert scale.high == (100 if primary_metric(task) == "chrf" else 1)


def test_a_text_matches_whichever_reference_it_is():
    assert exact_rows(["b ", "x\n\ty  "], [("a", "b"), ("x\n\ty",)]).tolist() == [1, 1]
    assert exact_rows(["B", ""], [("a", "b"), ("x",)]).tolist() == [0, 0]


def test_the_language_is_the_one_stated_or_else_that_of_the_references():
    assert text_language(Task("translate", language="de"), [("hello there",)]) == "de"
    assert text_language(Task("generate"), [("今天天气很好",), ("ok",), ("很好",)]) == "zh"
    assert text_language(Task("generate"), [("これはペンです",)]) == "ja"


def test_chinese_is_measured_by_character():
    given = objects([("今天天气好", 0.5), ("包裹没到", 0.5)])
    found = measure(Task("summarize"), objects([("今天天气很好",), ("包裹一直没有到",)]), given)
    assert found["rouge_1"].value == pytest.approx((10 / 11 + 8 / 11) / 2)


def test_one_row_has_metrics_too():
    found = measure(Task("translate"), REFERENCES[:1], GIVEN[:1])
    assert found["chrf"].n == 1 and found["chrf"].chance == 0


def test_outputs_that_are_no_texts_are_refused():
    with pytest.raises(DataError, match="pairs of a text"):
        measure(Task("generate"), REFERENCES, objects([(1, 0.5)] * 4))
    with pytest.raises(DataError, match="one output a target"):
        measure(Task("generate"), REFERENCES, GIVEN[:3])


def test_programs_without_tests_are_measured_as_texts_and_those_without_a_reference_are_left_out():
    targets = objects([("x = 1", ()), ("y = 2", ()), ("", ("assert y",))])
    found = measure(Task("complete_code", ("prompt",)), targets[:2], objects([("x = 1 \n", 0.5), ("z", 0.5)]))
    assert list(found) == ["chrf", "exact_match"] and found["exact_match"].value == 0.5


class TestLikelihood:
    def test_a_model_that_knows_nothing_needs_eight_bits_a_byte(self):
        found = likelihood_metrics(np.array([80.0, 40.0]), np.array([10.0, 5.0]), np.array([10.0, 5.0]))
        assert found["bits_per_byte"].value == found["bits_per_byte"].chance == 8

    def test_loss_is_nats_a_token_and_perplexity_its_exponential(self):
        found = likelihood_metrics(np.array([30.0, 10.0]), np.array([6.0, 4.0]), np.array([20.0, 20.0]))
        assert found["bits_per_byte"].value == 1.0
        assert found["loss"].value == pytest.approx(4 * math.log(2))
        assert found["perplexity"].value == pytest.approx(16)
        assert math.isnan(found["loss"].chance)

    def test_what_cannot_happen_is_refused(self):
        with pytest.raises(DataError, match="1 of 2"):
            likelihood_metrics(np.array([1.0, np.inf]), np.ones(2), np.ones(2))
