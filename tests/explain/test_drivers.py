"""Words that drive a label are found, words that do not are not accused."""

import io
import json
from zlib import crc32

import numpy as np
import pytest
from rich.console import Console

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.explain.drivers import drivers
from hanshuku.tasks import Task
from tests.explain.test_explain import Counting

RNG = np.random.default_rng(0)
FILLERS = ("the", "room", "was", "here", "today", "number", "一个", "房间")
ROWS = [(" ".join(RNG.permutation([*RNG.choice(FILLERS, 5), RNG.choice(["awful", "Lovely", "糟糕的", "🙁", "plain"])])) + f" {i}.",) for i in range(120)]


def names(found, label):
    return {driver.word: round(driver.mean, 2) for driver in found.sure(label)}


def lower(predictor):
    """As it answers small letters."""
    ask = predictor.outputs
    predictor.outputs = lambda rows: ask([tuple(text.lower() for text in row) for row in rows])
    return predictor


def test_the_words_with_a_meaning_drive_their_label_and_no_others():
    found = drivers(lower(Counting()), ROWS)
    assert names(found, "good") == {"lovely": 2.0, "🙁": -1.0, "糟糕": -3.0, "awful": -3.0}
    assert names(found, "bad") == {word: -mean for word, mean in names(found, "good").items()}
    assert found.rows == 120
    assert all(driver.low <= driver.mean <= driver.high for driver in found.labels["bad"])


def test_words_that_do_something_only_by_chance_are_not_accused():
    class Noisy(Counting):
        def outputs(self, inputs):
            good = np.array([np.random.default_rng(crc32("".join(row).encode())).uniform(0.3, 0.7) for row in inputs], dtype=np.float32)
            return np.stack([good, 1 - good], axis=1)

    found = drivers(Noisy(), ROWS)
    assert found.tested > 8
    assert len(found.sure("good")) == 0


def test_three_labels_and_several_labels_have_words_of_their_own():
    found = drivers(Counting(Task("classify", labels=("good", "bad"), several=True)), ROWS)
    assert "awful" in names(found, "good")
    assert names(found, "bad") == {}  # its logit is always 0


def test_a_number_has_drivers_in_its_unit():
    assert names(drivers(Counting(Task("rate", low=0, high=10)), ROWS), "")["awful"] == pytest.approx(-3.0)


def test_more_rows_than_wanted_are_drawn_by_the_seed():
    predictor = Counting()
    assert drivers(predictor, ROWS, rows=30).rows == 30
    assert drivers(predictor, ROWS, rows=30, seed=1) == drivers(predictor, ROWS, rows=30, seed=1)


def test_no_row_and_one_row_are_no_error():
    assert drivers(Counting(), []).labels == {"good": (), "bad": ()}
    assert drivers(Counting(), [("",)]).tested == 0


def test_it_is_shown_in_a_terminal_as_html_and_as_json():
    found, stream = drivers(Counting(), ROWS), io.StringIO()
    found.render(Console(file=stream, width=120))
    assert "awful (for)" in stream.getvalue()
    found.render(Console(file=stream, width=120), language="zh")
    assert "支持" in stream.getvalue()
    assert found._repr_html_().count("<table") == 2
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["rows"] == 120


def test_kinds_without_labels_are_refused_and_so_are_labels_that_are_none():
    with pytest.raises(ConfigError, match="single rows"):
        drivers(Counting(Task("tag", labels=("PER",))), ROWS)
    with pytest.raises(UnknownName, match="good"):
        drivers(Counting(), ROWS).sure("goood")


def test_labels_without_a_word_that_stands_out_share_a_line_and_too_few_rows_are_remarked_on():
    several = Task("classify", labels=("good", "bad"), several=True)
    stream = io.StringIO()
    drivers(Counting(several), ROWS).render(Console(file=stream, width=120), language="zh")
    assert "没有突出的词：bad" in stream.getvalue()
    few = drivers(Counting(several), ROWS[:3])
    assert "5 rows or more" in few.to_json()["notes"][0] and "请给出更多的行" in few.to_html(language="zh")
