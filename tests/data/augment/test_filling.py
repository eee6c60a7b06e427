"""masked@MODEL: a masked language model proposes the words."""

import json
from random import Random

import pytest

pytest.importorskip("torch")
pytest.importorskip("rjieba")

import hanshuku as hk
from hanshuku.cli.main import main
from hanshuku.data.augment.filling import filled, filler
from hanshuku.data.augment.spec import Step, parse_spec
from hanshuku.data.augment.words import words_of
from hanshuku.errors import ConfigError, ModelError
from tests.tiny import tiny_masked

SAID = ("what a wonderful lovely film.", "a sad gloomy rainy night.", "今天天气很好，我很难过。")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(tiny_masked(tmp_path_factory.mktemp("model") / "masked", SAID))


def proposed(model, text, wanted):
    word = next(word for word in words_of(text) if word.text == wanted)
    return filler(model).words(text, word)


def test_the_likeliest_words_of_the_place_come_first_with_their_chances(model):
    found = proposed(model, "what a wonderful lovely order.", "order")
    assert next(iter(found)) == "film" and found["film"] > 0.5
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_the_chinese_words_of_a_vocabulary_of_characters_are_put_together_and_are_words(model):
    found = proposed(model, "今天天气很好，我很高兴。", "高兴")
    assert filler(model).by_character
    assert all(len(word) == 2 for word in found)


def test_a_longer_chinese_word_has_none(model):
    assert filler(model).words("今天看电视剧", words_of("电视剧")[0]) == {}


def test_a_text_with_a_mask_of_its_own_is_left_alone(model):
    assert proposed(model, "a [MASK] film", "film") == {}


def test_the_model_and_the_share_are_read_from_the_specification():
    assert parse_spec("masked@my.model:0.3,typos") == ((Step("masked", 0.3, "my.model"),), (Step("typos"),))
    assert parse_spec("masked@C:/models/one") == ((Step("masked", None, "C:/models/one"),),)


@pytest.mark.parametrize(("spec", "says"), [("typos@my.model", "masked alone"), ("masked@", "masked alone"), ("masked@x:2", "SHARE")])
def test_what_is_no_specification_is_refused(spec, says):
    with pytest.raises(ConfigError, match=says):
        parse_spec(spec)


def test_a_model_without_its_head_is_refused_before_any_row_is_touched_with_what_to_do(tiny_encoder):
    with pytest.raises(ModelError, match="--objective mlm"):
        hk.read([{"text": "what a film", "label": "a"}]).augment(f"masked@{tiny_encoder}")


@pytest.mark.models
class TestWithTheEncoderThatJudges:
    def test_the_word_that_comes_is_one_the_model_proposed_and_it_is_the_same_each_time(self, model):
        text = "what a wonderful lovely movie."
        edits = [edit for edit in filled(model, text, Random(0)) if text[edit.start : edit.end] == "movie"]
        assert [edit.new for edit in edits] == ["film"]
        assert list(filled(model, text, Random(3))) == list(filled(model, text, Random(3)))

    def test_a_word_that_blames_does_not_come_for_one_that_praises(self, tmp_path):
        bad = str(tiny_masked(tmp_path / "bad", ("the film is awful.", "the film is lovely.", "the food is awful.")))
        assert "awful" in proposed(bad, "the film is lovely.", "lovely")
        assert all(edit.new != "awful" for seed in range(5) for edit in filled(bad, "the film is lovely.", Random(seed)))

    def test_rows_are_made_from_the_command_line(self, model, tmp_path, capsys):
        (tmp_path / "rows.jsonl").write_text(json.dumps({"text": "what a wonderful lovely movie.", "label": "good"}) + "\n", encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["augment", str(tmp_path / "rows.jsonl"), "--with", f"masked@{model}:1.0", "--json"])
        assert not ended.value.code
        assert "film" in capsys.readouterr().out
