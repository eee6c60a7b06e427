"""Head: the linear map from features to a task's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.tasks import Task

HEAD_FILE = "head.safetensors"


@dataclass
class Head:
    """answer = features @ weight.T + bias, in float32 so that labels do not waver.

    Attributes:
        weight: (O, F) float32; O labels of a classify task, 1 for rate.
        bias: (O,) float32.
    """

    weight: np.ndarray
    bias: np.ndarray

    def __post_init__(self) -> None:
        self.weight = _array(self.weight)
        self.bias = _array(self.bias).reshape(-1)

    def logits(self, features: np.ndarray) -> np.ndarray:
        """(N, F) float32 -> (N, O) float32."""
        return features @ self.weight.T + self.bias

    def divided(self, temperature: float) -> Head:
        """The head whose logits are divided by a number above 0."""
        return Head(self.weight / temperature, self.bias / temperature)

    def token_logits(self, states: np.ndarray, lengths: Sequence[int], features: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
        """Of every token of B rows, B arrays (T_i, O) float32.

        Args:
            states: (B, T, H) float32, padded on the right.
            lengths: T_i tokens a row.
            features: B arrays (T_i, F) that are read behind the states; (): none.
        """
        own = [row[:length] for row, length in zip(states, lengths, strict=True)]
        return [self.logits(np.concatenate([row, features[i]], axis=1) if len(features) else row) for i, row in enumerate(own)]

    def outputs(self, task: Task, features: np.ndarray) -> np.ndarray:
        """What a predictor gives: see `answers`."""
        return answers(task, self.logits(features))

    def save(self, folder: Path) -> None:
        """Write the head to `folder`."""
        from safetensors.numpy import save_file

        save_file({"weight": np.ascontiguousarray(self.weight), "bias": np.ascontiguousarray(self.bias)}, folder / HEAD_FILE)

    @classmethod
    def load(cls, folder: Path) -> Head:
        """The head that `save` wrote.

        Raises:
            FunctionFolderError: it is missing or damaged.
        """
        from safetensors.numpy import load_file

        try:
            tensors = load_file(folder / HEAD_FILE)
            return cls(tensors["weight"], tensors["bias"])
        except (OSError, KeyError, ValueError) as error:
            raise FunctionFolderError(f"{folder} is damaged: {HEAD_FILE} cannot be read ({error}). Copy the function again.") from error


def answers(task: Task, logits: np.ndarray) -> np.ndarray:
    """Logits as a predictor's outputs.

    classify: (N, L) -> (N, L) float32 probabilities, a softmax, or a sigmoid each for several labels; rate: (N, 1),
    0..1 of the task's range -> (N,) float32 in the task's unit, cut to the range.
    """
    if task.kind == "rate":
        return (task.low + (task.high - task.low) * logits[:, 0].clip(0.0, 1.0)).astype(np.float32)
    logits = logits.astype(np.float64)
    if task.several:
        return (1.0 / (1.0 + np.exp(-logits.clip(-60.0, 60.0)))).astype(np.float32)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)


def unit_targets(task: Task, targets: np.ndarray) -> np.ndarray:
    """(N,) targets of a rate task as 0..1 of its range, float32."""
    return ((targets - task.low) / (task.high - task.low)).astype(np.float32)


def _array(values: object) -> np.ndarray:
    plain = values.detach().cpu().numpy() if hasattr(values, "detach") else values
    return np.asarray(plain, dtype=np.float32)
