"""Explanations as HTML: self-contained pieces for notebooks, reports and files. Colour is never alone: signs, lines and numbers say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from hanshuku.explain.render import other_labels, shown
from hanshuku.explain.wording import score_line, signed, unit_name, words_in

if TYPE_CHECKING:
    from hanshuku.explain.base import Contribution, Explanation

FOR, AGAINST = "0,90,200", "200,80,0"  # blue and orange are told apart by nearly everybody
TOP = 10  # words in the table
TABLE = '<div style="overflow-x:auto" tabindex="0"><table cellpadding="4" style="border-collapse:collapse;text-align:left;overflow-wrap:break-word">'
END = "</table></div>"


def explanation_html(explanation: Explanation, language: str) -> str:
    """See `Explanation.to_html`."""
    words = words_in(language)
    greatest = max((abs(word.weight) for word in explanation.words), default=0.0)
    said, label = shown(explanation.output), explanation.label
    explained = "" if label in {"", said} else f"{words['stop']}{words['explained']}{words['colon']}<b>{escape(label)}</b>"
    how = words["aside"].strip().format(f"{words[explanation.method]}{words['pause']}{unit_name(explanation.unit, words)}")
    parts = [
        f'<section lang="{language}" style="font:14px/1.6 system-ui,sans-serif;max-width:60em" aria-label="{escape(words["title"])}">',
        f'<p style="margin:4px 0">{words["answer"]}{words["colon"]}<b>{escape(said)}</b>{explained} <small>{how}</small></p>',
    ]
    for part, (name, text) in enumerate(zip(explanation.names, explanation.inputs, strict=True)):
        own = [word for word in explanation.words if word.part == part]
        lead = f"<small>{escape(name)}</small> " if len(explanation.names) > 1 else ""
        parts.append(f'<p style="margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere">{lead}{marked_text(text, own, greatest, words)}</p>')
    parts.append(_table(explanation, greatest, words) if explanation.spans else f"<p>{words['nothing']}</p>")
    parts.append(f"<p><small>{score_line(explanation.shares[label], explanation.method, words)}</small></p>")
    parts += [_neighbours(explanation, words)] if explanation.neighbours else []
    parts += [f"<p><small>{escape(line)}</small></p>" for line in (*other_labels(explanation), *explanation.notes)]
    return "\n".join([*parts, "</section>"])


def page(title: str, pieces: Sequence[str], language: str) -> str:
    """A whole page of such pieces, which needs nothing from a network."""
    head = (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>:root{{color-scheme:light dark}}body{{margin:1em}}</style></head><body>"
    )
    return "\n".join([head, f'<h1 style="font:bold 20px system-ui,sans-serif">{escape(title)}</h1>', "\n<hr>\n".join(pieces), "</body></html>\n"])


def marked_text(text: str, own: Sequence[Contribution], greatest: float, words: Mapping[str, str]) -> str:
    """A text as HTML with its words marked by their weights; `words`: those of `wording.words_in`."""
    found, done = [], 0
    for word in own:
        found += [escape(text[done : word.start]), _marked(word, abs(word.weight) / greatest if greatest else 0.0, words)]
        done = word.end
    return "".join([*found, escape(text[done:])])


def _marked(word: Contribution, size: float, words: Mapping[str, str]) -> str:
    if size < 0.05:
        return escape(word.text)
    is_for = word.weight >= 0
    line = f"border-bottom:{1 + (size > 0.5)}px {'solid' if is_for else 'dashed'}"
    style = f"background:rgba({FOR if is_for else AGAINST},{0.08 + 0.37 * size:.2f});color:inherit;{line}"
    return f'<mark style="{style}" title="{signed(word.weight)} ({words["for" if is_for else "against"]})">{escape(word.text)}</mark>'


def _table(explanation: Explanation, greatest: float, words: Mapping[str, str]) -> str:
    rows = []
    for word in explanation.top(TOP):
        is_for = word.weight >= 0
        width = 8 * abs(word.weight) / max(greatest, 1e-12)
        bar = f'<span aria-hidden="true" style="display:inline-block;height:.7em;width:{width:.2f}em;background:rgba({FOR if is_for else AGAINST},.6)"></span>'
        cells = (escape(word.text), signed(word.weight), words["for" if is_for else "against"], bar)
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f'{TABLE}{heads((words["word"], words["weight"], "", ""))}{"".join(rows)}{END}'


def _neighbours(explanation: Explanation, words: Mapping[str, str]) -> str:
    rows = []
    for one in explanation.neighbours:
        influence = "–" if one.influence is None else signed(one.influence)
        cells = (words[one.why], str(one.row), shown(one.target), f"{one.similarity:.2f}", influence, " | ".join(one.inputs)[:500])
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    names = ("", *(words[name] for name in ("row", "label", "similarity", "influence", "text")))
    return f'{TABLE}<caption style="text-align:left"><b>{words["neighbours"]}</b></caption>{heads(names)}{"".join(rows)}{END}'


def heads(names: Sequence[str]) -> str:
    """A row of column heads; "" is an empty cell."""
    return "<tr>" + "".join(f'<th scope="col">{name}</th>' if name else "<td></td>" for name in names) + "</tr>"
