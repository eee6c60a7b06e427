"""translate: a text in another language."""

from __future__ import annotations

from hanshuku.tasks.generate import BESIDE_COLUMNS, decode, encode_targets, parse_target

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("source", "src", "text", "sentence", "原文", "源文"),)
TARGET_COLUMNS = ("target", "tgt", "trg", "translation", "reference", "references", "译文", "翻译")

__all__ = ["BESIDE_COLUMNS", "INPUT_COLUMNS", "TARGET_COLUMNS", "decode", "encode_targets", "parse_target"]
