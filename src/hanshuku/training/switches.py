"""Switches: what may be turned on in any method that runs the engine. Each is an objective, or acts on the weights; they compose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields

from hanshuku.errors import ConfigError
from hanshuku.training.checks import check_choice, check_range

WEIGHTINGS = ("none", "balanced")


@dataclass(frozen=True)
class Switches:
    """Off unless set. What each does, its formula and its paper stand in docs/en/switches.md and in the file that computes it."""

    label_smoothing: float = field(default=0.0, metadata={"help": "share of each target spread over all labels, 0..1"})
    class_weights: str = field(default="none", metadata={"help": "none, or balanced: rare labels weigh more in the loss"})
    focal: float = field(default=0.0, metadata={"help": "gamma of the focal loss, 0..10: rows that are sure already weigh (1 - p)^gamma; 0: off"})

    def __post_init__(self) -> None:
        check_range("label_smoothing", self.label_smoothing, 0, 0.999)
        check_choice("class_weights", self.class_weights, WEIGHTINGS)
        check_range("focal", self.focal, 0, 10)

    @property
    def on(self) -> tuple[str, ...]:
        """Names of the switches that are set."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != f.default)

    def require(self, legal: Collection[str], where: str) -> None:
        """
        Args:
            legal: switches that have a meaning there.
            where: "finetune of a task of kind 'rate'".

        Raises:
            ConfigError: another one is on: no switch is passed over in silence.
        """
        for name in self.on:
            if name not in legal:
                known = ", ".join(f.name for f in fields(self) if f.name in legal)
                raise ConfigError(f"{name} has no meaning for {where}: {_NEEDS.get(name, 'nothing there could take it')}. Leave it out. Switches that have one: {known}.")


_NEEDS = {  # what a switch needs to mean anything
    "label_smoothing": "it needs labels",
    "class_weights": "they need labels",
    "focal": "it needs labels",
}
