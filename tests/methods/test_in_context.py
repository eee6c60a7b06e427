"""Labelled rows shown to a language model before each text."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, DataError, FunctionFolderError
from hanshuku.functions.core import Function
from hanshuku.inference.in_context import InContextPredictor
from hanshuku.methods.in_context import InContext
from hanshuku.tasks import Task, kind_of

MOOD = Task("classify", labels=("good", "bad"), instruction="Mood?")
TITLE = Task("generate", instruction="Title?")
SHORT = {"template": "{text}", "lead": ":", "precision": "fp32"}
TEXTS = ("a glad day", "a sad day", "happy and glad", "gloomy and sad", "今天很高兴", "今天很难过")


def mood(texts=TEXTS):
    return Encoded(MOOD, [(text,) for text in texts], np.arange(len(texts)) % 2, np.zeros(len(texts), dtype=np.int64))


def titles():
    targets = kind_of(TITLE).encode_targets(TITLE, [(text.upper(),) for text in TEXTS])
    return Encoded(TITLE, [(text,) for text in TEXTS], targets, np.zeros(len(TEXTS), dtype=np.int64))


@pytest.fixture
def fit(tiny_causal, tiny_encoder):
    def run(task=MOOD, rows=None, **settings):
        return InContext(**{"demonstrations": 2, "encoder": tiny_encoder} | SHORT | settings).fit(task, rows or mood(), model=tiny_causal)

    return run


class TestLabels:
    def test_the_most_similar_row_stands_last_before_the_text_with_its_label(self, fit):
        said = fit(balance=False, diversity=0.0).prompt(("gloomy and sad",))
        turn = "<|im_start|>user\ngloomy and sad<|im_end|>\n<|im_start|>assistant\n:"
        assert said.endswith(f"{turn} bad<|im_end|>\n{turn}")

    def test_an_answer_is_that_of_a_prompt_with_the_same_fixed_demonstrations(self, fit):
        from hanshuku.inference.label_scoring import LabelScoringPredictor, PromptSettings

        shown = fit()
        row = ("happy and sad",)
        settings = PromptSettings("zh" if shown.asker.settings.language == "zh" else "en", "{text}", ":", precision="fp32", demonstrations=shown.demonstrations([row])[0])
        fixed = LabelScoringPredictor(MOOD, shown.asker.loaded, settings)
        assert shown.prompt(row) == fixed.prompt(row)
        assert np.allclose(shown.outputs([row]), fixed.outputs([row]), atol=1e-4)

    def test_fixed_demonstrations_stand_before_every_text_and_are_run_once(self, fit):
        fixed = fit(choice="fixed")
        assert len(fixed.settings.demonstrations) == 2
        assert fixed.prompt(("?",)).partition("?")[0] == fixed.prompt(("!",)).partition("!")[0]
        assert len(fixed._tokens.prefix) > len(fixed._asked(()).prefix)

    def test_behind_fixed_demonstrations_rows_that_are_not_shown_tell_how_the_model_leans(self, fit):
        from hanshuku.inference.label_scoring import prior_of
        from hanshuku.inference.prompts import WORDINGS

        fixed = fit(choice="fixed")
        shown = {row for row, _ in fixed.settings.demonstrations}
        free = [(text,) for text in WORDINGS[fixed.settings.language].content_free]
        assert fixed.prior == pytest.approx(prior_of(MOOD, fixed.scores([*free, *((text,) for text in TEXTS if (text,) not in shown)])))

    def test_where_the_model_reads_little_fewer_rows_are_shown(self, fit):
        rows = mood([text + " my order today" * 4 for text in TEXTS])
        many = fit(rows=rows, demonstrations=6, balance=False)
        assert 0 < many.prompt(("x",)).count("my order") < 6 * 4
        assert np.isfinite(many.outputs([("x " * 300,), ("x",)])).all()


class TestTexts:
    def test_rows_are_shown_with_their_replies(self, fit):
        said = fit(TITLE, titles(), max_new_tokens=4).prompt(("gloomy and sad",))
        assert "GLOOMY AND SAD" in said

    def test_each_row_is_answered_as_if_alone(self, fit):
        shown = fit(TITLE, titles(), max_new_tokens=4)
        rows = [(text,) for text in TEXTS[:4]]
        alone = [shown.outputs([row])[0] for row in rows]
        assert [text for text, _ in shown.outputs(rows)] == [text for text, _ in alone]

    def test_references_are_foretold_behind_what_is_shown(self, fit):
        shown = fit(TITLE, titles(), max_new_tokens=4)
        rows = [("a glad day",), ("今天很高兴",)]
        found = shown.reference_bits(rows, ["A GLAD DAY", "今天"])
        assert found == pytest.approx(np.concatenate([shown.reference_bits([row], [reply]) for row, reply in zip(rows, ["A GLAD DAY", "今天"], strict=True)]), rel=1e-5)
        assert not np.allclose(found[:, 0], shown.asker.reference_bits(rows, ["A GLAD DAY", "今天"])[:, 0])

    def test_saved_and_loaded_it_writes_the_same(self, fit, tmp_path):
        shown = fit(TITLE, titles(), max_new_tokens=4)
        data = json.loads(json.dumps(shown.save(tmp_path)))
        again = InContextPredictor.load(tmp_path, data, TITLE)
        assert again.prompt(("a glad day",)) == shown.prompt(("a glad day",))
        assert again.outputs([("a glad day",)])[0] == shown.outputs([("a glad day",)])[0]

    def test_settings_of_labels_are_refused(self, fit):
        with pytest.raises(ConfigError, match="calibrate and normalise"):
            fit(TITLE, titles(), calibrate=False)


def test_demonstrations_that_were_lost_are_named(fit, tmp_path):
    shown = fit()
    data = shown.save(tmp_path)
    with pytest.raises(FunctionFolderError, match="demonstrations cannot be read"):
        InContextPredictor.load(tmp_path, {**data, "demonstrations": data["demonstrations"][1:]}, MOOD)


def test_one_row_is_too_few(fit):
    with pytest.raises(DataError, match="at least 2"):
        fit(rows=mood(TEXTS[:1]))


class TestPrompt:
    def test_a_function_shows_what_it_sends(self, fit):
        predictor = fit()
        assert Function(MOOD, predictor).prompt("a glad day") == predictor.prompt(("a glad day",))

    def test_a_function_that_asks_no_model_says_so(self, tiny_encoder):
        asked = Function(MOOD).learn(mood(), method="probe", model=tiny_encoder)
        with pytest.raises(ConfigError, match="made by 'probe' and sends no prompt"):
            asked.prompt("a glad day")


class TestObjects:
    SCHEMA = json.dumps({"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}, "text": {"type": "string"}}, "required": ["mood"]})

    @pytest.fixture
    def shown(self, tiny_reader, tiny_encoder):
        pytest.importorskip("llguidance")
        task = Task("extract", schema=self.SCHEMA)
        targets = kind_of(task).encode_targets(task, [json.dumps({"mood": "good", "text": text * 40}, ensure_ascii=False) for text in TEXTS])
        rows = Encoded(task, [(text,) for text in TEXTS], targets, np.zeros(len(TEXTS), dtype=np.int64))
        return InContext(**{"demonstrations": 2, "encoder": tiny_encoder, "max_new_tokens": 40} | SHORT).fit(task, rows, model=tiny_reader)

    def test_objects_are_shown_whole_and_the_answers_fit(self, shown):
        assert json.dumps({"mood": "good", "text": "a glad day" * 40}) in shown.prompt(("a glad day",))
        for text, _ in shown.outputs([(text,) for text in TEXTS]):
            assert json.loads(text)["mood"] in {"good", "bad"}

    def test_what_was_saved_is_loaded_and_the_pieces_of_a_stream_are_the_answer(self, shown, tmp_path):
        again = InContextPredictor.load(tmp_path, json.loads(json.dumps(shown.save(tmp_path))), shown.task)
        (text, _) = shown.outputs([("a sad day",)])[0]
        assert again.outputs([("a sad day",)])[0][0] == text
        assert json.loads("".join(again.stream(("a sad day",)))) == json.loads(text)


def test_a_text_is_streamed_behind_its_demonstrations_with_other_settings(fit):
    shown = fit(TITLE, titles(), max_new_tokens=12).with_settings(max_new_tokens=6)
    assert "".join(shown.stream(("a sad day",))).strip() == shown.outputs([("a sad day",)])[0][0] == shown.replies([("a sad day",)])[0].text
    assert shown.replies([("a sad day",)])[0].tokens_out == 6
    with pytest.raises(ConfigError, match="writes no text"):
        fit().stream(("a sad day",))


class TestConversations:
    CHAT = Task("chat", ("messages",), instruction="Be kind.")

    @pytest.fixture
    def talks(self):
        turns = [[{"role": "system", "content": "cold"}, *({"role": role, "content": text} for role in ("user", "assistant", "user"))] for text in ("hi", "今天", "food " * 300)]
        targets = kind_of(self.CHAT).encode_targets(self.CHAT, [("yes",), ("好",), ("no",)])
        return Encoded(self.CHAT, [(json.dumps(each, ensure_ascii=False),) for each in turns], targets, np.zeros(3, dtype=np.int64))

    @pytest.fixture
    def shown(self, talks, tiny_encoder, tiny_reader):
        return InContext(demonstrations=1, diversity=0.0, encoder=tiny_encoder, precision="fp32", max_new_tokens=4).fit(self.CHAT, talks, model=tiny_reader)

    def test_the_most_similar_one_stands_between_what_the_system_is_told_and_the_conversation(self, shown):
        asked = json.dumps([{"role": "user", "content": "今天"}])
        said = [turn.split("<|im_end|>")[0] for turn in shown.prompt((asked,)).split("<|im_start|>")[1:]]
        assert said == ["system\nBe kind.", "user\n今天", "assistant\n今天", "user\n今天", "assistant\n好", "user\n今天", "assistant\n"]

    def test_a_long_one_is_shown_by_its_end_and_never_broken(self, shown):
        talks = [json.loads(row[0]) for row, _ in shown.pool.demonstrations]
        assert [[turn["role"] for turn in talk] for talk in talks] == [["user", "assistant", "user"], ["user", "assistant", "user"], ["user"]]

    def test_it_answers_and_is_loaded_again(self, shown, talks, tmp_path):
        again = InContextPredictor.load(tmp_path, json.loads(json.dumps(shown.save(tmp_path))), shown.task)
        assert list(again.outputs(talks.inputs)) == list(shown.outputs(talks.inputs))
