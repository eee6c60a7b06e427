"""An explanation is read in a terminal, with colour or without, in a notebook, and as JSON."""

import io
import json
from html.parser import HTMLParser

import pytest
from rich.console import Console

from hanshuku.errors import UnknownName
from hanshuku.explain.explain import explain_rows
from hanshuku.explain.html import page
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
    assert "good (-2.750): awful -3.00, film +0.25" in printed(found)
    assert "good (-2.750): awful -3.00" in Reader(found.to_html()).text
