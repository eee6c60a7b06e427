"""All answers in one forward: the same numbers as one forward for each."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from hanshuku.inference.scoring import Scorer, plain_edge_logprobs  # noqa: E402
from hanshuku.inference.tree_scoring import TreeScorer  # noqa: E402
from hanshuku.inference.trie import build_trie  # noqa: E402

PREFIX = list(range(10, 30))
PROMPTS = [[*PREFIX, 40, 41], [*PREFIX, 50], [*PREFIX[:12], 60, 61, 62, 63, 64, 65, 66], [*PREFIX, *range(70, 95)]]
TRIE = build_trie([[100, 101, 102], [100, 101, 103, 104], [105], [106, 107]])


@pytest.fixture(scope="module")
def llama(tiny_causal):
    return transformers.AutoModelForCausalLM.from_pretrained(tiny_causal).eval()


@pytest.fixture(scope="module", params=["sdpa", "eager"])
def gemma(request, tmp_path_factory):
    from tests.tiny import tiny_gemma

    folder = tiny_gemma(tmp_path_factory.mktemp("gemma"))
    return transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation=request.param).eval()


def one_by_one(network, prompt, trie=TRIE):
    """The definition: for each path a forward of the whole sequence, without cache, mask or batch."""
    found = np.zeros(len(trie.edge_tokens), dtype=np.float32)
    for path, route in enumerate(trie.routes):
        tokens = trie.path_tokens(path)
        with torch.no_grad():
            logprobs = network(torch.tensor([[*prompt, *tokens]])).logits[0].log_softmax(-1)
        for step, (edge, token) in enumerate(zip(route, tokens, strict=True)):
            found[edge] = logprobs[len(prompt) - 1 + step, token]
    return found


class TestOneForwardEqualsOneForEachAnswer:
    def test_with_a_llama(self, llama):
        expected = np.stack([one_by_one(llama, prompt) for prompt in PROMPTS])
        assert np.abs(TreeScorer(llama).edge_logprobs(PROMPTS, TRIE, PREFIX) - expected).max() < 1e-4

    def test_with_a_gemma_whose_local_layers_see_fewer_tokens_than_the_prompt_has(self, gemma):
        assert gemma.config.sliding_window < min(map(len, PROMPTS))
        expected = np.stack([one_by_one(gemma, prompt) for prompt in PROMPTS])
        assert np.abs(TreeScorer(gemma).edge_logprobs(PROMPTS, TRIE, PREFIX) - expected).max() < 1e-4

    def test_with_one_window_for_all_layers(self):
        config = transformers.MistralConfig(
            vocab_size=200, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            intermediate_size=64, sliding_window=8, initializer_range=0.15,
        )  # fmt: skip
        torch.manual_seed(0)
        network = transformers.MistralForCausalLM(config).eval()
        expected = np.stack([one_by_one(network, prompt) for prompt in PROMPTS])
        assert np.abs(TreeScorer(network).edge_logprobs(PROMPTS, TRIE, PREFIX) - expected).max() < 1e-4

    def test_with_a_soft_cap_on_the_logits(self, tmp_path):
        config = transformers.Gemma2Config(
            vocab_size=200, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
            intermediate_size=64, sliding_window=8, final_logit_softcapping=2.0, initializer_range=0.3,
        )  # fmt: skip
        torch.manual_seed(0)
        network = transformers.Gemma2ForCausalLM._from_config(config, attn_implementation="eager").eval()
        expected = np.stack([one_by_one(network, prompt) for prompt in PROMPTS])
        assert np.abs(TreeScorer(network).edge_logprobs(PROMPTS, TRIE, PREFIX) - expected).max() < 1e-4

    def test_without_a_shared_prefix(self, llama):
        assert np.allclose(TreeScorer(llama).edge_logprobs(PROMPTS, TRIE), TreeScorer(llama).edge_logprobs(PROMPTS, TRIE, PREFIX), atol=1e-4)

    def test_when_the_whole_prompt_is_the_prefix(self, llama):
        assert np.allclose(TreeScorer(llama).edge_logprobs([PREFIX], TRIE, PREFIX)[0], one_by_one(llama, PREFIX), atol=1e-4)


class TestBatches:
    def test_a_row_does_not_depend_on_its_batch(self, llama):
        alone = TreeScorer(llama, batch_tokens=1).edge_logprobs(PROMPTS, TRIE, PREFIX)
        assert np.allclose(alone, TreeScorer(llama).edge_logprobs(PROMPTS, TRIE, PREFIX), atol=1e-4)

    def test_a_later_call_with_a_shorter_prefix_uses_what_is_kept(self, llama):
        scorer = TreeScorer(llama)
        scorer.edge_logprobs(PROMPTS, TRIE, PREFIX)
        assert np.allclose(scorer.edge_logprobs(PROMPTS, TRIE, PREFIX[:5])[2], one_by_one(llama, PROMPTS[2]), atol=1e-4)

    def test_a_later_call_with_another_prefix_runs_it(self, llama):
        scorer = TreeScorer(llama)
        scorer.edge_logprobs(PROMPTS, TRIE, PREFIX)
        other = [[7, 8, 9, 10, 11]]
        assert np.allclose(scorer.edge_logprobs(other, TRIE, [7, 8, 9])[0], one_by_one(llama, other[0]), atol=1e-4)


class TestScorer:
    def test_a_network_that_masks_right_is_trusted(self, gemma):
        scorer = Scorer(gemma)
        scorer.edge_logprobs(PROMPTS, TRIE, PREFIX)
        assert not scorer.note

    def test_a_network_that_masks_otherwise_is_run_one_answer_at_a_time_and_the_note_says_so(self, llama):
        class Stubborn(type(llama)):  # its trunk takes the mask but not the positions
            @property
            def base_model(self):
                trunk = self.model
                return lambda position_ids, **rest: trunk(**rest)

        network = Stubborn(llama.config)
        network.load_state_dict(llama.state_dict())
        scorer = Scorer(network)
        found = scorer.edge_logprobs(PROMPTS, TRIE, PREFIX)
        assert "one forward does not work with Stubborn" in scorer.note
        assert np.allclose(found, [one_by_one(llama, prompt) for prompt in PROMPTS], atol=1e-4)

    def test_a_recurrent_network_is_run_one_answer_at_a_time(self):
        torch.manual_seed(0)
        config = transformers.MambaConfig(vocab_size=200, hidden_size=16, num_hidden_layers=2, state_size=4)
        network = transformers.MambaForCausalLM(config).eval()
        scorer = Scorer(network)
        found = scorer.edge_logprobs(PROMPTS[:2], TRIE, PREFIX)
        assert scorer.note
        assert np.allclose(found, [one_by_one(network, prompt) for prompt in PROMPTS[:2]], atol=1e-3)

    def test_positions_learned_as_vectors_work_too(self):
        torch.manual_seed(0)
        config = transformers.GPT2Config(vocab_size=200, n_embd=32, n_layer=2, n_head=4, n_positions=64, initializer_range=0.15)
        network = transformers.GPT2LMHeadModel(config).eval()
        scorer = Scorer(network)
        found = scorer.edge_logprobs(PROMPTS, TRIE, PREFIX)
        assert np.allclose(found, [one_by_one(network, prompt) for prompt in PROMPTS], atol=1e-4)

    def test_the_plain_way_scores_a_part_of_the_answers(self, llama):
        found = plain_edge_logprobs(llama, PROMPTS[0], TRIE, paths=[2])
        assert np.count_nonzero(found) == 1

    def test_no_rows_give_no_scores(self, llama):
        assert Scorer(llama).edge_logprobs([], TRIE).shape == (0, len(TRIE.edge_tokens))
