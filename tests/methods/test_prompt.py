"""The method that asks a language model."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, LicenceRequired, ModelError
from hanshuku.methods.prompt import Prompt
from hanshuku.tasks import Task

MOOD = Task("classify", labels=("good", "bad"), instruction="Mood?")


def rows(*texts):
    return Encoded(MOOD, [(text,) for text in texts], None, np.zeros(len(texts), dtype=np.int64))


class TestDefaultModel:
    def test_english_is_asked_of_smollm2(self):
        assert Prompt().default_model(MOOD, "en") == "smollm2"

    def test_chinese_is_asked_of_a_model_that_reads_it(self):
        assert Prompt().default_model(MOOD, "zh") == "gemma-270m"

    def test_a_licence_that_was_not_accepted_is_told_with_the_way_without(self, monkeypatch, tmp_path):
        monkeypatch.setenv("HANSHUKU_CACHE", str(tmp_path))
        monkeypatch.delenv("HANSHUKU_ACCEPT_LICENCE", raising=False)
        with pytest.raises(LicenceRequired, match="method similarity with model e5-multilingual"):
            Prompt().fit(MOOD, model="gemma-270m")


class TestFit:
    def test_it_needs_no_rows(self, tiny_causal):
        assert Prompt().fit(MOOD, model=tiny_causal).outputs([("a sunny day",)]).shape == (1, 2)

    def test_rows_are_not_learned_from(self, tiny_causal):
        with_rows = Prompt(precision="fp32").fit(MOOD, rows("a rainy night"), model=tiny_causal)
        without = Prompt(precision="fp32").fit(MOOD, model=tiny_causal)
        assert np.array_equal(with_rows.outputs([("x",)]), without.outputs([("x",)]))

    def test_chinese_rows_are_asked_about_in_chinese(self, tiny_causal):
        assert Prompt(template="{text}", lead="：").fit(MOOD, rows("今天天气很好"), model=tiny_causal).settings.language == "zh"
        assert Prompt().fit(MOOD, rows("a fine day"), model=tiny_causal).settings.language == "en"

    def test_a_chinese_task_is_asked_about_in_chinese(self, tiny_causal):
        task = Task("classify", labels=("好", "差"))
        assert Prompt(template="{text}", lead="：").fit(task, model=tiny_causal).settings.language == "zh"

    def test_an_encoder_is_refused(self, tiny_encoder):
        with pytest.raises(ModelError, match="causal language model is due"):
            Prompt().fit(MOOD, model=tiny_encoder)


class TestSettings:
    @pytest.mark.parametrize("settings", [{"language": "fr"}, {"normalise": "max"}, {"precision": "int4"}, {"max_length": 2}])
    def test_a_value_outside_its_range_is_refused(self, settings):
        with pytest.raises(ConfigError, match=next(iter(settings))):
            Prompt(**settings)

    def test_a_template_with_an_unknown_field_is_refused(self, tiny_causal):
        with pytest.raises(ConfigError, match="legal are"):
            Prompt(template="{sentence}").fit(MOOD, model=tiny_causal)
