"""Labels and numbers are read out of whatever words a model puts round them; what is ambiguous is not guessed at."""

import pytest

from hanshuku.inference.remote.answers import Answer
from hanshuku.inference.remote.choices import choice_of
from hanshuku.inference.remote.reading import label_in, labels_in, number_in
from hanshuku.tasks import Task

TEAMS = [("billing",), ("delivery",), ("credit card", "credit_card"), ("card",)]
MOODS = [("高兴",), ("不高兴",), ("难过",)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("billing", 0), (" Billing.\n", 0), ("**delivery**", 1), ("Label: delivery", 1), ('{"label": "billing"}', 0), ("credit_card", 2), ("Credit Card", 2),
        ("card", 3), ("The label is credit card.", 2), ("delivry", 1), ("<think>billing or delivery? billing.</think>\ndelivery", 1),
        ("delivery, not billing", 1), ("billing or delivery", 0), ("it could be billing or delivery", None), ("I do not know", None), ("", None), ("bill", None), ("billingual", None),
    ],
)  # fmt: skip
def test_a_label_is_found_or_not(text, found):
    assert label_in(text, TEAMS) == found


@pytest.mark.parametrize(("text", "found"), [("高兴", 0), ("“不高兴”。", 1), ("答案：难过", 2), ("这条评论是不高兴的", 1), ("不知道", None)])
def test_a_chinese_label_is_found_or_not(text, found):
    assert label_in(text, MOODS) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("billing; delivery", [0, 1]), ("- billing\n- credit card", [0, 2]), ("None.", []), ("无", []), ("card", [3]), ("It is about billing and delivery.", [0, 1]), ("hm", None)],
)
def test_several_labels_are_found(text, found):
    assert labels_in(text, TEAMS) == found


@pytest.mark.parametrize(("text", "found"), [("4", 4.0), ("4.5 out of 5", 4.5), ("评分：３", 3.0), ("3,5", 3.5), ("7", None), ("-1", None), ("v2", None), ("four", None)])
def test_a_number_is_found_within_the_range(text, found):
    assert number_in(text, 1, 5) == found


def test_the_label_that_was_named_is_the_likeliest_and_the_others_share_by_their_beginnings():
    task = Task("classify", labels=("alpha", "beta", "gamma"))
    answer = Answer("beta", tokens=(("be", -0.7, (("be", -0.7), ("al", -1.2), ("x", -3.0))), ("ta", -0.1, ())))
    found = choice_of(task, answer, [(name,) for name in task.labels])
    assert found.argmax() == 1 and found[0] > 10 * found[2] and abs(found.sum() - 1) < 1e-6
    assert abs(found[1] - 0.5985) < 1e-3  # exp(-0.8) beside exp(-1.2)
