"""A masked language model in training: rows with hidden tokens in, the loss of the hidden ones out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from hanshuku.errors import ConfigError
from hanshuku.training.token_loss import chunked_cross_entropy, chunked_log_probs, lm_head, supervised

HEADS: dict[str, Callable[[Any], Callable[[Tensor], Tensor]]] = {  # model type -> what stands between the trunk and the output layer
    "bert": lambda network: network.cls.predictions.transform,
    **dict.fromkeys(("roberta", "xlm-roberta", "camembert"), lambda network: lambda states: network.lm_head.layer_norm(nn.functional.gelu(network.lm_head.dense(states)))),
    "modernbert": lambda network: network.head,
    "distilbert": lambda network: lambda states: network.vocab_layer_norm(network.activation(network.vocab_transform(states))),
}
QUIET = 0.3  # weight of a new head's norm: word vectors of an encoder are no output layer yet, and should not speak too surely


class Told(nn.Module):
    """A network that says which tokens must stand at some places: their mean loss and their log-probabilities, from what `_states` gives."""

    network: Any  # a masked language model of transformers

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """The mean loss, a scalar; what a batch holds is told by the class."""
        states, targets = self._states(batch)
        head = lm_head(self.network)
        return chunked_cross_entropy(states, head.weight, targets, head.bias)

    def log_probs(self, batch: Mapping[str, Tensor]) -> Tensor:
        """(N,) log-probability of each token that is asked for, in the order of rows."""
        states, targets = self._states(batch)
        return chunked_log_probs(states, targets, lm_head(self.network))

    def _states(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """(N, D) what the output layer takes at these places, and (N,) the tokens that stand there."""
        raise NotImplementedError


class Filler(Told):
    """The mean loss of the hidden tokens of a batch; head and logits are computed for these alone, logits in chunks.

    A batch holds `input_ids`, `labels` and, where it is padded, `attention_mask`, (B, T) each.

    Args:
        network: a masked language model of transformers, of a type in HEADS.

    Raises:
        ConfigError: it is of another type.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        kind = network.config.model_type
        if kind not in HEADS:
            raise ConfigError(f"objective mlm trains {', '.join(HEADS)}. Received a model of type {kind!r}.")
        self.network = network

    def guess(self, batch: Mapping[str, Tensor]) -> int:
        """The likeliest token at the first hidden place."""
        states, _ = self._states(batch)
        head = lm_head(self.network)
        return int(nn.functional.linear(states[:1], head.weight, head.bias).argmax())

    def _states(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """(N, D) what the output layer takes at the hidden tokens, and (N,) what they were."""
        masked = {"attention_mask": batch["attention_mask"]} if "attention_mask" in batch else {}
        hidden = self.network.base_model(input_ids=batch["input_ids"], **masked).last_hidden_state
        states, targets = supervised(hidden, batch["labels"], shift=False)
        return HEADS[self.network.config.model_type](self.network)(states), targets


def begin_head(network: Any) -> None:
    """Give a head that has not been learned a start: each token is told by its own word vector.

    The output layer is the word embedding (tied), its bias 0, and the map before it the identity, so that what the trunk says already
    counts from the first step.
    """
    output, embedding = network.get_output_embeddings(), network.get_input_embeddings()
    with torch.no_grad():
        output.weight = embedding.weight
        if output.bias is not None:
            output.bias.zero_()
        trunk = {id(parameter) for parameter in network.base_model.parameters()}
        for module in network.modules():
            own = [parameter for parameter in module.parameters(recurse=False) if id(parameter) not in trunk]
            if not own or module is output:
                continue
            if isinstance(module, nn.Linear) and module.in_features == module.out_features:
                nn.init.eye_(module.weight)
            elif isinstance(module, nn.LayerNorm):
                nn.init.constant_(module.weight, QUIET)
            if getattr(module, "bias", None) is not None:
                nn.init.zeros_(module.bias)
