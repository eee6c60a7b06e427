"""What the engine is to minimise: an objective, with the switches that change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from hanshuku.training.adversarial import ATTACKS, Adversary, Noise
from hanshuku.training.consistency import doubled, require_dropout
from hanshuku.training.mixup import mixed, mixed_loss
from hanshuku.training.passes import Passes
from hanshuku.training.scored import Scored
from hanshuku.training.switches import Switches

Plain = Callable[[Any, Any], Tensor]  # an objective that is not parted: (network, batch) -> mean loss


def composed(scored: Scored | Plain, switches: Switches, network: nn.Module, embedding: nn.Module, pad_id: int) -> Scored | Plain | Passes:
    """The objective with consistency, mixup and an attack, as far as they are on; as it was where all are off.

    A batch is mixed first, then doubled, then attacked: every switch sees what those before it made.

    Args:
        scored: the plain objective; in parts where one of these switches is on.
        switches: which are on.
        network: what learns.
        embedding: its word embedding.
        pad_id: as the network sees it.

    Raises:
        ConfigError: consistency is asked of a network without dropout.
    """
    if not isinstance(scored, Scored) or not (switches.consistency or switches.mixup or switches.adversarial != "none"):
        return scored
    if switches.consistency:
        require_dropout(network)
    parts = _Parts(scored, switches)
    if switches.adversarial != "none":
        default = ATTACKS[switches.adversarial]
        noise = Noise(embedding, pad_id, switches.adversarial_size or default.size, default.start)
        return Adversary(switches.adversarial, noise, switches.adversarial_steps or default.steps, switches.adversarial_weight or 1.0).passes(parts.of)
    return Passes(1, parts.once)


class _Parts:
    """An objective on a batch that was mixed and doubled."""

    def __init__(self, scored: Scored, switches: Switches) -> None:
        self.scored, self.consistency, self.mixup = scored, switches.consistency, switches.mixup

    def of(self, batch: Any) -> tuple[Any, Any, Any]:
        """What a network says of the batch, its loss, and the distance of two such answers."""
        once = mixed(batch, self.mixup) if self.mixup else batch
        given = doubled(once) if self.consistency else once
        return lambda network: self.scored.outputs(network, given), lambda said: self.loss(said, once), lambda one, other: self.distance(one, other, once)

    def once(self, network: Any, batch: Any) -> Any:
        """The loss in one pass."""
        say, loss, _ = self.of(batch)
        yield loss(say(network))

    def loss(self, said: Tensor, batch: Any) -> Tensor:
        """A scalar; see `consistency` and `mixup`."""
        if not self.consistency:
            return mixed_loss(self.scored.loss, said, batch)
        first, second = said.chunk(2)
        plain = (mixed_loss(self.scored.loss, first, batch) + mixed_loss(self.scored.loss, second, batch)) / 2
        return plain + self.consistency / 4 * self.scored.distance(first, second, batch)

    def distance(self, one: Tensor, other: Tensor, batch: Any) -> Tensor:
        """Of the halves of a doubled batch, the mean."""
        if not self.consistency:
            return self.scored.distance(one, other, batch)
        halves = zip(one.chunk(2), other.chunk(2), strict=True)
        return sum((self.scored.distance(a, b, batch) for a, b in halves), start=one.new_zeros(())) / 2
