"""A group of texts is named by the words that set it apart."""

import numpy as np
import pytest

from hanshuku.methods.naming import content_words, distinctive_words, group_names

TEXTS = ["My parcel is late", "the parcels were lost", "Where is my parcel?", "a parcel from Leeds", "refund the money", "my refund please", "money and refund", "Refunds take long, my order"]
MEMBER = np.repeat([0, 1], 4)


def test_words_that_many_groups_share_are_no_names():
    first, second = distinctive_words(TEXTS, MEMBER)
    assert first[0] == "parcel"
    assert second[:2] == ["refund", "money"]


def test_forms_of_a_word_count_together_and_the_commonest_is_shown():
    assert distinctive_words(TEXTS, MEMBER)[0] == ["parcel"], "only words of two texts or more, parcels among them"


def test_of_english_stop_words_and_single_letters_are_left_out():
    assert content_words("I don't want the Parcel's box, it isn't mine") == ["parcel", "box", "mine"]


def test_chinese_is_cut_into_words_and_names_are_words():
    pytest.importorskip("rjieba")
    texts = ["我的包裹还没到", "包裹在哪里", "包裹丢了", "这个包裹晚了", "我要退款", "退款什么时候到", "请给我退款", "退款太慢了"]
    assert [words[0] for words in distinctive_words(texts, MEMBER)] == ["包裹", "退款"]


def test_names_differ_and_a_group_without_words_has_one_too():
    assert group_names([["parcel", "late"], [], ["parcel", "late"]]) == ["parcel / late", "group 2", "parcel / late (3)"]
