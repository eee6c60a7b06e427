"""A bare tokenizer cuts texts as the one of transformers that it was saved from."""

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.inference.onnx_graph import BareTokenizer
from hanshuku.inference.pieces import Frame, pieces_of
from tests.tiny import tiny_bert, tiny_llama, tiny_t5

TEXTS = ["a glad day", "", "  two  blanks\nand 银行 1.5km", "Wörter, e\u0301 and 😀 [SEP] </s>", "天气 glad" * 40]


@pytest.fixture(scope="module", params=[tiny_bert, tiny_llama, tiny_t5], ids=["word pieces", "bytes", "unigram"])
def tokenizers(request, tmp_path_factory):
    from transformers import AutoTokenizer

    folder = request.param(tmp_path_factory.mktemp("words"))
    fast = AutoTokenizer.from_pretrained(folder)
    fast.backend_tokenizer.save(str(folder / "bare.json"))
    return fast, BareTokenizer(folder / "bare.json", fast.model_input_names, fast.unk_token_id)


def test_pieces_of_texts_are_the_same(tokenizers):
    for ours, theirs in zip(*(pieces_of(each, TEXTS) for each in tokenizers), strict=True):
        assert ours.ids == theirs.ids
        assert all(np.array_equal(getattr(ours, name), getattr(theirs, name)) for name in ("unit", "heads", "starts", "ends"))


@pytest.mark.parametrize("pair", [False, True])
def test_special_tokens_are_the_same(tokenizers, pair):
    ours, theirs = (Frame.of(each, pair=pair) for each in tokenizers)
    assert ours == theirs


def test_one_text_and_many_are_read_and_cut(tokenizers):
    for given in (TEXTS[0], TEXTS):
        ours, theirs = (each(given, add_special_tokens=False)["input_ids"] for each in tokenizers)
        assert ours == theirs
    ours, theirs = ([encoding.ids for encoding in each(TEXTS, TEXTS, truncation=True, max_length=12).encodings] for each in tokenizers)
    assert ours == theirs and max(map(len, ours)) == 12
    assert len(tokenizers[1](TEXTS[-1])["input_ids"]) > 12  # a limit holds for its own call


def test_a_token_that_there_is_not_is_the_unknown_one(tokenizers):
    assert tokenizers[1].convert_tokens_to_ids("no such token at all") == tokenizers[0].convert_tokens_to_ids("no such token at all")
