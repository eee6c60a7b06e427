"""Views: settings of learning from unlabelled texts, of which two views shall get the same answer; see `view_loss` for what they do."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from hanshuku.data.augment.spec import parse_spec
from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, UnknownName
from hanshuku.tasks import Task
from hanshuku.training.checks import check_choice, check_range

WAYS = ("none", "uda", "fixmatch")
STRONG = "delete:0.2+swap,typos:0.2,noise"


@dataclass(frozen=True)
class Views:
    """Settings of learning from unlabelled texts beside the labelled rows; off unless `two_views` is set."""

    two_views: str = field(default="none", metadata={"help": "none, uda or fixmatch: the answer to an unlabelled text, where it is sure, is learned for a changed copy of it"})
    view_weight: float = field(default=1.0, metadata={"help": "what unlabelled texts count against the labelled rows, above 0, up to 100"})
    view_threshold: float = field(default=0.0, metadata={"help": "least probability of an answer that teaches, 0..1; 0: 0.8 for uda, 0.95 for fixmatch"})
    view_temperature: float = field(default=0.0, metadata={"help": "uda: the answer is sharpened by it, 0..1; 0: 0.4"})
    view_ratio: int = field(default=3, metadata={"help": "unlabelled texts a step for each labelled row, 1..100"})
    view_most: int = field(default=4000, metadata={"help": "unlabelled texts that are read at most, drawn at random, 1..10000000"})
    view_weak: str = field(default="none", metadata={"help": "augmenters that make the view that is answered; none: the text as it is"})
    view_strong: str = field(default=STRONG, metadata={"help": "augmenters that make the view that learns the answer; synonyms and masked change more, and take longer"})

    def __post_init__(self) -> None:
        check_choice("two_views", self.two_views, WAYS)
        check_range("view_weight", self.view_weight, 1e-6, 100)
        check_range("view_threshold", self.view_threshold, 0, 0.9999)
        check_range("view_temperature", self.view_temperature, 0, 1)
        check_range("view_ratio", self.view_ratio, 1, 100, whole=True)
        check_range("view_most", self.view_most, 1, 10_000_000, whole=True)
        for name, spec in (("view_weak", self.view_weak), ("view_strong", self.view_strong)):
            if spec != "none" or name == "view_strong":
                try:
                    parse_spec(spec)
                except UnknownName as error:
                    raise ConfigError(f"{name}: {error} Received: {spec!r}.") from None
        if self.two_views == "none" and any(getattr(self, f.name) != f.default for f in fields(self)):
            raise ConfigError("view_... are settings of two_views, which is none. Set two_views=uda or two_views=fixmatch too.")
        if self.view_temperature and self.two_views != "uda":
            raise ConfigError(f"view_temperature is for two_views=uda. Received: view_temperature={self.view_temperature} with two_views={self.two_views}.")

    @property
    def is_on(self) -> bool:
        """Whether unlabelled texts are learned from."""
        return self.two_views != "none"

    def check(self, task: Task, rows: Encoded) -> None:
        """
        Raises:
            ConfigError: it is on and the task has no labels, or there are no unlabelled texts.
        """
        if not self.is_on:
            return
        if task.kind != "classify":
            raise ConfigError(f"two_views is for labels: an answer must say how sure it is. Received: a task of kind {task.kind!r}.")
        if not rows.unlabelled:
            raise ConfigError(f"two_views={self.two_views} learns from unlabelled texts too. Give some: learn(rows, unlabelled=...), or --unlabelled FILE.")
