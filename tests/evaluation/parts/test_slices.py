"""Slices: a kind of rows on which a function is worse is found and named; where there is none, none is accused."""

import numpy as np
import pytest

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.page import SECTIONS
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.slices import measure
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.words import WordPredictor

MOOD = Task("classify", labels=("bad", "good"))


def seen(right, texts=None, columns=None, task=MOOD, targets=None, outputs=None):
    """Rows of which these are answered right."""
    right = np.asarray(right)
    targets = np.arange(len(right)) % 2 if targets is None else targets
    outputs = np.eye(2)[np.where(right, targets, 1 - targets)] if outputs is None else outputs
    rows = [(text,) for text in (texts or ["a word"] * len(right))]
    return Seen(WordPredictor(task), Encoded(task, rows, targets, np.zeros(len(right), dtype=np.int64)), outputs, columns or {})


def test_a_planted_slice_is_found_named_and_corrected_for_all_that_were_looked_at():
    rng = np.random.default_rng(0)
    shops = ["south" if i % 5 == 0 else f"north {i % 3}" for i in range(400)]
    found = measure(seen([rng.random() < (0.5 if shop == "south" else 0.95) for shop in shops], columns={"shop": shops}), Wanted())
    worst = found["worst"]
    assert (worst["by"], worst["column"], worst["name"], worst["n"], worst["worse"]) == ("column", "shop", "south", 80, True)
    assert worst["p"] < worst["p_holm"] < 0.001
    assert worst["low"] < worst["value"] < worst["high"] and worst["difference_high"] < 0
    assert found["looked_at"] == len(found["slices"]) == 6  # two labels, four shops
    for language in ("en", "zh"):
        assert "shop = south" in SECTIONS["slices"].says(found, SECTIONS["slices"].say(language))


def test_a_function_that_is_as_good_everywhere_is_accused_at_most_one_time_in_twenty():
    rng = np.random.default_rng(1)
    accused = 0
    for _ in range(100):
        columns = {f"column {i}": rng.choice(["a", "b", "c"], 150).tolist() for i in range(4)}
        accused += any(one["p_holm"] < 0.05 for one in measure(seen(rng.random(150) < 0.8, columns=columns), Wanted())["slices"])
    assert accused <= 9  # 5 are due; 10 or more would come of that 3 times in 100


def test_length_and_language_cut_the_rows_too():
    texts = ["很好的酒店" * (1 + i % 7) if i % 2 else "a fine hotel " * (1 + i % 7) for i in range(80)]
    found = measure(seen([True] * 80, texts), Wanted())
    assert {(one["by"], one["name"]) for one in found["slices"] if one["by"] == "language"} == {("language", "en"), ("language", "zh")}
    assert sum(one["n"] for one in found["slices"] if one["by"] == "length") == 80
    assert not found["worst"]["worse"]


def test_numbers_are_cut_into_ranges_and_free_text_is_no_kind_of_rows():
    columns = {"age": [str(20 + i % 50) for i in range(100)], "note": [f"note {i}" for i in range(100)], "tags": [["x"]] * 100, "year": [2024] * 100}
    found = measure(seen([True] * 100, columns=columns), Wanted())
    assert {one["column"] for one in found["slices"]} == {"", "age"}
    assert [one["name"] for one in found["slices"] if one["column"]] == ["20–32", "33–44", "45–57", "58–69"]


@pytest.mark.parametrize("n", [1, 2, 15])
def test_few_rows_have_no_slices(n):
    assert measure(seen([True] * n), Wanted()) is None


def test_numbers_and_entities_are_sliced_by_the_score_of_a_row():
    rng = np.random.default_rng(0)
    targets = rng.random(80) * 5
    rated = measure(seen([True] * 80, task=Task("rate", low=0, high=5), targets=targets, outputs=targets + 9), Wanted())
    assert rated["metric"] == "closeness" and {one["by"] for one in rated["slices"]} == {"label"}
    tags = Task("tag", labels=("PER", "ORG"))
    due = objects([((0, 1, "PER" if i % 2 else "ORG"),) for i in range(40)])
    found = measure(seen([True] * 40, task=tags, targets=due, outputs=objects([((*span[0], 0.9),) if i % 2 else () for i, span in enumerate(due)])), Wanted())
    assert (found["metric"], found["worst"]["name"], found["worst"]["value"]) == ("row_score", "ORG", 0.0)
