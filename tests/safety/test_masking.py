"""Masks keep places: what lay where in the text is known in the masked one, and the other way round."""

import pytest

from hanshuku.errors import ConfigError
from hanshuku.safety.masking import Placeholders, mask, put_back
from hanshuku.safety.pii import find

TEXT = "Mail a@b.example or call +44 20 7946 0958, then a@b.example again."


def test_a_label_stands_for_each():
    assert mask(TEXT, find(TEXT)).text == "Mail [EMAIL] or call [PHONE], then [EMAIL] again."


def test_numbers_may_keep_their_last_four_digits():
    assert mask(TEXT, find(TEXT), "last4").text == "Mail [EMAIL] or call +** ** **** 0958, then [EMAIL] again."


def test_placeholders_are_the_same_for_the_same_text_and_can_be_put_back():
    names = Placeholders()
    masked = mask(TEXT, find(TEXT), "placeholder", names)
    assert masked.text == "Mail [EMAIL_1] or call [PHONE_1], then [EMAIL_1] again."
    assert put_back(masked.text, names.stands) == TEXT
    other = "and c@d.example, A@B.example"
    assert mask(other, find(other), "placeholder", names).text == "and [EMAIL_2], [EMAIL_1]"


def test_a_placeholder_that_stands_in_the_text_already_is_not_given():
    text = "[EMAIL_1] is a@b.example"
    names = Placeholders()
    assert mask(text, find(text), "placeholder", names).text == "[EMAIL_1] is [EMAIL_2]"
    assert put_back("[EMAIL_1] [EMAIL_2]", names.stands) == "[EMAIL_1] a@b.example"


@pytest.mark.parametrize("word", ["Mail", "or call", "again", "then"])
def test_what_is_not_masked_is_found_in_both(word):
    masked = mask(TEXT, find(TEXT))
    span = (TEXT.index(word), TEXT.index(word) + len(word))
    (moved,) = masked.moved([span])
    assert masked.text[slice(*moved)] == word
    assert masked.origin(*moved) == span


def test_what_is_masked_is_found_in_both_whole():
    masked = mask(TEXT, find(TEXT))
    (moved,) = masked.moved([(5, 8)])  # "a@b"
    assert masked.text[slice(*moved)] == "[EMAIL]"
    start = masked.text.index("PHONE")
    assert TEXT[slice(*masked.origin(start, start + 5))] == "+44 20 7946 0958"


def test_masking_again_changes_nothing():
    for style in ("label", "last4"):
        once = mask(TEXT, find(TEXT), style).text
        assert mask(once, find(once), style).text == once


def test_a_style_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="label, last4, placeholder"):
        mask("x", [], "stars")
