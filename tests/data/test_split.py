"""Examples.split and Examples.few."""

from __future__ import annotations

from collections import Counter

import pytest

from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError, UnknownName


def rows(**counts):
    return [{"text": f"{label} {i}", "label": label, "author": i % 7} for label, n in counts.items() for i in range(n)]


def test_a_split_is_stratified_by_label():
    train, test = read(rows(a=100, b=50, c=10)).split(test=0.2)
    assert Counter(test.column("label")) == {"a": 20, "b": 10, "c": 2} and len(train) == 128


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    examples = read(rows(a=50, b=50))
    first, again, other = (examples.split(seed=seed)[1].column("text") for seed in (0, 0, 1))
    assert first == again != other


def test_a_number_of_test_rows_may_be_asked_for():
    assert [len(part) for part in read(rows(a=60, b=40)).split(test=30)] == [70, 30]


def test_rows_with_the_same_text_stay_on_one_side():
    examples = read([{"text": text, "label": "ab"[i % 2]} for i in range(40) for text in (f"Same {i // 2}", f"same  {i // 2}", f"ｓame {i // 2}")])
    train, test = examples.split(test=0.3)
    assert not {text.split()[-1] for text in train.column("text")} & {text.split()[-1] for text in test.column("text")}


def test_rows_of_one_group_stay_on_one_side():
    train, test = read(rows(a=70, b=70)).split(test=0.3, by="author")
    assert len(test) == 40 and not set(train.column("author")) & set(test.column("author"))


def test_a_label_never_goes_to_the_test_side_whole():
    train, _ = read(rows(a=30, b=1, c=2)).split(test=0.5)
    assert set(train.column("label")) == {"a", "b", "c"}


def test_several_labels_are_spread_by_the_rarest_of_each_row():
    examples = read([{"text": f"t{i}", "labels": ["all", "rare"] if i % 10 == 0 else ["all"]} for i in range(100)])
    _, test = examples.split(test=0.2)
    assert sum("rare" in labels for labels in test.column("labels")) == 2


def test_numbers_are_spread_by_quintile():
    examples = read([{"text": f"t{i}", "score": i / 100} for i in range(500)])
    _, test = examples.split(test=0.2)
    assert Counter(int(score) for score in test.column("score")) == dict.fromkeys(range(5), 20)


def test_few_draws_so_many_rows_a_class():
    examples = read(rows(a=30, b=30, c=3))
    assert Counter(examples.few(8).column("label")) == {"a": 8, "b": 8, "c": 3}
    assert examples.few(8, seed=1).column("text") != examples.few(8, seed=2).column("text")


@pytest.mark.parametrize("test", [0, -1, 1.5, 100, True])
def test_an_illegal_share_is_refused(test):
    with pytest.raises(ConfigError, match="a share"):
        read(rows(a=10, b=10)).split(test=test)


def test_what_is_all_one_text_cannot_be_split():
    with pytest.raises(DataError, match="rows must differ"):
        read([{"text": "x", "label": "a"}] * 5).split()


def test_an_unknown_group_column_is_refused():
    with pytest.raises(UnknownName, match="No column is named 'writer'"):
        read(rows(a=10)).split(by="writer")
