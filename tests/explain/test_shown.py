"""An explanation is read in a terminal, with colour or without, in a notebook, and as JSON."""

import io
import json
from html.parser import HTMLParser
from string import Formatter

import numpy as np
import pytest
from rich.console import Console

from hanshuku.data.language import HAN
from hanshuku.errors import UnknownName
from hanshuku.explain.explain import explain_rows
from hanshuku.explain.html import page
from hanshuku.explain.remarks import REMARKS
from hanshuku.tasks import Task
from tests.explain.test_explain import Counting

TEXT = 'an awful <script>film</script> & "lovely" [bold] 糟糕 🙁'


@pytest.fixture(scope="module")
def explanation():
    return explain_rows(Counting(), [(TEXT,)], method="occlusion")[0]


def printed(explanation, *, colour=False, language="en"):
    stream = io.StringIO()
    explanation.render(Console(file=stream, force_terminal=colour, width=200, highlight=False), language=language)
    return stream.getvalue()


def test_without_colour_the_weights_stand_beside_the_words(explanation):
    text = printed(explanation)
    assert "awful[+3.00]" in text
    assert '"lovely[-2.00]" [bold]' in text
    assert "-2.000" in text and "against" in text
    assert "\x1b" not in text


def test_on_a_terminal_words_for_and_against_have_other_colours(explanation):
    text = printed(explanation, colour=True)
    assert "\x1b[1;34mawful" in text
    assert "\x1b[1;31mlovely" in text


def test_it_speaks_chinese(explanation):
    assert "支持" in printed(explanation, language="zh")
    assert 'lang="zh"' in explanation.to_html(language="zh")
    with pytest.raises(UnknownName, match="zh"):
        explanation.to_html(language="fr")


class Reader(HTMLParser):
    """Collects tags and text, and sees that every tag is closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "hr", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_html_is_escaped_and_needs_nothing_from_elsewhere(explanation):
    read = Reader(page("<t>", [explanation._repr_html_()], "en"))
    assert TEXT in read.text
    assert not any(tag in {"script", "link", "img"} or "src" in given or "href" in given for tag, given in read.tags)


def test_in_html_a_word_is_told_by_more_than_its_colour(explanation):
    marks = {given["title"].split()[0]: given["style"] for tag, given in Reader(explanation.to_html()).tags if tag == "mark"}
    assert "solid" in marks["+3.000"]
    assert "dashed" in marks["-2.000"]


def test_json_holds_places_and_weights(explanation):
    data = json.loads(json.dumps(explanation.to_json(), allow_nan=False))
    assert data["label"] == "bad"
    assert all(TEXT[word["start"] : word["end"]] == word["text"] for word in data["words"])
    assert data["labels"]["bad"]["weights"] == [word["weight"] for word in data["words"]]


def test_other_labels_that_were_explained_have_a_line():
    (found,) = explain_rows(Counting(), [("an awful film",)], label=["bad", "good"])
    assert "good (-2.750 = 6.0%): awful -3.00, film +0.25" in printed(found)
    assert "good（-2.750 = 6.0%）：awful -3.00，film +0.25" in printed(found, language="zh")
    read = Reader(found.to_html())
    assert "good (-2.750 = 6.0%): awful -3.00" in read.text
    assert read.text.count("an awful film") == 2, "the text stands once for each label, with that label's marks"


def test_log_odds_are_told_as_a_probability_too(explanation):
    assert f"score {explanation.score:+.3f} = {1 / (1 + np.exp(-explanation.score)):.1%}" in printed(explanation)


def test_words_of_a_number_raise_or_lower_it():
    (found,) = explain_rows(Counting(Task("rate", low=0, high=10)), [("an awful but lovely film",)])
    text = printed(found)
    assert "awful (lowers)" in text and "lovely (raises)" in text and "(for)" not in text
    assert f"score {found.output:.3f}, without its words 5.000; + raises it, - lowers it" in text
    assert "awful（降低）" in printed(found, language="zh")
    assert "(lowers)" in found.to_html()


def test_of_a_pair_it_is_said_which_text_a_word_stands_in():
    (found,) = explain_rows(Counting(Task("classify", ("first", "second"), labels=("good", "bad"))), [("an awful film", "an awful plot")])
    assert "awful (first, for)" in printed(found) and "awful (second, for)" in printed(found)
    assert Reader(found.to_html()).text.count("second") == 2, "before its text, and in the table"


def test_a_notebook_shows_it_in_the_language_of_the_row():
    chinese, english = explain_rows(Counting(), [("这部电影真的很糟糕",), ("an awful film",)])
    assert 'lang="zh"' in chinese._repr_html_()
    assert 'lang="en"' in english._repr_html_()


def test_every_cell_says_where_its_text_stands_as_a_notebook_pushes_it_to_the_right(explanation):
    cells = [given for tag, given in Reader(explanation.to_html()).tags if tag in {"td", "th"} and given]
    assert cells and all("text-align:left" in given["style"] for given in cells)


@pytest.mark.parametrize("name", REMARKS["en"])
def test_every_remark_is_said_in_both_languages_with_the_same_facts(name):
    fields = [sorted(field for _, field, _, _ in Formatter().parse(REMARKS[language][name]) if field) for language in ("en", "zh")]
    assert fields[0] == fields[1]
    assert HAN.search(REMARKS["zh"][name]) and not HAN.search(REMARKS["en"][name])


def test_remarks_are_in_the_language_of_what_is_shown():
    (found,) = explain_rows(Counting(), [("an awful film",)])
    (none,) = explain_rows(Silent(), [("an awful film",)])
    assert found.notes == () and none.output == ()
    assert "No label was given" in printed(none) and "No label was given" in none.to_json()["notes"][0]
    for text in (printed(none, language="zh"), none.to_html(language="zh")):
        assert "没有给出任何标签" in text and "No label" not in text
    with pytest.raises(UnknownName, match="zh"):
        none.notes[0].text("fr")


class Silent(Counting):
    """Gives no label."""

    def __init__(self):
        super().__init__(Task("classify", labels=("good", "bad"), several=True))

    def outputs(self, inputs):
        return np.full((len(inputs), 2), 0.1, dtype=np.float32)
