"""A comparison of functions as one HTML page in the look of a report's."""

from __future__ import annotations

from collections.abc import Mapping

from hanshuku.evaluation.diff.found import FunctionDiff, Pair
from hanshuku.evaluation.diff.render import answer_line, due_line, text_line, verdict_word
from hanshuku.evaluation.diff.rows import CHANGES, ChangedRow
from hanshuku.evaluation.diff.say import agreement_text, change_name, cost_lines, counts_text, pair_findings
from hanshuku.evaluation.diff.words import words
from hanshuku.evaluation.findings import difference_text, p_text
from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.page.frame import Shown, document
from hanshuku.evaluation.page.html import Cell, esc, more, paragraph, shortened, table
from hanshuku.evaluation.page.svg import whisker
from hanshuku.evaluation.page.words import WORDS
from hanshuku.evaluation.render import count_text

OPEN = 10  # rows of a sort that are shown at once; the others open on demand
MOST = 500  # rows of a sort on the page; all are in the JSON


def diff_page(found: FunctionDiff, language: str = "en") -> str:
    """The whole page.

    Raises:
        UnknownName: the language is neither "en" nor "zh".
    """
    say = words(language)
    first = found.pairs[0]
    title = say["title"].format(after=first.after, before=first.before) if len(found.pairs) == 1 else say["title_many"].format(count=len(found.pairs), before=first.before)
    lead = "".join(f'<p class="verdict">{esc(difference_text(pair.verdict, found.primary, language))}</p>' for pair in found.pairs)
    lead += paragraph(say["made"].format(n=f"{found.n:,}", data=found.data[:12], date=found.date[:10], machine=found.machine), "note")
    sections = []
    for place, pair in enumerate(found.pairs, 1):
        tail = "" if len(found.pairs) == 1 else f": {pair.before} → {pair.after}"
        sections += [
            Shown(f"quality-{place}", say["quality"] + tail, _quality(found, pair, say, language)),
            Shown(f"labels-{place}", say["by_label"] + tail, _labels(pair, say)),
            Shown(f"rows-{place}", say["rows"] + tail, _rows(found, pair, say), counts_text(found, pair, say)),
        ]
    sections.append(Shown("cost", say["cost"], _cost(found, say)))
    sections.append(Shown("notes", say["notes"], "".join(paragraph(note_text(note, language)) for note in found.notes)))
    return document(language, title, lead, sections, WORDS[language])


def _quality(found: FunctionDiff, pair: Pair, say: Mapping[str, str], language: str) -> str:
    reach = max((max(abs(change.low), abs(change.high)) for change in pair.metrics if change.low == change.low), default=1.0) or 1.0
    rows: list[list[Cell]] = []
    for change in pair.metrics:
        kind = "weak" if not change.real else "good" if change.better else "bad"
        drawn = whisker(change.difference, change.low, change.high, scale=(-reach, reach), mark=0.0)
        numbers: list[Cell] = [f"{change.before:.3f}", f"{change.after:.3f}", (f"{change.difference:+.3f}", kind), (drawn, "pic"), f"{change.low:+.3f} … {change.high:+.3f}", p_text(change.p_holm)]
        rows.append([esc(change.metric), *numbers, (esc(verdict_word(change, say)), kind)])
    head = [say["metric"], say["before"], say["after"], say["difference"], say["picture"], say["interval"], say["p"], say["verdict"]]
    told = [line for line in pair_findings(found, pair, language) if line not in (counts_text(found, pair, say), *cost_lines(found, pair, say))][1:]
    return table(say["picture_change"], head, rows) + "".join(map(paragraph, told))


def _labels(pair: Pair, say: Mapping[str, str]) -> str:
    if len(pair.labels) < 2:
        return ""
    head = [say["label"], say["n"], say["before"], say["after"], say["difference"], say["picture"], say["interval"], say["p"]]
    rows: list[list[Cell]] = []
    for change in pair.labels:
        kind = "weak" if not change.real else "good" if change.difference > 0 else "bad"
        drawn = whisker(change.difference, change.low, change.high, scale=(-1.0, 1.0), mark=0.0)
        numbers: list[Cell] = [f"{change.n:,}", f"{change.before:.3f}", f"{change.after:.3f}", (f"{change.difference:+.3f}", kind), (drawn, "pic")]
        rows.append([esc(change.label), *numbers, f"{change.low:+.3f} … {change.high:+.3f}", p_text(change.p_holm)])
    shown = table(say["labels"], head, rows[:OPEN])
    return shown + (more(say["other_labels"].format(count=len(rows) - OPEN), table(say["labels"], head, rows[OPEN:])) if rows[OPEN:] else "")


def _rows(found: FunctionDiff, pair: Pair, say: Mapping[str, str]) -> str:
    parts = []
    for change in CHANGES:
        rows = [row for row in pair.rows if row.change == change]
        if not rows:
            continue
        name = f"{change_name(found.task, change, say)} ({len(rows):,})"
        head = [say["where"], pair.before, pair.after, say["due"], say["text"]]
        cells = [_row(row, say) for row in rows[:MOST]]
        rest = more(say["other_rows"].format(count=f"{len(cells) - OPEN:,}"), table(name, head, cells[OPEN:], numbers_from=9)) if cells[OPEN:] else ""
        left = paragraph(say["more_rows"].format(count=f"{len(rows) - MOST:,}"), "note") if len(rows) > MOST else ""
        parts.append(table(name, head, cells[:OPEN], numbers_from=9) + rest + left)
    return "".join(parts) + paragraph(agreement_text(pair.agreement, say))


def _row(row: ChangedRow, say: Mapping[str, str]) -> list[Cell]:
    kinds = {"broken": ("good", "bad"), "fixed": ("bad", "good"), "otherwise": ("weak", "weak")}[row.change]
    return [
        f"{esc(row.file.rsplit('/', 1)[-1])}<wbr>:{row.line}", (esc(answer_line(row.before, say)), kinds[0]), (esc(answer_line(row.after, say)), kinds[1]),
        esc(due_line(row.due, say)), (shortened(text_line(row)), "text"),
    ]  # fmt: skip


def _cost(found: FunctionDiff, say: Mapping[str, str]) -> str:
    head = [say["function"], say["method"], say["model"], say["speed"], say["memory"], say["parameters"], say["disk"]]
    rows: list[list[Cell]] = []
    for each in found.functions:
        cost = [count_text(each.cost.get(name)) for name in ("rows_per_second", "peak_memory_mb", "parameters")]
        rows.append([esc(each.name), esc(each.facts.get("method") or "–"), esc(each.facts.get("model") or "–"), *cost, count_text(each.facts.get("megabytes"))])
    return table(say["cost"], head, rows, numbers_from=3) + "".join(paragraph(line) for pair in found.pairs for line in cost_lines(found, pair, say))
