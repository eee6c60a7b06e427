"""A run's numbers, as CSV, for TensorBoard and for Weights & Biases."""

import csv
import sys

import pytest

from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.training import tracking
from hanshuku.training.run import Run
from tests.training.problem import problem, run_train


def lines(folder):
    with (folder / "metrics.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_a_csv_has_a_line_a_step(tmp_path):
    network, x, y = problem()
    run_train(network, x, y, run=Run(folder=tmp_path, track=("csv",)), evaluate=lambda: 0.5)
    assert [row["step"] for row in lines(tmp_path) if not row["score"]] == [str(i) for i in range(1, 33)]
    assert len([row for row in lines(tmp_path) if row["score"]]) == 4


def test_another_run_in_the_same_folder_begins_anew(tmp_path):
    for _ in range(2):
        network, x, y = problem()
        run_train(network, x, y, run=Run(folder=tmp_path, track=("csv",)))
    assert len(lines(tmp_path)) == 32


def test_a_resumed_run_drops_what_it_will_say_again(tmp_path):
    (tmp_path / "metrics.csv").write_text("step,epoch,loss,learning_rate,score,seconds\n1,0.1,2,1e-5,,1\n2,0.2,2,1e-5,,2\n3,0.3,2")
    tracker = tracking.CsvTracker(tmp_path, {}, 1, "")
    tracker.log({"step": 2, "loss": 1.5})
    tracker.close()
    assert [(row["step"], row["loss"]) for row in lines(tmp_path)] == [("1", "2"), ("2", "1.5")]


def test_tensorboard_gets_event_files(tmp_path):
    pytest.importorskip("tensorboard")
    network, x, y = problem()
    run_train(network, x, y, run=Run(folder=tmp_path, track=("tensorboard",)))
    assert list((tmp_path / "tensorboard").glob("events*"))


def test_weights_and_biases_runs_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    network, x, y = problem()
    run_train(network, x, y, run=Run(folder=tmp_path, track=("wandb",)))
    assert list((tmp_path / "wandb").glob("offline-run-*"))


@pytest.mark.parametrize(("name", "package"), [("wandb", "wandb"), ("tensorboard", "torch.utils.tensorboard")])
def test_a_package_that_is_missing_is_named_with_its_command(tmp_path, monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)
    network, x, y = problem()
    with pytest.raises(MissingExtra, match=r"pip install .hanshuku\[track\]"):
        run_train(network, x, y, run=Run(folder=tmp_path, track=(name,)))


@pytest.mark.parametrize("run", [{"track": ("papertrail",)}, {"track": ("csv",), "folder": None}])
def test_a_tracker_that_cannot_be_is_refused(tmp_path, run):
    network, x, y = problem()
    with pytest.raises(ConfigError, match="tensorboard"):
        run_train(network, x, y, run=Run(**{"folder": tmp_path, **run}))


def test_a_tracker_that_fails_does_not_end_the_run(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tracking.CsvTracker, "log", full)
    network, x, y = problem()
    notes = []
    result = run_train(network, x, y, run=Run(folder=tmp_path, track=("csv",), report=lambda step: notes.append(step.note)))
    assert result.steps == 32
    assert [note for note in notes if "No space left" in note] == [notes[0]]
