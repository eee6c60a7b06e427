"""Plots: Chinese names are letters or plain ASCII, never boxes."""

from dataclasses import replace

import pytest

from hanshuku.evaluation import plot
from hanshuku.evaluation.compare import Candidate, compare
from tests.evaluation.nearest import Nearest, mood_rows

pytest.importorskip("matplotlib")


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """The texts of a plot of a method with a Chinese name, and the fonts they are drawn in."""

    def draw(language: str) -> list[str]:
        found = compare(mood_rows(50, 0), mood_rows(50, 1), [Candidate("近邻 k=3", Nearest(k=3), "none", isolated=False)])
        seen: list[str] = []
        original = plot._draw

        def spy(axes, *args):
            original(axes, *args)
            seen.extend([text.get_text() for text in axes.texts] + [axes.get_xlabel(), axes.get_ylabel(), axes.get_title(loc="left")])

        monkeypatch.setattr(plot, "_draw", spy)
        replace(found).plot(tmp_path / "plot.png", language=language)
        return seen

    return draw


def test_without_a_font_that_has_the_letters_everything_is_ascii(drawn, monkeypatch):
    monkeypatch.setattr(plot, "font_for", lambda _texts: None)
    texts = drawn("zh")
    assert all(text.isascii() for text in texts)
    assert any("k=3" in text for text in texts)


@pytest.mark.filterwarnings("ignore:Glyph")
def test_with_such_a_font_the_names_stay_as_they_are(drawn, monkeypatch):
    monkeypatch.setattr(plot, "font_for", lambda _texts: "DejaVu Sans")
    assert any("近邻" in text for text in drawn("zh"))


def test_the_font_of_boxes_that_comes_with_matplotlib_is_no_font():
    assert plot.font_for(["\U000f0000"]) is None  # a letter that no font has
    assert plot.font_for(["plain"]) is not None


@pytest.mark.parametrize(("seconds", "text"), [(0.1, "0.1 s"), (20, "20 s"), (600, "10 min"), (7200, "2 h")])
def test_ticks_read_as_times(seconds, text):
    assert plot.tick_text(seconds) == text
