"""A Chinese page holds its notes in Chinese, whether it is made at once or from a report that was read from a file, and the JSON keeps them in English."""

import io
import json
import re
from html import unescape

import pytest
from rich.console import Console

import hanshuku as hk
from hanshuku.evaluation.report import Report
from hanshuku.functions.core import Function
from hanshuku.tasks import Task
from tests.evaluation.notes.read_as import english_in
from tests.evaluation.spotter import MOODS, Spotter
from tests.words import WordPredictor

MESSY = "评论;心情\n很好;good\n\n很好;good\n很好;bad\n;good\n不知道;so so\n<b>很差</b>;bad\n"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    file = tmp_path_factory.mktemp("messy") / "评论.csv"
    file.write_text(MESSY * 3, encoding="gb18030")
    return Function(MOODS, Spotter()).evaluate(hk.read(file, columns={"text": "评论", "mood": "心情"}), checks=(), ood={"电商": [{"text": "很好", "mood": "GOOD"}, {"text": "凑合", "mood": "凑合"}]})


def lines_of(page):
    """The notes of a page."""
    listed = re.search(r"(?:数据行说明|Notes on the rows)</h3><ul>(.+?)</ul>", page, re.DOTALL)
    return [unescape(line) for line in re.findall("<li>(.+?)</li>", listed[1])]


def test_the_notes_of_a_messy_file_stand_in_chinese_on_the_page_and_in_english_in_the_json(report):
    told = lines_of(report.to_html("zh"))
    assert len(told) == len(report.notes) > 7 and not any(map(english_in, told))
    assert any(line.startswith("电商：略去 1 行") for line in told) and any("“so so”" in line for line in told)
    assert lines_of(report.to_html("en")) == list(report.notes) == report.to_json()["notes"]


def test_a_page_made_from_a_saved_report_is_the_same(report):
    again = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert lines_of(again.to_html("zh")) == lines_of(report.to_html("zh"))


def test_on_the_whole_chinese_page_no_sentence_is_english(report):
    text = re.sub(r"<[^>]+>", "\n", re.sub(r"<style.*?</style>", "", report.to_html("zh"), flags=re.DOTALL))
    assert [line for line in map(unescape, text.splitlines()) if english_in(line)] == []


def test_why_rows_were_refused_by_a_guard_is_told_in_chinese():
    task = Task("classify", ("text",), ("退款", "物流"), name="team")
    rows = [{"text": "退款 bob@example.com", "label": "退款"}, {"text": "我要投诉", "label": "物流"}, {"text": "物流", "label": "物流"}]
    found = hk.guard(Function(task, WordPredictor(task)), pii="block", rules=["投诉"]).evaluate(rows, checks=())
    stream = io.StringIO()
    found.render(Console(file=stream, width=10_000), language="zh")
    for text in (stream.getvalue(), found.to_html("zh")):
        assert "拒答：1 行输入含个人数据（email）、1 行输入触犯规则 投诉" in text
    assert "refused: 1 input: personal data (email) and 1 input: rule 投诉" in unescape(found.to_html("en"))
