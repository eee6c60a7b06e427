"""Spans marked in their text, for the page and the terminal: right, answered but wrong, due but missed. Signs and lines say it beside colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from hanshuku.evaluation.page.base import Say
from hanshuku.evaluation.page.html import esc

SIGNS = {(True, True): ("✓", "right", "good"), (True, False): ("✗", "wrong", "bad"), (False, True): ("○", "missed", "good")}  # (answered, due) -> sign, word, colour
NEAR = 20  # characters between two excerpts that are not worth leaving out
Spans = Sequence[Mapping[str, Any]]


class Piece(NamedTuple):
    """A stretch of a text over which no span begins or ends; one without text stands for what is left out."""

    text: str
    over: Spans  # those that cover it
    begins: int  # how many stretches begin with it
    ends: Sequence[Spans]  # those that end with it, by stretch, the shortest first


def fits(text: str, spans: Spans) -> bool:
    """Whether the spans are where they say; they are not where the text was changed since."""
    return all(text[span["start"] : span["end"]] == span["text"] for span in spans)


def marked_html(text: str, spans: Spans, say: Say, *, whole: int, around: int) -> str:
    """The text as HTML; of one longer than `whole` characters, what stands `around` its spans."""
    found = []
    for piece in _pieces(text, spans, whole, around):
        marks = " ".join(sorted({"is-" + SIGNS[span["given"], span["due"]][1] for span in piece.over}))
        found.append(f'<span class="{marks}">{esc(piece.text)}</span>' if marks else esc(piece.text))
        found += [_sign(span, say) for stretch in piece.ends for span in stretch]
    return "".join(found)


def _sign(span: Mapping[str, Any], say: Say) -> str:
    sign, word, colour = SIGNS[span["given"], span["due"]]
    label = f" {esc(span['label'])}" if span["label"] else ""
    return f'<small class="sign {colour}"><span role="img" aria-label="{esc(say[word])}">{sign}</span>{label}</small>'


def marked_line(text: str, spans: Spans, *, whole: int, around: int) -> str:
    """The same as a line of a terminal: "The [Syrians]✗LOC○MISC scored"."""
    found = []
    for piece in _pieces(text, spans, whole, around):
        ends = ("]" + "".join(SIGNS[span["given"], span["due"]][0] + span["label"] for span in stretch) for stretch in piece.ends)
        found.append("[" * piece.begins + piece.text + "".join(ends))
    return " ".join("".join(found).split())


def _pieces(text: str, spans: Spans, whole: int, around: int) -> Iterator[Piece]:
    """All of a text, or what stands around its spans; where there are none, its beginning."""
    done = 0
    for start, end in _windows(text, spans, whole, around):
        if start > done:
            yield Piece("… " if not done else " … ", (), 0, [])
        inside = [span for span in spans if start <= span["start"] and span["end"] <= end]
        edges = sorted({start, end, *(span[name] for span in inside for name in ("start", "end"))})
        for one, other in pairwise(edges):
            over = [span for span in inside if span["start"] <= one and other <= span["end"]]
            ending = sorted((span for span in over if span["end"] == other), key=_start, reverse=True)
            stretches = [list(same) for _, same in groupby(ending, _start)]
            yield Piece(text[one:other], over, len({span["end"] for span in over if span["start"] == one}), stretches)
        done = end
    if done < len(text):
        yield Piece(" …", (), 0, [])


def _start(span: Mapping[str, Any]) -> int:
    return int(span["start"])


def _windows(text: str, spans: Spans, whole: int, around: int) -> list[tuple[int, int]]:
    if len(text) <= whole:
        return [(0, len(text))]
    found: list[tuple[int, int]] = []
    for span in sorted(spans, key=_start):
        start, end = _word_start(text, max(0, span["start"] - around), span["start"]), _word_end(text, span["end"], min(len(text), span["end"] + around))
        if found and start <= found[-1][1] + NEAR:
            first, last = found.pop()
            start, end = first, max(end, last)
        found.append((start, end))
    return found or [(0, whole)]


def _word_start(text: str, start: int, end: int) -> int:
    """The first place from `start` on where no word is cut; where there is none before `end`, as in Chinese, `start`."""
    return next((place for place in range(start, min(end, start + NEAR)) if not place or text[place - 1].isspace()), start)


def _word_end(text: str, start: int, end: int) -> int:
    return next((place for place in range(end, max(start, end - NEAR), -1) if place == len(text) or text[place].isspace()), end)
