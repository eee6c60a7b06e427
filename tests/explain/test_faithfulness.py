"""Words that drive an answer are told from random ones, by what the answer loses without them."""

import numpy as np
import pytest

from hanshuku.errors import DataError
from hanshuku.explain.faithfulness import faithfulness
from hanshuku.tasks import Task
from tests.explain.test_explain import Counting

ROWS = [(f"the {word} one was here for {number} days in all",) for word in ("awful", "lovely", "糟糕") for number in range(8)]


def test_a_true_explanation_is_better_than_random_words():
    found = faithfulness(Counting(), ROWS, method="occlusion")
    assert found.comprehensiveness.n == len(ROWS)
    assert found.over_random.low > 0
    assert found.under_random.low > 0
    assert found.over_random.value == pytest.approx(found.comprehensiveness.value - found.comprehensiveness.chance)


def test_an_explanation_that_says_nothing_is_no_better_than_random(monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.setattr("hanshuku.explain.occlusion.weights", lambda kept, scores: rng.normal(size=(kept.shape[1], scores.shape[1])))
    found = faithfulness(Counting(), ROWS, method="occlusion")
    assert found.over_random.low < 0 < found.over_random.high


def test_rows_of_one_word_are_passed_over():
    assert faithfulness(Counting(), [*ROWS, ("awful",), ("",)]).comprehensiveness.n == len(ROWS)
    with pytest.raises(DataError, match="two words"):
        faithfulness(Counting(), [("awful",)])


def test_the_same_seed_gives_the_same_numbers():
    assert faithfulness(Counting(), ROWS, method="lime", seed=1).to_json() == faithfulness(Counting(), ROWS, method="lime", seed=1).to_json()


def test_it_is_said_of_what_it_is_the_loss():
    rating = faithfulness(Counting(Task("rate", low=0, high=10)), ROWS)
    assert rating.to_json()["unit"] == "score" and "the score falls by" in rating.lines()[1]
    assert "得分下降" in rating.lines("zh")[1] and "概率" not in "".join(rating.lines("zh"))
    label = faithfulness(Counting(), ROWS)
    assert label.to_json()["unit"] == "probability" and "the probability of the answer falls by" in label.lines()[1]
    assert label.lines("zh")[0] == f"遮挡法，{len(ROWS)} 行"
