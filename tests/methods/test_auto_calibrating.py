"""auto's choice says how often it is right: one temperature from answers that were paid for, which changes no answer."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.inference import get_predictor
from hanshuku.methods import get_method
from hanshuku.methods.auto_calibrating import honest, temperature_of
from hanshuku.methods.modest import cooled
from hanshuku.metrics.scaling import LEAST, Temperature, fit_temperature
from hanshuku.training.run import Run
from tests.children import TASKS, rows_of

MOOD, SEVERAL = TASKS["one label"], TASKS["several labels"]


def boasts(count, several=False):
    """Targets, and answers that are right four times in five and always 99% sure."""
    rng = np.random.default_rng(0)
    labels = len((SEVERAL if several else MOOD).labels)
    if several:
        targets = rng.integers(0, 2, (count, labels))
        return targets, np.where((rng.random(targets.shape) < 0.8) == (targets > 0), 0.99, 0.01).astype(np.float32)
    targets = rng.integers(0, labels, count)
    given = np.where(rng.random(count) < 0.8, targets, (targets + 1) % labels)
    chances = np.full((count, labels), 0.01 / (labels - 1), dtype=np.float32)
    chances[np.arange(count), given] = 0.99
    return targets, chances


@pytest.mark.parametrize("several", [False, True])
def test_the_more_rows_show_that_answers_boast_the_more_they_are_believed(several):
    believed = []
    for count in (20, 200, 5000):
        rows = boasts(count, several)
        found, shown = temperature_of(*rows).temperature, fit_temperature(*rows).temperature
        assert 1 < found < shown
        believed.append(found / shown)
    assert believed[0] < believed[1] < believed[2] and believed[2] > 0.95


def test_a_handful_of_rows_changes_nothing():
    assert temperature_of(*boasts(LEAST - 1)) is None


def test_honest_answers_stay_as_they_are():
    rng = np.random.default_rng(1)
    chances = rng.dirichlet(np.ones(len(MOOD.labels)), 400).astype(np.float32)
    targets = np.array([rng.choice(len(row), p=row / row.sum()) for row in chances.astype(np.float64)])
    found = temperature_of(targets, chances)
    assert found is None or found.temperature == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("kind", ["one label", "several labels"])
@pytest.mark.parametrize("method", ["static", "probe"])
def test_a_cooled_predictor_gives_the_same_answers_less_surely_and_is_kept(kind, method, tiny_encoder, tmp_path):
    rows, scaling = rows_of(kind), Temperature(3.0)
    before = get_method(method).fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0)) if method == "probe" else _static(rows)
    after = cooled(before, scaling)
    expected = scaling.apply(before.outputs(rows.inputs), before.threshold if rows.task.several else None)
    assert np.abs(after.outputs(rows.inputs) - expected).max() < (1e-2 if rows.task.several else 1e-4)  # a sigmoid of 1 says less than its logit
    given = [(outputs >= threshold) if rows.task.several else outputs.argmax(axis=1) for outputs, threshold in ((p.outputs(rows.inputs), p.threshold) for p in (before, after))]
    assert (given[0] == given[1]).all()
    (tmp_path / "f").mkdir()
    again = get_predictor(after.KIND).load(tmp_path / "f", json.loads(json.dumps(after.save(tmp_path / "f"))), rows.task)
    assert np.abs(again.outputs(rows.inputs) - after.outputs(rows.inputs)).max() < 1e-6 and again.threshold == after.threshold


def _static(rows):
    method = get_method("static")
    return method.fit(rows.task, rows, model=method.default_model(rows.task, "en"), run=Run(seed=0))


def test_it_is_said_what_was_done_and_on_how_many_rows(tiny_encoder):
    rows = rows_of("one label")
    predictor = get_method("probe").fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))
    targets, chances = boasts(300)
    right = np.append(np.ones(200), np.full(100, np.nan))
    search = SimpleNamespace(task=rows.task, judges=SimpleNamespace(rows=SimpleNamespace(targets=targets)))
    arm = SimpleNamespace(outputs=chances, right=right)
    found, said = honest(search, SimpleNamespace(arms=(arm,)), predictor)
    assert "fitted to 200 answers" in said and found is not predictor
    assert honest(search, SimpleNamespace(arms=(arm, arm)), predictor) == (predictor, ""), "two that answer together stay as they are"


def test_of_an_arm_that_no_row_has_judged_it_is_said_that_its_confidences_are_not_checked(tiny_encoder):
    rows = rows_of("one label")
    search = SimpleNamespace(task=rows.task, judges=SimpleNamespace(rows=SimpleNamespace(targets=rows.targets)))
    untried = SimpleNamespace(name="contrastive", outputs=None, right=np.full(len(rows), np.nan))
    predictor = get_method("probe").fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))
    found, said = honest(search, SimpleNamespace(arms=(untried,)), predictor)
    assert found is predictor and said.startswith("contrastive was chosen by what is usual") and "not checked" in said
