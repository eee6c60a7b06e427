"""A look at drift as one HTML page in the look of a report's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hanshuku.evaluation.drift.found import Drift
from hanshuku.evaluation.drift.looks import TypicalWord
from hanshuku.evaluation.drift.render import gap_text
from hanshuku.evaluation.drift.say import (
    advice,
    findings,
    foretold_text,
    shift_text,
    shown,
    verdict,
    verdict_word,
    windows_text,
)
from hanshuku.evaluation.drift.words import words
from hanshuku.evaluation.findings import p_text
from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.page.frame import Shown, document
from hanshuku.evaluation.page.html import Cell, esc, figure, more, number, paragraph, percent, shortened, table
from hanshuku.evaluation.page.svg import Line, plot, whisker
from hanshuku.evaluation.page.words import WORDS
from hanshuku.tasks.shown import line_of

OPEN = 12  # labels that are shown at once


def drift_page(found: Drift, language: str = "en") -> str:
    """The whole page.

    Raises:
        UnknownName: the language is neither "en" nor "zh".
    """
    say = words(language)
    source = say[f"source_{found.compared_with}"]
    lead = f'<p class="verdict">{esc(verdict(found, say))}</p>{paragraph(advice(found, say))}'
    lead += paragraph(say["made"].format(n=f"{found.n:,}", before=f"{found.n_before:,}", source=source, date=found.date[:10]), "note")
    told = findings(found, language)
    warned = "".join(paragraph(say[key], "warn") for key in ("too_few", "not_held") if say[key] in told)
    sections = [
        Shown("checks", say["checks"], warned + _checks(found, say)),
        Shown("forecast", say["forecast"], _forecast(found, say), foretold_text(found, say)),
        Shown("shares", say["shares"], _shares(found, say), shift_text(found, say)),
        Shown("windows", say["windows"], _windows(found, say), windows_text(found, say)),
        Shown("words", say["words"], _words(found.words_now, say["words"], say)),
        Shown("words-before", say["words_before"], _words(found.words_before, say["words_before"], say)),
        Shown("foreign", say["foreign"], _foreign(found, say)),
        Shown("notes", say["notes"], "".join(paragraph(note_text(note, language)) for note in found.notes)),
    ]
    return document(language, say["title"].format(name=found.task.name), lead, sections, WORDS[language])


def _checks(found: Drift, say: Mapping[str, str]) -> str:
    head = [say["check"], say["before"], say["now"], say["difference"], say["interval"], say["p"], say["verdict"]]
    rows: list[list[Cell]] = []
    for check in found.checks:
        kind = "bad" if check.real else "weak"
        p = p_text(check.p if check.p_holm is None else check.p_holm)
        gap, interval = gap_text(check)
        values: list[Cell] = [(esc(shown(check, value)), "text" if isinstance(value, Mapping) else "") for value in (check.before, check.now)]
        rows.append([esc(say[check.name]), *values, gap, interval, p, (esc(verdict_word(check, say)), kind)])
    foot = ""
    if found.auc is not None:
        facts = {key: number(found.auc[key], 3) for key in ("low", "high")}
        foot = say["how"].format(features=say[f"features_{found.features}"], auc=number(found.auc["value"], 3), **facts)
    return table(say["checks"], head, rows, foot=foot)


def _forecast(found: Drift, say: Mapping[str, str]) -> str:
    rows: list[list[Cell]] = []
    known = (found.known or {}).get("value")
    for name, way in found.foretold.items():
        drawn = whisker(way["value"], way["low"], way["high"], mark=known)
        rows.append([esc(say[f"way_{name}"]), percent(way["value"]), (drawn, "pic"), f"{percent(way['low'])} – {percent(way['high'])}"])
    return table(say["forecast"], [say["way"], say["accuracy"], say["picture"], say["interval"]], rows) if rows else ""


def _shares(found: Drift, say: Mapping[str, str]) -> str:
    if not found.shares:
        return ""
    rows: list[list[Cell]] = []
    for share in sorted(found.shares, key=lambda share: (share.p_holm, -abs(share.value - share.before))):
        kind = "bad" if share.p_holm <= found.level else "weak"
        drawn = whisker(share.value, share.low, share.high, mark=share.before)
        rows.append([esc(share.label), percent(share.before), (percent(share.value), kind), (drawn, "pic"), f"{percent(share.low)} – {percent(share.high)}", percent(share.by_em), p_text(share.p_holm)])
    head = [say["label"], say["learned"], say["estimate"], say["picture"], say["interval"], say["by_em"], say["p"]]
    foot = say["by_report"] if found.shares_by == "report" else say["by_train"] if found.shares_by == "train" else ""
    rest = more(say["more_labels"].format(count=len(rows) - OPEN), table(say["shares"], head, rows[OPEN:])) if rows[OPEN:] else ""
    return table(say["shares"], head, rows[:OPEN], foot=foot) + rest


def _windows(found: Drift, say: Mapping[str, str]) -> str:
    if not found.windows:
        return ""
    told = [(place, window) for place, window in enumerate(found.windows, 1) if window.auc is not None]
    points = [(float(place), float(window.auc or 0.0)) for place, window in told]
    bars = [(float(window.low or 0.0), float(window.high or 0.0)) for _, window in told]
    level = Line([(1.0, 0.5), (float(max(len(found.windows), 2)), 0.5)], "soft")
    picture = plot([Line(points, bars=bars, dots=True), level], say["place"], say["auc"], say["of_windows"], y=(0.35, 1.0)) if points else ""
    head = [say["window"], say["rows"], say["auc"], say["p"], say["median"], say["unknown"], say["confidence"], say["accuracy"]]
    rows: list[list[Cell]] = []
    for window in found.windows:
        name = window.start if window.start == window.end else f"{window.start}{say['to']}{window.end}"
        auc = (number(window.auc, 2), "bad" if window.real else "weak")
        p = "–" if window.p_holm is None else p_text(window.p_holm)
        rows.append([esc(name), f"{window.n:,}", auc, p, f"{window.length:,.0f}", percent(window.unknown), number(window.confidence), percent(window.accuracy)])
    return (figure(picture, say["of_windows"]) if picture else "") + table(say["windows"], head, rows)


def _words(listed: Sequence[TypicalWord], title: str, say: Mapping[str, str]) -> str:
    rows: list[list[Cell]] = [[esc(each.word), percent(each.before), percent(each.now)] for each in listed]
    return table(title, [say["word"], say["before"], say["now"]], rows) if rows else ""


def _foreign(found: Drift, say: Mapping[str, str]) -> str:
    rows: list[list[Cell]] = []
    for row in found.foreign:
        answer = "–" if row.output is None else line_of(row.output) + ("" if row.confidence is None else f" ({row.confidence:.2f})")
        rows.append([f"{esc(row.file.rsplit('/', 1)[-1])}<wbr>:{row.line}", shortened(answer, 80), (shortened(row.text), "text")])
    return table(say["foreign"], [say["where"], say["answer"], say["text"]], rows, numbers_from=9) if rows else ""
