"""complete_code: a program from its description or its beginning."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hanshuku.tasks.base import Prediction, Task, objects
from hanshuku.tasks.generate import decode as decode_text

INPUT_COLUMNS: tuple[tuple[str, ...], ...] = (("prompt", "text", "description", "intent", "描述", "题目"),)
TARGET_COLUMNS = ("completion", "code", "solution", "canonical_solution", "代码")
BESIDE_COLUMNS = ("tests", "test_list", "test_setup_code", "test_setup", "test")
SHOWN = "{text}\nYour code should pass this test:\n{test}", "{text}\n代码须通过这个测试：\n{test}"  # English, Chinese


def parse_target(task: Task, value: Any, beside: Mapping[str, Any] | None = None) -> tuple[str, tuple[str, ...]]:
    """The reference program, and the tests that stand beside it: lines of Python that raise where a program is wrong.

    Raises:
        ValueError: there is neither a program nor a test.
    """
    tests = _tests(beside or {})
    program = "" if value is None or (isinstance(value, float) and value != value) else str(value).strip("\n")
    if not program.strip() and not tests:
        raise ValueError("there is neither a program nor a test")
    return program, tests


def shown_beside(row: tuple[str, ...], beside: Mapping[str, Any]) -> tuple[str, ...]:
    """The row with its first test below it where the tests alone tell what the function is to be called; as it is else.

    The prompts of MBPP are shown so (Austin et al. 2021, https://arxiv.org/abs/2108.07732, with three tests): without a name no program passes but by chance.
    """
    text = row[0]
    for test in _tests(beside):
        name = _called(test)
        if name and not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.ASCII):
            return (SHOWN[bool(re.search("[\u4e00-\u9fff]", text))].format(text=text, test=test.strip()), *row[1:])
        if name:
            break
    return row


def _tests(beside: Mapping[str, Any]) -> tuple[str, ...]:
    """Lines of Python: what sets the tests up, then the tests."""
    setup = str(beside.get("test_setup_code") or beside.get("test_setup") or "").strip()
    tests: list[str] = [setup] if setup else []
    for name in ("tests", "test_list", "test"):
        cell = beside.get(name)
        if cell is not None and not (isinstance(cell, float) and cell != cell):
            tests += [str(item) for item in cell] if isinstance(cell, (list, tuple, np.ndarray)) else [str(cell)]
    return tuple(test for test in tests if test.strip())


def _called(test: str) -> str:
    """The function that a test of one assertion calls: the first name called that Python does not bring; "" where there is none."""
    try:
        body = ast.parse(test.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    if len(body) != 1 or not isinstance(body[0], ast.Assert):
        return ""
    names = [node.func.id for node in ast.walk(body[0]) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return next((name for name in names if not hasattr(builtins, name)), "")


def encode_targets(task: Task, targets: Sequence[Any]) -> np.ndarray:
    """(N,) objects: (program, tests)."""
    return objects(targets)


def decode(task: Task, outputs: np.ndarray, threshold: float = 0.5, inputs: Sequence[tuple[str, ...]] = ()) -> list[Prediction]:
    """Predictions from (N,) pairs (program, confidence)."""
    return decode_text(task, outputs, threshold, inputs)
