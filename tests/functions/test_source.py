"""A function may start from the network of another one that has learned a richer task, with a head of its own."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.cli.main import main
from hanshuku.errors import ModelError
from hanshuku.functions.core import Function
from hanshuku.functions.store import load
from hanshuku.models.catalogue import find
from hanshuku.models.load import load_encoder
from hanshuku.tasks import Task
from tests.children import GLAD, SAD

RICH = [{"text": text, "label": label} for label, texts in (("good", GLAD), ("bad", SAD)) for text in texts]
POOR = [{"text": row["text"], "label": "yes" if row["label"] == "good" else "no"} for row in RICH]
TASK = Task("classify", labels=("good", "bad"), name="mood")


def learned(model, **settings):
    return Function(TASK).learn(RICH, method="finetune", model=model, epochs=1, learning_rate=3e-3, precision="fp32", **settings)


@pytest.fixture(scope="module")
def source(tiny_encoder, tmp_path_factory):
    return str(learned(tiny_encoder).save(tmp_path_factory.mktemp("source") / "mood.fn"))


def test_the_folder_of_a_function_is_a_model_with_the_weights_that_it_learned(source, tiny_encoder):
    moved, plain = (load_encoder(name).network.state_dict() for name in (source, tiny_encoder))
    answering = load(source).predictor().loaded.network.state_dict()
    assert all(bool((moved[name] == answering[name]).all()) for name in moved)
    assert any(bool((moved[name] != plain[name]).any()) for name in moved)


def test_what_stands_before_a_text_and_how_it_is_pooled_goes_along(tiny_encoder, tmp_path):
    import shutil

    folder = tmp_path / "prefixed"
    shutil.copytree(tiny_encoder, folder)
    (folder / "hanshuku.json").write_text(json.dumps({"prefix": "query: ", "licence": "MIT", "languages": ["zh"]}), encoding="utf-8")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_cls_token": True}), encoding="utf-8")
    info = find(str(learned(str(folder)).save(tmp_path / "mood.fn")))
    assert (info.prefix, info.pooling, info.licence, info.languages) == ("query: ", "cls", "MIT", ("zh",))
    assert info.name == str(tmp_path / "mood.fn") and not info.hub  # another network than the one that can be fetched by that name


def test_a_function_learns_another_task_from_it_and_needs_it_no_more_once_it_is_saved(source, tmp_path):
    poor = Function(Task("classify", labels=("yes", "no"))).learn(POOR, method="finetune", model=source, tuning="lora", epochs=1, precision="fp32")
    assert poor.history[-1].model == source
    assert any("mood" in note and "finetune" in note for note in poor.history[-1].notes)
    poor.save(tmp_path / "poor.fn")
    before = poor.predictor().outputs([(row["text"],) for row in POOR])
    assert np.allclose(load(tmp_path / "poor.fn").predictor().outputs([(row["text"],) for row in POOR]), before, atol=1e-6)


def test_a_small_change_must_be_merged_first_and_the_message_says_how(tiny_encoder, tmp_path):
    small = learned(tiny_encoder, tuning="lora")
    small.save(tmp_path / "small.fn")
    with pytest.raises(ModelError, match="hanshuku merge"):
        find(str(tmp_path / "small.fn"))
    small.merge().save(tmp_path / "whole.fn")
    assert find(str(tmp_path / "whole.fn")).kind == "encoder"


def test_the_command_line_starts_from_a_function_too(source, tmp_path, capsys):
    (tmp_path / "poor.jsonl").write_text("\n".join(map(json.dumps, POOR)), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["learn", str(tmp_path / "poor.jsonl"), "--model", source, "--method", "probe", "--out", str(tmp_path / "poor.fn"), "--json"])
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out)["origin"]["model"] == source
