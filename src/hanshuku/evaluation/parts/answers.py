"""Answers as a report shows them."""

from __future__ import annotations

from typing import Any


def answer_text(output: Any) -> str:
    """An answer as it is shown: labels with commas between them, a number in three digits, all else as it prints itself."""
    if isinstance(output, float):
        return f"{output:.3g}"
    if isinstance(output, (tuple, list, set, frozenset)):
        return ", ".join(map(answer_text, sorted(output, key=str) if isinstance(output, (set, frozenset)) else output)) or "–"
    return str(output)
