"""compare: the same rows for all, failures told, finished runs kept, and no difference called real that is none."""

import io
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, DataError
from hanshuku.evaluation.compare import Candidate, compare, draw_few
from hanshuku.evaluation.evaluate import evaluate
from hanshuku.tasks import Task
from tests.evaluation.nearest import MOOD, Constant, Nearest, mood_rows

TRAIN, TEST = mood_rows(200, 0, clear=2), mood_rows(300, 1, clear=2)


def here(name: str, method, model: str = "none") -> Candidate:
    return Candidate(name, method, model, isolated=False)


def printed(comparison, language: str = "en", **console) -> str:
    stream = io.StringIO()
    comparison.render(Console(file=stream, **console), language=language)
    return stream.getvalue()


@pytest.fixture(scope="module")
def comparison():
    """Four methods, one of them broken, three seeds of 20 rows a class."""
    candidates = [here("one", Nearest()), here("nine", Nearest(k=9)), here("constant", Constant()), here("broken", Nearest(fails="The loss is not a number."))]
    return compare(TRAIN, TEST, candidates, seeds=3, few=20)


def test_with_one_seed_the_numbers_are_those_of_evaluate():
    found = compare(TRAIN, TEST, [here("one", Nearest())])
    report = evaluate(Nearest().fit(MOOD, TRAIN, model="none"), TEST)
    assert found.methods[0].metrics == report.metrics


def test_every_method_sees_the_same_rows_of_a_seed_and_each_seed_others():
    drawn = [draw_few(TRAIN, 8, seed) for seed in (0, 0, 1)]
    assert drawn[0].inputs == drawn[1].inputs != drawn[2].inputs
    assert np.bincount(drawn[0].targets).tolist() == [8, 8, 8]


def test_a_method_that_fails_is_told_and_the_others_go_on(comparison):
    status = {method.name: method.status for method in comparison.methods}
    assert status == {"one": "done", "nine": "done", "constant": "done", "broken": "failed"}
    assert [run.status for run in comparison.runs if run.name == "broken"] == ["failed", "not run", "not run"]
    assert "Failed: broken: The loss is not a number." in printed(comparison)


def test_a_method_that_does_not_learn_runs_once_and_counts_for_every_seed(comparison):
    lines = []
    compare(TRAIN, TEST, [here("constant", Constant())], seeds=3, report=lines.append)
    assert sum("starts" in line for line in lines) == 1
    assert len([run for run in comparison.runs if run.name == "constant"]) == 3


def test_a_large_difference_is_real_and_said_in_words(comparison):
    difference = comparison.difference("constant", "nine")
    assert (difference.first, difference.real, difference.test, difference.seeds) == ("nine", True, "paired bootstrap", 3)
    assert "nine is better than constant" in printed(comparison)


def test_a_small_difference_is_open_and_the_rows_that_would_settle_it_are_named():
    found = compare(TRAIN, TEST, [here("nine", Nearest(k=9)), here("ten", Nearest(k=10))])
    (difference,) = found.differences
    assert difference.test == "McNemar mid-p"
    assert not difference.real
    assert difference.more_rows > 300
    assert "more test rows would settle it" in printed(found)


def test_equal_answers_are_not_told_apart_and_no_rows_are_promised():
    found = compare(TRAIN, TEST, [here("a", Nearest()), here("b", Nearest())])
    assert found.differences[0].p_holm == 1
    assert "no number of rows can be named" in printed(found)


def test_the_interval_over_seeds_is_wider_than_that_of_rows_alone_where_seeds_differ():
    candidates = [here("little", Nearest(share=0.03))]
    alone, many = (compare(TRAIN, TEST, candidates, seeds=seeds).methods[0].metrics["accuracy"] for seeds in (1, 4))
    assert many.high - many.low > alone.high - alone.low


def test_it_survives_as_json_with_the_findings(comparison):
    data = json.loads(json.dumps(comparison.to_json(), allow_nan=False))
    assert data["methods"][1]["metrics"]["accuracy"]["n"] == 300
    assert {"first", "second", "p", "p_holm", "real", "more_rows"} <= set(data["differences"][0])
    assert len(data["runs"]) == 12
    assert any("nine" in line for line in data["findings"])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("console", [{"width": 80, "force_terminal": True, "color_system": None}, {"width": 80}], ids=["terminal", "file"])
def test_no_number_is_cut_off_in_a_narrow_terminal_or_a_file(comparison, language, console):
    text = printed(comparison, language, **console)
    for method in comparison.ranked:
        metric = method.metrics["accuracy"]
        assert f"{metric.low:.3f}–{metric.high:.3f}" in text
        assert f"{method.fit_peak_memory_mb:,.0f}" in text


def test_the_plot_is_a_png(comparison, tmp_path):
    path = comparison.plot(tmp_path / "new" / "plot.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_finished_runs_are_kept_and_not_done_again_but_changed_ones_are(tmp_path):
    lines = []
    first = compare(TRAIN, TEST, [here("m", Nearest(k=3))], seeds=2, run_folder=tmp_path)
    again = compare(TRAIN, TEST, [here("renamed", Nearest(k=3))], seeds=2, run_folder=tmp_path, report=lines.append)
    assert all("kept from before" in line for line in lines)
    assert again.methods[0].metrics == first.methods[0].metrics
    assert again.methods[0].fit_seconds == first.methods[0].fit_seconds
    lines.clear()
    compare(TRAIN, mood_rows(300, 2), [here("m", Nearest(k=3))], run_folder=tmp_path, report=lines.append)
    compare(TRAIN, TEST, [here("m", Nearest(k=4))], run_folder=tmp_path, report=lines.append)
    assert not any("kept" in line for line in lines)
    assert json.loads((tmp_path / "compare.json").read_text(encoding="utf-8"))["methods"]


def test_a_damaged_result_is_done_again(tmp_path):
    candidates = [here("m", Nearest())]
    compare(TRAIN, TEST, candidates, run_folder=tmp_path)
    for path in (tmp_path / "runs").glob("*.npz"):
        path.write_bytes(path.read_bytes()[:40])
    assert compare(TRAIN, TEST, candidates, run_folder=tmp_path).methods[0].status == "done"


class Clock:
    """Time that passes only when a run makes it pass."""

    now = 0.0

    def monotonic(self) -> float:
        return Clock.now


class Slow(Nearest):
    """Takes 40 seconds of the clock above, whatever it was granted."""

    def fit(self, *args, **options):
        Clock.now += 40
        return super().fit(*args, **options)


def test_what_does_not_fit_the_budget_is_not_run_and_each_fit_is_granted_its_share_of_what_is_left(monkeypatch):
    monkeypatch.setattr("hanshuku.evaluation.compare.time", Clock())
    monkeypatch.setattr(Clock, "now", 0.0)
    found = compare(TRAIN, TEST, [here("a", Slow()), here("b", Slow(k=2))], seeds=2, budget_s=100)
    assert [run.status for run in found.runs] == ["done", "done", "done", "not run"]  # a, a, b, b: all first seeds come first
    assert [run.budget_s for run in found.runs] == [100 / 4, 20 / 2, 60 / 3, None]
    assert "The budget of 100 s was spent" in printed(found)


def test_a_process_of_its_own_measures_its_own_memory_and_gives_the_same_answers():
    lean, fat = Candidate("lean", Nearest(), "none"), Candidate("fat", Nearest(megabytes=300), "none")
    waste = np.ones(500 * 2**17)  # what this process holds must not count
    found = compare(TRAIN, TEST, [lean, fat])
    peaks = [method.fit_peak_memory_mb for method in found.methods]
    assert waste[0] == 1
    assert peaks[1] - peaks[0] == pytest.approx(300, abs=30)
    if sys.platform == "linux":
        assert peaks[0] < 200
    assert found.methods[0].metrics == evaluate(Nearest().fit(MOOD, TRAIN, model="none"), TEST).metrics


def test_a_process_that_dies_or_overruns_is_a_failed_run_with_its_reason():
    found = compare(TRAIN, TEST, [Candidate("bug", Nearest(fails="bug"), "none"), Candidate("dead", Dies(), "none")])
    messages = {method.name: method.message for method in found.methods}
    assert messages["bug"] == "ZeroDivisionError: a bug"
    assert "exit code 7" in messages["dead"]
    assert "No method has a result." in printed(found)


def test_a_process_that_ignores_the_budget_is_ended(monkeypatch):
    monkeypatch.setattr("hanshuku.evaluation.compare.GRACE_S", 0.0)
    start = time.monotonic()
    found = compare(TRAIN, TEST, [Candidate("deaf", Deaf(), "none")], budget_s=0.5)
    assert "ended because the budget was spent" in found.methods[0].message
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(
    ("methods", "options", "message"),
    [
        ([], {}, "at least one method"),
        ([here("a", Nearest()), here("a", Nearest(k=2))], {}, "each under its own name"),
        ([here("a", Nearest())], {"seeds": 0}, "seeds=0"),
        ([here("a", Nearest())], {"few": -1}, "few=-1"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_runs(methods, options, message):
    with pytest.raises(ConfigError, match=message):
        compare(TRAIN, TEST, methods, **options)


def test_a_method_that_another_process_could_not_import_is_refused_with_the_way_out():
    class Local(Nearest):
        pass

    with pytest.raises(ConfigError, match="isolated=False"):
        compare(TRAIN, TEST, [Candidate("local", Local(), "none")])


def test_rows_without_labels_are_refused():
    with pytest.raises(DataError, match="300 rows without labels"):
        compare(TRAIN, Encoded(MOOD, TEST.inputs, None, TEST.lines), [here("a", Nearest())])


def test_a_method_that_does_not_do_this_kind_of_task_fails_with_a_reason():
    task = Task("rate", low=0, high=2)
    rows = Encoded(task, TEST.inputs, TEST.targets.astype(np.float32), TEST.lines)
    found = compare(rows, rows, [here("constant", Constant()), here("one", Nearest(k=2))])
    assert "Method 'constant' does classify" in found.methods[0].message
    assert found.primary == "spearman"
    assert found.methods[1].status == "done"


def test_several_labels_are_compared_by_micro_f1():
    task = Task("classify", labels=("good", "bad", "dull"), several=True)
    rows = [Encoded(task, part.inputs, np.eye(3, dtype=np.float32)[part.targets], part.lines) for part in (TRAIN, TEST)]
    found = compare(*rows, [here("one", Nearest()), here("nine", Nearest(k=9))], seeds=2, few=30)
    assert found.primary == "micro_f1"
    assert found.differences[0].test == "paired bootstrap"
    assert "micro_f1" in printed(found, "zh")


class Dies(Nearest):
    """Its process ends without a word."""

    def fit(self, task, train, *, model, validation=None, run=None):
        os._exit(7)


class Deaf(Nearest):
    """It takes its time, whatever it was granted."""

    def fit(self, task, train, *, model, validation=None, run=None):
        time.sleep(60)


def test_the_loading_of_libraries_is_not_the_time_of_a_fit(tmp_path, monkeypatch):
    (tmp_path / "heavy_library.py").write_text("import time\ntime.sleep(0.5)\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    (run,) = compare(TRAIN, TEST, [here("a", Importing())]).runs
    assert run.import_seconds >= 0.5
    assert run.fit_seconds < 0.4


class Importing(Nearest):
    """Loads a heavy library first."""

    def fit(self, *args, **options):
        import heavy_library  # noqa: F401

        return super().fit(*args, **options)


def test_no_file_is_left_behind_where_no_folder_was_given(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    compare(TRAIN, TEST, [here("a", Nearest())])
    assert not list(Path(tmp_path).iterdir())
