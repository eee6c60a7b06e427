"""Words have places that are exact to the character, in any script, and what is left out takes its blank along."""

from itertools import pairwise

import numpy as np
import pytest

from hanshuku.explain.words import Cutter, spans_of, words_of_row

TEXTS = [
    "I don't like it, well-made film!!! 3.50% ok :)", "今天的服务态度很好，房间干净😀👍🏽！！", "👩‍💻 works 🇨🇳 1️⃣ café नमस्ते привет", "日本語です 한국어",
    "", "  \n ", "___", "a\u200db x² iPhone15真好", "…" * 50,
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_all_that_is_no_blank_and_none_overlaps(text):
    spans = spans_of(text)
    assert "".join(text[start:end] for start, end in spans) == "".join(text.split())
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


def words(text):
    return [text[start:end] for start, end in spans_of(text)]


def test_an_apostrophe_a_hyphen_and_a_point_in_a_number_join():
    assert words("I don't want a well-made 3.50 one.") == ["I", "don't", "want", "a", "well-made", "3.50", "one", "."]


def test_chinese_is_cut_into_words():
    pytest.importorskip("rjieba")
    assert words("房间干净，服务很差") == ["房间", "干净", "，", "服务", "很差"]


def test_without_a_segmenter_chinese_is_cut_into_characters(monkeypatch):
    from hanshuku.errors import MissingExtra

    def missing():
        raise MissingExtra("rjieba", "augment", "this")

    monkeypatch.setattr("hanshuku.explain.words.segmenter", missing)
    assert words("房间干净 ok") == ["房", "间", "干", "净", "ok"]


def test_an_emoji_is_one_word_with_its_skin_and_what_is_joined_to_it():
    assert words("好👩‍💻👍🏽🇨🇳") == ["好", "👩‍💻", "👍🏽", "🇨🇳"]


def test_a_word_that_is_left_out_takes_the_blank_behind_it():
    row = ("the great film today", "很好 看")
    cutter = Cutter.of(row, words_of_row(row))
    assert cutter.variant(np.array([True, False, True, True] + [True] * (len(cutter.words) - 4))) == ("the film today", "很好 看")
    assert cutter.variant(np.ones(len(cutter.words), dtype=bool)) == row


def test_a_character_is_found_again_where_words_before_it_are_gone():
    text = "alas, the great Paris is far"
    cutter = Cutter.of((text,), words_of_row((text,)))
    kept = np.array([word.text not in {"alas", "great"} for word in cutter.words])
    (short,) = cutter.variant(kept)
    at = cutter.moved(0, text.index("Paris"), kept)
    assert short[at : at + 5] == "Paris"


def test_a_very_long_text_has_no_more_than_so_many_words_the_first_ones_alone_and_they_still_cover_it():
    row = ("one two three " * 1000, "a short text")
    found = words_of_row(row, most=50)
    long, short = ([word for word in found if word.part == part] for part in (0, 1))
    assert ([word.text for word in short], len(long)) == (["a", "short", "text"], 47)
    assert [word.text for word in long[:3]] == ["one", "two", "three"]
    assert (long[0].start, long[-1].end) == (0, len(row[0].rstrip()))
    assert "".join(word.text for word in long).replace(" ", "") == row[0].replace(" ", "")
