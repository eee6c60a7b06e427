"""The report as one HTML page that needs no network and no script: one file a section.

To show a new part, write a file here that makes a `Section` (words in en and zh, a sentence, HTML, lines for the terminal; see base.py,
and slices.py for an example) and put it under the part's name into SECTIONS below, at its place on the page. html.py has tables and the
like, svg.py pictures, `Report.render` prints the sentence and the lines. Look at it in a browser, at 360 px too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page import (
    attack,
    behaviours,
    calibration,
    confusion,
    cost,
    fairness,
    groups,
    labels,
    learning_curve,
    mistakes,
    origin,
    out_of_domain,
    quality,
    refusal,
    robustness,
    slices,
)
from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.frame import Shown, document
from hanshuku.evaluation.page.html import esc, paragraph
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
    "calibration": calibration.SECTION,
    "refusal": refusal.SECTION,
    "robustness": robustness.SECTION,
    "attack": attack.SECTION,
    "out_of_domain": out_of_domain.SECTION,
    "behaviours": behaviours.SECTION,
    "fairness": fairness.SECTION,
    "groups": groups.SECTION,
    "learning_curve": learning_curve.SECTION,
    "cost": cost.SECTION,
    "origin": origin.SECTION,
}  # name -> section, in the order of the page; those of parts are named as in evaluation.parts.PARTS


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
    sections = [Shown(name, own["title"], section.html(data, own), section.says(data, own)) for name, section, data, own in shown(report, language)]
    name = say["unnamed"].format(kind=say[f"kind_{report.task.kind}"]) if report.task.name == "function" else report.task.name
    lead = f'<p class="verdict">{esc(text)}</p>' + (paragraph(report.task.instruction, "note") if report.task.instruction else "")
    return document(language, say["report_on"].format(name=name), lead + _when(report, say), sections, say)


def _when(report: Report, say: Say) -> str:
    day = report.date[:10]
    return paragraph(say["when"].format(day=day, n=f"{report.n:,}"), "note") if day else ""
