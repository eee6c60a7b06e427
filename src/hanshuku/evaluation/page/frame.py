"""The frame of every page: head, contents, what was found in short, sections. It needs no network and no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hanshuku.evaluation.page.html import esc, paragraph
from hanshuku.evaluation.page.style import STYLE

LANG = {"en": "en", "zh": "zh-Hans"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # a browser then loads and runs nothing, whatever a text holds


@dataclass(frozen=True)
class Shown:
    """A section as it stands on a page."""

    name: str  # its anchor
    title: str  # plain text
    body: str  # HTML
    sentence: str = ""  # its finding in plain text; "" for none


def document(language: str, title: str, lead: str, sections: Sequence[Shown], say: Mapping[str, str]) -> str:
    """A whole page.

    Args:
        language: "en" or "zh".
        title: plain text.
        lead: HTML under the title.
        sections: those without body and sentence are left out.
        say: contents, skip, in_short and made_by in that language.
    """
    kept = [section for section in sections if section.body or section.sentence]
    contents = "".join(f'<li><a href="#{section.name}">{esc(section.title)}</a></li>' for section in kept)
    summary = "".join(f'<li><a href="#{section.name}">{esc(section.title)}</a>: {esc(section.sentence)}</li>' for section in kept if section.sentence)
    found = f'<h2 id="h-short">{esc(say["in_short"])}</h2><ul class="short">{summary}</ul>' if summary else ""
    whole = (
        f'<!doctype html>\n<html lang="{LANG[language]}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta name="generator" content="hanshuku"><meta name="color-scheme" content="light dark">'
        f"<title>{esc(title)}</title><style>{STYLE}</style></head><body>"
        f'<a class="skip" href="#main">{esc(say["skip"])}</a><header><h1>{esc(title)}</h1>{lead}</header>'
        f'<nav aria-label="{esc(say["contents"])}"><ul>{contents}</ul></nav>'
        f'<main id="main">{found}{"".join(map(_section, kept))}</main><footer>{paragraph(say["made_by"])}</footer></body></html>\n'
    )
    return whole.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is no text that a file can hold


def _section(section: Shown) -> str:
    opening = paragraph(section.sentence, "says") if section.sentence else ""
    name = section.name
    return f'<section id="{name}" aria-labelledby="h-{name}"><h2 id="h-{name}">{esc(section.title)}</h2>{opening}{section.body}</section>'
