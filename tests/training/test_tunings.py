"""What each tuning moves, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from hanshuku.errors import ConfigError, FunctionFolderError  # noqa: E402
from hanshuku.models.load import load_encoder  # noqa: E402
from hanshuku.training.delta import Delta  # noqa: E402
from hanshuku.training.tunings import TUNINGS, Tuned, prepare  # noqa: E402
from tests.tiny import tiny_gemma  # noqa: E402

START = torch.tensor([5, 6, 7])


@pytest.fixture(scope="module")
def tiny_sliding(tmp_path_factory):
    """Gemma 3: attention in sliding windows, scaled embeddings."""
    return str(tiny_gemma(tmp_path_factory.mktemp("tiny") / "tiny-gemma"))


@pytest.fixture(params=["tiny_encoder", "tiny_causal", "tiny_sliding"])
def model(request) -> str:
    return request.getfixturevalue(request.param)


def texts_of(loaded, texts=("i want my money back please", "hi")):
    return loaded.tokenizer(list(texts), padding=True, return_tensors="pt")


def tune(model: str, tuning: str):
    loaded = load_encoder(model)
    return loaded, prepare(loaded.network, tuning, size=1 if tuning == "last_layers" else 0, tokens=START)


def hidden(network, batch):
    """Hidden states of the tokens that are no padding."""
    with torch.no_grad():
        return network(**batch).last_hidden_state[batch["attention_mask"].bool()]


def train_a_little(tuned: Tuned, batch) -> None:
    optimizer = torch.optim.AdamW([p for p in tuned.trunk.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(3):
        (tuned.trunk(**batch).last_hidden_state[:, 0] - torch.linspace(-1, 1, 32)).pow(2).mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    tuned.trunk.eval()


@pytest.mark.parametrize("tuning", TUNINGS)
class TestEveryTuning:
    def test_gradients_reach_what_moves_and_nothing_else(self, tuning, model):
        loaded, tuned = tune(model, tuning)
        if tuning == "head":
            assert tuned.names == []
            return
        tuned.trunk(**texts_of(loaded)).last_hidden_state[:, -1].pow(3).sum().backward()
        assert {name for name, p in tuned.trunk.named_parameters() if p.grad is not None} == set(tuned.names)

    def test_a_row_does_not_depend_on_its_batch(self, tuning, model):
        loaded, tuned = tune(model, tuning)
        tuned.trunk.eval()
        alone = hidden(tuned.trunk, texts_of(loaded, ["hi"]))
        together = hidden(tuned.trunk, texts_of(loaded))[-len(alone) :]
        assert torch.allclose(alone, together, atol=1e-5)

    def test_merged_and_read_back_it_answers_the_same(self, tuning, model, tmp_path: Path):
        if tuning in {"all", "head"}:
            pytest.skip("keeps no delta")
        loaded, tuned = tune(model, tuning)
        batch = texts_of(loaded)
        train_a_little(tuned, batch)
        before = hidden(tuned.trunk, batch)
        network, delta = tuned.finish()
        merged = hidden(network, batch)
        assert torch.allclose(before, merged, atol=1e-4)
        delta.write(tmp_path, "org/base", "main")
        again = Delta.read(tmp_path, delta.kind).apply(load_encoder(model).network).eval()
        assert torch.equal(hidden(again, batch), merged)

    def test_it_trains_under_bfloat16(self, tuning, model):
        loaded, tuned = tune(model, tuning)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = tuned.trunk(**texts_of(loaded)).last_hidden_state
        assert torch.isfinite(out.float()).all()


@pytest.mark.parametrize("tuning", [name for name in TUNINGS if name not in {"prefix", "prompt"}])
def test_before_training_the_network_answers_as_it_did(tuning, model):
    batch = texts_of(load_encoder(model))
    assert torch.equal(hidden(tune(model, tuning)[1].trunk.eval(), batch), hidden(load_encoder(model).network, batch))


@pytest.mark.parametrize("tuning", ["prefix", "prompt"])
def test_the_segments_of_a_pair_still_count(tuning, tiny_encoder):
    _, tuned = tune(tiny_encoder, tuning)
    ids = torch.tensor([[2, 20, 30, 3, 20, 3]])
    second = torch.tensor([[0, 0, 0, 0, 1, 1]])
    with torch.no_grad():
        one, two = (tuned.trunk(input_ids=ids, token_type_ids=types).last_hidden_state for types in (second, second * 0))
    assert not torch.allclose(one, two)


@pytest.mark.parametrize("tuning", ["lora", "dora", "ia3", "prompt"])
def test_peft_can_read_what_it_knows(tuning, tiny_causal, tmp_path):
    from peft import PeftModel

    loaded, tuned = tune(tiny_causal, tuning)
    batch = texts_of(loaded)
    train_a_little(tuned, batch)
    expected = hidden(tuned.trunk, batch)
    tuned.finish()[1].write(tmp_path, "org/base", "main")
    theirs = PeftModel.from_pretrained(load_encoder(tiny_causal).network, str(tmp_path)).eval()
    with torch.no_grad():
        out = theirs(**batch).last_hidden_state[:, -batch["input_ids"].shape[1] :][batch["attention_mask"].bool()]
    assert torch.allclose(out, expected, atol=1e-5)


def test_a_prefix_keeps_the_longest_texts_readable(tiny_encoder):
    loaded, tuned = tune(tiny_encoder, "prefix")
    longest = torch.full((1, loaded.info.max_length), 20)
    assert tuned.trunk(input_ids=longest).last_hidden_state.shape[1] == loaded.info.max_length


def test_no_gradient_passes_the_frozen_blocks(tiny_encoder):
    loaded, tuned = tune(tiny_encoder, "last_layers")
    below = []
    loaded.network.encoder.layer[0].register_forward_hook(lambda module, args, output: below.append(output.requires_grad))
    tuned.trunk(**texts_of(loaded))
    assert below == [False]


def test_more_top_blocks_than_there_are_is_refused(tiny_encoder):
    with pytest.raises(ConfigError, match="has 2 blocks"):
        prepare(load_encoder(tiny_encoder).network, "last_layers", size=5)


def test_the_same_seed_gives_the_same_start(tiny_encoder):
    starts = [prepare(load_encoder(tiny_encoder).network, "lora", seed=seed).finish()[1].tensors for seed in (1, 1, 2)]
    assert all(torch.equal(starts[0][name], starts[1][name]) for name in starts[0])
    assert not all(torch.equal(starts[0][name], starts[2][name]) for name in starts[0])


def test_a_delta_of_another_model_is_refused(tiny_encoder, tiny_causal):
    _, tuned = tune(tiny_encoder, "bias")
    delta = tuned.finish()[1]
    with pytest.raises(FunctionFolderError, match="do not fit LlamaModel"):
        delta.apply(load_encoder(tiny_causal).network)


def test_a_prefix_counts_where_plain_encoders_run_fast(tiny_encoder):
    from hanshuku.training.fast_encoder import fast_trunks

    _, tuned = tune(tiny_encoder, "prefix")
    tuned.trunk.eval()
    ids = torch.tensor([[2, 20, 30, 3]])
    with torch.no_grad():
        expected = tuned.trunk(input_ids=ids).last_hidden_state
        with fast_trunks(tuned.trunk), torch.autocast("cpu", dtype=torch.bfloat16):
            got = tuned.trunk(input_ids=ids).last_hidden_state
    assert torch.allclose(got, expected, atol=0.05)
