"""The best span over windows, against scores made by hand."""

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.inference.answer_reading import AnswerReader, row_spans
from hanshuku.models.load import load_encoder

CONTEXT = "a night with film. 房间干净 " * 12 + "what a gloomygladfilm today"


@pytest.fixture(scope="module")
def reader(tiny_encoder):
    return AnswerReader(load_encoder(tiny_encoder).tokenizer, 48, null_last=False)


def scored(reader, context, word, high=9.0, null=0.0):
    """Windows over a context in which only the pieces of a word have a score."""
    pieces, windows = reader.read([("which mood?", context)])
    start = context.index(word)
    first, last = (int(np.searchsorted(pieces[0].starts, place, side="right")) - 1 for place in (start, start + len(word) - 1))
    places = int(pieces[0].heads[first]), int(np.searchsorted(pieces[0].unit, last, side="right")) - 1
    logits = []
    for w in range(len(windows)):
        given = np.zeros((len(windows.tokens.ids[w]), 2), dtype=np.float32)
        given[0] = null / 2
        for side, place in enumerate(places):
            if windows.begin[w] <= place < windows.begin[w] + windows.count[w]:
                given[windows.offset[w] + place - windows.begin[w], side] = high
        logits.append(given)
    return pieces, windows, logits


@pytest.mark.parametrize("word", ["gloomygladfilm", "干净", "night with film", "today"])
def test_an_answer_is_found_in_whatever_window_it_stands(reader, word):
    pieces, windows, logits = scored(reader, CONTEXT, word)
    assert len(windows) > 3
    best = row_spans(reader, pieces, windows, logits, 20, 3)[0]
    assert CONTEXT[pieces[0].starts[best.starts[0]] : pieces[0].ends[best.ends[0]]] == word


def test_each_span_counts_once_though_windows_overlap(reader):
    """Two words a span at most: as many spans as there are starts and ends that far apart."""
    pieces, windows, logits = scored(reader, CONTEXT, "today", high=0.0)
    spans = row_spans(reader, pieces, windows, logits, 2, 10_000)[0]
    units = pieces[0].unit
    legal = [(a, b) for a in pieces[0].heads for b in range(a, min(a + 2, len(units))) if b + 1 == len(units) or units[b + 1] != units[b]]
    assert len(set(zip(spans.starts.tolist(), spans.ends.tolist(), strict=True))) == len(spans.odds) == len(legal)
    assert spans.total == pytest.approx(np.log(len(legal)))


def test_no_answer_is_longer_than_allowed_or_begins_inside_a_word(reader):
    pieces, windows, logits = scored(reader, CONTEXT, "gloomygladfilm")
    short = row_spans(reader, pieces, windows, logits, 1, 10_000)[0]
    units, counts = np.unique(pieces[0].unit, return_counts=True)
    assert (short.starts == short.ends).all()
    assert set(short.starts.tolist()) == set(units[counts == 1].tolist())


def test_odds_are_against_the_windows_null(reader):
    plain, against = (row_spans(reader, *scored(reader, CONTEXT, "today", null=null), 20, 1)[0] for null in (0.0, 4.0))
    assert plain.odds[0] - against.odds[0] == pytest.approx(4.0)


def test_a_context_without_words_has_no_span(reader):
    pieces, windows = reader.read([("which mood?", "  ")])
    spans = row_spans(reader, pieces, windows, [np.zeros((len(ids), 2)) for ids in windows.tokens.ids], 20, 5)[0]
    assert not len(spans.odds) and np.isinf(spans.total)
