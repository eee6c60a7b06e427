"""How likely a language model finds texts: equal to the plain computation, whatever the batch."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hanshuku.errors import ModelError
from hanshuku.inference.likelihood import load_likelihood
from tests.tiny import tiny_bert, tiny_gemma, tiny_llama, tiny_masked, tiny_t5

TEXTS = ["my parcel never came", "the invoice", "", "房间很脏，服务差", "please cancel my order today and my money back", "🙂"]


@pytest.mark.parametrize("make", [tiny_llama, tiny_gemma])
def test_a_causal_model_gives_the_log_softmax_of_each_token(make, tmp_path):
    likelihood = load_likelihood(str(make(tmp_path / "model")))
    found = likelihood.told(TEXTS)
    tokenizer, network = likelihood.loaded.tokenizer, likelihood.loaded.network
    for text, told in zip(TEXTS, found, strict=True):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert told.ids.tolist() == ids
        with torch.inference_mode():
            logits = network(torch.tensor([[tokenizer.bos_token_id, *ids]])).logits[0, :-1].log_softmax(-1)
        wanted = [float(logits[t, token]) for t, token in enumerate(ids)]
        assert told.logs == pytest.approx(wanted, abs=1e-4)


def test_a_masked_model_hides_each_token_and_what_follows_in_its_word(tmp_path):
    likelihood = load_likelihood(str(tiny_masked(tmp_path / "model")))
    tokenizer, network = likelihood.loaded.tokenizer, likelihood.loaded.network
    text = "my parcels never came"
    told = likelihood.told([text, *TEXTS])[0]
    encoding = tokenizer(text).encodings[0]
    wanted = []
    for at, word in enumerate(encoding.word_ids):
        if word is None:
            continue
        hidden = [tokenizer.mask_token_id if own == word and place >= at else token for place, (token, own) in enumerate(zip(encoding.ids, encoding.word_ids, strict=True))]
        with torch.inference_mode():
            wanted.append(float(network(torch.tensor([hidden])).logits[0, at].log_softmax(-1)[encoding.ids[at]]))
    assert len(wanted) > 4  # a word of several tokens is among them
    assert told.logs == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("make", [tiny_llama, tiny_masked])
def test_only_what_stands_behind_the_start_is_scored(make, tmp_path):
    likelihood = load_likelihood(str(make(tmp_path / "model")))
    text = "my parcel never came"
    whole, part = likelihood.told([text])[0], likelihood.told([text], [len("my parcel ")])[0]
    assert 0 < len(part.logs) < len(whole.logs)
    assert part.logs == pytest.approx(whole.logs[-len(part.logs) :], abs=1e-4)


@pytest.mark.parametrize("make", [tiny_llama, tiny_masked])
def test_a_text_alone_and_among_others_is_as_likely(make, tmp_path):
    likelihood = load_likelihood(str(make(tmp_path / "model")))
    together = likelihood.told(TEXTS)
    for text, told in zip(TEXTS, together, strict=True):
        assert likelihood.told([text])[0].total == pytest.approx(told.total, abs=1e-3)
    assert likelihood.told([]) == []


@pytest.mark.parametrize("make", [tiny_llama, tiny_masked])
def test_a_text_too_long_is_cut_and_counted(make, tmp_path):
    likelihood = load_likelihood(str(make(tmp_path / "model")))
    told = likelihood.told(["parcel " * 400])[0]
    assert likelihood.cut == 1
    assert len(told.logs) < likelihood.limit
    assert np.isfinite(told.logs).all()


def test_models_that_cannot_tell_are_refused(tmp_path):
    with pytest.raises(ModelError, match="masked language model"):
        load_likelihood(str(tiny_bert(tmp_path / "encoder")))
    with pytest.raises(ModelError, match="encoder-decoder"):
        load_likelihood(str(tiny_t5(tmp_path / "t5")))
    with pytest.raises(ModelError, match="HTTP"):
        load_likelihood("http://127.0.0.1:9/v1#m")
