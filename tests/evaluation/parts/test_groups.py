"""The part groups: rows parted by a column."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hanshuku.data.encoded import Encoded
from hanshuku.errors import UnknownName
from hanshuku.evaluation.page import SECTIONS
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.groups import measure, named
from hanshuku.tasks import Task

MOOD = Task("classify", labels=("negative", "positive"))


class Answers:
    threshold = 0.5


def seen(task, targets, outputs, cells):
    n = len(targets)
    return Seen(Answers(), Encoded(task, [(str(i),) for i in range(n)], targets, np.zeros(n, dtype=np.int64)), outputs, {"city": cells})


def moods(n, wrong):
    rng = np.random.default_rng(0)
    cells = rng.choice(["北京", "上海"], n)
    targets = rng.integers(0, 2, n)
    answers = np.where(rng.random(n) < np.where(cells == "上海", wrong, 0.1), 1 - targets, targets)
    return seen(MOOD, targets, np.eye(2, dtype=np.float32)[answers], cells.tolist())


def test_a_group_that_is_answered_worse_is_named():
    found = measure(moods(500, 0.4), Wanted(groups="city"))
    accuracy = next(gap for gap in found["gaps"] if gap["measure"] == "accuracy")
    assert (accuracy["most"], accuracy["least"]) == ("北京", "上海")
    assert {"accuracy", "odds"} <= set(found["unequal"])
    assert [own["accuracy"]["n"] for own in found["groups"]] == [own["n"] for own in found["groups"]]


def test_groups_answered_alike_are_not_unequal():
    assert measure(moods(500, 0.1), Wanted(groups="city"))["unequal"] == []


def test_small_groups_and_empty_cells_are_said():
    data = moods(100, 0.1)
    cells = ["", None, *["村里"] * 3, *data.columns["city"][5:]]
    found = measure(Seen(data.predictor, data.encoded, data.outputs, {"city": cells}), Wanted(groups="city"))
    assert found["left_out"] == 2
    assert found["small"] == [{"group": "村里", "n": 3}]
    assert {own["group"] for own in found["groups"]} == {"北京", "上海"}


def test_a_number_of_many_values_is_parted_into_quarters():
    found = named([str(i) for i in range(100)])
    assert len(set(found)) == 4
    assert found[0] == "≤ 24.75"
    assert named(["3", "4", "", None]) == ["3", "4", "", ""]
    assert len(set(named([*["0"] * 90, *map(str, range(1, 40))]))) <= 4


def test_a_refused_row_is_not_right_in_its_group_and_answered_with_no_label():
    seen = moods(100, 0.0)
    reasons = np.where(np.array([cell == seen.columns["city"][0] for cell in seen.columns["city"]]), "unsure", "")
    groups = {each["group"]: each for each in measure(replace(seen, reasons=reasons), Wanted(groups="city"))["groups"]}
    refused = groups[seen.columns["city"][0]]
    assert refused["accuracy"]["value"] == 0 and set(refused["answered"].values()) == {0.0}
    assert all(each["accuracy"]["value"] > 0 for name, each in groups.items() if name != seen.columns["city"][0])


def test_an_unknown_column_is_refused():
    with pytest.raises(UnknownName, match="city"):
        measure(moods(20, 0.1), Wanted(groups="town"))


def test_several_labels_and_numbers():
    rng = np.random.default_rng(0)
    cells = rng.choice(["a", "b"], 200).tolist()
    several = Task("classify", labels=("x", "y", "z"), several=True)
    targets = (rng.random((200, 3)) < 0.4).astype(np.float32)
    found = measure(seen(several, targets, targets * 0.8, cells), Wanted(groups="city"))
    assert found["groups"][0]["accuracy"]["value"] == 1
    rate = Task("rate", low=0, high=5)
    numbers = rng.random(200).astype(np.float32) * 4
    shifted = numbers + np.where(np.array(cells) == "a", 0.8, 0)
    found = measure(seen(rate, numbers, shifted, cells), Wanted(groups="city"))
    assert "mean_error" in found["unequal"]
    assert found["groups"][0]["mean_error"]["n"] > 0
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("cells", [["a"], [""], ["a"] * 30, list("abcdefghij") * 2, [None] * 12])
def test_few_rows_or_one_group_do_no_harm(cells):
    n = len(cells)
    found = measure(seen(MOOD, np.zeros(n, dtype=np.int64), np.tile(np.array([[0.9, 0.1]], dtype=np.float32), (n, 1)), cells), Wanted(groups="city"))
    json.dumps(found, allow_nan=False)
    assert found["unequal"] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_and_the_terminal_say_what_is_unequal(language):
    section = SECTIONS["groups"]
    say = section.say(language)
    for found in (measure(moods(500, 0.4), Wanted(groups="city")), measure(moods(15, 0.1), Wanted(groups="city")), measure(moods(500, 0.1), Wanted(groups="city"))):
        assert "city" in section.says(found, say)
        assert (f">{say['stands']}</td>" in section.html(found, say)) == bool(found["unequal"])
        assert len(list(section.lines(found, say))) == bool(found["gaps"])
