"""summarize: the gist of a text or a dialogue."""

from __future__ import annotations

from hanshuku.tasks.generate import BESIDE_COLUMNS, decode, encode_targets, parse_target

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("document", "dialogue", "article", "text", "content", "正文", "原文"),)
TARGET_COLUMNS = ("summary", "highlights", "abstract", "title", "摘要", "标题")

__all__ = ["BESIDE_COLUMNS", "INPUT_COLUMNS", "TARGET_COLUMNS", "decode", "encode_targets", "parse_target"]
