"""Mistakes: the hardest rows, with the words that led astray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import esc, more, paragraph, percent, shortened
from hanshuku.explain.base import Contribution
from hanshuku.explain.html import marked_text
from hanshuku.explain.wording import words_in

if TYPE_CHECKING:
    from rich.table import Table

OPEN, TOLD = 5, 3  # mistakes that are seen at once on the page, and in the terminal
LONG = 400  # characters beyond which a text is cut where its words are not marked


def says(data: Mapping[str, Any], say: Say) -> str:
    """How many are wrong."""
    return say["counted" if data["mistakes"] else "counted_alone"].format(wrong=f"{data['wrong']:,}", n=f"{data['n']:,}", shown=len(data["mistakes"]))


def html(data: Mapping[str, Any], say: Say) -> str:
    """The rows one after the other."""
    found = data["mistakes"]
    if not found:
        return ""
    explained = any(one["words"] for one in found)
    cards = [_card(one, place, say) for place, one in enumerate(found, 1)]
    rest = more(say["others"].format(count=len(cards) - OPEN), f'<ol start="{OPEN + 1}">{"".join(cards[OPEN:])}</ol>') if cards[OPEN:] else ""
    return (paragraph(say["marks"], "note") if explained else "") + f"<ol>{''.join(cards[:OPEN])}</ol>" + rest


def _card(one: Mapping[str, Any], place: int, say: Say) -> str:
    line = say["line"].format(line=one["line"]) if one["line"] else ""
    texts = []
    for part, (name, text) in enumerate(one["inputs"].items()):
        own = [Contribution(**word) for word in one["words"] if word["part"] == part]
        greatest = max((abs(word["weight"]) for word in one["words"]), default=0.0)
        shown = marked_text(text, own, greatest, words_in(say["language"])) if own else shortened(text, LONG)
        lead = f"<b>{esc(name)}</b> " if len(one["inputs"]) > 1 else ""
        texts.append(f'<p class="row">{lead}<bdi>{shown}</bdi></p>')
    sure = "" if one["confidence"] is None else f" ({esc(say['sure'])} {percent(one['confidence'])})"
    verdict = f'<p><span class="bad">{esc(say["said"])}: <b>{shortened(one["given"], LONG) or "–"}</b></span>{sure}; <span class="good">{esc(say["due"])}: <b>{shortened(one["due"], LONG) or esc(say["unknown"])}</b></span> <span class="weak">{esc(line)}</span></p>'
    return f"<li>{verdict}{''.join(texts)}</li>"


def lines(data: Mapping[str, Any], say: Say) -> Iterator[str | Table]:
    """The first few."""
    for one in data["mistakes"][:TOLD]:
        sure = "" if one["confidence"] is None else f" ({say['sure']} {percent(one['confidence'])})"
        at = f" {say['line'].format(line=one['line'])}" if one["line"] else ""
        yield f"  {say['said']}: {_cut(one['given'])}{sure}; {say['due']}: {_cut(one['due']) or say['unknown']}{at}\n    {_cut(' | '.join(one['inputs'].values()), 140)}"


def _cut(text: str, width: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Hardest mistakes", "language": "en", "counted": "{wrong} of {n} answers are not wholly right; the {shown} that are most wrong stand below, the surest first.",
        "counted_alone": "{wrong} of {n} answers are not wholly right.",
        "marks": "Blue words speak for the answer that was given, orange ones (dashed) against it, the stronger the fuller: found by leaving out one word at a time.",
        "line": "(line {line})", "said": "answered", "due": "right is", "sure": "confidence", "others": "{count} more",
    },
    "zh": {
        "title": "最难的错误", "language": "zh", "counted": "{n} 个回答中有 {wrong} 个不完全正确；错得最厉害的 {shown} 个列在下面，最确信的在前。",
        "counted_alone": "{n} 个回答中有 {wrong} 个不完全正确。",
        "marks": "蓝色的词支持所给的回答，橙色（虚线）的词反对，颜色越深作用越大：逐个去掉一个词后测得。",
        "line": "（第 {line} 行）", "said": "答为", "due": "应为", "sure": "置信度", "others": "另有 {count} 个",
    },
}  # fmt: skip

SECTION = Section(WORDS, html, says, lines)
