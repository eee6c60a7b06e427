"""Cost: time, memory, size and, of a model on a server, tokens and price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import esc, facts, paragraph
from hanshuku.evaluation.render import count_text

if TYPE_CHECKING:
    from hanshuku.evaluation.report import Report

NAMES = ("seconds", "rows_per_second", "peak_memory_mb", "parameters", "moved_parameters", "requests", "kept_answers", "tokens_in", "tokens_out", "price")


def html(report: Report, say: Say) -> str:
    """What answering these rows cost, on which machine."""
    pairs = [(say[name], esc(f"{report.cost[name]:.6g}" if name == "price" else count_text(report.cost[name]))) for name in NAMES if report.cost.get(name) is not None]
    return facts(pairs) + (paragraph(say["where"].format(machine=report.machine), "note") if report.machine else "") if pairs else ""


SECTION = Section(
    {
        "en": {"title": "Cost", "seconds": "seconds for all rows", "rows_per_second": "rows a second", "peak_memory_mb": "peak memory, MB", "parameters": "parameters",
               "moved_parameters": "of these learned", "requests": "requests to a server", "kept_answers": "answers that were at hand", "tokens_in": "tokens sent",
               "tokens_out": "tokens received", "price": "price", "where": "On this machine: {machine}."},
        "zh": {"title": "成本", "seconds": "全部行所用秒数", "rows_per_second": "每秒行数", "peak_memory_mb": "内存峰值（MB）", "parameters": "参数",
               "moved_parameters": "其中学习过的", "requests": "向服务器的请求", "kept_answers": "已保存的回答", "tokens_in": "发送的词元",
               "tokens_out": "收到的词元", "price": "费用", "where": "测量所用机器：{machine}。"},
    },
    html,
    whole=True,
)  # fmt: skip
