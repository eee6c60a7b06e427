"""attack: how easily right answers are turned by texts that mean the same; only where it is named, as it asks the function many times."""

from __future__ import annotations

from typing import Any

from hanshuku.errors import MissingExtra, ModelError
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.safety.attacks import ATTACKS, attack, can_attack
from hanshuku.tasks import Task


def suits(task: Task) -> bool:
    """Whether functions of this task can be attacked."""
    return can_attack(task)


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any]:
    """Every attack on at most `wanted.rows` rows.

    Returns:
        ways: what `Attack.to_json` gives of each; left_out: name, need: what an attack lacked.
    """
    ways, left_out = [], []
    for name, how in ATTACKS.items():
        try:
            ways.append(attack(seen.predictor, seen.encoded, how, name=name, rows=wanted.rows, seed=seen.seed, report=seen.report).to_json())
        except (MissingExtra, ModelError) as error:
            left_out.append({"name": name, "need": str(error)})
    return {"ways": ways, "left_out": left_out}
