"""Switches: what may be turned on in any method that runs the engine. Each is an objective, or acts on the weights or the rows; they compose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields

from hanshuku.data.augment.encoded import augmented
from hanshuku.data.augment.rows import MOST_TIMES
from hanshuku.data.augment.spec import parse_spec
from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, UnknownName
from hanshuku.training.checks import check_choice, check_range

WEIGHTINGS = ("none", "balanced")
ATTACKS = ("none", "fgm", "pgd", "freelb", "smart")
AVERAGES = ("none", "ema", "soup")
_READ_BY = {
    "adversarial_size": ATTACKS[1:],
    "adversarial_steps": ("pgd", "freelb", "smart"),
    "adversarial_weight": ("fgm", "pgd", "smart"),  # freelb has no plain rows beside the pushed ones
    "average_decay": ("ema",),
}


@dataclass(frozen=True)
class Switches:
    """Off unless set. What each does, its formula and its paper stand in docs/en/switches.md and in the file that computes it."""

    label_smoothing: float = field(default=0.0, metadata={"help": "share of each target spread over all labels, 0..1"})
    class_weights: str = field(default="none", metadata={"help": "none, or balanced: rare labels weigh more in the loss"})
    focal: float = field(default=0.0, metadata={"help": "gamma of the focal loss, 0..10: rows that are sure already weigh (1 - p)^gamma; 0: off"})
    mixup: float = field(default=0.0, metadata={"help": "a of Beta(a, a), 0..10: the head learns from mixtures of the hidden states of two rows; 0: off"})
    consistency: float = field(default=0.0, metadata={"help": "weight of R-Drop, 0..100: two passes under dropout shall say the same; 0: off"})
    adversarial: str = field(default="none", metadata={"help": f"{', '.join(ATTACKS)}: learn from word embeddings pushed where it is worst"})
    adversarial_size: float = field(default=0.0, metadata={"help": "length of the push in parts of the row's embeddings, 0..1; 0: the attack's own"})
    adversarial_steps: int = field(default=0, metadata={"help": "steps to the worst push of pgd, freelb and smart, 0..100; 0: the attack's own"})
    adversarial_weight: float = field(default=0.0, metadata={"help": "weight of the pushed rows (of the distance in smart) against the plain ones, 0..100; 0: 1"})
    average: str = field(default="none", metadata={"help": "none, ema, or soup (the mean over the second half): weights that are judged and kept"})
    average_decay: float = field(default=0.0, metadata={"help": "decay of the ema, 0..1; 0: it reaches back a tenth of the steps"})
    layer_decay: float = field(default=1.0, metadata={"help": "each block learns at so many times the rate of the one above it, 0.05..1"})
    reinit_layers: int = field(default=0, metadata={"help": "top blocks that start from random weights"})
    augment: str = field(default="none", metadata={"help": "augmenters that make new rows of those that are learned, such as typos or synonyms,homophones:0.2; none: off"})
    augment_times: int = field(default=1, metadata={"help": "most rows that augment makes of each, 1..1000"})

    def __post_init__(self) -> None:
        check_range("label_smoothing", self.label_smoothing, 0, 0.999)
        check_choice("class_weights", self.class_weights, WEIGHTINGS)
        check_choice("adversarial", self.adversarial, ATTACKS)
        check_choice("average", self.average, AVERAGES)
        for name, low, high in (("focal", 0, 10), ("mixup", 0, 10), ("consistency", 0, 100), ("adversarial_size", 0, 1), ("adversarial_weight", 0, 100),
                                ("average_decay", 0, 0.999999), ("layer_decay", 0.05, 1)):  # fmt: skip
            check_range(name, getattr(self, name), low, high)
        for name, high in (("adversarial_steps", 100), ("reinit_layers", 1000)):
            check_range(name, getattr(self, name), 0, high, whole=True)
        check_range("augment_times", self.augment_times, 1, MOST_TIMES, whole=True)
        _check_augment(self.augment)
        self._check_together()

    def _check_together(self) -> None:
        """
        Raises:
            ConfigError: a setting of a switch is given, and the switch is off or does not read it.
        """
        for name, legal in _READ_BY.items():
            switch = name.partition("_")[0]
            if getattr(self, name) and getattr(self, switch) not in legal:
                raise ConfigError(f"{name} is for {switch}={', '.join(legal)}. Received: {name}={getattr(self, name)} with {switch}={getattr(self, switch)}.")
        if self.augment == "none" and self.augment_times != 1:
            raise ConfigError(f"augment_times says how many rows augment makes, and augment is none. Set augment too. Received: augment_times={self.augment_times}.")

    @property
    def on(self) -> tuple[str, ...]:
        """Names of the switches that are set."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != f.default)

    @property
    def growth(self) -> int:
        """How many times as many rows are learned as were given, at most."""
        return 1 if self.augment == "none" else 1 + self.augment_times

    def grown(self, learned: Encoded, seed: int) -> Encoded:
        """The rows that are learned with those that `augment` makes of them; rows that judge are no argument of it.

        Raises:
            MissingExtra: a package of the extra "augment" is missing.
            ModelError: a model that an augmenter needs cannot be had.
        """
        return learned if self.augment == "none" else augmented(learned, self.augment, self.augment_times, seed)

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


def _check_augment(spec: str) -> None:
    """
    Raises:
        ConfigError: neither "none" nor a specification of augmenters.
    """
    if spec == "none":
        return
    if not isinstance(spec, str):
        raise ConfigError(f"augment is none, or augmenters with commas between them: typos,synonyms. Received: {spec!r}.")
    try:
        parse_spec(spec)
    except UnknownName as error:
        raise ConfigError(f"augment: {error} Received: {spec!r}.") from None


_NEEDS = {  # what a switch needs to mean anything
    "label_smoothing": "it changes a cross entropy over labels",
    "class_weights": "it changes a cross entropy over labels",
    "focal": "it changes a cross entropy over labels",
    "mixup": "it mixes what a head for labels or a number reads",
    "consistency": "it compares whole answers under dropout",
    "reinit_layers": "layers anew would have to learn all of it",
    "augment": "it needs labels, numbers, entities or answers that hold for a row that is a little different",
}
