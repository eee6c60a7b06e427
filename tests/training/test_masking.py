"""Masks: the shares that the paper gives, whole words, spans of Chinese, and a head that computes what transformers computes."""

import pytest

pytest.importorskip("torch")

import torch

from hanshuku.errors import ConfigError
from hanshuku.models.load import load_masked
from hanshuku.models.vocabularies import train_vocabulary
from hanshuku.training.filler import Filler, begin_head
from hanshuku.training.masking import Masker
from hanshuku.training.token_loss import IGNORED
from tests.corpora import documents

TEXTS = documents(300)


@pytest.fixture(scope="module", params=["wordpiece", "bpe", "unigram"])
def tokenizer(request):
    return train_vocabulary(request.param, TEXTS, size=620, objective="mlm", max_length=64, exact=False)


def rows(tokenizer, text, count):
    return {"input_ids": torch.tensor([tokenizer(text)["input_ids"]] * count)}


@pytest.mark.parametrize("masking", ["words", "tokens"])
@pytest.mark.parametrize("text", ["the parcel is late today. the film was lovely again.", "包裹来得晚今天。电影很好看又一次。"])
def test_15_of_100_tokens_are_hidden_80_10_10(tokenizer, masking, text):
    torch.manual_seed(0)
    batch = rows(tokenizer, text, 3000)
    masked = Masker(tokenizer, masking=masking)(batch)
    before, after, chosen = batch["input_ids"], masked["input_ids"], masked["labels"] != IGNORED
    free = torch.tensor([int(i) not in tokenizer.all_special_ids for i in before[0]])
    assert chosen[:, free].float().mean() == pytest.approx(0.15, abs=0.01)
    assert not chosen[:, ~free].any()
    assert torch.equal(after[~chosen], before[~chosen])
    assert torch.equal(masked["labels"][chosen], before[chosen])
    assert (after == tokenizer.mask_token_id)[chosen].float().mean() == pytest.approx(0.8, abs=0.03)
    assert (after == before)[chosen].float().mean() == pytest.approx(0.1, abs=0.03)


def test_a_word_is_hidden_whole_or_not_at_all(tokenizer):
    torch.manual_seed(0)
    text = "the latelovely room"
    spans = tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    words = [i for i, (start, end) in enumerate(spans) if end > start and start >= 3 and end <= text.index(" room")]
    assert len(words) > 1
    chosen = (Masker(tokenizer)(rows(tokenizer, text, 500))["labels"] != IGNORED)[:, words]
    assert chosen.any()
    assert torch.equal(chosen.all(1), chosen.any(1))


def test_chinese_characters_are_hidden_in_spans_of_one_or_more():
    tokenizer = train_vocabulary("wordpiece", TEXTS, size=620, objective="mlm", max_length=64, exact=False)
    torch.manual_seed(0)
    batch = rows(tokenizer, "包裹来得晚今天电影很好看", 3000)

    def together(masking):
        chosen = (Masker(tokenizer, masking=masking)(batch)["labels"] != IGNORED)[:, 1:-1]
        return float((chosen[:, 1:] & chosen[:, :-1]).float().sum() / chosen.float().sum())

    assert together("tokens") < 0.2
    assert together("words") > 0.4


def test_padding_is_never_hidden(tokenizer):
    torch.manual_seed(0)
    batch = dict(tokenizer(["the film", "the film was lovely again this week. 今天发票不对。"] * 200, padding=True, return_tensors="pt"))
    masked = Masker(tokenizer)(batch)
    assert not (masked["labels"] != IGNORED)[batch["attention_mask"] == 0].any()


def test_the_generator_of_torch_decides(tokenizer):
    batch, masker = rows(tokenizer, "the parcel is late today", 20), Masker(tokenizer)
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(masker(batch)["input_ids"])
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_a_tokenizer_without_a_mask_token_is_refused():
    with pytest.raises(ConfigError, match="mask token"):
        Masker(train_vocabulary("bpe", TEXTS, size=400, objective="clm", max_length=64))


def test_a_head_begun_from_word_vectors_tells_a_token_by_them(tiny_encoder):
    loaded, whole = load_masked(tiny_encoder)
    assert not whole
    begin_head(loaded.network)
    assert loaded.network.get_output_embeddings().weight is loaded.network.get_input_embeddings().weight
    assert not loaded.network.get_output_embeddings().bias.any()


@pytest.mark.parametrize("kind", ["BertConfig", "RobertaConfig", "XLMRobertaConfig", "DistilBertConfig", "ModernBertConfig"])
def test_the_loss_is_that_of_transformers_for_every_type(kind):
    import transformers

    torch.manual_seed(0)
    small = {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48, "max_position_embeddings": 40, "pad_token_id": 1}
    names = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 48} if kind == "DistilBertConfig" else {}
    network = transformers.AutoModelForMaskedLM.from_config(getattr(transformers, kind)(**small, **names)).eval()
    ids = torch.randint(5, 99, (3, 20))
    labels = torch.where(torch.rand(3, 20) < 0.3, ids, IGNORED)
    filler = Filler(network)
    theirs = float(network(input_ids=ids, labels=labels).loss.detach())
    batch = {"input_ids": ids, "labels": labels}
    assert float(filler(batch).detach()) == pytest.approx(theirs, rel=1e-4)
    assert -float(filler.log_probs(batch).mean().detach()) == pytest.approx(theirs, rel=1e-4)


def test_a_type_whose_head_is_not_known_is_refused(tiny_causal):
    from hanshuku.models.load import load_causal

    with pytest.raises(ConfigError, match="llama"):
        Filler(load_causal(tiny_causal).network)
