"""Pre-training: from text to a folder that works as a model does, the same after a kill, judged by bits a byte."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from hanshuku.errors import ConfigError, DataError, HanshukuError, StorageError, UnknownName
from hanshuku.functions.pretrain import pretrain
from hanshuku.models.load import load_causal, load_encoder, load_masked
from hanshuku.training.engine import _Loop
from hanshuku.training.held_out import HeldOut
from tests.corpora import documents, written

TEXTS, HELD = documents(300), documents(40, seed=1)
QUICK = {"validation": HELD, "batch_size": 16, "max_length": 48, "precision": "fp32", "learning_rate": 3e-3}


def weights(folder):
    return load_causal(folder).network.state_dict()


@pytest.fixture(scope="module")
def causal(tmp_path_factory):
    out = tmp_path_factory.mktemp("made") / "causal"
    return out, pretrain(TEXTS, out, from_scratch="nano", epochs=6.0, vocab_size=400, **QUICK)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    out = tmp_path_factory.mktemp("made") / "encoder"
    return out, pretrain(TEXTS, out, objective="mlm", from_scratch="nano", epochs=12.0, **QUICK)


def test_a_model_from_scratch_learns_what_is_regular_in_both_languages(causal):
    bits = causal[1]["metrics"]["bits_per_byte"]
    assert bits["value"] < 1.0  # of 8 bits a byte where nothing is known
    assert bits["low"] <= bits["value"] <= bits["high"]


def test_bits_per_byte_is_the_sum_of_all_surprises_by_the_bytes_of_the_text(causal):
    folder, result = causal
    loaded = load_causal(folder)
    end = loaded.tokenizer.eos_token_id
    stream = [end]
    for text in HELD:
        stream += [*loaded.tokenizer(text)["input_ids"], end]
    nats, room = 0.0, 47
    with torch.no_grad():
        for start in range(1, len(stream), room):
            ids = torch.tensor([stream[start - 1 : start + room]])
            chances = loaded.network(ids).logits[0, :-1].log_softmax(-1)
            nats -= float(chances.gather(1, ids[0, 1:, None]).sum())
    by_hand = nats / math.log(2) / sum(len(text.encode()) for text in HELD)
    assert result["metrics"]["bits_per_byte"]["value"] == pytest.approx(by_hand, rel=1e-4)
    assert result["metrics"]["perplexity"]["value"] == pytest.approx(math.exp(nats / (len(stream) - 1)), rel=1e-4)


def test_samples_are_kept_as_it_goes(causal):
    evaluations = causal[1]["evaluations"]
    assert [row["step"] for row in evaluations] == sorted({row["step"] for row in evaluations})
    assert evaluations[-1]["bits_per_byte"] < evaluations[0]["bits_per_byte"]
    assert all("▸" in row["sample"] for row in evaluations)


def test_the_folder_says_what_it_is(causal):
    folder, result = causal
    assert json.loads((folder / "pretraining.json").read_text(encoding="utf-8"))["data_sha256"] == result["data_sha256"]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert result["data_sha256"] in readme
    assert f"{result['metrics']['bits_per_byte']['value']:.3f}" in readme
    assert not list(folder.glob("*.bin"))


def test_transformers_reads_the_folder_by_itself(causal):
    import transformers

    network = transformers.AutoModelForCausalLM.from_pretrained(causal[0])
    tokenizer = transformers.AutoTokenizer.from_pretrained(causal[0])
    written_on = network.generate(**tokenizer("the parcel", return_tensors="pt"), max_new_tokens=5, do_sample=False)
    assert tokenizer.decode(written_on[0]).startswith("the parcel")


def test_an_encoder_works_where_the_name_of_a_model_does(encoder):
    import hanshuku as hk

    mood = hk.classify(["late", "lovely"]).learn(
        [{"text": f"{text} {i}", "label": label} for i in range(8) for text, label in (("the parcel is late", "late"), ("the film was lovely", "lovely"))],
        method="probe", model=str(encoder[0]),
    )  # fmt: skip
    assert mood("the parcel is late") == "late"
    assert load_encoder(encoder[0]).info.pooling == "mean"


def test_a_masked_model_is_begun_again_with_its_head(encoder, tmp_path):
    assert load_masked(encoder[0])[1]
    again = pretrain(TEXTS, tmp_path / "on", objective="mlm", model=str(encoder[0]), epochs=1.0, **QUICK)
    assert again["before"]["bits_per_byte"]["value"] == pytest.approx(encoder[1]["metrics"]["bits_per_byte"]["value"], rel=1e-3)
    assert not any("head" in note for note in again["notes"])


def test_going_on_from_an_encoder_without_a_head_says_so(tiny_encoder, tmp_path):
    result = pretrain(TEXTS, tmp_path / "on", objective="mlm", model=tiny_encoder, epochs=6.0, **QUICK)
    assert any("without a head" in note for note in result["notes"])
    assert result["metrics"]["loss"]["value"] < result["before"]["loss"]["value"]


def test_going_on_from_a_causal_model_lowers_its_bits(tiny_causal, tmp_path):
    result = pretrain(TEXTS, tmp_path / "on", model=tiny_causal, epochs=3.0, **QUICK)
    assert result["metrics"]["bits_per_byte"]["value"] < 0.8 * result["before"]["bits_per_byte"]["value"]
    assert result["vocabulary"] == len(load_causal(tiny_causal).tokenizer)


def test_the_same_seed_gives_the_same_weights_and_another_does_not(tmp_path):
    made = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        pretrain(TEXTS, tmp_path / name, from_scratch="nano", epochs=1.0, vocab_size=400, seed=seed, **QUICK)
        made[name] = weights(tmp_path / name)
    assert all(torch.equal(made["a"][key], made["b"][key]) for key in made["a"])
    assert not all(torch.equal(made["a"][key], made["c"][key]) for key in made["a"])


def test_killed_at_any_moment_it_ends_with_the_same_weights_and_does_not_tokenise_again(tmp_path):
    corpus = written(tmp_path, 400)
    settings = ["--from-scratch", "nano", "--vocab-size", "400", "--set", "epochs=1", "--set", "batch_size=8", "--set", "max_length=48", "--set", "precision=fp32", "--quiet"]
    env = os.environ | {"HANSHUKU_CHECKPOINT_S": "0", "PYTHONPATH": str(Path(__file__).parents[2] / "src"), "OMP_NUM_THREADS": "1"}

    def start(out):
        command = [sys.executable, "-c", "from hanshuku.cli.main import main; main()", "pretrain", str(corpus), *settings, "--out", str(tmp_path / out)]
        return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    whole = start("whole.model")
    assert whole.wait() == 0, whole.stderr.read()
    killed, checkpoint, tokens = start("killed.model"), tmp_path / "killed.model.run" / "checkpoint" / "facts.json", tmp_path / "killed.model.run" / "train" / "tokens.bin"
    while not checkpoint.exists() and killed.poll() is None:
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert checkpoint.exists() or (tmp_path / "killed.model.run" / "checkpoint.old").exists()
    assert not (tmp_path / "killed.model").exists()
    made = tokens.stat().st_mtime_ns
    again = start("killed.model")
    seen = set()
    while again.poll() is None:
        if tokens.exists():
            seen.add(tokens.stat().st_mtime_ns)
        time.sleep(0.02)
    assert seen == {made}
    one, other = weights(tmp_path / "whole.model"), weights(tmp_path / "killed.model")
    assert all(torch.equal(one[key], other[key]) for key in one)
    results = [json.loads((tmp_path / f"{name}.model" / "pretraining.json").read_text(encoding="utf-8")) for name in ("whole", "killed")]
    assert results[0]["evaluations"] == results[1]["evaluations"]
    assert not (tmp_path / "killed.model.run").exists()


def test_a_planned_wordpiece_vocabulary_has_room_for_the_characters_of_the_text(tmp_path):
    letters = [chr(0x4E00 + i) for i in range(900)]
    texts = ["".join(letters[(7 * i + j) % 900] for j in range(30)) for i in range(200)]
    result = pretrain(texts[10:], tmp_path / "m", objective="mlm", from_scratch="nano", epochs=0.1, validation=texts[:10], batch_size=16, max_length=48)
    assert not any("[UNK]" in note for note in result["notes"])


def test_documents_of_the_corpus_are_held_out_where_no_validation_is_given(tmp_path):
    result = pretrain(TEXTS, tmp_path / "m", from_scratch="nano", epochs=0.2, vocab_size=400, batch_size=16, max_length=48)
    assert result["documents"] + result["held_out_documents"] == len(TEXTS)
    assert 10 < result["held_out_documents"] < 60


def test_a_budget_ends_it(tmp_path):
    result = pretrain(TEXTS, tmp_path / "m", from_scratch="nano", budget=2, vocab_size=400, **QUICK)
    assert result["stopped_early"]
    assert result["steps"] >= 1


def test_a_budget_holds_the_last_judging_too_and_is_used_up(tmp_path, monkeypatch):
    now = [0.0]
    step, nats = _Loop._step, HeldOut.nats
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(_Loop, "_step", lambda self, batch: now.__setitem__(0, now[0] + 1.0) or step(self, batch))
    monkeypatch.setattr(HeldOut, "nats", lambda self, *, whole: now.__setitem__(0, now[0] + 4.0 * (self.whole if whole else 1)) or nats(self, whole=whole))
    result = pretrain(TEXTS, tmp_path / "m", from_scratch="nano", budget=200, vocab_size=400, **QUICK)
    assert 0.97 * 200 <= result["seconds"] <= 200


@pytest.mark.parametrize("kind", ["wordpiece", "unigram"])
def test_other_vocabularies_serve_a_causal_model_too(tmp_path, kind):
    result = pretrain(TEXTS, tmp_path / "m", from_scratch="nano", tokenizer=kind, epochs=1.0, **QUICK)
    assert math.isfinite(result["metrics"]["bits_per_byte"]["value"])
    assert any("to the letter" in note for note in result["notes"]) is (kind == "wordpiece")


def test_the_tokenizer_and_the_config_of_another_model_can_be_taken(tiny_causal, tmp_path):
    result = pretrain(TEXTS, tmp_path / "m", from_scratch=f"{tiny_causal}/config.json", tokenizer=tiny_causal, epochs=1.0, **QUICK)
    assert result["vocabulary"] == len(load_causal(tiny_causal).tokenizer)
    assert load_causal(tmp_path / "m").network.config.num_hidden_layers == 2


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"objective": "clmm"}, ConfigError, "clm, mlm"),
        ({"epoch": 3}, UnknownName, "Did you mean 'epochs'"),
        ({"from_scratch": "nanoo"}, UnknownName, "Did you mean 'nano'"),
        ({"from_scratch": "nano", "model": "minilm"}, ConfigError, "a size to begin"),
        ({"from_scratch": "nano", "vocab_size": 90_000}, ConfigError, "--vocab-size"),
        ({"from_scratch": "nano", "tokenizer": "wordpeice"}, ConfigError, "Did you mean 'wordpiece'"),
        ({"from_scratch": "nano", "mask": 2}, ConfigError, "mask"),
        ({"from_scratch": "nano", "budget": "soon"}, ConfigError, "5 min"),
        ({"from_scratch": "nano", "track": ("csv",)}, ConfigError, "folder"),
    ],
)
def test_what_is_not_legal_is_refused_with_what_is(tmp_path, settings, error, says):
    with pytest.raises(error, match=says):
        pretrain(TEXTS, tmp_path / "m", **settings)


def test_an_objective_that_the_model_has_not_is_refused_with_the_one_it_has(tiny_causal, tiny_encoder, tmp_path):
    with pytest.raises(ConfigError, match="objective clm"):
        pretrain(TEXTS, tmp_path / "m", model=tiny_causal, objective="mlm")
    with pytest.raises(ConfigError, match="objective mlm"):
        pretrain(TEXTS, tmp_path / "m", model=tiny_encoder, objective="clm")
    with pytest.raises(ConfigError, match="from scratch"):
        pretrain(TEXTS, tmp_path / "m", model=tiny_causal, tokenizer="bpe")


def test_too_little_text_is_refused(tmp_path):
    with pytest.raises(DataError, match="empty"):
        pretrain([" "], tmp_path / "m", from_scratch="nano")
    with pytest.raises(DataError, match="too few to hold any out"):
        pretrain(["a single document"], tmp_path / "m", from_scratch="nano")


def test_what_stands_at_out_is_replaced_only_if_it_is_an_earlier_model(causal, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("words")
    with pytest.raises(StorageError, match="not replaced"):
        pretrain(TEXTS, tmp_path / "mine", from_scratch="nano")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "words"
    pretrain(TEXTS, tmp_path / "m", from_scratch="nano", epochs=0.1, **QUICK)
    assert pretrain(TEXTS, tmp_path / "m", from_scratch="nano", epochs=0.1, seed=3, **QUICK)["seed"] == 3


def test_all_errors_are_ours(tmp_path):
    with pytest.raises(HanshukuError, match="no such file"):
        pretrain(tmp_path / "nothing.txt", tmp_path / "m", from_scratch="nano")
