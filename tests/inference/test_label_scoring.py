"""The predictor that asks a language model."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from hanshuku.errors import ConfigError, FunctionFolderError  # noqa: E402
from hanshuku.inference.label_scoring import LabelScoringPredictor, load_model  # noqa: E402
from hanshuku.inference.scoring import plain_edge_logprobs  # noqa: E402
from hanshuku.inference.settings import PromptSettings  # noqa: E402
from hanshuku.inference.trie import common_length  # noqa: E402
from hanshuku.tasks import Task, kind_of  # noqa: E402

MOOD = Task("classify", labels=("good", "bad", "good day"), instruction="Mood?")
SEVERAL = Task("classify", labels=("good", "bad"), several=True)
STARS = Task("rate", low=1, high=5)
ROWS = [("a glad happy sunny day",), ("a sad gloomy rainy night",), ("今天天气很好，我很高兴",), ("",)]
SHORT = {"precision": "fp32", "template": "{instruction} {text}", "lead": ":"}


@pytest.fixture(scope="module")
def loaded(tiny_causal):
    return load_model(tiny_causal, "fp32")


def predictor(loaded, task=MOOD, **settings):
    return LabelScoringPredictor(task, loaded, PromptSettings(**SHORT | settings))


class TestScores:
    def test_they_are_the_log_probabilities_of_the_labels_behind_the_prompt(self, loaded):
        asked = predictor(loaded)
        layout = asked._tokens.layout
        for label, score in zip(MOOD.labels, asked.scores(ROWS[:1])[0], strict=True):
            prompt = layout.render(ROWS[0])
            ids = loaded.tokenizer(prompt + layout.joint + label, add_special_tokens=False)["input_ids"]
            start = len(loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"])
            with torch.no_grad():
                logprobs = loaded.network(torch.tensor([ids])).logits[0].log_softmax(-1)
            assert score == pytest.approx(sum(float(logprobs[i - 1, ids[i]]) for i in range(start, len(ids))), abs=1e-3)

    def test_the_mean_is_the_sum_over_the_number_of_tokens(self, loaded):
        total, mean = predictor(loaded, normalise="sum"), predictor(loaded, normalise="mean")
        assert np.allclose(total.scores(ROWS) / [len(path) for path in total._tokens.paths], mean.scores(ROWS), atol=1e-4)

    def test_a_byte_of_chinese_counts_as_one(self, loaded):
        task = Task("classify", labels=("高兴", "难过了"))
        total, byte = predictor(loaded, task, normalise="sum"), predictor(loaded, task, normalise="byte")
        assert np.allclose(total.scores(ROWS) / [6, 9], byte.scores(ROWS), atol=1e-4)

    def test_a_row_does_not_depend_on_the_others(self, loaded):
        asked = predictor(loaded)
        alone = np.concatenate([asked.outputs([row]) for row in ROWS])
        assert np.allclose(asked.outputs(ROWS * 3), np.tile(alone, (3, 1)), atol=1e-5)

    def test_thousands_of_labels_are_scored_in_several_tries_to_the_same_numbers(self, loaded, monkeypatch):
        task = Task("classify", labels=tuple(f"good {i} day {i % 7}" for i in range(40)))
        whole = predictor(loaded, task).scores(ROWS)
        monkeypatch.setattr("hanshuku.inference.label_scoring.MOST_NODES", 20)
        parts = predictor(loaded, task)
        assert len(parts._tries) > 2
        assert np.allclose(parts.scores(ROWS), whole, atol=1e-4)

    def test_each_label_of_several_is_a_question_that_the_others_do_not_touch(self, loaded):
        both, one = predictor(loaded, SEVERAL), predictor(loaded, Task("classify", labels=("good",), several=True))
        assert np.allclose(both.scores(ROWS)[:, :1], one.scores(ROWS), atol=1e-4)

    def test_only_yes_and_no_are_scored_of_a_question(self, loaded):
        asked = predictor(loaded, SEVERAL)
        ((group, trie),) = asked._tries
        (prompt,), _ = asked._tokens.rows(ROWS[:1])
        assert set(trie.counts.sum(1)) == {len(path) - common_length(*asked._tokens.paths[:2]) for path in asked._tokens.paths[:2]}
        per_path = (trie.counts @ plain_edge_logprobs(loaded.network, prompt, trie))[np.argsort(group)]
        assert asked.scores(ROWS[:1])[0] == pytest.approx(per_path[0::2] - per_path[1::2], abs=1e-3)


class TestOutputs:
    def test_one_label_gives_probabilities_that_sum_to_one(self, loaded):
        outputs = predictor(loaded).outputs(ROWS)
        assert outputs.shape == (4, 3)
        assert np.allclose(outputs.sum(1), 1, atol=1e-5)

    def test_a_text_without_content_favours_no_label_once_calibrated(self, loaded):
        asked = predictor(loaded)
        asked.prior = asked._measure_prior(("N/A",))
        assert np.allclose(asked.outputs([("N/A",)]), 1 / 3, atol=1e-4)

    def test_without_calibration_they_are_the_softmax_of_the_scores(self, loaded):
        asked = predictor(loaded, calibrate=False)
        scores = np.exp(asked.scores(ROWS))
        assert np.allclose(asked.outputs(ROWS), scores / scores.sum(1, keepdims=True), atol=1e-5)

    def test_several_labels_are_judged_one_by_one(self, loaded):
        outputs = predictor(loaded, SEVERAL).outputs(ROWS)
        assert outputs.shape == (4, 2)
        assert ((outputs > 0) & (outputs < 1)).all()

    def test_a_text_without_content_has_one_and_a_half_of_many_labels(self, loaded):
        asked = predictor(loaded, Task("classify", labels=tuple("abcdefghij"), several=True))
        asked.prior = asked._measure_prior(("N/A",))
        assert asked.outputs([("N/A",)]).sum() == pytest.approx(1.5, abs=1e-3)

    def test_a_rating_is_a_mean_within_the_range(self, loaded):
        outputs = predictor(loaded, STARS).outputs(ROWS)
        assert outputs.shape == (4,)
        assert ((outputs >= 1) & (outputs <= 5)).all()

    def test_a_pair_is_read_as_both_its_texts(self, loaded):
        asked = predictor(loaded, Task("classify", inputs=("a", "b"), labels=("yes", "no")))
        outputs = asked.outputs([("good food", "bad food"), ("good food", "good food")])
        assert not np.allclose(outputs[0], outputs[1])

    def test_they_decode_to_predictions(self, loaded):
        assert kind_of(MOOD).decode(MOOD, predictor(loaded).outputs(ROWS))[0].output in MOOD.labels


class TestNotes:
    def test_a_text_that_is_cut_is_counted_each_time(self, loaded):
        asked = predictor(loaded, max_length=40)
        asked.outputs([("sunny day " * 100,)] * 2 + ROWS[:1])
        assert asked.cut == 2
        assert "2 texts were longer" in asked.notes[0]

    def test_nothing_is_noted_where_nothing_happened(self, loaded):
        asked = predictor(loaded)
        asked.outputs(ROWS)
        assert asked.notes == ()


class TestSettings:
    @pytest.mark.parametrize(("name", "value"), [("language", "fr"), ("normalise", "median"), ("precision", "int8")])
    def test_an_illegal_word_is_met_with_the_legal_ones(self, name, value):
        with pytest.raises(ConfigError, match=f"{name} is one of .* Received: '{value}'"):
            PromptSettings(**{name: value})

    def test_a_limit_that_leaves_no_room_is_refused(self, loaded):
        with pytest.raises(ConfigError, match="max_length"):
            predictor(loaded, max_length=9)


class TestOnDisk:
    @pytest.mark.parametrize("task", [MOOD, SEVERAL, STARS], ids=["one", "several", "rate"])
    def test_what_is_saved_is_read_back_equal(self, loaded, task, tmp_path):
        asked = predictor(loaded, task)
        data = json.loads(json.dumps(asked.save(tmp_path)))
        again = LabelScoringPredictor.load(tmp_path, data, task)
        assert np.array_equal(asked.outputs(ROWS), again.outputs(ROWS))
        assert again.settings == asked.settings

    def test_the_model_folder_is_one_that_transformers_loads_by_itself(self, loaded, tmp_path):
        from transformers import AutoModelForCausalLM, AutoTokenizer

        predictor(loaded).save(tmp_path)
        network = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
        tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
        assert tokenizer.chat_template == loaded.tokenizer.chat_template
        assert network.config.vocab_size == loaded.network.config.vocab_size

    def test_damaged_data_is_refused(self, loaded, tmp_path):
        data = predictor(loaded).save(tmp_path)
        del data["prior"]
        with pytest.raises(FunctionFolderError, match="prior"):
            LabelScoringPredictor.load(tmp_path, data, MOOD)
