"""A vocabulary is learned from a corpus: what it spells it gives back, and what the corpus cannot give is refused."""

import pytest

pytest.importorskip("transformers")

from hanshuku.errors import ConfigError
from hanshuku.models.vocabularies import MASKED_SPECIALS, chinese_characters, planned_size, train_vocabulary
from tests.corpora import documents

STRANGE = "naïve 🙂  two blanks\n\nand 龘 a\ttab."
TEXTS = documents(400)


def learned(kind, objective="clm", size=620, **more):
    return train_vocabulary(kind, TEXTS, size=size, objective=objective, max_length=64, exact=False, **more)


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_any_text_is_spelled_and_given_back(kind):
    tokenizer = learned(kind)
    for text in [STRANGE, *TEXTS[:10]]:
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_common_words_of_both_languages_become_few_tokens():
    tokenizer = learned("bpe")
    for text in ("the parcel is late", "这个星期"):
        assert len(tokenizer(text)["input_ids"]) <= 4


def test_wordpiece_takes_each_chinese_character_for_a_word():
    tokenizer = learned("wordpiece", "mlm")
    assert tokenizer.convert_ids_to_tokens(tokenizer("发票late")["input_ids"]) == ["[CLS]", "发", "票", "late", "[SEP]"]


def test_wordpiece_has_a_token_for_a_character_that_it_lacks():
    tokenizer = learned("wordpiece", "mlm")
    assert tokenizer("龘", add_special_tokens=False)["input_ids"] == [tokenizer.unk_token_id]


@pytest.mark.parametrize("kind", ["bpe", "wordpiece", "unigram"])
def test_a_masked_model_gets_the_tokens_that_it_needs(kind):
    tokenizer = learned(kind, "mlm")
    assert {tokenizer.pad_token, tokenizer.unk_token, tokenizer.cls_token, tokenizer.sep_token, tokenizer.mask_token} == set(MASKED_SPECIALS)
    ids = tokenizer("the room")["input_ids"]
    assert (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)


def test_a_vocabulary_has_the_size_that_was_asked_for():
    assert len(learned("bpe", size=300)) == 300


def test_more_entries_than_the_corpus_gives_are_refused_with_what_it_gives():
    with pytest.raises(ConfigError, match=r"give \d+ or less"):
        train_vocabulary("bpe", TEXTS, size=50_000, objective="clm", max_length=64)


def test_a_kind_or_a_size_that_is_not_legal_is_refused():
    with pytest.raises(ConfigError, match="bpe, wordpiece, unigram"):
        learned("bytes")
    with pytest.raises(ConfigError, match="300"):
        learned("bpe", size=10)
    with pytest.raises(ConfigError, match="556"):
        learned("unigram", size=400)


def test_the_planned_size_grows_with_the_corpus_within_bounds():
    assert [planned_size(size) for size in (1000, 1_000_000, 10**12)] == [640, 1984, 32_768]


def test_chinese_characters_that_come_again_are_counted():
    assert chinese_characters(["包裹没到", "包裹 came", "aa 到"]) == 3


def test_a_chinese_corpus_of_rare_characters_fills_the_vocabulary():
    texts = ["".join(chr(0x4E00 + (7 * i + 13 * j) % 3000) for j in range(20)) for i in range(1000)]
    tokenizer = train_vocabulary("wordpiece", texts, size=1000, objective="mlm", max_length=64, exact=False)
    assert 950 <= len(tokenizer) <= 1000
