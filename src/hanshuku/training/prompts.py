"""Prompt tuning: learned vectors before the text, the only thing that moves.

Lester et al. 2021, https://arxiv.org/abs/2104.08691. The vectors are kept as peft keeps them, so that peft can load
them; the forward pass is ours because peft's drops the segment numbers of a pair and answers with the vectors' own
positions in front.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PromptedTrunk(nn.Module):
    """A trunk that reads learned vectors before every text, and answers for the text alone.

    Args:
        trunk: any transformers model that takes `inputs_embeds`.
        vectors: (P, H) float, what the vectors start as.
    """

    def __init__(self, trunk: nn.Module, vectors: Tensor) -> None:
        super().__init__()
        self.trunk = trunk
        self.config = trunk.config
        self.vectors = nn.Parameter(vectors)

    def get_input_embeddings(self) -> nn.Module:
        """The trunk's word embeddings."""
        found: nn.Module = self.trunk.get_input_embeddings()
        return found

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None
    ) -> object:
        """What the trunk gives, without the prompt's positions: `last_hidden_state` is (B, T, H)."""
        from transformers.modeling_outputs import BaseModelOutput

        count, batch = self.vectors.shape[0], input_ids.shape[0]
        embedded = self.trunk.get_input_embeddings()(input_ids)  # (B, T, H)
        prompt = self.vectors.to(embedded.dtype).expand(batch, -1, -1)
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        kwargs: dict[str, Tensor] = {"attention_mask": torch.cat((mask.new_ones(batch, count), mask), dim=1)}
        if token_type_ids is not None:
            kwargs["token_type_ids"] = torch.cat((token_type_ids.new_zeros(batch, count), token_type_ids), dim=1)
        out = self.trunk(inputs_embeds=torch.cat((prompt, embedded), dim=1), **kwargs)
        return BaseModelOutput(last_hidden_state=out.last_hidden_state[:, count:])
