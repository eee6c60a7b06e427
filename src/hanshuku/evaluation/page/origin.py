"""Origin: what the function is, how it came to be, on what it was measured, with which seeds and versions: enough to do it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import esc, facts, more, shortened
from hanshuku.evaluation.page.words import WORDS

if TYPE_CHECKING:
    from hanshuku.evaluation.report import Report

LABELS = 30  # that are named


def html(report: Report, say: Say) -> str:
    """Tables of facts."""
    task = report.task
    named = ", ".join(task.labels[:LABELS]) + (f" … ({len(task.labels)})" if len(task.labels) > LABELS else "")
    pairs = [(say["kind"], esc(WORDS[say["language"]][f"kind_{task.kind}"])), (say["inputs"], esc(", ".join(task.inputs)))]
    pairs += [(say["labels"], esc(named))] if task.labels else [(say["range"], esc(f"{task.low:g}..{task.high:g}"))] if task.kind == "rate" else []
    pairs += [(say["data"], f"<code>{esc(report.data)}</code>"), (say["seed"], esc(report.seed)), (say["date"], esc(report.date))]
    pairs += [(say["versions"], esc(_versions(report.versions)))]
    parts = [f"<h3>{esc(say['measured_on'])}</h3>", facts(pairs)]
    for i, origin in enumerate(report.history, 1):
        count = f" {i}" if len(report.history) > 1 else ""
        parts += [f"<h3>{esc(say['learned'] + count)}</h3>", _origin(origin, say)]
    if report.notes:
        notes = "".join(f"<li>{shortened(note_text(note, say['language']), 600)}</li>" for note in report.notes)
        parts += [f"<h3>{esc(say['notes'])}</h3>", f"<ul>{notes}</ul>"]
    return "".join(parts)


def _origin(origin: Mapping[str, Any], say: Say) -> str:
    settings = facts([(name, f"<code>{shortened(json.dumps(value, ensure_ascii=False), 500)}</code>") for name, value in (origin.get("settings") or {}).items()])
    pairs = [
        (say["method"], esc(origin.get("method", ""))),
        (say["model"], f"{esc(origin.get('model', ''))} <code>{esc(str(origin.get('revision', ''))[:12])}</code>"),
        (say["licence"], esc(origin.get("licence") or say["unknown_licence"])),
        (say["rows"], esc(f"{origin.get('rows') or 0:,}")),
        (say["data"], f"<code>{esc(origin.get('data') or '–')}</code>"),
        (say["seed"], esc(origin.get("seed", ""))),
        (say["fit"], esc(f"{origin.get('seconds') or 0:,.1f} s")),
        (say["date"], esc(origin.get("date", ""))),
        (say["versions"], esc(_versions(origin.get("versions") or {}))),
    ]
    return facts(pairs) + more(say["settings"], settings)


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


SECTION = Section(
    {
        "en": {"title": "Where it comes from", "measured_on": "What was measured", "learned": "How it learned", "kind": "kind of task", "inputs": "inputs", "labels": "labels",
               "range": "range", "data": "rows, SHA-256", "seed": "seed", "date": "date (UTC)", "versions": "versions", "method": "method", "model": "model",
               "licence": "licence of the model", "unknown_licence": "not known", "rows": "rows learned from", "settings": "All settings", "notes": "Notes on the rows"},
        "zh": {"title": "来源", "measured_on": "测量对象", "learned": "学习过程", "kind": "任务种类", "inputs": "输入", "labels": "标签",
               "range": "取值范围", "data": "数据行 SHA-256", "seed": "随机种子", "date": "日期（UTC）", "versions": "版本", "method": "方法", "model": "模型",
               "licence": "模型许可证", "unknown_licence": "未知", "rows": "学习所用行数", "settings": "全部设置", "notes": "数据行说明"},
    },
    html,
    whole=True,
)  # fmt: skip
