"""An encoder learns what its vectors say from raw text alone: SimCSE and TSDAE, the same after a stop, judged on held-out text."""

import json
import math
import shutil

import pytest

pytest.importorskip("torch")

import torch

import hanshuku as hk
from hanshuku.errors import ConfigError
from hanshuku.functions.pretrain import pretrain
from hanshuku.models.catalogue import find
from hanshuku.models.load import load_encoder
from tests.corpora import documents

TEXTS, HELD = documents(160), documents(40, seed=1)
QUICK = {"validation": HELD, "batch_size": 16, "max_length": 48, "precision": "fp32", "learning_rate": 3e-3}
MEASURES = {"simcse": {"loss", "alignment", "uniformity"}, "crops": {"loss", "alignment", "uniformity"}, "tsdae": {"loss", "bits_per_byte", "perplexity"}}


def adapted(model, out, objective, **settings):
    return pretrain(TEXTS, out, objective=objective, model=model, **{"epochs": 2.0, **QUICK, **settings})


@pytest.fixture(scope="module", params=["simcse", "crops", "tsdae"])
def made(request, tiny_encoder, tmp_path_factory):
    out = tmp_path_factory.mktemp("made") / request.param
    return request.param, out, adapted(tiny_encoder, out, request.param)


def test_it_is_judged_on_held_out_text_before_and_after_with_intervals(made):
    objective, _, result = made
    assert set(result["metrics"]) == set(result["before"]) == MEASURES[objective]
    assert all(metric["low"] <= metric["value"] <= metric["high"] for metric in result["metrics"].values())
    assert result["metrics"]["loss"]["value"] < result["before"]["loss"]["value"]
    assert all("▸" in row["sample"] for row in result["evaluations"])


def test_the_folder_is_a_model_that_a_function_learns_with(made):
    _, out, result = made
    rows = [{"text": text, "label": "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en"} for text in TEXTS[:40]]
    learned = hk.classify(["zh", "en"]).learn(rows, model=str(out), method="probe")
    assert learned.map(HELD[:4]) == ["zh", "en", "zh", "en"]
    card = (out / "README.md").read_text(encoding="utf-8")
    assert result["objective"] in card and result["data_sha256"] in card


def test_no_weight_but_the_encoders_own_is_in_the_folder(made, tiny_encoder):
    _, out, _ = made
    plain, moved = (load_encoder(name).network.state_dict() for name in (tiny_encoder, str(out)))
    assert set(plain) == set(moved)
    assert any(bool((plain[name] != moved[name]).any()) for name in plain)


def test_stopped_and_started_again_it_ends_with_the_same_weights(made, tiny_encoder, tmp_path, monkeypatch):
    objective, out, _ = made
    monkeypatch.setenv("HANSHUKU_CHECKPOINT_S", "0")

    def stop(step):
        if step.done >= 5 and step.note == "train":
            raise KeyboardInterrupt

    monkeypatch.setattr("hanshuku.training.engine.REPORT_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        adapted(tiny_encoder, tmp_path / "again", objective, folder=tmp_path / "run", report=stop)
    notes = []
    adapted(tiny_encoder, tmp_path / "again", objective, folder=tmp_path / "run", report=lambda step: notes.append(step.note))
    assert "going on from the checkpoint" in notes
    one, other = (load_encoder(str(folder)).network.state_dict() for folder in (out, tmp_path / "again"))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("objective", ["simcse", "crops", "tsdae"])
def test_what_an_encoder_wants_before_each_text_is_there_while_it_learns_and_in_the_folder(tiny_encoder, tmp_path, objective, monkeypatch):
    prefixed = tmp_path / "prefixed"
    shutil.copytree(tiny_encoder, prefixed)
    (prefixed / "hanshuku.json").write_text(json.dumps({"prefix": "query: ", "languages": ["zh", "en"]}), encoding="utf-8")
    seen = []
    from hanshuku.training.packing import TokenRows

    collate = TokenRows.collate
    monkeypatch.setattr(TokenRows, "collate", lambda self, rows: seen.append(collate(self, rows)) or seen[-1])
    adapted(str(prefixed), tmp_path / "out", objective, epochs=1.0)
    loaded = load_encoder(str(prefixed))
    begin = loaded.tokenizer("query: ")["input_ids"][:-1]
    assert all(row[: len(begin)].tolist() == begin for batch in seen for row in batch["input_ids"])
    assert max(batch["input_ids"].shape[1] for batch in seen) <= 48
    assert find(str(tmp_path / "out")).prefix == "query: "


@pytest.mark.parametrize(
    "settings, says",
    [
        ({"objective": "simcse", "from_scratch": "nano"}, "goes on from an encoder"),
        ({"objective": "tsdae", "rows": "packed"}, "a document a row"),
        ({"objective": "tsdae", "mask": 0.95}, "mask"),
    ],
)
def test_what_has_no_meaning_is_refused(tmp_path, settings, says):
    with pytest.raises(ConfigError, match=says):
        pretrain(TEXTS, tmp_path / "out", **settings)


def test_a_causal_model_is_refused_with_the_objective_it_has(tiny_causal, tmp_path):
    with pytest.raises(ConfigError, match="objective clm"):
        pretrain(TEXTS, tmp_path / "out", model=tiny_causal, objective="simcse")


def test_an_encoder_without_dropout_has_no_two_views(tiny_encoder, tmp_path):
    folder = tmp_path / "still"
    shutil.copytree(tiny_encoder, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}), encoding="utf-8")
    with pytest.raises(ConfigError, match="dropout"):
        pretrain(TEXTS, tmp_path / "out", model=str(folder), objective="simcse", **QUICK)


def test_the_chance_of_the_loss_is_a_guess_among_the_company(tiny_encoder, tmp_path):
    result = adapted(tiny_encoder, tmp_path / "out", "simcse", epochs=1.0)
    assert result["metrics"]["loss"]["chance"] == pytest.approx(math.log(result["metrics"]["loss"]["n"]))
