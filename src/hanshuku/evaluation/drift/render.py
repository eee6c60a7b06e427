"""A look at drift as text: the findings, then tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.markup import escape

from hanshuku.evaluation.drift.found import Check, Drift
from hanshuku.evaluation.drift.say import findings, shown, verdict_word
from hanshuku.evaluation.drift.words import words
from hanshuku.evaluation.findings import p_text
from hanshuku.evaluation.notes import note_line
from hanshuku.evaluation.render import plain_table
from hanshuku.evaluation.render_comparison import print_whole
from hanshuku.tasks.shown import short

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

ROWS, LABELS, WORDS_SHOWN = 5, 10, 12


def render_drift(found: Drift, console: Console, language: str = "en") -> None:
    """Print a look at drift; see `Drift.render`."""
    say = words(language)
    for line in findings(found, language):
        console.print(f"• {line}", markup=False, soft_wrap=True)
    print_whole(console, _checks(found, say))
    if found.shares:
        print_whole(console, _shares(found, say))
    for title, listed in ((say["words"], found.words_now), (say["words_before"], found.words_before)):
        if listed:
            told = say["comma"].join(f"{each.word} ({100 * each.before:.1f}% → {100 * each.now:.1f}%)" for each in listed[:WORDS_SHOWN])
            console.print(f"{title}: {told}", markup=False, soft_wrap=True)
    if found.foreign and found.found:
        console.print(f"\n{say['foreign']}:", markup=False)
        for row in found.foreign[:ROWS]:
            console.print(f"{row.file}:{row.line}  {short(row.text, 140)}", markup=False, soft_wrap=True)
    if found.windows:
        print_whole(console, _windows(found, say))
    for note in found.notes:
        console.print(note_line(note, language), style="yellow", markup=False, soft_wrap=True)


def gap_text(check: Check) -> tuple[str, str]:
    """The difference of a check and its interval, where it has one number."""
    if check.difference is None:
        return "–", "–"
    form = "+,.0f" if check.name == "length" else "+.3f"
    interval = "–" if check.low is None or check.high is None else f"{check.low:{form}} … {check.high:{form}}"
    return f"{check.difference:{form}}", interval


def _checks(found: Drift, say: Mapping[str, str]) -> Table:
    table = plain_table(say["checks"], say["check"], say["before"], say["now"], say["difference"], say["interval"], say["p"], say["verdict"])
    for check in found.checks:
        p = p_text(check.p if check.p_holm is None else check.p_holm)
        table.add_row(say[check.name], escape(shown(check, check.before)), escape(shown(check, check.now)), *gap_text(check), p, verdict_word(check, say))
    return table


def _shares(found: Drift, say: Mapping[str, str]) -> Table:
    table = plain_table(say["shares"], say["label"], say["learned"], say["estimate"], say["interval"], say["by_em"], say["p"])
    for share in sorted(found.shares, key=lambda share: (share.p_holm, -abs(share.value - share.before)))[:LABELS]:
        other = "–" if share.by_em is None else f"{share.by_em:.3f}"
        table.add_row(escape(share.label), f"{share.before:.3f}", f"{share.value:.3f}", f"{share.low:.3f}–{share.high:.3f}", other, p_text(share.p_holm))
    return table


def _windows(found: Drift, say: Mapping[str, str]) -> Table:
    table = plain_table(say["windows"], say["window"], say["rows"], say["auc"], say["p"], say["median"], say["unknown"], say["confidence"], say["accuracy"])
    for window in found.windows:
        name = window.start if window.start == window.end else f"{window.start}{say['to']}{window.end}"
        auc = "–" if window.auc is None else f"{window.auc:.2f}{' *' if window.real else ''}"
        others = ["–" if value is None else f"{value:.3f}" for value in (window.unknown, window.confidence, window.accuracy)]
        table.add_row(name, f"{window.n:,}", auc, "–" if window.p_holm is None else p_text(window.p_holm), f"{window.length:,.0f}", *others)
    return table
