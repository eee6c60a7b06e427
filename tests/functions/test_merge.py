"""A function that learned by LoRA may be saved small or merged, and answers the same."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.cli.main import main
from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.functions.core import Function
from hanshuku.functions.store import load
from hanshuku.methods import get_method
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.children import TASKS, rows_of

WRITE = Task("generate", instruction="answer", name="write")
ROWS = Encoded(WRITE, [(f"good {i}",) for i in range(8)], objects([("glad happy",)] * 8), np.zeros(8, dtype=np.int64))


def written(model, tuning):
    method = get_method("finetune", tuning=tuning, epochs=3, learning_rate=0.01, precision="fp32", max_length=80)
    return Function(WRITE, method.fit(WRITE, ROWS, model=model))


@pytest.mark.parametrize("tuning", ["lora", "dora", "ia3"])
def test_merged_and_unmerged_write_the_same(tiny_causal, tuning, tmp_path):
    small = written(tiny_causal, tuning)
    small.save(tmp_path / "small.fn")
    small.merge().save(tmp_path / "merged.fn")
    answers = [load(tmp_path / f"{name}.fn").map(["good 1", "bad", "好"]) for name in ("small", "merged")]
    assert answers[0] == answers[1] == small.map(["good 1", "bad", "好"])
    assert (tmp_path / "small.fn/model/adapter_config.json").is_file() and not (tmp_path / "merged.fn/model/adapter_config.json").exists()


def test_merged_and_unmerged_classify_the_same(tiny_encoder, tmp_path):
    rows = rows_of("one label")
    small = Function(TASKS["one label"], get_method("finetune", tuning="lora", epochs=3, precision="fp32").fit(rows.task, rows, model=tiny_encoder))
    small.save(tmp_path / "small.fn")
    small.merge().save(tmp_path / "merged.fn")
    outputs = [load(tmp_path / f"{name}.fn").predictor().outputs(rows.inputs) for name in ("small", "merged")]
    assert np.allclose(outputs[0], outputs[1], atol=1e-5)


def test_what_was_merged_is_a_plain_model_of_transformers(tiny_causal, tmp_path):
    import torch
    from transformers import AutoModelForCausalLM

    small = written(tiny_causal, "lora")
    small.merge().save(tmp_path / "merged.fn")
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "merged.fn/model")
    ids = torch.tensor(small.predictor().asker.prompts(ROWS.inputs[:1])[0])
    with torch.no_grad():
        assert torch.allclose(plain(input_ids=ids).logits, small.predictor().loaded.network(input_ids=ids).logits, atol=1e-5)


@pytest.mark.parametrize("tuning", [{"tuning": "bias"}, {"tuning": "last_layers", "size": 1}])
def test_weights_that_moved_are_merged_too(tiny_encoder, tuning, tmp_path):
    rows = rows_of("one label")
    small = Function(TASKS["one label"], get_method("finetune", **tuning, epochs=3, precision="fp32").fit(rows.task, rows, model=tiny_encoder))
    small.merge().save(tmp_path / "merged.fn")
    assert (tmp_path / "merged.fn/model/config.json").is_file()
    assert np.allclose(load(tmp_path / "merged.fn").predictor().outputs(rows.inputs), small.predictor().outputs(rows.inputs), atol=1e-6)


def test_biases_that_the_model_has_no_place_for_are_not_merged(tiny_causal):
    with pytest.raises(ConfigError, match="become part"):
        written(tiny_causal, "bias").merge()


@pytest.mark.parametrize("tuning", ["prefix", "adapter", "all"])
def test_what_is_no_part_of_the_weights_is_refused(tiny_causal, tuning):
    with pytest.raises(ConfigError, match="become part"):
        written(tiny_causal, tuning).merge()


def test_it_merges_from_the_command_line(tiny_causal, tmp_path, capsys):
    written(tiny_causal, "lora").save(tmp_path / "small.fn")
    with pytest.raises(SystemExit) as done:
        main(["merge", str(tmp_path / "small.fn"), str(tmp_path / "merged.fn"), "--json"])
    assert not done.value.code
    assert json.loads(capsys.readouterr().out)["function"] == str(tmp_path / "merged.fn")
    assert load(tmp_path / "merged.fn")("good 1") == load(tmp_path / "small.fn")("good 1")
