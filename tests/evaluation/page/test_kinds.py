"""Every kind of task has a page and lines for the terminal, with whatever its reports hold."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.evaluate import judge
from hanshuku.evaluation.parts import measure_parts
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.report import Report
from tests.evaluation.page.test_page import Outline
from tests.evaluation.parts.test_mistakes import KINDS
from tests.words import WordPredictor


def report_of(kind: str, times: int = 12) -> Report:
    """A report with all that asks nothing again, read back from its JSON."""
    task, inputs, targets, outputs, _ = KINDS[kind]
    rows = [row if isinstance(row, tuple) else (row,) for row in inputs] * times
    encoded = Encoded(task, rows, np.concatenate([targets] * times), np.arange(len(rows)))
    given = np.concatenate([outputs] * times)
    found = judge(encoded, given).to_json()
    found["parts"] = measure_parts(Seen(WordPredictor(task), encoded, given), Wanted(checks=()))
    return Report.from_json(json.loads(json.dumps(found, allow_nan=False)))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_has_a_page_and_lines(kind, language):
    report = report_of(kind)
    outline = Outline(report.to_html(language))
    assert not outline.open and not outline.wrong and {"quality", "mistakes", "origin"} <= set(outline.ids)
    stream = io.StringIO()
    report.render(Console(file=stream, width=80), language=language)
    assert next(iter(report.metrics)) in stream.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_one_row_is_enough(kind):
    assert not Outline(report_of(kind, times=1).to_html()).open


@pytest.mark.parametrize("kind", KINDS)
def test_a_function_without_a_name_is_called_by_what_it_does_in_the_language_of_the_page(kind):
    report = report_of(kind, times=1)
    title = report.to_html("zh").split("<title>")[1].split("</title>")[0]
    assert title.startswith("评估报告：未命名的") and report.task.kind not in title
    assert report.task.kind in report.to_html("en").split("<title>")[1].split("</title>")[0]
