"""card.md: the model card of a saved function, plain Markdown, in Chinese where the function is a Chinese one.

Its parts are those of Mitchell et al. 2019, Model Cards for Model Reporting, https://arxiv.org/abs/1810.03993, as far as they were measured:
what is not known is said not to be, and no text of a single row is in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hanshuku.data.language import language_of
from hanshuku.errors import DataError
from hanshuku.evaluation.page import shown
from hanshuku.evaluation.page.html import interval, number
from hanshuku.evaluation.render import verdict, worst_labels
from hanshuku.evaluation.report import Report
from hanshuku.functions.card_words import WORDS
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from hanshuku.functions.core import Function
    from hanshuku.functions.origin import Origin

LABELS = 200  # that are listed


def card(function: Function[Any, Any], kept: Sequence[str] = ()) -> str:
    """The model card of a function, Markdown; `kept`: lines on what it stores so as to learn on."""
    task, report = function.task, _report(function.report)
    language = language_of([*task.label_texts, task.instruction]) if task.labels or task.instruction else "en"
    language = "zh" if language == "zh" else "en"
    say = WORDS[language]
    licences = sorted({origin.licence for origin in function.history if origin.licence})
    lines = [*_front(licences, language), f"# {task.name}", "", task.instruction or say["no_instruction"], "", f"## {say['use']}", "", *_use(task, say)]
    lines += ["", f"## {say['measured']}", "", *_measured(report, say, language)]
    lines += ["", f"## {say['made']}", ""]
    for origin in function.history:
        lines += _origin(origin, say)
    kept = [*kept, *_summary_line(function, say)]
    if kept:
        lines += ["", f"## {say['keeps']}", "", *kept]
    if guard := _guard(function, say):
        lines += ["", f"## {say['guard']}", "", *guard]
    lines += ["", f"## {say['limits']}", "", *(f"- {limit}" for limit in _limits(report, say))]
    lines += ["", f"## {say['licence']}", "", say["licence_known" if licences else "licence_unknown"].format(licences=", ".join(licences))]
    return "\n".join([*lines, ""])


def _guard(function: Function[Any, Any], say: Mapping[str, str]) -> list[str]:
    """What a guarded function is guarded by, a line a rule."""
    guard = getattr(function, "guard", None)
    if guard is None:
        return []
    pii, judge, screen = guard.pii, guard.toxicity, guard.injection
    lines = [say[f"guard_{pii.action}"].format(kinds=", ".join(pii.kinds))] if pii else []
    lines += [say["guard_toxic"].format(labels=", ".join(judge.labels), at=judge.at_least)] if judge else []
    lines += [say["guard_attack"].format(at=screen.at_least)] if screen else []
    lines += [say["guard_rules"].format(rules=", ".join(f"`{rule.name}`" for rule in guard.rules))] if guard.rules else []
    return [f"- {line}" for line in lines]


def _summary_line(function: Function[Any, Any], say: Mapping[str, str]) -> list[str]:
    summary = function.history[-1].summary if function.history else {}
    return ["- " + say["summary"].format(rows=f"{summary['rows']:,}")] if summary else []


def _report(data: Mapping[str, Any] | None) -> Report | None:
    """The report that the function holds; one of another version of this library is told by its metrics alone."""
    if not data:
        return None
    try:
        return Report.from_json(data)
    except DataError:
        return None


def _front(licences: Sequence[str], language: str) -> list[str]:
    licence = [f"license: {licences[0].lower()}"] if len(licences) == 1 else []
    return ["---", *licence, f"language: {language}", "library_name: hanshuku", "---", ""]


def _use(task: Task, say: Mapping[str, str]) -> list[str]:
    if task.kind == "rate":
        output = say["number"].format(low=f"{task.low:g}", high=f"{task.high:g}")
    else:
        output = say["of_labels"].format(count=len(task.labels)) if task.labels else task.kind
    lines = [f"- {say['kind']}: {task.kind}", f"- {say['inputs']}: {', '.join(task.inputs)}", f"- {say['output']}: {output}{say['several'] if task.several else ''}"]
    if task.labels:
        more = f" ... ({len(task.labels)})" if len(task.labels) > LABELS else ""
        lines.append(f"- {say['labels']}: {', '.join(task.labels[:LABELS])}{more}")
    lines += [f"- {label}: {text}" for label, text in zip(task.labels, task.descriptions, strict=False)]
    return [*lines, f"- {say['not_for']}"]


def _measured(report: Report | None, say: Mapping[str, str], language: str) -> list[str]:
    if report is None:
        return [say["not_measured"]]
    lines = [verdict(report, language), "", f"| {say['metric']} | {say['value']} | {say['interval']} | n | {say['chance']} |", "| --- | --- | --- | --- | --- |"]
    for name, metric in report.metrics.items():
        lines.append(f"| {name} | {number(metric.value)} | {interval(metric.to_json())} | {metric.n} | {number(metric.chance)} |")
    worst = worst_labels(report)
    if worst and len(report.per_label) > 1:
        told = "; ".join(f"{row['label']} {number(row['f1']['value'])} ({interval(row['f1'])}, n {row['support']})" for row in worst)
        lines += ["", say["worst"].format(labels=told)]
    said = [(own["title"], section.says(data, own)) for _, section, data, own in shown(report, language)]
    lines += ["", *(f"- **{title}**: {sentence}" for title, sentence in said if sentence)]
    lines += ["", f"- {say['rows_measured']}: {report.n:,}, SHA-256 `{report.data}`", f"- {say['when']}: {report.date}, {report.machine}, {say['seed']} {report.seed}"]
    return lines


def _origin(origin: Origin, say: Mapping[str, str]) -> list[str]:
    settings = json.dumps(dict(origin.settings), ensure_ascii=False)
    return [
        f"- {origin.date}: `{origin.method}`, {say['model']} `{origin.model}` {origin.revision[:12]}, {say['seed']} {origin.seed}",
        f"  - {say['licence_model']}: {origin.licence or say['unknown']}",
        f"  - {say['learned_from'].format(rows=origin.rows, seconds=f'{origin.seconds:.0f}')}",
        f"  - {say['settings']}: `{settings}`",
        f"  - {say['data']} SHA-256: `{origin.data or say['none']}`",
        f"  - {say['versions']}: {', '.join(f'{k} {v}' for k, v in origin.versions.items())}",
        *(f"  - {note}" for note in origin.notes),
    ]


def _limits(report: Report | None, say: Mapping[str, str]) -> list[str]:
    """What nobody looked at, so that silence is not taken for a good result."""
    parts = report.parts if report else {}
    missing = [say[f"no_{name}"] for name in ("robustness", "out_of_domain", "fairness") if name not in parts]
    lines = [say["only_such_rows"]]
    if missing:
        lines.append(say["not_looked_at"].format(parts=say["comma"].join(missing)))
    if report and report.n < 100:
        lines.append(say["few_rows"].format(n=report.n))
    if report and report.unknown:
        lines.append(say["unknown_labels"].format(n=report.unknown))
    return lines
