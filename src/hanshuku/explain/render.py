"""Explanations in a terminal: coloured, and as readable where there is no colour."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hanshuku.explain.wording import score_line, score_text, signed, stance, unit_name, words_in
from hanshuku.tasks.outputs import Ranking

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from hanshuku.explain.base import Contribution, Explanation

BAR = 20  # characters of the longest bar
FOR, AGAINST = "blue", "red"
NUMBERED = 0.2  # words with at least this part of the greatest weight carry it in the text


def render_explanation(explanation: Explanation, console: Console, language: str, n: int) -> None:
    """Print an explanation; see `Explanation.render`."""
    words = words_in(language)
    said = shown(explanation.output)
    explained = "" if explanation.label in {"", said} else f"  {words['explained']}{words['colon']}{explanation.label}"
    how = words["aside"].format(f"{words[explanation.method]}{words['pause']}{unit_name(explanation.unit, words)}")
    console.print(f"{words['answer']}{words['colon']}{said}{explained}{how}", style="bold", markup=False, soft_wrap=True)
    for part, (name, text) in enumerate(zip(explanation.names, explanation.inputs, strict=True)):
        own = [word for word in explanation.words if word.part == part]
        console.print(coloured(f"{name}: " if len(explanation.names) > 1 else "", text, own, _greatest(explanation)), soft_wrap=True)
    if not explanation.spans:
        console.print(words["nothing"], style="dim")
    for word in explanation.top(n):
        bar = "█" * round(BAR * abs(word.weight) / max(_greatest(explanation), 1e-12))
        told = words["aside"].format(words["pause"].join([*side_of(explanation, word), stance(word.weight, explanation.unit, words)]))
        console.print(f"  {signed(word.weight):>8}  {bar:<{BAR}}  {_one_line(word.text)}{told}", style=FOR if word.weight >= 0 else AGAINST, markup=False, soft_wrap=True)
    console.print(score_line(explanation.shares[explanation.label], explanation.method, explanation.unit, words), style="dim", markup=False, soft_wrap=True)
    for line in other_labels(explanation, words).values():
        console.print(line, style="dim", markup=False, soft_wrap=True)
    for note in explanation.notes:
        console.print(note.text(language), style="yellow", markup=False, soft_wrap=True)
    if explanation.neighbours:
        _neighbours(explanation, console, words)


def coloured(lead: str, text: str, own: Sequence[Contribution], greatest: float) -> Text:
    """A text with its words coloured; those that matter carry their weight, so that it reads without colour too."""
    from rich.text import Text

    found, done = Text(lead, style="dim"), 0
    for word in own:
        size = abs(word.weight) / greatest if greatest else 0.0
        found.append(text[done : word.start], style="not dim")
        style = "not dim" + ("" if size < NUMBERED else f" {FOR if word.weight >= 0 else AGAINST}" + (" bold" if size >= 0.5 else ""))
        found.append(word.text + ("" if size < NUMBERED else f"[{signed(word.weight, 2)}]"), style=style)
        done = word.end
    found.append(text[done:], style="not dim")
    return found


def other_labels(explanation: Explanation, words: Mapping[str, str]) -> dict[str, str]:
    """A line for each other label that was explained: its score, and the words with most weight."""
    found = {}
    for label, share in explanation.shares.items():
        if label != explanation.label:
            most = words["pause"].join(f"{_one_line(word.text)} {signed(word.weight, 2)}" for word in explanation.top(5, label))
            found[label] = f"{label}{words['aside'].format(score_text(share.score, explanation.unit))}{words['colon']}{most or '-'}"
    return found


def side_of(explanation: Explanation, word: Contribution) -> list[str]:
    """The input that a word stands in, where there are several."""
    return [explanation.names[word.part]] if len(explanation.names) > 1 else []


def neighbour_table(explanation: Explanation, words: Mapping[str, str]) -> tuple[list[str], list[list[str]]]:
    """The heads and the cells of the labelled rows behind an answer, the text last: lines where they came from a file, influence where it is known."""
    shown_lines = all(one.line for one in explanation.neighbours)
    tells = any(one.influence is not None for one in explanation.neighbours)
    heads = ["", words["line" if shown_lines else "row"], words["label" if explanation.label else "target"], words["similarity"], *([words["influence"]] if tells else []), words["text"]]
    rows = []
    for one in explanation.neighbours:
        why = words[one.why] if one.why == "near" else stance(1 if one.why == "for" else -1, explanation.unit, words)
        pull = [] if not tells else ["–" if one.influence is None else signed(one.influence)]
        rows.append([why, str(one.line if shown_lines else one.row), shown(one.target), f"{one.similarity:.2f}", *pull, " | ".join(one.inputs)])
    return heads, rows


def shown(output: Any) -> str:
    """An answer in a line."""
    if isinstance(output, tuple):
        return " | ".join(str(getattr(part, "label", part)) + (f": {part.text}" if hasattr(part, "text") else "") for part in output) or "-"
    if isinstance(output, float):
        return f"{output:.3f}"
    if isinstance(output, Ranking):
        return " | ".join(map(_one_line, output.candidates))
    if isinstance(output, dict):
        return json.dumps(output, ensure_ascii=False)
    return _one_line(str(getattr(output, "text", output))) or "-"


def _neighbours(explanation: Explanation, console: Console, words: Any) -> None:
    from rich.table import Table

    table = Table(title=words["neighbours"], title_justify="left", box=None, pad_edge=False)
    heads, rows = neighbour_table(explanation, words)
    for name in heads:
        table.add_column(name, overflow="fold")
    for *cells, text in rows:
        line = _one_line(text)
        table.add_row(*cells, line if len(line) < 90 else line[:89] + "…")
    console.print(table, markup=False)


def _greatest(explanation: Explanation) -> float:
    return max((abs(word.weight) for word in explanation.words), default=0.0)


def _one_line(text: str) -> str:
    return " ".join(text.split())
