"""Pieces know their characters: in Chinese, in words that the tokenizer cuts up, and across windows."""

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.inference.pieces import Frame, pieces_of, units_of, windows_of
from hanshuku.models.load import load_encoder


@pytest.fixture(scope="module", params=["wordpiece", "bytes", "unigram"])
def tokenizer(request):
    """One of each family: BERT's, a language model's, and XLM-R's, which has pieces of several Chinese characters."""
    if request.param == "unigram":
        return _unigram()
    return load_encoder(request.getfixturevalue("tiny_encoder" if request.param == "wordpiece" else "tiny_causal")).tokenizer


def _unigram():
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["<s>", "</s>", "<unk>", "▁", "银", "行", "银行", "在", "京", "▁Pa", "ris", "▁1.", "1", "▁1", ".", "5", "a", "b"]
    tokenizer = Tokenizer(models.Unigram([(word, -1.0 - 0.5 / len(word)) for word in words], unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>")


def test_a_unit_is_a_character_of_chinese_a_word_a_number_or_a_sign():
    text = " 银行A股 U.S. naïve_cafe\u0301 CPL2011  "
    assert [text[a:b] for a, b in units_of(text)] == ["银", "行", "A", "股", "U", ".", "S", ".", "naïve", "_", "cafe\u0301", "CPL", "2011"]


TEXTS = ["银行在京", "  Paris 1.5 银行, \u200b\x00", "", "   ", "what a gloomygladfilm，服务差", "🙂 ok"]


def test_units_and_pieces_belong_together(tokenizer):
    for text, pieces in zip(TEXTS, pieces_of(tokenizer, TEXTS), strict=True):
        shown = [text[a:b] for a, b in zip(pieces.starts, pieces.ends, strict=True)]
        assert all(part and part == part.strip() for part in shown)
        assert "".join(shown) == "".join(char for char in text if not char.isspace() and (char not in "\u200b\x00" or char in "".join(shown)))
        assert (np.diff(pieces.unit) >= 0).all() and sorted(set(pieces.unit.tolist())) == list(range(len(shown)))
        assert pieces.unit[pieces.heads].tolist() == list(range(len(shown)))


def test_a_piece_of_several_units_is_taken_apart():
    tokenizer = _unigram()
    assert len(tokenizer("银行 1.5", add_special_tokens=False)["input_ids"]) == 4  # a blank, 银行, 1. and 5
    pieces = pieces_of(tokenizer, ["银行 1.5"])[0]
    assert tokenizer.convert_ids_to_tokens(pieces.ids) == ["▁", "银", "行", "▁1", ".", "5"]
    assert pieces.heads.tolist() == [1, 2, 3, 4, 5], "the blank before a character does not speak for it"


def _whole(tokenizer, text):
    pieces = pieces_of(tokenizer, [text], apart=False)[0]
    return pieces, [text[a:b] for a, b in zip(pieces.starts, pieces.ends, strict=True)]


def test_a_word_without_spaces_stays_whole_where_the_reader_can_bear_it():
    tokenizer = _unigram()
    pieces, shown = _whole(tokenizer, "银行 1.5")
    assert shown == ["银行", "1", ".", "5"], "a number's signs are apart in any case"
    assert tokenizer.convert_ids_to_tokens(pieces.ids) == ["▁", "银行", "▁1", ".", "5"]
    assert pieces.unit[pieces.heads].tolist() == [0, 1, 2, 3]


def test_whole_words_lose_no_character(tokenizer):
    for text in TEXTS:
        pieces, shown = _whole(tokenizer, text)
        apart = pieces_of(tokenizer, [text])[0]
        assert "".join(shown) == "".join(text[a:b] for a, b in zip(apart.starts, apart.ends, strict=True))
        assert set(pieces.starts.tolist()) <= set(apart.starts.tolist()) and set(pieces.ends.tolist()) <= set(apart.ends.tolist())
        assert pieces.unit[pieces.heads].tolist() == list(range(len(shown)))


def test_special_tokens_are_those_of_the_tokenizer(tokenizer):
    for pair in (False, True):
        pieces = pieces_of(tokenizer, ["a", "b"])
        windows = windows_of(Frame.of(tokenizer, pair=pair), pieces[pair:][:1], 64, 4, [pieces[0].ids] if pair else ())
        expected = tokenizer(*("a", "b")[: 1 + pair])
        if not (pair and tokenizer.num_special_tokens_to_add(pair=True) == 0):
            assert windows.tokens.ids[0] == expected["input_ids"]
            assert windows.tokens.types is None or windows.tokens.types[0] == expected["token_type_ids"]


@pytest.mark.parametrize(("limit", "overlap"), [(12, 4), (13, 0), (9, 100)])
def test_windows_share_out_all_pieces(tokenizer, limit, overlap):
    texts = pieces_of(tokenizer, ["what a gloomy sad film 服务态度好房间干净 " * 5, "short", ""])
    windows = windows_of(Frame.of(tokenizer, pair=False), texts, limit, overlap)
    assert max(map(len, windows.tokens.ids)) <= limit
    assert windows.row.tolist() == sorted(windows.row.tolist()) and set(windows.row.tolist()) == {0, 1, 2}
    for row, text in enumerate(texts):
        own = windows.own[windows.row == row]
        assert own[0, 0] == 0 and own[-1, 1] == len(text) and (own[1:, 0] == own[:-1, 1]).all()
    for w in range(len(windows)):
        low, high = windows.own[w]
        begin, count, offset = windows.begin[w], windows.count[w], windows.offset[w]
        assert begin <= low <= high <= begin + count
        assert windows.tokens.ids[w][offset : offset + count] == texts[windows.row[w]].ids[begin : begin + count]


def test_the_windows_behind_a_row_are_those_of_the_texts_behind_it(tokenizer):
    texts = pieces_of(tokenizer, ["good food " * 20, "sad", "happy " * 30])
    frame = Frame.of(tokenizer, pair=False)
    rest, alone = windows_of(frame, texts, 16, 4).since(1), windows_of(frame, texts[1:], 16, 4)
    assert rest.tokens == alone.tokens
    assert all(np.array_equal(getattr(rest, name), getattr(alone, name)) for name in ("row", "begin", "count", "offset", "own"))
