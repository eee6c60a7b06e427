"""Every augmenter keeps the promises that all of them make; then what each one does."""

from difflib import SequenceMatcher
from random import Random

import pytest

pytest.importorskip("rjieba")
pytest.importorskip("pypinyin")
pytest.importorskip("opencc")

from hanshuku.data.augment import AUGMENTERS
from hanshuku.data.augment.base import changed
from hanshuku.data.augment.homophones import sounds
from hanshuku.data.augment.lookalikes import _alike
from hanshuku.data.augment.typos import NEIGHBOURS
from hanshuku.data.augment.words import words_of

ENGLISH = "I was charged twice for order 1930s-B, and Anna Miller did not answer my 3 letters, so I am sure that it is lost."
CHINESE = "我在北京的酒店住了3天，服务员王小明的态度非常好，ＷｉＦｉ很快。"
MODELS = {"synonyms", "masked", "insert"}  # these read a pretrained encoder: see test_synonyms.py
PLAIN = sorted(set(AUGMENTERS) - MODELS)


def vary(name, text, spans=(), seed=0, share=None):
    return changed(AUGMENTERS[name], text, spans, share, Random(seed))


def texts_of(name, text, n=200, **more):
    return [found[0] for seed in range(n) if (found := vary(name, text, seed=seed, **more))]


@pytest.mark.parametrize("name", PLAIN)
class TestEveryAugmenter:
    def test_it_changes_a_text_of_its_language(self, name):
        assert vary(name, ENGLISH) or vary(name, CHINESE)

    def test_the_same_draw_gives_the_same_text(self, name):
        assert [vary(name, text, seed=7) for text in (ENGLISH, CHINESE)] == [vary(name, text, seed=7) for text in (ENGLISH, CHINESE)]

    @pytest.mark.parametrize("text", ["", " ", "1", "？", "好", "a", "😀", "\u200d\ufeff", "x" * 3000])
    def test_a_text_with_little_in_it_is_changed_or_left(self, name, text):
        for seed in range(5):
            found = vary(name, text, seed=seed)
            assert found is None or (found[0] != text and found[0].strip())

    @pytest.mark.parametrize(("text", "names"), [(ENGLISH, ["Anna Miller", "order"]), (CHINESE, ["北京", "王小明", "小明"])])
    def test_spans_stay_whole_and_apart(self, name, text, names):
        spans = [(text.index(each), text.index(each) + len(each)) for each in names]
        for seed in range(50):
            found = vary(name, text, spans, seed, share=0.5)
            if found is None:
                continue
            new, places = found
            inside = [new[start:end] for start, end in places]
            assert all(inside) and all(each == each.strip() for each in inside)
            if not AUGMENTERS[name].inside:
                assert inside == names

    def test_a_greater_share_changes_more(self, name):
        text = ENGLISH + CHINESE
        kept = lambda share: sum(SequenceMatcher(None, text, new, autojunk=False).ratio() for new in texts_of(name, text, 5, share=share))
        assert kept(0.9) < kept(0.05)


def test_swap_exchanges_neighbours_and_leaves_a_negation_where_it_stands():
    assert set(texts_of("swap", "good films never end badly")) == {"films good never end badly", "good films never badly end"}


def test_delete_leaves_a_negation_and_one_blank_between_words():
    found = set(texts_of("delete", "this is not good"))
    assert found == {"is not good", "this not good", "this is not"}


def test_chinese_is_cut_into_words_before_they_change_places():
    assert [word.text for word in words_of("酒店的服务，very good")] == ["酒店", "的", "服务", "very", "good"]
    assert "服务酒店" in set(texts_of("swap", "酒店服务"))


def test_a_typo_hits_a_key_that_touches_the_right_one():
    assert set("wsdr") <= set(NEIGHBOURS["e"]) and "p" not in NEIGHBOURS["e"]
    assert all(len(new) in (5, 6, 7) and new[0] == "w" for new in texts_of("typos", "wonder"))


def test_short_words_and_numbers_get_no_typos():
    assert vary("typos", "I am 1234 at 10:30") is None


def test_casing_changes_all_words_in_one_manner():
    assert set(texts_of("casing", "the Film is good")) == {"the film is good", "THE FILM IS GOOD", "The Film Is Good"}


def test_homophones_have_the_sound_that_the_word_around_them_gives():
    found = {new[0] for new in texts_of("homophones", "重庆") if new[1] == "庆"}
    assert found and all(sounds(each)[0].rstrip("12345") == "chong" for each in found)


def test_lookalikes_are_mutual_and_no_character_is_its_own():
    for character, others in _alike().items():
        assert character not in others and all(character in _alike()[other] for other in others)


def test_script_follows_the_word_and_leads_back():
    assert texts_of("script", "头发发展", 1) == ["頭髮發展"]
    assert texts_of("script", "頭髮發展", 1) == ["头发发展"]


def test_width_touches_marks_or_letters_beside_chinese_and_no_number():
    assert set(texts_of("width", "满3.5分，好！")) == {"满3.5分,好!", "满３.５分，好！"}
    assert vary("width", "good, really!") is None


def test_noise_comes_in_chinese_and_english():
    assert len(set(texts_of("noise", "不错的酒店"))) > 10 and len(set(texts_of("noise", "a good film"))) > 10


def test_punctuation_comes_in_one_manner_and_leaves_numbers_and_names_alone():
    found = set(texts_of("punctuation", "At 10:30, see www.example.com!"))
    assert found == {"At 10:30 see www.example.com", "At 10:30, see www.example.com", "At 10:30, see www.example.com!!!", "At 10:30 , see www.example.com !"}


def test_punctuation_of_chinese_keeps_two_clauses_apart():
    assert "房间很好 服务很差" in set(texts_of("punctuation", "房间很好，服务很差。"))


@pytest.mark.parametrize(("text", "other"), [
    ("I do not like it", "I don't like it"), ("I'm sure it's fine", "I am sure it is fine"), ("It is n't bad , it 's good", "It is not bad , it is good"), ("WE CAN'T GO", "WE CANNOT GO"),
])  # fmt: skip
def test_contractions_are_made_or_undone(text, other):
    assert other in set(texts_of("contractions", text))


@pytest.mark.parametrize("text", ["Anna's room, he'd gone", "It's been long", "isn't he there", "Yes, it is.", "不是"])
def test_what_may_stand_for_two_things_is_no_contraction(text):
    assert vary("contractions", text) is None


def test_optical_reading_confuses_shapes_tears_words_and_halves_chinese_characters():
    assert {"rnodern", "moclern", "mo dern"} <= set(texts_of("ocr", "modern", 500))
    assert {"女子", "奶"} & set(texts_of("ocr", "好", 50))
