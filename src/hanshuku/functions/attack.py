"""attack: how easily the right answers of a function are turned by texts that mean the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hanshuku.errors import UnknownName
from hanshuku.functions.core import Function
from hanshuku.functions.learn import encoded
from hanshuku.safety.attacks import ATTACKS, Attack
from hanshuku.safety.attacks import attack as search
from hanshuku.safety.attacks.run import QUERIES, ROWS
from hanshuku.training.run import Step, silent


def attack(
    function: Function[Any, Any], examples: Any, how: str = "words", *, rows: int = ROWS, queries: int = QUERIES, seed: int = 0, report: Callable[[Step], None] = silent
) -> Attack:
    """Look for texts near those of the examples that the function answers wrongly.

    Args:
        function: of kind classify.
        examples: labelled Examples, or whatever `read` takes.
        how: "words", near words that keep the sense; "characters", slips that people read over.
        rows: most rows that are drawn, by the seed.
        queries: most texts that the function is asked for a row.
        seed: the same seed attacks the same rows in the same way.
        report: called with the rows done.

    Raises:
        UnknownName: there is no such way.
        ConfigError: the function gives no labels, or a number is outside its range.
        DataError: the examples do not fit the function.
    """
    if how not in ATTACKS:
        raise UnknownName("attack", how, ATTACKS)
    data, _ = encoded(function.task, examples, unknown_labels="keep")
    return search(function.predictor(), data, ATTACKS[how], name=how, rows=rows, queries=queries, seed=seed, report=report)
