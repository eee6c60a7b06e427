"""Near words: what is refused by its form or its sense; and, with the real encoders, what is found."""

from random import Random

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("rjieba")

from hanshuku.data.augment import AUGMENTERS, near, polar
from hanshuku.data.augment.base import changed
from hanshuku.data.augment.opposites import opposed

KNOWN = {"charge", "arrive", "quick", "large", "big", "city"}


@pytest.mark.parametrize(("one", "other"), [("quickly", "slowly"), ("large", "small"), ("monday", "friday"), ("sent", "received"), ("增加", "减少"), ("早餐", "午餐")])
def test_opposites_and_the_next_of_a_row_are_known_both_ways(one, other):
    assert opposed(one, other) and opposed(other, one)


@pytest.mark.parametrize(("one", "other"), [("large", "huge"), ("quickly", "rapidly"), ("增加", "增添")])
def test_words_of_one_side_are_not_opposed(one, other):
    assert not opposed(one, other)


@pytest.mark.parametrize(("one", "other"), [("charge", "charged"), ("happy", "unhappy"), ("happiness", "happy"), ("arrive", "arrival")])
def test_forms_of_a_word_and_its_denial_have_one_stem(one, other):
    assert near.same_stem(one, other)


def test_the_form_of_a_word_is_told_by_its_ending_where_the_rest_is_a_word():
    assert [near.form_of(word, KNOWN) for word in ("charged", "arriving", "quickly", "largest", "bigger", "cities", "bring", "went")] == ["ed", "ing", "ly", "est", "er", "", "", "ed"]


def test_a_noun_does_not_stand_for_an_adjective_nor_chinese_words_for_their_own_parts():
    assert not near.fits("strong", "strength", "en", KNOWN) and near.fits("large", "huge", "en", KNOWN)
    assert not near.fits("服务", "服务业", "zh", {}) and near.fits("舒服", "舒适", "zh", {})


def test_function_words_names_and_numbers_are_left_alone():
    assert not any(near.is_open(word, "en") for word in ("the", "monday", "card"))
    assert not any(near.is_open(word, "zh") for word in ("北京", "我们", "三个", "酒店"))


def test_praise_is_told_from_blame_along_one_axis():
    rng = np.random.default_rng(0)
    direction = rng.normal(size=16)
    good, bad = rng.normal(size=(30, 16)) + direction, rng.normal(size=(30, 16)) - direction
    weight, offset = polar.axis(good, bad)
    assert ((good @ weight + offset > 0).mean() + (bad @ weight + offset < 0).mean()) / 2 > 0.9


def vary(name, text, spans=(), seed=0):
    return changed(AUGMENTERS[name], text, spans, 0.3, Random(seed))


@pytest.mark.models
class TestWithTheEnglishEncoder:
    def test_near_words_mean_nearly_the_same(self):
        space = near.word_space("en")
        assert "hilarious" in space.near("funny") and "film" in space.near("movie") and "rapidly" in space.near("quickly")

    def test_no_near_word_blames_what_the_word_praises(self):
        space = near.word_space("en")
        assert "unhappy" not in space.loose("happy") and "exciting" not in space.loose("boring") and "small" not in space.loose("large")

    def test_a_word_that_the_encoder_does_not_know_has_none(self):
        assert near.word_space("en").near("zxqvy") == ()

    @pytest.mark.parametrize("name", ["synonyms", "masked", "insert"])
    def test_names_and_negations_stay(self, name):
        text = "It is not a funny movie, and Bill Long was terrible."
        found = [new for seed in range(5) if (new := vary(name, text, [(text.index("Bill"), text.index("Long") + 4)], seed))]
        assert found and all("not" in new and new[slice(*spans[0])] == "Bill Long" for new, spans in found)

    def test_letters_large_and_small_and_the_article_go_with_the_word(self):
        news = {vary("synonyms", text, seed=seed)[0] for text in ("FUNNY", "Funny") for seed in range(9)}
        assert all(new.isupper() or new.istitle() for new in news)
        assert all(" a " not in new or new.split(" a ")[1][0] not in "aeiou" for seed in range(9) if (new := (vary("synonyms", "It was a funny one", seed=seed) or ("",))[0]))

    def test_a_near_word_stands_beside_its_word(self):
        assert {vary("insert", "a problem", seed=seed)[0] for seed in range(20)} <= {"a problem issue", "a issue problem", "a problem trouble", "a trouble problem"}


@pytest.mark.models
def test_chinese_words_find_near_ones_and_no_opposites():
    space = near.word_space("zh")
    assert "舒适" in space.near("舒服") and "觉得" in space.near("认为") and "减少" not in space.loose("增加")
    assert "不能" not in space.loose("只能"), "no negation comes in"
    assert vary("synonyms", "我认为很舒服")[0] != "我认为很舒服"
