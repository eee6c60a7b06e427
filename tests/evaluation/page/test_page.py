"""The page stands alone, is whole HTML with headings in order, and nothing that a row or a label holds becomes markup."""

import json
import re
import string
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.evaluation.evaluate import judge
from hanshuku.evaluation.page import SECTIONS
from hanshuku.evaluation.page import words as frame
from hanshuku.evaluation.page.html import table
from hanshuku.evaluation.page.svg import Line, plot, ticks, whisker
from hanshuku.evaluation.report import Report
from hanshuku.tasks import Task
from tests.evaluation.nearest import MOOD
from tests.evaluation.test_report import RATE, SEVERAL, report_of, rows

VOID = {"meta", "link", "br", "img", "input"}


class Outline(HTMLParser):
    """Open and closed tags, ids, headings and what would be fetched or run."""

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.ids, self.headings, self.fetched, self.pointed, self.unnamed = [], [], [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.fetched += [tag] if tag in {"script", "link", "img", "iframe", "object"} or "src" in found or any(name.startswith("on") for name in found) else []
        self.pointed += [found["href"]] if "href" in found else []
        self.unnamed += [tag] if tag == "svg" and not (found.get("aria-label") or found.get("aria-hidden")) else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [dict(attrs)["id"]] if "id" in dict(attrs) else []

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("task", [MOOD, SEVERAL, RATE], ids=["one", "several", "rate"])
def test_it_is_whole_html_that_fetches_and_runs_nothing(task, language):
    outline = Outline(report_of(task).to_html(language))
    assert not outline.open and not outline.wrong and not outline.fetched and not outline.unnamed
    assert len(set(outline.ids)) == len(outline.ids)
    assert {target[1:] for target in outline.pointed} <= set(outline.ids), "every link leads to a place on the page"
    assert outline.headings[0] == 1 and all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False)), "no level is skipped"


def test_every_table_has_a_caption_and_heads_with_a_scope():
    text = report_of(MOOD).to_html()
    assert text.count("<table") == text.count("<caption>") > 2
    assert "<th>" not in text


def test_it_says_its_language():
    assert '<html lang="en">' in report_of(MOOD).to_html() and '<html lang="zh-Hans">' in report_of(MOOD).to_html("zh")
    with pytest.raises(UnknownName, match="en, zh"):
        report_of(MOOD).to_html("fr")


def test_labels_instructions_and_notes_become_no_markup():
    bad = "<script>alert(1)</script>\"'&"
    task = Task("classify", labels=(bad, "\ud800b\x00"), name="f", instruction=bad)
    found = judge(rows(task, np.array([0, 1, 1])), np.eye(2)[[1, 0, 1]], notes=(bad,))
    text = replace(found, history=({"method": bad, "settings": {"a": bad}},)).to_html()
    assert "<script" not in text
    assert not Outline(text).open
    text.encode("utf-8")


@pytest.mark.parametrize("labels", [2, 150, 400])
def test_it_holds_for_few_and_for_many_labels(labels):
    rng = np.random.default_rng(0)
    task = Task("classify", labels=tuple(f"label {i}" for i in range(labels)))
    text = judge(rows(task, rng.integers(0, labels, 600)), rng.dirichlet(np.ones(labels), 600)).to_html()
    assert not Outline(text).open
    assert len(text) < 900_000


def test_it_is_saved_as_page_or_as_json_by_its_name(tmp_path):
    report = report_of(MOOD)
    assert report.save(tmp_path / "new" / "report.html", language="zh").read_text(encoding="utf-8") == report.to_html("zh")
    assert Report.from_json(json.loads(report.save(tmp_path / "report.json").read_text(encoding="utf-8"))).to_json() == report.to_json()
    with pytest.raises(ConfigError, match=r"NAME.html or NAME.json"):
        report.save(tmp_path / "report.pdf")


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("words", [frame.WORDS, *(section.words for section in SECTIONS.values())], ids=["frame", *SECTIONS])
def test_a_section_says_the_same_things_in_both_languages(words):
    assert {key: fields(text) for key, text in words["en"].items()} == {key: fields(text) for key, text in words["zh"].items()}


def test_a_table_of_many_columns_says_what_it_is_where_a_phone_stacks_it():
    wide = table("a", ["x", "1", "2", "3"], [["<b>r</b>", "1", ("2", "bad"), "3"]])
    assert 'class="stacks" role="table"' in wide and '<td role="cell" class="n bad" data-head="2">2</td>' in wide and '<th scope="row" role="rowheader"><b>r</b></th>' in wide
    assert "role=" not in table("a", ["x", "1"], [["r", "1"]]).replace('role="region"', "")


def test_a_picture_in_a_table_repeats_what_its_row_says_so_it_may_be_left_out():
    drawn = table("a", ["x", "1", "2"], [["r", whisker(0.5, 0.4, 0.6), "0.5"], ["s", "", ""]])
    assert drawn.count('class="pic"') == 3 and 'aria-hidden="true"' in drawn
    assert whisker(None, None, None) == whisker(float("nan"), 0, 1) == ""


def test_a_plot_says_in_words_what_it_shows_and_keeps_its_points_inside():
    drawn = plot([Line([(0.1, 0.2), (10, 0.9)], bars=[(0.1, 0.3), (0.8, 1.5)], dots=True)], "rows", "accuracy", "from 0.2 to 0.9", log_x=True)
    assert 'role="img"' in drawn and 'aria-label="from 0.2 to 0.9"' in drawn and "nan" not in drawn
    assert plot([Line([])], "x", "y", "nothing") == ""
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
