"""The sample sets are balanced, free of repeats, and as good in Chinese as in English."""

import re
from collections import Counter

import pytest

from hanshuku.data.language import language_of
from hanshuku.data.samples import PARTS, SAMPLES, label_descriptions, load_rows, sample_path
from hanshuku.errors import UnknownName


def grams(text):
    text = "".join(text.lower().split())
    return {text[i : i + 3] for i in range(max(1, len(text) - 2))}


@pytest.mark.parametrize("name", SAMPLES)
def test_thirteen_intents_have_twenty_rows_to_measure_on_and_twenty_six_to_learn_from(name):
    labels = set(label_descriptions(name, "en"))
    for part, least in (("train", 26), ("test", 20)):
        counts = Counter(row["label"] for row in load_rows(name, part))
        assert set(counts) == labels
        assert min(counts.values()) >= least
    assert len(labels) == 13


@pytest.mark.parametrize("name", SAMPLES)
def test_there_are_150_rows_without_a_label(name):
    rows = load_rows(name, "unlabelled")
    assert len(rows) >= 150
    assert all(set(row) == {"text"} for row in rows)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_labelled_row_holds_a_text_a_label_and_perhaps_hard(name):
    for part in ("train", "test"):
        for row in load_rows(name, part):
            assert set(row) - {"hard"} == {"text", "label"}
            assert row.get("hard", True) is True
            assert row["text"] == row["text"].strip() != ""


@pytest.mark.parametrize("name", SAMPLES)
def test_no_two_rows_are_nearly_the_same(name):
    rows = [grams(row["text"]) for part in PARTS for row in load_rows(name, part)]
    near = [
        (i, j) for i in range(len(rows)) for j in range(i) if len(rows[i] & rows[j]) / len(rows[i] | rows[j]) >= 0.7
    ]
    assert not near


@pytest.mark.parametrize("name", SAMPLES)
def test_hard_rows_stand_in_both_parts(name):
    for part in ("train", "test"):
        rows = load_rows(name, part)
        assert sum(bool(row.get("hard")) for row in rows) >= 0.1 * len(rows)


@pytest.mark.parametrize("part", PARTS)
def test_every_chinese_row_holds_chinese_and_no_english_row_does(part):
    chinese = re.compile("[\u4e00-\u9fff]")
    assert all(chinese.search(row["text"]) for row in load_rows("customer_zh", part))
    assert not any(chinese.search(row["text"]) for row in load_rows("customer_en", part))


def test_each_set_is_in_its_language():
    assert language_of(row["text"] for row in load_rows("customer_en", "train")) == "en"
    assert language_of(row["text"] for row in load_rows("customer_zh", "train")) == "zh"


def test_the_labels_are_described_in_both_languages_in_one_order():
    english, chinese = label_descriptions("customer", "en"), label_descriptions("customer", "zh")
    assert list(english) == list(chinese)
    assert all(text.endswith(".") for text in english.values())
    assert all(text.endswith("。") for text in chinese.values())


def test_an_unknown_set_is_met_with_the_known_ones():
    with pytest.raises(UnknownName, match="customer_en"):
        sample_path("customer_fr", "train")


def test_an_unknown_language_is_met_with_the_known_ones():
    with pytest.raises(UnknownName, match="en, zh"):
        label_descriptions("customer", "fr")
