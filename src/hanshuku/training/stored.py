"""Stored: settings of the rows that a function keeps, to be replayed when it learns on; see `replay` for how they are chosen."""

from __future__ import annotations

from dataclasses import dataclass, field

from hanshuku.errors import ConfigError
from hanshuku.training.checks import check_choice, check_range
from hanshuku.training.replay import SELECTIONS


@dataclass(frozen=True)
class Stored:
    """How many rows are stored, which, and how many of them are shown in a step."""

    memory: float = field(default=500, metadata={"help": "rows that replay and distill store: a number, or below 1 a share of all rows seen; 0: none"})
    selection: str = field(default="balanced", metadata={"help": "which rows are stored: balanced (each label alike), reservoir (all rows alike), herding (nearest to the label's mean)"})
    replayed: int = field(default=0, metadata={"help": "stored rows shown in each step; 0: as many as new ones"})

    def __post_init__(self) -> None:
        check_choice("selection", self.selection, SELECTIONS)
        check_range("memory", self.memory, 0, 100_000_000)
        if self.memory > 1 and self.memory != int(self.memory):
            raise ConfigError(f"memory is a whole number of rows, or below 1 a share of them. Received: {self.memory!r}.")
        check_range("replayed", self.replayed, 0, 4096, whole=True)

    def capacity(self, seen: int) -> int:
        """Rows that may be stored after `seen` rows; a share gives at least one."""
        return int(self.memory) if self.memory >= 1 or not self.memory else max(1, round(self.memory * seen))
