"""Small pieces of HTML that every section shares. All text that comes from outside passes `esc`."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

FEW, MANY = 3, 10  # columns up to which a table fits a phone; beyond which it cannot be stacked
Cell: TypeAlias = "str | tuple[str, str]"  # HTML; or HTML and a class of the cell


def esc(value: Any) -> str:
    """Text as HTML text, fit for attributes too; letters that no page may hold are shown as a box."""
    return html.escape("".join(letter if (letter >= " " or letter in "\n\t") and not "\ud800" <= letter <= "\udfff" else "\u25a1" for letter in str(value)), quote=True)


def number(value: float | None, digits: int = 3) -> str:
    """A number as one reads it; a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{round(value, digits) + 0.0:,.{digits}f}"  # none that rounds to 0 is negative


def signed(value: float) -> str:
    """A difference with its sign and three digits; none that rounds to 0 is negative."""
    return f"{round(value, 3) + 0.0:+.3f}"


def percent(value: float | None) -> str:
    """A share as "93.1%"; a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:.1f}%"


def interval(measured: Mapping[str, Any] | None, digits: int = 3) -> str:
    """``low–high`` of anything with "low" and "high"."""
    if not measured or measured.get("low") is None or measured.get("high") is None:
        return "–"
    low, high = float(measured["low"]), float(measured["high"])
    joint = "–" if low >= 0 else " … "  # a dash before a minus cannot be read
    return f"{number(low, digits)}{joint}{number(high, digits)}" if math.isfinite(low) and math.isfinite(high) else "–"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text; `kind` is a class: "note" or "warn"."""
    return f"<p{_kind(kind)}>{esc(text)}</p>"


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]], *, numbers_from: int = 1, foot: str = "") -> str:
    """A table with a caption; the first cell of a row is its head. On a phone, rows of FEW + 1 to MANY cells are stacked; what is wider scrolls by itself.

    Args:
        caption: plain text.
        head: names of the columns, plain text.
        rows: cells of HTML: pass text from outside through `esc`.
        numbers_from: columns from this one on hold numbers and stand on the right.
        foot: plain text under the table.
    """
    pictures = {i for row in rows for i, cell in enumerate(row) if 'class="whisker"' in (cell[0] if isinstance(cell, tuple) else cell)}

    def kinds(place: int, own: str = "") -> str:
        """Columns of numbers stand on the right; a picture repeats what its row says and is left out where the page is narrow."""
        return _kind(" ".join(filter(None, ["pic" if place in pictures else "n" if place >= numbers_from else "", own])))

    def shown(place: int, cell: Cell) -> str:
        text, kind = cell if isinstance(cell, tuple) else (cell, "")
        if place == 0:
            return f'<th scope="row"{roles("rowheader")}{kinds(0, kind)}>{text}</th>'
        label = f' data-head="{esc(head[place])}"' if stacks else ""
        return f"<td{roles('cell')}{kinds(place, kind)}{label}>{text}</td>"

    def roles(role: str) -> str:
        """What is stacked on a phone is no table for a browser any more, so it says what it is."""
        return f' role="{role}"' if stacks else ""

    stacks = FEW < len(head) <= MANY
    heads = "".join(f'<th scope="col"{roles("columnheader")}{kinds(i)}>{esc(name)}</th>' for i, name in enumerate(head))
    body = "".join(f"<tr{roles('row')}>{''.join(shown(i, cell) for i, cell in enumerate(row))}</tr>" for row in rows)
    under = paragraph(foot, "note") if foot else ""
    opening = f'<table class="stacks"{roles("table")}>' if stacks else "<table>"
    inner = f"{opening}<caption>{esc(caption)}</caption><thead{roles('rowgroup')}><tr{roles('row')}>{heads}</tr></thead><tbody{roles('rowgroup')}>{body}</tbody></table>"
    return f'<div class="wide" role="region" tabindex="0" aria-label="{esc(caption)}">{inner}</div>{under}'


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def more(summary: str, inner: str, *, is_open: bool = False) -> str:
    """HTML that is shown on demand, by key or pointer, and always in print; `summary` is plain text."""
    return f"<details{' open' if is_open else ''}><summary>{esc(summary)}</summary>{inner}</details>"


def figure(svg: str, caption: str) -> str:
    """A picture with its caption (plain text); the SVG carries its own description for those who do not see it."""
    return f"<figure>{svg}<figcaption>{esc(caption)}</figcaption></figure>"


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Names and values, one under the other; names are plain text, values HTML."""
    return f"<dl>{''.join(f'<div><dt>{esc(name)}</dt><dd>{value}</dd></div>' for name, value in pairs)}</dl>"


def said(answer: str | None, refused: str) -> str:
    """An answer in a table; None: the row was refused."""
    return f'<span class="weak">{esc(refused)}</span>' if answer is None else shortened(answer, 80)


def shortened(text: str, length: int = 300) -> str:
    """Text as HTML, cut to so many characters with an ellipsis where it is longer."""
    text = " ".join(str(text).split())
    return esc(text if len(text) <= length else text[: length - 1].rstrip() + "…")
