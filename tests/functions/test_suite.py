"""Regression suites: rows of every kind of task go into a plain file, and a function that gets one wrong is told by file and line."""

import json

import pytest

import hanshuku as hk
from hanshuku.cli.main import main
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.core import Function
from hanshuku.functions.suite import add_to_suite, check_suite
from hanshuku.tasks import Task
from tests.evaluation.test_diff import KINDS, MOOD, NEW, OLD, TRUE, Refusing, Said, mood, rows


@pytest.fixture
def suite(tmp_path):
    """The rows that the old function gets wrong."""
    path = tmp_path / "never.jsonl"
    add_to_suite(path, rows(TRUE), function=mood(OLD), tags=["old"], note="release 3")
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_rows_a_function_gets_wrong_go_into_the_file_with_tags_note_date_and_where_they_came_from(suite):
    first = lines(suite)[0]
    assert len(lines(suite)) == 20
    assert {"text": "text 40", "label": "good", "tags": ["old"], "note": "release 3", "source": "rows:41"}.items() <= first.items()
    assert len(first["added"]) == len("2026-01-01")


def test_the_rows_that_are_still_wrong_are_named_by_file_and_line(suite):
    found = mood(NEW).check_suite(suite)
    assert not found.passed
    assert [(row.file, row.line, row.output, row.due) for row in found.failed] == [(str(suite), 19, "bad", "good"), (str(suite), 20, "bad", "good")]
    assert found.to_json()["tags"] == {"old": {"n": 20, "failed": 2}}


def test_a_function_that_is_right_everywhere_passes(suite):
    assert mood(TRUE).check_suite(suite).passed


def test_a_row_that_is_there_already_is_passed_over_and_what_stands_there_stays_byte_by_byte(suite):
    with suite.open("a", encoding="utf-8") as stream:
        stream.write('{"label":   "bad", "text": "by hand"}')  # no line end
    before = suite.read_bytes()
    added = add_to_suite(suite, rows(TRUE), function=mood(NEW))
    assert (added.added, added.repeated, added.total) == (3, 2, 24)
    assert suite.read_bytes().startswith(before + b"\n")


def test_a_row_that_contradicts_the_suite_is_refused_by_both_places_and_nothing_is_written(suite):
    before = suite.read_bytes()
    with pytest.raises(DataError, match=r"rows:1: the row contradicts .*never\.jsonl:1"):
        add_to_suite(suite, hk.read([{"text": "text 40", "label": "bad"}, {"text": "new", "label": "bad"}]), task=MOOD)
    assert suite.read_bytes() == before


def test_a_suite_whose_rows_contradict_each_other_is_refused(suite):
    with suite.open("a", encoding="utf-8") as stream:
        stream.write('{"text": "text 41", "label": "bad"}\n')
    with pytest.raises(DataError, match=r"never\.jsonl:21: the row contradicts .*never\.jsonl:2,"):
        mood(NEW).check_suite(suite)


def test_a_row_that_stands_twice_is_said(suite):
    suite.write_bytes(suite.read_bytes() + suite.read_bytes().splitlines(keepends=True)[0])
    assert any("stands twice" in note for note in mood(NEW).check_suite(suite).notes)


def test_a_label_that_the_function_does_not_know_fails_and_does_not_stop_the_check(suite):
    with suite.open("a", encoding="utf-8") as stream:
        stream.write('{"text": "text 0", "label": "grumpy"}\n')
    (row,) = mood(TRUE).check_suite(suite).failed
    assert (row.line, row.due) == (21, None)


def test_a_row_that_is_refused_does_not_pass(tmp_path):
    path = tmp_path / "suite.jsonl"
    add_to_suite(path, hk.read([{"text": "text 0", "label": "good"}, {"text": "text 1", "label": "good"}]), task=MOOD)
    careful = Function(MOOD, Refusing(MOOD, {"text 0": (0.9, 0.1), "text 1": (0.9, 0.1)}))
    assert [(row.line, row.output) for row in careful.check_suite(path).failed] == [(1, None)]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_every_kind_survive_the_file(kind, tmp_path):
    task, examples, before, after = KINDS[kind]
    path = tmp_path / "suite.jsonl"
    add_to_suite(path, hk.read(examples), task=task)
    assert Function(task, Said(task, after)).check_suite(path).passed
    assert not Function(task, Said(task, before)).check_suite(path).passed
    assert add_to_suite(path, hk.read(examples), task=task).added == 0


def test_chinese_text_stays_readable(tmp_path):
    path = tmp_path / "suite.jsonl"
    add_to_suite(path, hk.read([{"text": "包裹没到", "label": "bad"}]), task=MOOD, note="第三版")
    assert "包裹没到" in path.read_text(encoding="utf-8")


def test_a_score_that_is_enough_can_be_set(tmp_path):
    path, task = tmp_path / "suite.jsonl", Task("generate")
    examples = [{"text": "x", "output": "the parcel is late again"}]
    near = Function(task, Said(task, {"x": ("the parcel is late", 0.5)}))
    add_to_suite(path, hk.read(examples), task=task, at_least=0.8)
    (row,) = near.check_suite(path)
    assert row.passed
    assert 0.8 < row.score < 1
    path.unlink()
    add_to_suite(path, hk.read(examples), task=task)
    assert not near.check_suite(path).passed


def test_only_rows_with_a_tag_are_checked_where_one_is_given(suite):
    add_to_suite(suite, hk.read([{"text": "text 119", "label": "bad"}]), task=MOOD, tags=["new"])
    assert len(check_suite(mood(NEW), suite, tags=["new"])) == 1
    with pytest.raises(DataError, match="Tags there: new, old"):
        check_suite(mood(NEW), suite, tags=["nothing"])


def test_wrong_requests_are_refused_in_words(tmp_path, suite):
    with pytest.raises(ConfigError, match=r"NAME\.jsonl"):
        add_to_suite(tmp_path / "suite.csv", rows(TRUE), task=MOOD)
    with pytest.raises(ConfigError, match="0 to 1"):
        add_to_suite(suite, rows(TRUE), task=MOOD, at_least=2)
    suite.write_text('{"text": "x", "label": "good", "at_least": "much"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"never\.jsonl:1: at_least"):
        mood(NEW).check_suite(suite)
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="empty"):
        mood(NEW).check_suite(tmp_path / "empty.jsonl")


def test_the_command_exits_with_1_where_a_row_fails(suite, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("hanshuku.functions.store.load", lambda path: mood(NEW if path == "new.fn" else TRUE))
    codes = {}
    for name in ("new.fn", "true.fn"):
        with pytest.raises(SystemExit) as stopped:
            main(["suite", "check", name, str(suite)])
        codes[name] = stopped.value.code
    assert codes == {"new.fn": 1, "true.fn": 0}
    assert "never.jsonl:19: bad, not good" in capsys.readouterr().out
