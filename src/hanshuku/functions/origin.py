"""Origin: how a function came to be what it is; one record for each time it learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

CALIBRATE = "calibrate"  # no method, but a step in the history of a function


@dataclass(frozen=True)
class Origin:
    """What is needed to make the same predictor again."""

    method: str  # name in methods.METHODS, or CALIBRATE
    settings: Mapping[str, Any]  # every field of the method
    model: str  # catalogue name, hub name or folder
    revision: str = ""  # of the model on the hub
    licence: str = ""  # of the model
    seed: int = 0
    rows: int = 0  # labelled rows learned from
    data: str = ""  # SHA-256 of those rows
    seconds: float = 0.0  # wall time of the fit
    date: str = ""  # UTC, ISO 8601
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what was counted and said of the data
    summary: Mapping[str, Any] = field(default_factory=dict)  # of those rows: counts and means without any text, see evaluation.drift.summary; {} for none
    trials: tuple[Mapping[str, Any], ...] = ()  # method "auto": what was tried, with its held-out score

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Origin:
        """The record that `to_json` wrote."""
        return cls(**{**data, "notes": tuple(data.get("notes", ())), "trials": tuple(data.get("trials", ()))})


def learned_by(history: Sequence[Origin]) -> Origin | None:
    """The last record of learning, whatever was calibrated since."""
    return next((origin for origin in reversed(history) if origin.method != CALIBRATE), None)
