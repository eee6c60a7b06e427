"""complete_code: a program from its description or its beginning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task, objects
from hanshuku.tasks.generate import decode as decode_text

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("prompt", "text", "description", "intent", "描述", "题目"),)
TARGET_COLUMNS = ("completion", "code", "solution", "canonical_solution", "代码")
BESIDE_COLUMNS = ("tests", "test_list", "test_setup_code", "test_setup", "test")


def parse_target(task: Task, value: Any, beside: Mapping[str, Any] | None = None) -> tuple[str, tuple[str, ...]]:
    """The reference program, and the tests that stand beside it: lines of Python that raise where a program is wrong.

    Raises:
        ValueError: there is neither a program nor a test.
    """
    cells = beside or {}
    setup = str(cells.get("test_setup_code") or cells.get("test_setup") or "").strip()
    tests: list[str] = [setup] if setup else []
    for name in ("tests", "test_list", "test"):
        cell = cells.get(name)
        if cell is not None and not (isinstance(cell, float) and cell != cell):
            tests += [str(item) for item in cell] if isinstance(cell, (list, tuple, np.ndarray)) else [str(cell)]
    program = "" if value is None or (isinstance(value, float) and value != value) else str(value).strip("\n")
    if not program.strip() and not tests:
        raise ValueError("there is neither a program nor a test")
    return program, tuple(test for test in tests if test.strip())


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) objects: (program, tests)."""
    return objects(targets)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) pairs (program, confidence)."""
    return decode_text(task, outputs, threshold, inputs)
