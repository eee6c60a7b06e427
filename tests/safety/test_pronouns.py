"""English pronouns in another gender, grammar kept."""

import pytest

from hanshuku.safety import pronouns


def swapped(text, group):
    return pronouns.swapped(text, pronouns.find(text), group)


@pytest.mark.parametrize(
    ("he", "she"),
    [
        ("He gave his dog to him.", "She gave her dog to her."),
        ("the book is his, and it suits him", "the book is hers, and it suits her"),
        ("HE did it himself", "SHE did it herself"),
        ("I told him that he's late", "I told her that she's late"),
        ("his performance saves him and the film", "her performance saves her and the film"),
    ],
)
def test_he_and_she_stand_for_one_another(he, she):
    assert swapped(he, "she") == she
    assert swapped(she, "he") == he


@pytest.mark.parametrize(
    ("one", "they"),
    [
        ("he is right", "they are right"), ("She wasn't there", "They weren't there"), ("she never tries", "they never try"), ("he watches it", "they watch it"),
        ("does he know?", "do they know?"), ("what is she doing", "what are they doing"), ("he's here", "they're here"), ("she's been here", "they've been here"),
        ("he'll go", "they'll go"), ("she went home", "they went home"), ("he played his part", "they played their part"), ("he goes", "they go"),
        ("I saw him", "I saw them"), ("HE IS RIGHT", "THEY ARE RIGHT"),
    ],
)  # fmt: skip
def test_the_verb_agrees_with_they(one, they):
    assert swapped(one, "they") == they


@pytest.mark.parametrize("text", ["he sings and dances", "She, of course, knows", "he"])
def test_where_the_verb_is_not_sure_there_is_no_they(text):
    assert swapped(text, "they") is None


def test_other_words_are_no_pronouns():
    assert pronouns.find("the hero, she-wolf, Hershey, they, it, sheer") == []
