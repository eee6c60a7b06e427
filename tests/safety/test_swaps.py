"""Names, pronouns and group words in the words of another group, English and Chinese."""

import pytest

from hanshuku.safety.swaps import families, neutral_words


def family(language, name):
    return next(own for own in families(language) if own.name == name)


@pytest.mark.parametrize("own", [*families("en"), *families("zh")], ids=lambda own: f"{own.language}-{own.name}")
class TestEveryFamily:
    def test_its_groups_have_as_many_phrases_each_and_none_twice(self, own):
        assert len({len(phrases) for phrases in own.phrases.values()}) == 1
        assert not set.intersection(*map(set, own.phrases.values()))

    def test_no_word_belongs_to_two_groups(self, own):
        for words in own.slots.values():
            flat = [word.lower() for group in words.values() for word in group]
            assert len(flat) == len(set(flat))

    def test_a_text_of_a_group_is_found_to_be_of_that_group(self, own):
        for slot, groups in own.slots.items():
            for group, words in groups.items():
                for word in words:
                    assert [(hit.slot, hit.group) for hit in own.find(f"... {word} ..." if own.language == "en" else f"看见{word}了")] == [(slot, group)]

    def test_a_frame_names_each_group_and_keeps_the_text(self, own):
        texts = {own.framed("some text", group, 3) for group in own.groups}
        assert len(texts) == len(own.groups)
        assert all("some text" in text for text in texts)

    def test_a_swap_to_its_own_group_changes_nothing(self, own):
        for group in own.own_groups:
            text = own.framed("一些字" if own.language == "zh" else "some words", group, 0)
            if {hit.group for hit in own.find(text)} == {group}:
                assert own.swapped(text, group) == text


def test_no_group_is_named_by_a_negation():
    """Which any function of sentiment reads as one: 不信教 would be accused where nothing is wrong."""
    negations = {"en": {"no", "not", "non", "without"}, "zh": set("不无没")}
    for language, words in negations.items():
        for own in families(language):
            phrases = [phrase for group in own.phrases.values() for phrase in group if own.kind != "names"]
            assert not [phrase for phrase in phrases if words & set(phrase.lower().split() if language == "en" else phrase)]


def test_names_of_one_place_belong_together_and_keep_their_case():
    names = family("en", "gender_names")
    assert names.swapped("emily and SARAH, not Emilys", "male") == "james and ROBERT, not Emilys"
    assert names.swapped("Emily is here", "female", place=1) == "Sarah is here"


def test_the_article_follows_the_new_word():
    assert family("en", "nationality").swapped("A French actor in an american film", "iranian") == "An Iranian actor in an iranian film"
    assert family("en", "religion").swapped("an atheist", "muslim") is not None
    assert family("en", "religion").swapped("an atheist man", "muslim") == "a muslim man"


def test_a_group_word_in_a_longer_word_is_none():
    assert family("en", "gender_words").find("mother nature, a brotherhood, manly, French-man") == []
    assert family("zh", "pronouns").find("其他人的吉他") == []


def test_chinese_words_are_swapped_one_for_one():
    assert family("zh", "gender_words").swapped("爸爸带儿子来的", "female") == "妈妈带女儿来的"
    assert family("zh", "pronouns").swapped("他们说其他的都是他的", "she") == "她们说其他的都是她的"
    assert family("zh", "region").swapped("上海人多", "henan") == "河南人多"


def test_neutral_words_are_in_no_family():
    for language in ("en", "zh"):
        words = neutral_words(language)
        assert len(words.groups) >= 12
        for group in words.groups:
            assert not any(own.find(group) for own in families(language)), group


@pytest.mark.parametrize("text", ["", " ", "🙂🙂", "\x00", "12345", "a" * 100_000, "他" * 5000, "{word} {text} %s"])
def test_odd_texts_go_through(text):
    for language in ("en", "zh"):
        for own in families(language):
            for group in own.own_groups:
                assert own.swapped(text, group) is not None or own.kind == "pronouns"
            assert text in own.framed(text, own.groups[0], 0)
