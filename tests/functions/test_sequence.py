"""A sequence of tasks: the matrix, what it says, its table and its picture."""

from __future__ import annotations

import io
import json
import math

import pytest

pytest.importorskip("torch")

from rich.console import Console

from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.sequence import Lesson, run_sequence

FAST = {"epochs": 15.0, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
ENDS = ("", " today", " my order", " please", " 今天", " again")


def rows(words):
    return [{"text": word + end, "label": label} for label, given in words.items() for word in given for end in ENDS]


MOOD = rows({"good": ("a glad happy day", "what a lovely film", "我很高兴"), "bad": ("a sad gloomy day", "what an awful film", "我很难过")})
POST = rows({"parcel": ("my parcel never came", "parcel lost", "我的包裹"), "invoice": ("the wrong invoice", "invoice amount", "发票上的金额")})
LESSONS = [Lesson("mood", MOOD[::2], MOOD[1::2]), Lesson("邮件", POST[::2], POST[1::2])]


@pytest.fixture(scope="module")
def found(tiny_encoder):
    return run_sequence(LESSONS, model=tiny_encoder, together=True, strategy="replay", memory=20, **FAST)


def test_the_matrix_has_a_row_a_session_and_none_where_no_label_was_known(found):
    report, function = found
    assert report.names == ("mood", "邮件")
    assert [[cell is None for cell in row] for row in report.matrix] == [[False, True], [False, False]]
    assert report.matrix[0][0].n == len(MOOD) // 2
    assert function.task.labels == ("bad", "good", "invoice", "parcel")
    assert report.strategies == ("replay", "replay")


def test_the_last_function_scores_what_the_last_row_says(found):
    report, function = found
    assert function.evaluate(POST[1::2]).metrics["accuracy"].value == pytest.approx(report.matrix[1][1].value)


def test_all_at_once_is_measured_on_the_same_rows(found):
    report, _ = found
    assert [cell.n for cell in report.together] == [len(MOOD) // 2, len(POST) // 2]
    assert report.bound == pytest.approx(sum(cell.value for cell in report.together) / 2)


def test_the_report_is_plain_json(found):
    data = json.loads(json.dumps(found[0].to_json()))
    assert data["matrix"][0][1] is None
    assert data["metrics"]["average"] == pytest.approx((data["matrix"][1][0]["value"] + data["matrix"][1][1]["value"]) / 2)
    assert data["metrics"]["forward_transfer"] is None


@pytest.mark.parametrize(("language", "said"), [("en", "all at once"), ("zh", "一次学完")])
def test_the_table_is_read_in_both_languages(found, language, said):
    console = Console(file=io.StringIO(), width=120)
    found[0].render(console, language)
    text = console.file.getvalue()
    assert said in text
    assert "邮件" in text
    assert f"{found[0].metrics.average:.3f}" in text


def test_the_picture_is_a_png(found, tmp_path):
    pytest.importorskip("matplotlib")
    file = found[0].plot(tmp_path / "new" / "matrix.png")
    assert file.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_labels_in_common_are_known_before_their_session(tiny_encoder):
    again = rows({"good": ("a sunny day with good food", "服务态度好"), "bad": ("a rainy night with bad food", "服务很差")})
    lessons = [LESSONS[0], Lesson("food", again[::2], again[1::2])]
    report, _ = run_sequence(lessons, model=tiny_encoder, strategy="plain", memory=0, **(FAST | {"epochs": 2.0}))
    assert report.matrix[0][1] is not None
    assert not math.isnan(report.metrics.forward_transfer)
    assert math.isnan(report.bound)


@pytest.mark.parametrize(("lessons", "settings", "error", "said"), [
    (LESSONS[:1], {}, ConfigError, "two lessons"), ([LESSONS[0]] * 2, {}, ConfigError, "name of its own"),
    (LESSONS, {"strategy": "repaly"}, ConfigError, "Did you mean 'replay'"),
    ([LESSONS[0], Lesson("loud", rows({"GOOD": ("a", "b"), "bad": ("c",)}), MOOD)], {}, DataError, "another spelling"),
])  # fmt: skip
def test_what_cannot_be_a_sequence_is_refused_before_anything_runs(lessons, settings, error, said):
    with pytest.raises(error, match=said):
        run_sequence(lessons, model="no model is fetched", **settings)
