"""Preference tuning: the loss is that of trl, every tuning learns to prefer the better answer, and what was measured is told."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hanshuku.cli.main import main
from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.data.infer import infer_task
from hanshuku.data.read import read
from hanshuku.errors import DataError
from hanshuku.evaluation.evaluate import evaluate
from hanshuku.evaluation.run_files import load_rows, save_rows
from hanshuku.functions.core import Function
from hanshuku.inference import get_predictor
from hanshuku.inference.asking import Asker
from hanshuku.methods import get_method
from hanshuku.methods.finetune import NAMES
from hanshuku.methods.preference_tuning import REFERENCE
from hanshuku.metrics.preferences import preference_metrics
from hanshuku.models.load import load_causal
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from hanshuku.training.preference import Pair, PreferenceSpeaker, measured_ratios, pair_rows, preference_loss
from hanshuku.training.run import Run
from tests.tiny import tiny_llama

TASK = Task("generate", instruction="answer")
ROWS = [f"{word} {i}" for i in range(8) for word in ("parcel", "invoice", "包裹")]
TRAIN = Encoded(TASK, [(row,) for row in ROWS], objects([("glad happy",)] * 24), np.zeros(24, dtype=np.int64), objects(["sad gloomy"] * 24))
PAIRS = [Pair([5, 6, 7], [8, 9, 10, 11], [12, 13]), Pair([20, 21], [22, 23, 24], [25, 26, 27, 28, 29]), Pair([40, 41, 42, 43], [44], [45, 46])]
FAST = {"epochs": 6, "batch_size": 8, "learning_rate": 0.01, "precision": "fp32", "max_length": 80}
OF_TRL = 0.7934864163398743  # trl 1.16.0, DPOTrainer._compute_loss (sigmoid, beta 0.1) on PAIRS with these two networks


def fit(model, rows=TRAIN, run=Run(), validation=None, **settings):
    return get_method("dpo", **FAST | settings).fit(TASK, rows, model=model, run=run, validation=validation)


def ratios_of(predictor, rows=TRAIN):
    pairs = [Pair(ids, *answers) for ids, answers, _ in (predictor.asker.replies(row, ("glad happy", "sad gloomy"), most=80) for row in rows.inputs)]
    return measured_ratios(PreferenceSpeaker(predictor.loaded.network, 0.1), pairs, pad_id=0)


@pytest.fixture(scope="module")
def ratios_before(tiny_causal):
    return ratios_of(get_method("prompt", max_length=100, max_new_tokens=16).fit(TASK, None, model=tiny_causal))


def test_the_loss_is_that_of_trl(tmp_path):
    reference, network = (load_causal(str(tiny_llama(tmp_path / str(seed), seed=seed))).network for seed in (0, 1))
    measured = measured_ratios(PreferenceSpeaker(reference, 0.1), PAIRS, pad_id=0)
    assert math.isclose(float(PreferenceSpeaker(network, 0.1)(pair_rows(PAIRS, measured, pad_id=0))), OF_TRL, rel_tol=1e-5)


def test_a_smoothed_loss_counts_a_share_of_each_pair_the_other_way_round():
    ratios, reference = torch.tensor([3.0, -1.0]), torch.tensor([1.0, 0.5])
    right, wrong = preference_loss(ratios, reference, 0.5), preference_loss(-ratios, -reference, 0.5)
    assert torch.allclose(preference_loss(ratios, reference, 0.5, 0.2), 0.8 * right + 0.2 * wrong)


def test_it_begins_at_the_logarithm_of_two(tiny_causal):
    seen = []
    fit(tiny_causal, run=Run(report=lambda step: seen.append(step.loss)), epochs=0.3, learning_rate=1e-9)
    assert math.isclose(next(loss for loss in seen if loss), math.log(2), rel_tol=1e-4)


@pytest.mark.parametrize("tuning", NAMES)
def test_every_tuning_learns_what_is_preferred_and_is_kept(tiny_causal, ratios_before, tuning, tmp_path):
    settings = {"size": 1} if tuning == "last_layers" else {}
    predictor = fit(tiny_causal, tuning=tuning, **settings | ({"learning_rate": 0.003} if tuning in {"all", "last_layers"} else {}))
    if tuning == "prompt":  # its vectors stand before the network that is asked here
        assert len(predictor.loaded.network.vectors) == 16
    else:
        after = ratios_of(predictor)
        assert (after - ratios_before).mean() > 0.05
    data = json.loads(json.dumps(predictor.save(tmp_path)))
    again = get_predictor("generation").load(tmp_path, data, TASK)
    assert [text for text, _ in again.outputs(TRAIN.inputs[:3])] == [text for text, _ in predictor.outputs(TRAIN.inputs[:3])]


def test_what_held_out_pairs_show_is_told_with_intervals(tiny_causal):
    predictor = fit(tiny_causal, validation=TRAIN.take(range(10)))
    (note,) = predictor.fit_notes
    assert re.fullmatch(r"On 10 held-out pairs .* in 1.000 \[0.7\d\d, 1.000\] of them \(chance 0.5\), by a margin of \d.\d+ \[\d.\d+, \d.\d+\]\.", note)


def test_accuracy_and_margin_have_the_intervals_of_a_share_and_of_a_mean():
    found = preference_metrics(np.array([1.0, 2.0, -1.0, 2.0]))
    assert found["preference_accuracy"].value == 0.75 and found["preference_margin"].value == 1.0
    assert math.isclose(found["preference_margin"].high - 1.0, 3.1824 * np.std([1, 2, -1, 2], ddof=1) / 2, rel_tol=1e-4)


def test_a_report_says_how_often_the_better_answer_is_the_likelier_one(tiny_causal, ratios_before):
    before, after = (evaluate(predictor, TRAIN).metrics for predictor in (get_method("prompt", max_new_tokens=8, max_length=100).fit(TASK, None, model=tiny_causal), fit(tiny_causal)))
    assert before["preference_accuracy"].value == np.mean(ratios_before > 0)
    assert before["preference_margin"].value == pytest.approx(ratios_before.mean(), abs=1e-3)
    assert after["preference_margin"].low > before["preference_margin"].value and after["preference_accuracy"].n == len(TRAIN)
    assert next(iter(before)) == "rouge_l" and "preference_accuracy" not in evaluate(fit(tiny_causal), replace(TRAIN, rejected=None)).metrics


def test_one_pair_has_no_interval():
    with pytest.raises(DataError, match="at least two pairs"):
        preference_metrics(np.array([1.0]))


def test_the_note_stands_in_the_record_of_the_function(tiny_causal):
    rows = [{"messages": [{"role": "user", "content": row}], "chosen": "glad happy", "rejected": "sad gloomy"} for row in ROWS]
    learned = Function(infer_task(read(rows))).learn(rows, method="dpo", model=tiny_causal, validation=rows[:6], **FAST)
    assert any("On 6 held-out pairs" in note for note in learned.history[-1].notes)
    assert isinstance(learned([{"role": "user", "content": "parcel"}]), str)


def test_the_same_seed_gives_the_same_weights_and_a_kept_reference_the_same_too(tiny_causal, tmp_path):
    first, second, third = (fit(tiny_causal, run=Run(folder=folder), epochs=1).loaded.delta.tensors for folder in (None, tmp_path, tmp_path))
    assert list(tmp_path.glob(f"*{REFERENCE}"))
    assert all(torch.equal(first[name], second[name]) and torch.equal(first[name], third[name]) for name in first)


def test_both_answers_stand_behind_the_same_prompt_however_long_they_are(tiny_causal):
    asker = Asker(TASK, load_causal(tiny_causal).tokenizer, limit=60)
    prompt, answers, cut = asker.replies(("a glad happy sunny day " * 20,), ("good", "bad food " * 5), most=60)
    assert cut and len(prompt) + max(map(len, answers)) <= 60 and len(answers[0]) < len(answers[1])


@pytest.mark.parametrize(
    "rows",
    [
        [{"prompt": "a", "chosen": "yes", "rejected": "no"}, {"prompt": "b", "chosen": "yes", "rejected": "no"}],
        [{"messages": [{"role": "user", "content": c}], "chosen": [{"role": "assistant", "content": "yes"}], "rejected": {"role": "assistant", "content": "no"}} for c in "ab"],
        [{"指令": c, "chosen": "yes", "rejected": "no"} for c in "ab"],
    ],
)
def test_preferences_are_known_by_their_columns(rows):
    found = read(rows)
    task = infer_task(found)
    encoded = encode(task, found)[0]
    assert task.kind in {"generate", "chat"}
    assert encoded.targets.tolist() == [("yes",), ("yes",)] and encoded.rejected.tolist() == ["no", "no"]


def test_a_pair_is_repeated_only_where_both_answers_are(tmp_path):
    rows = read([{"prompt": "a", "chosen": "yes", "rejected": worse} for worse in ("no", "maybe", "no")])
    encoded, notes = encode(infer_task(rows), rows, drop_repeated=True)
    assert encoded.rejected.tolist() == ["no", "maybe"] and [note.kind for note in notes] == ["repeated_rows"]
    save_rows(encoded, tmp_path / "rows")
    assert load_rows(tmp_path / "rows").rejected.tolist() == ["no", "maybe"]


def test_an_empty_worse_answer_is_named_by_its_line(tmp_path):
    file = tmp_path / "p.jsonl"
    file.write_text('{"prompt": "a", "chosen": "yes", "rejected": "no"}\n{"prompt": "b", "chosen": "yes", "rejected": ""}\n')
    rows = read(str(file))
    with pytest.raises(DataError, match=r"p.jsonl:2: the answer is empty \(column 'rejected'\)"):
        encode(infer_task(rows), rows)


def test_rows_without_a_worse_answer_are_refused(tiny_causal):
    with pytest.raises(DataError, match="column rejected"):
        fit(tiny_causal, rows=Encoded(TASK, TRAIN.inputs, TRAIN.targets, TRAIN.lines))


def test_it_runs_from_the_command_line(tiny_causal, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [{"messages": [{"role": "user", "content": row}], "chosen": "glad happy", "rejected": "sad gloomy"} for row in ROWS]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = [part for name, value in FAST.items() for part in ("--set", f"{name}={value}")]
    main_ok(["learn", "p.jsonl", "--task", "chat", "--method", "dpo", "--model", tiny_causal, "--validation", "p.jsonl", *settings, "--json"])
    origin = json.loads(capsys.readouterr().out)["origin"]
    assert origin["method"] == "dpo" and any("On 24 held-out pairs" in note for note in origin["notes"])


def main_ok(arguments):
    with pytest.raises(SystemExit) as done:
        main(arguments)
    assert not done.value.code
