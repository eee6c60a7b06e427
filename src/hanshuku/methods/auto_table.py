"""What `auto` tried, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def trial_table(trials: Sequence[Mapping[str, Any]]) -> Any:
    """A row for each way that was tried: its settings, how it did, what it took, and why it was kept or left.

    "expected" is the gain over a probe, after weighing what is usual for the method against the rows at
    hand, in points; "best" the chance of being the best.
    """
    from rich.table import Table

    table = Table("method", "score", "rows", "expected", "best", "seconds", "ms a text", "", box=None, header_style="bold")
    for trial in trials:
        score = "–" if trial["score"] is None else f"{trial['score']:.3f}"
        gain = "" if trial.get("expected") is None else f"{100 * trial['expected']:+.1f} ± {100 * trial['expected_sd']:.1f}"
        chance = "" if trial.get("chance") is None else f"{trial['chance']:.0%}"
        latency = "" if trial.get("latency_ms") is None else f"{trial['latency_ms']:.1f}"
        note = ", ".join(part for part in ("chosen" if trial.get("chosen") else "", str(trial["note"])) if part)
        table.add_row(trial.get("label", trial["method"]), score, str(trial["rows"]), gain, chance, f"{trial['seconds']:.0f}", latency, note)
    return table
