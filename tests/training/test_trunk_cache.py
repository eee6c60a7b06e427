"""Frozen blocks are computed once, and nobody can tell."""

from __future__ import annotations

import errno
import os

import pytest

torch = pytest.importorskip("torch")

from hanshuku.errors import StorageError  # noqa: E402
from hanshuku.inference.tokens import model_inputs, tokenise  # noqa: E402
from hanshuku.models.load import load_encoder  # noqa: E402
from hanshuku.training.trunk_cache import TrunkCache  # noqa: E402
from tests.tiny import SENTENCES, tiny_bert, tiny_gemma, tiny_llama  # noqa: E402

ROWS = [3, 0, 7]


@pytest.fixture(scope="module", params=[tiny_bert, tiny_llama, tiny_gemma])
def loaded(request, tmp_path_factory):
    return load_encoder(str(request.param(tmp_path_factory.mktemp("tiny") / "four", layers=4)))


@pytest.fixture(scope="module")
def collate(loaded):
    tokens = tokenise(loaded.tokenizer, [(text,) for text in SENTENCES], 64)
    inputs = lambda rows: model_inputs(tokens, rows, loaded.tokenizer.pad_token_id)
    inputs.lengths = tokens.lengths
    return inputs


def answer(loaded, batch):
    with torch.no_grad():
        return loaded.network(**batch).last_hidden_state[batch["attention_mask"].bool()]


def with_cache(loaded, cache, collate):
    with cache.installed():
        cache.values = cache.rows(ROWS)
        return answer(loaded, collate(ROWS))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_answers_are_those_of_the_whole_network(loaded, collate, depth):
    cache = TrunkCache(loaded.network, depth, collate.lengths, collate)
    assert torch.allclose(with_cache(loaded, cache, collate), answer(loaded, collate(ROWS)), atol=1e-5)


def test_what_exceeds_memory_goes_to_a_file_that_leaves_no_trace(loaded, collate, tmp_path):
    cache = TrunkCache(loaded.network, 2, collate.lengths, collate, folder=tmp_path, cap=0)
    assert list(tmp_path.iterdir()) == []
    assert torch.allclose(with_cache(loaded, cache, collate), answer(loaded, collate(ROWS)), atol=1e-5)


def test_a_full_disk_is_an_error_of_ours(loaded, collate, tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(StorageError, match="No space left"):
        TrunkCache(loaded.network, 2, collate.lengths, collate, folder=tmp_path, cap=0)
    assert list(tmp_path.iterdir()) == []


def test_afterwards_the_network_is_as_it_was(loaded, collate):
    before, blocks = answer(loaded, collate(ROWS)), [type(m) for m in loaded.network.modules()]
    with_cache(loaded, TrunkCache(loaded.network, 3, collate.lengths, collate), collate)
    assert [type(m) for m in loaded.network.modules()] == blocks
    assert torch.equal(answer(loaded, collate(ROWS)), before)


def test_the_fast_encoder_reads_the_cache_too(tmp_path):
    from hanshuku.training.fast_encoder import fast_trunks

    network = load_encoder(str(tiny_bert(tmp_path, layers=4))).network
    inputs = lambda rows: {"input_ids": torch.tensor([[2, 20, 30, 3], [2, 40, 50, 3]])[rows]}
    cache = TrunkCache(network, 3, [4, 4], inputs)
    with cache.installed(), fast_trunks(network), torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        cache.values = cache.rows([1])  # the values of one row with the ids of the other: the values must win
        got = network(**inputs([0])).last_hidden_state
    with torch.no_grad():
        assert torch.allclose(got, network(**inputs([1])).last_hidden_state, atol=0.05)
