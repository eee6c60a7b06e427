"""Tagging and answering: every tuning, exact places, long texts, no answer, and rows that are wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.errors import DataError
from hanshuku.inference import get_predictor
from hanshuku.methods import get_method
from hanshuku.methods.finetune import NAMES, Finetune
from hanshuku.tasks import kind_of
from hanshuku.tasks.base import objects
from hanshuku.training.run import Run
from tests.children import MOODS, TASKS, rows_of, share_right

FAST = {"epochs": 12.0, "learning_rate": 1e-2, "precision": "fp32", "dropout": 0.0, "batch_size": 8}
_kept: dict[tuple[str, str], object] = {}


def fit(kind, model, rows=None, **settings):
    return get_method("finetune", **(FAST | settings)).fit(TASKS[kind], rows or rows_of(kind), model=model, run=Run(seed=1))


@pytest.fixture
def learned(tiny_encoder):
    """A function learned once for the tests that only ask it."""

    def get(kind):
        if kind not in _kept:
            _kept[kind] = fit(kind, tiny_encoder, epochs=30.0)
        return _kept[kind]

    return get


@pytest.mark.parametrize("kind", ["entities", "an answer"])
@pytest.mark.parametrize("tuning", NAMES)
def test_every_tuning_moves_what_it_names_and_is_kept(kind, tuning, tiny_encoder, tmp_path):
    rows, size = rows_of(kind), {"size": 1} if tuning == "last_layers" else {}
    predictor = fit(kind, tiny_encoder, tuning=tuning, epochs=6.0, **size)
    assert 0 < predictor.moved_parameters <= predictor.total_parameters + 10_000
    data = json.loads(json.dumps(predictor.save(tmp_path)))
    again = get_predictor(predictor.KIND).load(tmp_path, data, predictor.task)
    assert list(again.outputs(rows.inputs)) == list(predictor.outputs(rows.inputs))


@pytest.mark.parametrize("kind", ["entities", "an answer"])
def test_a_causal_model_learns_it_too(kind, tiny_causal):
    rows = rows_of(kind)
    predictor = fit(kind, tiny_causal, epochs=30.0, learning_rate=5e-3)
    assert share_right(rows, predictor.outputs(rows.inputs), predictor.threshold) > 0.8


@pytest.mark.parametrize(("kind", "tuning"), [("entities", "head"), ("an answer", "last_layers")])
def test_a_fit_that_was_cut_off_goes_on_to_the_same_answers(kind, tuning, tiny_encoder, tmp_path, monkeypatch):
    from functools import partial

    from hanshuku.methods import trunk_fit

    monkeypatch.setattr(trunk_fit, "Schedule", partial(trunk_fit.Schedule, checkpoint_every_s=0.0))
    monkeypatch.setattr("hanshuku.training.engine.REPORT_S", 0.0)
    method, rows, notes = Finetune(**(FAST | {"tuning": tuning, "size": int(tuning != "head"), "dropout": 0.1, "epochs": 4.0})), rows_of(kind), []

    def cut(step):
        notes.append(step.note)
        if step.done == 5 and len(notes) < 30:
            raise KeyboardInterrupt

    whole = method.fit(rows.task, rows, model=tiny_encoder, run=Run(seed=1))
    with pytest.raises(KeyboardInterrupt):
        method.fit(rows.task, rows, model=tiny_encoder, run=Run(seed=1, folder=tmp_path, report=cut))
    notes += [""] * 30
    resumed = method.fit(rows.task, rows, model=tiny_encoder, run=Run(seed=1, folder=tmp_path, report=cut))
    assert any("going on" in note for note in notes)
    assert list(resumed.outputs(rows.inputs)) == list(whole.outputs(rows.inputs))


def test_spans_are_exact_in_chinese_and_in_words_cut_to_pieces(learned, tiny_encoder):
    tokenizer = learned("entities").loaded.tokenizer
    rows = rows_of("entities")
    assert any(len(tokenizer(word, add_special_tokens=False)["input_ids"]) > 1 for word in MOODS)
    right = 0
    for (text,), found in zip(rows.inputs, kind_of(rows.task).decode(rows.task, learned("entities").outputs(rows.inputs), 0.5, rows.inputs), strict=True):
        assert all(span.text == text[span.start : span.end] == span.text.strip() and 0 < span.confidence <= 1 for span in found.output)
        right += [span.text for span in found.output] == [word for word in MOODS if word in text]
    assert right > 25


def test_a_text_beyond_the_model_is_read_to_its_end(learned):
    """Its 128 tokens hold a fifth of this text."""
    text = "a " + "night with food, a " * 100 + "glad night with food"
    assert any(text[start:end] == "glad" for start, end, _, _ in learned("entities").outputs([(text,)])[0])


def test_the_likeliest_answers_are_probabilities_of_different_spans(learned):
    predictor = learned("an answer")
    for row, answers in zip(rows_of("an answer").inputs, predictor.best(rows_of("an answer").inputs, 10_000), strict=True):
        assert len({(start, end) for _, start, end, _ in answers}) == len(answers)
        assert sum(chance for *_, chance in answers) == pytest.approx(1, abs=1e-3)
        assert predictor.outputs([row])[0][:3] == answers[0][:3]


def test_no_answer_is_given_only_where_the_task_allows_it(learned, tiny_encoder):
    empty = [("which mood?", "天气 day")]
    assert learned("an answer").outputs(empty)[0][0] == ""
    task, rows = replace(TASKS["an answer"], optional=False), rows_of("an answer")
    always = rows.take([i for i, target in enumerate(rows.targets) if target])
    predictor = Finetune(**FAST).fit(task, replace(always, task=task), model=tiny_encoder, run=Run(seed=1))
    assert predictor.outputs(empty)[0][0] != "" and predictor.threshold == 0.5


def test_an_answer_without_a_place_is_found_in_its_context(tiny_encoder):
    rows = rows_of("an answer")
    placeless = replace(rows, targets=objects([tuple((text, -1) for text, _ in target) for target in rows.targets]))
    given, found = (fit("an answer", tiny_encoder, rows=each, epochs=2.0).outputs(rows.inputs) for each in (rows, placeless))
    assert list(given) == list(found)


@pytest.mark.parametrize(("answer", "says"), [(("happy", 3), "answer_start=3 points at"), (("joyful", -1), "does not stand in its context")])
def test_a_row_whose_answer_is_not_there_is_named(answer, says, tiny_encoder):
    rows = rows_of("an answer")
    targets = rows.targets.copy()
    targets[2] = (answer,)
    with pytest.raises(DataError, match=rf"line 7: .*{says}"):
        fit("an answer", tiny_encoder, rows=replace(rows, targets=targets, lines=np.arange(len(rows)) + 5))


@pytest.mark.parametrize("kind", ["entities", "an answer"])
def test_given_rows_judge(kind, tiny_encoder):
    rows, scores = rows_of(kind), []
    run = Run(seed=1, report=lambda step: scores.append(step.score) if step.score is not None else None)
    Finetune(**(FAST | {"patience": 5, "epochs": 8.0})).fit(rows.task, rows, model=tiny_encoder, validation=rows.take(range(0, len(rows), 2)), run=run)
    assert 5 <= len(scores) <= 8 and 0 <= min(scores) <= max(scores) <= 1


def test_long_questions_are_cut_and_counted(learned):
    predictor = learned("an answer")
    before = predictor.cut
    predictor.outputs([("which mood? " * 200, "a glad day")])
    assert predictor.cut == before + 1


def test_a_head_learns_in_half_precision_too(tiny_encoder):
    rows = rows_of("entities")
    method = Finetune(**(FAST | {"tuning": "head", "epochs": 1.0, "precision": "bf16"}))  # no block is computed: all are behind the cache
    assert len(method.fit(rows.task, rows, model=tiny_encoder).outputs(rows.inputs[:3])) == 3


@pytest.mark.parametrize("kept", [True, False])
def test_an_answerer_reads_chinese_words_as_it_learned_to(kept, learned, tmp_path):
    """Whole; but character by character where it was saved before words were left whole."""
    predictor = learned("an answer")
    data = json.loads(json.dumps(predictor.save(tmp_path)))
    assert data["apart"] is False
    again = get_predictor(predictor.KIND).load(tmp_path, data if kept else {name: value for name, value in data.items() if name != "apart"}, predictor.task)
    assert again.reader.apart is not kept
