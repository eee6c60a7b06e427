"""The report as one HTML page that needs no network and no script: one file a section.

To show a new part, write a file here that makes a `Section` (words in en and zh, a sentence, HTML, lines for the terminal; see base.py,
and slices.py for an example) and put it under the part's name into SECTIONS below, at its place on the page. html.py has tables and the
like, svg.py pictures, `Report.render` prints the sentence and the lines. Look at it in a browser, at 360 px too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page import (
    behaviours,
    confusion,
    cost,
    fairness,
    groups,
    labels,
    mistakes,
    origin,
    out_of_domain,
    quality,
    robustness,
    slices,
)
from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import esc, paragraph
from hanshuku.evaluation.page.style import STYLE
from hanshuku.evaluation.page.words import WORDS
from hanshuku.evaluation.render import verdict

if TYPE_CHECKING:
    from hanshuku.evaluation.report import Report

__all__ = ["SECTIONS", "Section", "page", "shown"]

SECTIONS: dict[str, Section] = {
    "quality": quality.SECTION,
    "confusion": confusion.SECTION,
    "labels": labels.SECTION,
    "slices": slices.SECTION,
    "mistakes": mistakes.SECTION,
    "robustness": robustness.SECTION,
    "out_of_domain": out_of_domain.SECTION,
    "behaviours": behaviours.SECTION,
    "fairness": fairness.SECTION,
    "groups": groups.SECTION,
    "cost": cost.SECTION,
    "origin": origin.SECTION,
}  # name -> section, in the order of the page; those of parts are named as in evaluation.parts.PARTS
LANG = {"en": "en", "zh": "zh-Hans"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # a browser then loads and runs nothing, whatever a text holds


def shown(report: Report, language: str) -> Iterator[tuple[str, Section, Any, Say]]:
    """(name, section, its data, its words) of all that a report has, in the order of the page.

    Raises:
        UnknownName: the language is neither "en" nor "zh".
    """
    for name, section in SECTIONS.items():
        say = section.say(language)
        if section.whole or name in report.parts:
            yield name, section, report if section.whole else report.parts[name], say


def page(report: Report, language: str = "en") -> str:
    """The whole page; see `Report.to_html`."""
    text = verdict(report, language)
    say = WORDS[language]
    told, bodies, contents = [], [], []
    for name, section, data, own in shown(report, language):
        body, sentence = section.html(data, own), section.says(data, own)
        if not body and not sentence:
            continue
        told += [(name, sentence)] if sentence else []
        contents.append(f'<li><a href="#{name}">{esc(own["title"])}</a></li>')
        opening = paragraph(sentence, "says") if sentence else ""
        bodies.append(f'<section id="{name}" aria-labelledby="h-{name}"><h2 id="h-{name}">{esc(own["title"])}</h2>{opening}{body}</section>')
    name = say["unnamed"].format(kind=report.task.kind) if report.task.name == "function" else report.task.name
    title = say["report_on"].format(name=name)
    summary = "".join(f'<li><a href="#{name}">{esc(sentence)}</a></li>' for name, sentence in told)
    found = f'<h2 id="h-short">{esc(say["in_short"])}</h2><ul class="short">{summary}</ul>' if summary else ""
    lead = f'<p class="verdict">{esc(text)}</p>' + (paragraph(report.task.instruction, "note") if report.task.instruction else "")
    whole = (
        f'<!doctype html>\n<html lang="{LANG[language]}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta name="generator" content="hanshuku"><meta name="color-scheme" content="light dark">'
        f"<title>{esc(title)}</title><style>{STYLE}</style></head><body>"
        f'<a class="skip" href="#main">{esc(say["skip"])}</a><header><h1>{esc(title)}</h1>{lead}{_when(report, say)}</header>'
        f'<nav aria-label="{esc(say["contents"])}"><ul>{"".join(contents)}</ul></nav>'
        f'<main id="main">{found}{"".join(bodies)}</main><footer>{paragraph(say["made_by"])}</footer></body></html>\n'
    )
    return whole.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is no text that a file can hold


def _when(report: Report, say: Say) -> str:
    day = report.date[:10]
    return paragraph(say["when"].format(day=day, n=f"{report.n:,}"), "note") if day else ""
