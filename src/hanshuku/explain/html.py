"""Explanations as HTML: self-contained pieces for notebooks, reports and files. Colour is never alone: signs, lines and numbers say the same.

What matters is styled at each element: a notebook has rules of its own for tables, which centre them and push their text to the right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from hanshuku.explain.render import neighbour_table, other_labels, shown, side_of
from hanshuku.explain.wording import score_line, signed, stance, unit_name, words_in

if TYPE_CHECKING:
    from hanshuku.explain.base import Contribution, Explanation

FOR, AGAINST = "48,128,255", "240,112,32"  # blue and orange are told apart by nearly everybody; between light and dark, so that they show on both
TOP = 10  # words in the table
LONG = 500  # characters of a labelled row that are shown
TABLE = '<div style="overflow-x:auto" tabindex="0"><table style="border-collapse:collapse;margin:4px 0;table-layout:auto;text-align:left">'
END = "</table></div>"
CELL = "text-align:left;vertical-align:top;padding:2px 12px 2px 0;white-space:nowrap"
TEXT = "text-align:left;vertical-align:top;padding:2px 0;min-width:9em;overflow-wrap:anywhere"
PARAGRAPH = "margin:4px 0"


def explanation_html(explanation: Explanation, language: str) -> str:
    """See `Explanation.to_html`."""
    words, label = words_in(language), explanation.label
    said = shown(explanation.output)
    explained = "" if label in {"", said} else f"{words['stop']}{words['explained']}{words['colon']}<b>{escape(label)}</b>"
    how = words["aside"].strip().format(f"{words[explanation.method]}{words['pause']}{unit_name(explanation.unit, words)}")
    parts = [
        f'<section lang="{language}" style="font:14px/1.6 system-ui,sans-serif;max-width:60em" aria-label="{escape(words["title"])}">',
        f'<p style="{PARAGRAPH}">{words["answer"]}{words["colon"]}<b>{escape(said)}</b>{explained} <small>{how}</small></p>',
        _texts(explanation, label, words), _table(explanation, words) if explanation.spans else small(words["nothing"]),
        small(score_line(explanation.shares[label], explanation.method, explanation.unit, words)),
    ]  # fmt: skip
    for other, line in other_labels(explanation, words).items():
        parts.append(f'<details style="{PARAGRAPH}"><summary><small>{escape(line)}</small></summary>{_texts(explanation, other, words)}</details>')
    parts += [_neighbours(explanation, words)] if explanation.neighbours else []
    return "\n".join([*parts, *(small(note.text(language)) for note in explanation.notes), "</section>"])


def page(title: str, pieces: Sequence[str], language: str) -> str:
    """A whole page of such pieces, which needs nothing from a network."""
    head = (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>:root{{color-scheme:light dark}}body{{margin:1em}}</style></head><body>"
    )
    return "\n".join([head, f'<h1 style="font:bold 20px system-ui,sans-serif">{escape(title)}</h1>', "\n<hr>\n".join(pieces), "</body></html>\n"])


def marked_text(text: str, own: Sequence[Contribution], greatest: float, unit: str, words: Mapping[str, str]) -> str:
    """A text as HTML with its words marked by their weights; `words`: those of `wording.words_in`."""
    found, done = [], 0
    for word in own:
        found += [escape(text[done : word.start]), _marked(word, abs(word.weight) / greatest if greatest else 0.0, unit, words)]
        done = word.end
    return "".join([*found, escape(text[done:])])


def _marked(word: Contribution, size: float, unit: str, words: Mapping[str, str]) -> str:
    if size < 0.05:
        return escape(word.text)
    is_for = word.weight >= 0
    line = f"border-bottom:{1 + (size > 0.5)}px {'solid' if is_for else 'dashed'}"
    style = f"background:rgba({FOR if is_for else AGAINST},{0.1 + 0.4 * size:.2f});color:inherit;{line}"
    told = words["aside"].format(stance(word.weight, unit, words))
    return f'<mark style="{style}" title="{signed(word.weight)}{told}">{escape(word.text)}</mark>'


def _texts(explanation: Explanation, label: str, words: Mapping[str, str]) -> str:
    """The texts of the row with what their words did to a label."""
    weighed = explanation.of(label)
    greatest, found = max((abs(word.weight) for word in weighed), default=0.0), []
    for part, (name, text) in enumerate(zip(explanation.names, explanation.inputs, strict=True)):
        lead = f"<small>{escape(name)}</small> " if len(explanation.names) > 1 else ""
        marked = marked_text(text, [word for word in weighed if word.part == part], greatest, explanation.unit, words)
        found.append(f'<p style="{PARAGRAPH};white-space:pre-wrap;overflow-wrap:anywhere">{lead}{marked}</p>')
    return "\n".join(found)


def _table(explanation: Explanation, words: Mapping[str, str]) -> str:
    """The words with most weight."""
    rows, top = [], explanation.top(TOP)
    for word in top:
        bar = bar_of(word.weight, abs(top[0].weight))
        rows.append(row((escape(word.text), *map(escape, side_of(explanation, word)), signed(word.weight), stance(word.weight, explanation.unit, words), bar)))
    sides = (words["input"],) if len(explanation.names) > 1 else ()
    return f'{TABLE}{heads((words["word"], *sides, words["weight"], "", ""))}{"".join(rows)}{END}'


def _neighbours(explanation: Explanation, words: Mapping[str, str]) -> str:
    names, found = neighbour_table(explanation, words)
    rows = [row([*map(escape, cells), escape(text if len(text) <= LONG else text[: LONG - 1] + "…")], last=TEXT) for *cells, text in found]
    return f'{TABLE}<caption style="text-align:left"><b>{words["neighbours"]}</b></caption>{heads(names)}{"".join(rows)}{END}'


def bar_of(weight: float, greatest: float) -> str:
    """A bar as long as a weight is great."""
    width, colour = 8 * abs(weight) / max(greatest, 1e-12), FOR if weight >= 0 else AGAINST
    return f'<span aria-hidden="true" style="display:inline-block;height:.7em;width:{width:.2f}em;background:rgba({colour},.8)"></span>'


def small(line: str) -> str:
    """A line of plain text in small letters."""
    return f'<p style="{PARAGRAPH}"><small>{escape(line)}</small></p>'


def row(cells: Sequence[str], *, last: str = CELL) -> str:
    """A row of cells that are HTML; `last`: the style of the last one."""
    styles = [CELL] * (len(cells) - 1) + [last]
    return "<tr>" + "".join(f'<td style="{style}">{cell}</td>' for cell, style in zip(cells, styles, strict=True)) + "</tr>"


def heads(names: Sequence[str]) -> str:
    """A row of column heads; "" is an empty cell."""
    return "<tr>" + "".join(f'<th scope="col" style="{CELL}">{name}</th>' if name else "<td></td>" for name in names) + "</tr>"
