"""Filling a gap: templates, words of several tokens, the prior, and learning from few rows."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hanshuku.errors import ConfigError, ModelError
from hanshuku.inference.cloze import ClozePredictor, load_cloze, masked_logits
from hanshuku.inference.cloze_tokens import words_of
from hanshuku.methods.cloze import Cloze
from hanshuku.tasks import Task
from hanshuku.training.run import Run
from hanshuku.training.switches import Switches
from tests.children import TASKS, rows_of, share_right

MOOD = TASKS["one label"]
GLAD, SAD = ("a glad happy day", "what a lovely film", "我很高兴"), ("a sad gloomy day", "what an awful film", "我很难过")
QUICK = {"template": "{text} it is {mask}.", "precision": "fp32"}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A tiny masked language model that has read which texts are good and which are bad, so that it is above chance."""
    from tests.tiny import tiny_masked

    said = [f"{text}{end} it is {word}." for texts, word in ((GLAD, "good"), (SAD, "bad")) for text in texts for end in ("", " today")]
    return str(tiny_masked(tmp_path_factory.mktemp("tiny") / "reader", said))


class TestZeroShot:
    def test_what_the_model_has_read_it_tells(self, reader):
        found = Cloze(**QUICK).fit(MOOD, model=reader).outputs([(text,) for text in (*GLAD, *SAD)])
        assert (found.argmax(1) == [0] * len(GLAD) + [1] * len(SAD)).mean() > 0.8

    def test_scores_are_the_log_probabilities_of_the_words_at_the_mask(self, reader):
        found = Cloze(**QUICK).fit(MOOD, model=reader)
        tokenizer, network = found.loaded.tokenizer, found.loaded.network
        ids = tokenizer("a glad day it is [MASK].", return_tensors="pt")["input_ids"]
        with torch.no_grad():
            logprobs = network(ids).logits[0, ids[0].tolist().index(tokenizer.mask_token_id)].log_softmax(-1)
        wanted = [float(logprobs[tokenizer.convert_tokens_to_ids(word)]) for word in ("good", "bad")]
        assert found.cloze.scores([("a glad day",)], "fp32")[0].tolist() == pytest.approx(wanted, abs=1e-4)

    def test_a_word_of_several_tokens_has_a_mask_for_each(self, reader):
        task = Task("classify", labels=("good food", "bad"))
        found = Cloze(**QUICK).fit(task, model=reader)
        assert [group.masks for group in found.tokens.groups] == [1, 2]
        made = found.tokens.rows([("a glad day",)])
        mask = found.loaded.tokenizer.mask_token_id
        assert [made.ids[masks][0].count(mask) for masks in (1, 2)] == [1, 2]
        assert np.isfinite(found.outputs([("a glad day",)])).all()

    def test_several_words_of_a_label_share_its_probability(self, reader):
        found = Cloze(**QUICK, verbalisers="good=good,glad|bad=bad").fit(MOOD, model=reader)
        alone = [Cloze(**QUICK, verbalisers=f"good={word}|bad=bad").fit(MOOD, model=reader).cloze.scores([("x",)], "fp32")[0, 0] for word in ("good", "glad")]
        assert found.cloze.scores([("x",)], "fp32")[0, 0] == pytest.approx(np.log(np.exp(alone).mean()), abs=1e-4)

    def test_answers_are_divided_by_what_texts_without_content_get(self, reader):
        found, raw = (Cloze(**QUICK, calibrate=calibrate).fit(MOOD, model=reader) for calibrate in (True, False))
        free, row = raw.outputs([("",), ("N/A",)]).mean(0), raw.outputs([("a glad day",)])[0]
        assert found.outputs([("a glad day",)])[0] == pytest.approx(row / free / (row / free).sum(), rel=1e-3)

    def test_a_mask_in_the_text_is_no_gap(self, reader):
        found = Cloze(**QUICK).fit(MOOD, model=reader)
        assert found.prompt(("a [MASK] day",)).count("[MASK]") == 1

    def test_a_long_text_loses_its_end_and_keeps_the_gap(self, reader):
        found = Cloze(**QUICK).fit(MOOD, model=reader)
        assert np.isfinite(found.outputs([("today " * 5000,)])).all()
        assert "it is [MASK]" in found.prompt(("today " * 5000,))
        assert "lost their end" in found.notes[0]


class TestLearning:
    @pytest.mark.parametrize("kind", ["one label", "a number", "a pair", "several labels"])
    def test_it_learns_from_few_rows(self, reader, kind):
        rows = rows_of(kind)
        few = rows.take([i for i in range(len(rows)) if i // 2 % 2 == 0])
        found = Cloze(precision="fp32", epochs=30.0, learning_rate=3e-3).fit(TASKS[kind], few, model=reader)
        assert share_right(rows, found.outputs(rows.inputs), found.threshold) > 0.75

    def test_told_not_to_learn_it_answers_as_without_rows(self, reader):
        rows = rows_of("one label")
        told = Cloze(**QUICK, learn=False, language="en").fit(MOOD, rows, model=reader)
        assert np.array_equal(told.outputs(rows.inputs), Cloze(**QUICK).fit(MOOD, model=reader).outputs(rows.inputs))

    @pytest.mark.parametrize("tuning", ["all", "last_layers", "bias", "lora"])
    def test_saved_and_loaded_it_answers_the_same(self, reader, tuning, tmp_path):
        rows = rows_of("one label").take(np.arange(8))
        found = Cloze(**QUICK, tuning=tuning, size=1 if tuning == "last_layers" else 0, epochs=2.0).fit(MOOD, rows, model=reader)
        data = json.loads(json.dumps(found.save(tmp_path)))
        again = ClozePredictor.load(tmp_path, data, MOOD)
        assert np.allclose(again.outputs(rows.inputs), found.outputs(rows.inputs), atol=1e-5)
        assert found.moved_parameters > 0

    def test_switches_on_a_function_that_does_not_learn_are_refused(self):
        with pytest.raises(ConfigError, match="learn=false"):
            Cloze(learn=False, switches=Switches(focal=2.0))

    def test_the_same_seed_gives_the_same_function(self, reader):
        rows = rows_of("one label").take(np.arange(8))
        one, other = (Cloze(**QUICK, epochs=2.0).fit(MOOD, rows, model=reader, run=Run(seed=3)).outputs(rows.inputs) for _ in range(2))
        assert np.array_equal(one, other)


class TestErrors:
    def test_a_sentence_encoder_has_lost_its_head(self, tiny_encoder):
        with pytest.raises(ModelError, match=r"cannot tell masked words.*google-bert/bert-base-uncased"):
            Cloze().fit(MOOD, model=tiny_encoder)

    @pytest.mark.parametrize("template", ["{text}", "{text} {mask} {mask}"])
    def test_a_template_needs_one_gap(self, reader, template):
        with pytest.raises(ConfigError, match=r"holds \{mask\} once"):
            Cloze(template=template).fit(MOOD, model=reader)

    def test_a_word_that_the_model_does_not_know_is_named(self, reader):
        with pytest.raises(ConfigError, match="no token for the word '☃'"):
            Cloze(verbalisers="good=☃").fit(MOOD, model=reader)

    @pytest.mark.parametrize("stated", ["great=good", "good", "good="])
    def test_verbalisers_name_labels_and_words(self, stated):
        with pytest.raises(ConfigError, match="with the labels good, bad"):
            words_of(("good", "bad"), stated)


def test_words_are_read_from_lines_with_fullwidth_commas_too():
    assert words_of(("好", "坏"), "好=棒，高兴\n坏=差") == (("棒", "高兴"), ("差",))


def test_a_network_whose_head_is_not_known_is_run_whole(reader):
    loaded = load_cloze(reader)
    ids = loaded.tokenizer("it is [MASK]", return_tensors="pt")["input_ids"]
    places = torch.tensor([[3]])

    class Other(torch.nn.Module):
        def forward(self, **given):
            return loaded.network(**given)

    with torch.no_grad():
        assert torch.allclose(masked_logits(Other(), {"input_ids": ids}, places), masked_logits(loaded.network, {"input_ids": ids}, places), atol=1e-5)
