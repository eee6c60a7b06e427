"""The sample sets are balanced, free of repeats, and as good in Chinese as in English."""

from collections import Counter

import pytest

from hanshuku.data.language import language_of
from hanshuku.data.samples import PARTS, SAMPLES, label_descriptions, load_rows, sample_path
from hanshuku.errors import UnknownName


def grams(text):
    text = "".join(text.lower().split())
    return {text[i : i + 3] for i in range(max(1, len(text) - 2))}


@pytest.mark.parametrize("name", SAMPLES)
def test_there_are_twelve_intents_with_forty_rows_each(name):
    counts = Counter(row["label"] for part in ("train", "test") for row in load_rows(name, part))
    assert len(counts) == 12
    assert min(counts.values()) >= 40
    assert set(counts) == set(label_descriptions(name, "en")) == set(label_descriptions(name, "zh"))
    assert len(load_rows(name, "unlabelled")) >= 80


@pytest.mark.parametrize("name", SAMPLES)
def test_no_two_rows_are_nearly_the_same(name):
    rows = [grams(row["text"]) for part in PARTS for row in load_rows(name, part)]
    near = [(i, j) for i in range(len(rows)) for j in range(i) if len(rows[i] & rows[j]) / len(rows[i] | rows[j]) >= 0.7]
    assert not near


@pytest.mark.parametrize("name", SAMPLES)
def test_hard_rows_stand_in_both_parts(name):
    for part in ("train", "test"):
        rows = load_rows(name, part)
        assert sum(bool(row.get("hard")) for row in rows) >= 0.1 * len(rows)


def test_each_set_is_in_its_language():
    assert language_of(row["text"] for row in load_rows("customer_en", "train")) == "en"
    assert language_of(row["text"] for row in load_rows("customer_zh", "train")) == "zh"


def test_an_unknown_set_is_met_with_the_known_ones():
    with pytest.raises(UnknownName, match="customer_en"):
        sample_path("customer_fr", "train")
