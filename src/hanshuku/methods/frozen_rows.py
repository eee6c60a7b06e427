"""Rows whose vectors are computed once, so that probes can be learned from any of them in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.errors import MissingExtra
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.inference.encoder import EncoderPredictor, Head
    from hanshuku.methods.head_learning import Learned
    from hanshuku.methods.linear import Penalty
    from hanshuku.methods.probe import Probe


@dataclass(frozen=True)
class FrozenRows:
    """N rows as a frozen encoder reads them.

    Attributes:
        task: classify or rate.
        untaught: the encoder with a head of zeros.
        features: (N, F) float32, see `EncoderPredictor.features`.
        prior: the head that the label descriptions make; None: they are not to be read.
        settings: of the method `probe`.
    """

    task: Task
    untaught: EncoderPredictor
    features: np.ndarray
    prior: Head | None
    settings: Probe

    @classmethod
    def read(cls, task: Task, inputs: Sequence[tuple[str, ...]], settings: Probe, model: str, run: Run = Run()) -> FrozenRows:  # noqa: B008 - frozen
        """Read N rows by the encoder of that name.

        Raises:
            ModelError: the model cannot be had.
            MissingExtra: torch, scipy or transformers is not installed.
        """
        try:
            from hanshuku.inference.encoder import EncoderPredictor, Head
            from hanshuku.methods.zero_shot import zero_shot_head
            from hanshuku.models.load import load_encoder
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "train", "Learning a probe") from error
        run.report(Step(0, 3, note=f"load {model}"))
        loaded = load_encoder(model)
        width = int(loaded.network.config.hidden_size) * (4 if task.is_pair else 1)
        untaught = EncoderPredictor(
            task, loaded, Head(np.zeros((1, width)), np.zeros(1)), pooling=loaded.info.pooling, normalise=True, pair="bi",
            max_length=settings.max_length or None, precision=settings.precision, changed=False,
        )  # fmt: skip
        run.report(Step(1, 3, note=f"read {len(inputs):,} rows"))
        features = untaught.features(inputs)
        prior = zero_shot_head(task, loaded, precision=settings.precision) if settings.descriptions else None
        return cls(task, untaught, features, prior, settings)

    def learn(self, rows: Encoded, places: np.ndarray | None = None, *, penalty: Penalty | None = None, seed: int = 0) -> Learned:
        """A head learned from some of the rows.

        Args:
            rows: all N rows, labelled.
            places: which of them to learn from; None: all.
            penalty: how the head is held back; None: as the settings say, by cross-validation where they leave it open.
            seed: of the folds.
        """
        from hanshuku.methods.head_learning import learn_head
        from hanshuku.methods.linear import Penalty

        taken, features = (rows, self.features) if places is None else (rows.take(places), self.features[places])
        if penalty is None and self.settings.strength:
            penalty = Penalty(self.settings.strength, self.settings.trust if self.prior else 0.0)
        return learn_head(self.task, features, taken, self.prior, penalty=penalty, blocks=4 if self.task.is_pair else 1, seed=seed)

    def outputs(self, learned: Learned, places: np.ndarray | None = None) -> np.ndarray:
        """What the head answers to some of the rows (None: all), as a predictor gives it."""
        return learned.head.outputs(self.task, self.features if places is None else self.features[places])

    def predictor(self, learned: Learned) -> EncoderPredictor:
        """The predictor that answers by this head."""
        moved = learned.head.weight.size + learned.head.bias.size
        found = replace(self.untaught, head=learned.head, threshold=learned.threshold, moved_parameters=moved)
        found.cut = self.untaught.cut
        return found
