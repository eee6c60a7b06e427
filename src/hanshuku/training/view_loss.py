"""Two views of an unlabelled text shall get the same answer: UDA and FixMatch beside any objective of labels.

The answer q = f(weak view), without dropout and without a gradient, teaches f(strong view) where it is sure enough, max q >= threshold:
- fixmatch: L = L_labelled + w mean [sure] CE(argmax q, f(strong)) (Sohn et al. 2020, arXiv 2001.07685, equation 4; threshold 0.95);
- uda: L = L_labelled + w mean [sure] KL(sharpened q, f(strong)), q sharpened by softmax(logits / 0.4) (Xie et al. 2020, arXiv 1904.12848, section 2.2
  and its confidence mask, threshold 0.8; their annealing of the labelled rows is left out).
Several labels: each is sure or not by itself, with binary cross entropies. The mean runs over all texts drawn, the unsure ones counting 0.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, kl_div, logsigmoid

from hanshuku.data.augment.encoded import marked_row
from hanshuku.data.augment.rows import Plan, plan_of
from hanshuku.tasks import Task
from hanshuku.training.passes import Passes, in_passes
from hanshuku.training.views import Views

THRESHOLDS = {"uda": 0.8, "fixmatch": 0.95}
SHARPENED = 0.4  # temperature of uda
COPIES = 2  # strong views of a text, of which a step draws one
RECENT = 50  # draws by which it is told how many texts were sure

Row = tuple[str, ...]


@dataclass(frozen=True)
class Viewed:
    """Unlabelled texts with their views.

    Attributes:
        inputs: the M weak views, then the strong ones of each text, in order.
        starts: (M + 1,) int64: the strong views of text i are inputs M + starts[i] .. M + starts[i + 1] - 1, one at least.
    """

    inputs: tuple[Row, ...]
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1


def views_of(task: Task, texts: Sequence[Row], views: Views, seed: int) -> Viewed:
    """The views of each text; a text in which nothing could be changed is its own strong view, apart from dropout.

    Args:
        task: of the texts.
        texts: M unlabelled rows.
        views: the settings.
        seed: same seed, same text: same views.

    Raises:
        MissingExtra: a package that an augmenter needs is not installed.
    """
    weak = texts if views.view_weak == "none" else [_copies(task, row, plan_of(views.view_weak, 1, seed, "both"))[0] for row in texts]
    plan = plan_of(views.view_strong, COPIES, seed + 1, "both")
    strong = [_copies(task, row, plan) for row in texts]
    return Viewed((*weak, *(copy for found in strong for copy in found)), np.cumsum([0, *map(len, strong)]))


def _copies(task: Task, row: Row, plan: Plan) -> list[Row]:
    return [tuple(marked.text for marked in copy.texts) for copy in plan.copies(marked_row(task, row, None))] or [row]


class ViewLoss:
    """The loss of unlabelled texts drawn for a step, a scalar; called as an objective is.

    Args:
        views: the settings.
        task: classify.
        viewed: the texts.
        collate: places among `viewed.inputs` -> what the network reads, tensors on the CPU.

    Attributes:
        sure: of the last draws, the share of answers that were sure enough.
    """

    def __init__(self, views: Views, task: Task, viewed: Viewed, collate: Callable[[list[int]], Mapping[str, Tensor]]) -> None:
        self.views, self.several, self.viewed, self.collate = views, task.several, viewed, collate
        self.threshold = views.view_threshold or THRESHOLDS[views.two_views]
        self._sure: list[Tensor] = []

    def __call__(self, network: Any, batch: Mapping[str, Tensor]) -> Tensor:
        """The texts are drawn from torch's generator, which each step seeds anew."""
        first = next(iter(batch.values()))
        places = torch.randint(len(self.viewed), (self.views.view_ratio * len(first),)).numpy()
        counts = np.diff(self.viewed.starts)[places]
        drawn = (torch.rand(len(places)).numpy() * counts).astype(np.int64)
        taught = self._taught(network, self._batch(places, first.device))
        strong = network(self._batch(len(self.viewed) + self.viewed.starts[places] + drawn, first.device))
        return self.views.view_weight * self.loss(taught, strong)

    def loss(self, weak: Tensor, strong: Tensor) -> Tensor:
        """See the top of this file.

        Args:
            weak: (N, L) float32 logits that teach.
            strong: (N, L) float32 logits that learn.
        """
        chances = weak.sigmoid() if self.several else weak.softmax(-1)
        sure = (torch.maximum(chances, 1 - chances) if self.several else chances.amax(-1)) >= self.threshold
        self._sure = [*self._sure[1 - RECENT :], sure.float().mean().detach()]
        return (self._each(weak, strong) * sure).mean()

    @property
    def sure(self) -> float:
        """See the class."""
        return float(torch.stack(self._sure).mean()) if self._sure else 0.0

    def _each(self, weak: Tensor, strong: Tensor) -> Tensor:
        """(N,), or (N, L) of several labels: what each answer teaches."""
        soft = weak / (self.views.view_temperature or SHARPENED)
        if self.views.two_views == "fixmatch":
            return binary_cross_entropy_with_logits(strong, (weak > 0).float(), reduction="none") if self.several else cross_entropy(strong, weak.argmax(-1), reduction="none")
        if not self.several:
            return kl_div(strong.log_softmax(-1), soft.log_softmax(-1), reduction="none", log_target=True).sum(-1)
        yes = soft.sigmoid()
        return yes * (logsigmoid(soft) - logsigmoid(strong)) + (1 - yes) * (logsigmoid(-soft) - logsigmoid(-strong))

    def _taught(self, network: Any, batch: Mapping[str, Tensor]) -> Tensor:
        """(N, L) logits of the weak views, without dropout and without a gradient."""
        bare = getattr(network, "module", network)  # no part in the averaging over processes
        was_training = bare.training
        bare.eval()
        try:
            with torch.no_grad():
                found: Tensor = bare(batch)
        finally:
            bare.train(was_training)
        return found.float()

    def _batch(self, places: np.ndarray, device: torch.device) -> dict[str, Tensor]:
        return {name: tensor.to(device) for name, tensor in self.collate([int(place) for place in places]).items()}


def beside(objective: Any, more: Callable[[Any, Any], Tensor]) -> Passes:
    """An objective with another loss added to it, which is sent backward by itself.

    Args:
        objective: a plain one, one in parts, or Passes.
        more: (network, batch) -> a scalar.
    """
    passes = in_passes(objective)

    def losses(network: Any, batch: Any) -> Generator[Tensor]:
        yield from passes.losses(network, batch)
        yield more(network, batch)

    return Passes(passes.count + 1, losses)
