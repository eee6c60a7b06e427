"""Train only the rows of the embedding table that occur: the others get no gradient, so nothing is lost.

Half of minilm's and four fifths of e5's parameters are word vectors, of which a data set uses a few thousand. Without
this, every step clips, decays and moves all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_SMALL = 16  # ids below this keep their number, as some models read positions off the padding id


class UsedRows:
    """While this lasts, the network's word embedding holds the used rows only, and ids must be given through `place`.

    Args:
        network: a transformers trunk; its embedding is changed in place until `restore`.
        used: token ids that occur in any row that will be shown, any order, repeats allowed.
    """

    def __init__(self, network: Any, used: np.ndarray) -> None:
        self._embedding: nn.Embedding = network.get_input_embeddings()
        self._whole = self._embedding.weight
        self._padding = self._embedding.padding_idx
        count = self._whole.shape[0]
        self._rows = torch.from_numpy(np.union1d(np.arange(min(_SMALL, count)), used).astype(np.int64))
        self.place = torch.zeros(count, dtype=torch.int64)  # id -> row of the smaller table
        self.place[self._rows] = torch.arange(len(self._rows))
        if self._padding is not None:
            self._embedding.padding_idx = int(self.place[self._padding])
        self._set(nn.Parameter(self._whole.detach()[self._rows].clone(), requires_grad=self._whole.requires_grad))

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def kept(self) -> Tensor:
        """(U,) int64, the token id of each row that is held."""
        return self._rows

    def ids(self, input_ids: Tensor) -> Tensor:
        """The numbers that these token ids have while only used rows are held; same shape."""
        return self.place[input_ids]

    def restore(self) -> None:
        """Put the rows, as they are now, back into the whole table."""
        held = self._embedding.weight.detach()
        if held.device != self._whole.device:  # the network has gone to the GPU since
            self._whole = nn.Parameter(self._whole.detach().to(held.device), requires_grad=self._whole.requires_grad)
        with torch.no_grad():
            self._whole[self._rows] = held
        self._embedding.padding_idx = self._padding
        self._set(self._whole)

    def _set(self, weight: nn.Parameter) -> None:
        self._embedding.weight = weight
        self._embedding.num_embeddings = weight.shape[0]
