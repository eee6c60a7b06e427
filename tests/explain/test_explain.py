"""What each word did: the one word with a meaning has the most weight, whatever the method; the same seed gives the same weights."""

import numpy as np
import pytest

from hanshuku.errors import UnknownName
from hanshuku.explain.explain import explain_rows
from hanshuku.inference.heads import answers
from hanshuku.tasks import Task

MOOD = Task("classify", labels=("good", "bad"), name="mood")


WEIGHTS = {"lovely": 2.0, "awful": -3.0, "糟糕": -3.0, "🙁": -1.0, "film": 0.25}


class Counting:
    """A predictor whose logits are sums over words, so that it is known what each word does; it counts how often it is asked."""

    KIND, threshold = "counting", 0.5

    def __init__(self, task=MOOD):
        self.task, self.calls = task, 0

    def outputs(self, inputs):
        self.calls += 1
        score = np.array([sum(weight * text.count(word) for text in row for word, weight in WEIGHTS.items()) for row in inputs], dtype=np.float32)
        if self.task.kind == "rate":
            return answers(self.task, score[:, None] / 10 + 0.5)
        return answers(self.task, np.stack([score, np.zeros_like(score)], axis=1))


def weights(explanation):
    return {word.text: pytest.approx(word.weight, abs=1e-4) for word in explanation.words}


def test_occlusion_says_what_the_score_loses_without_the_word():
    (found,) = explain_rows(Counting(), [("an awful film",)], method="occlusion")
    assert found.label == found.output == "bad"
    assert {"an": 0.0, "awful": 3.0, "film": -0.25} == weights(found)
    assert (found.score, found.base) == (pytest.approx(2.75, abs=1e-4), pytest.approx(0, abs=1e-4))


def test_many_rows_are_asked_in_one_call():
    predictor = Counting()
    found = explain_rows(predictor, [("an awful film",), ("lovely",), ("",)], method="occlusion")
    assert predictor.calls == 2  # once for the answers, once for all variants
    assert [len(each.words) for each in found] == [3, 1, 0]


@pytest.mark.parametrize("text", ["糟糕的电影🙁", "room: awful!!! 🙁", "\n 糟糕"])
def test_offsets_are_exact(text):
    (found,) = explain_rows(Counting(), [(text,)])
    assert all(text[word.start : word.end] == word.text for word in found.words)
    assert found.top(1)[0].text in {"糟糕", "awful"}


def test_a_pair_has_weights_for_the_words_of_both_texts():
    task = Task("classify", ("first", "second"), ("good", "bad"))
    (found,) = explain_rows(Counting(task), [("awful", "lovely film")])
    assert [(word.part, word.text) for word in found.words] == [(0, "awful"), (1, "lovely"), (1, "film")]
    assert {"awful": 3.0, "lovely": -2.0, "film": -0.25} == weights(found)


def test_a_number_is_explained_in_its_own_unit():
    (found,) = explain_rows(Counting(Task("rate", low=0, high=10)), [("a lovely film",)])
    assert {"a": 0.0, "lovely": 2.0, "film": 0.25} == weights(found)
    assert (found.unit, found.score) == ("score", pytest.approx(7.25))


def test_another_label_can_be_explained_and_several_at_once():
    (found,) = explain_rows(Counting(), [("awful",)], label=["good", "bad"])
    assert (found.label, found.output) == ("good", "bad")
    assert found.of("good")[0].weight == pytest.approx(-found.of("bad")[0].weight, abs=1e-5)


def test_a_function_of_several_labels_explains_those_it_gave():
    (found,) = explain_rows(Counting(Task("classify", labels=("good", "bad"), several=True)), [("lovely",)])
    assert list(found.shares) == ["good", "bad"]  # 0.88 and 0.5
    assert found.words[0].weight == pytest.approx(2, abs=1e-4)


def test_a_label_or_method_that_is_none_is_told():
    with pytest.raises(UnknownName, match="'good'"):
        explain_rows(Counting(), [("awful",)], label="goood")
    with pytest.raises(UnknownName, match="occlusion"):
        explain_rows(Counting(), [("awful",)], method="oclusion")


def test_a_very_sure_answer_still_has_weights():
    (found,) = explain_rows(Counting(), [("awful " * 9,)])
    assert found.score == pytest.approx(27, abs=1e-3)
    assert found.words[0].weight == pytest.approx(3, abs=1e-3)
