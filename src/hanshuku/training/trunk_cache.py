"""Frozen-trunk caching: where the lower blocks do not move, their output is computed once and used in every epoch.

The values of row i are those of block `depth`, (T_i, H), stored one row after the other without padding: in memory while
they fit, else in a file that is mapped and has no name any more, so that even a killed run leaves nothing behind.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.errors import StorageError
from hanshuku.training.blocks import find_blocks

MEMORY_CAP = 1 << 30  # bytes kept in memory; more goes to a mapped file
BUILD_TOKENS = 8192  # padded tokens of a batch while the cache is filled


class TrunkCache:
    """The output of the lowest `depth` blocks for rows 0..N-1, computed without dropout and without a gradient.

    Args:
        network: a trunk whose lowest `depth` blocks do not move.
        depth: 1..number of blocks.
        lengths: (N,) tokens a row.
        collate: rows -> what the network takes (`input_ids`, `attention_mask` ...), padded on the right.
        folder: where the mapped file goes if it must be one; None: the system's folder for temporary files.
        cap: bytes that may be kept in memory.

    Raises:
        StorageError: the mapped file does not fit on the disk.
    """

    def __init__(
        self,
        network: nn.Module,
        depth: int,
        lengths: Sequence[int],
        collate: Callable[[list[int]], dict[str, Tensor]],
        *,
        folder: Path | None = None,
        cap: int = MEMORY_CAP,
    ) -> None:
        self.depth = depth
        self._blocks = find_blocks(network)
        self._starts = np.concatenate(([0], np.cumsum(np.asarray(lengths, dtype=np.int64))))
        self._feed = PassThrough(self._blocks[depth - 1])
        self._values = torch.empty(0)
        self._fill(network, lengths, collate, folder, cap)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @property
    def nbytes(self) -> int:
        """Bytes that the cache holds."""
        return self._values.numel() * self._values.element_size()

    def rows(self, indices: Sequence[int]) -> Tensor:
        """The stored values of these rows, padded on the right with zeros: (B, T, H)."""
        rows = [self._values[self._starts[i] : self._starts[i + 1]] for i in indices]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """While this is open the network's lower blocks are left out: set `values` before each of its passes."""
        with _replaced(self._blocks, range(self.depth - 1), self._feed.like), _replaced(self._blocks, [self.depth - 1], self._feed):
            yield
        self._feed.values = None

    @property
    def values(self) -> Tensor | None:
        """(B, T, H): what the network's next pass takes for the output of its lower blocks."""
        return self._feed.values

    @values.setter
    def values(self, values: Tensor) -> None:
        """The rows that the next call of the network reads."""
        self._feed.values = values

    def _fill(
        self, network: nn.Module, lengths: Sequence[int], collate: Callable[[list[int]], dict[str, Tensor]], folder: Path | None, cap: int
    ) -> None:
        caught: dict[str, Tensor] = {}

        def catch(_module: nn.Module, _args: Any, output: Any) -> None:
            self._feed.gives_tuple = isinstance(output, tuple)
            caught["values"] = output[0] if isinstance(output, tuple) else output

        hook = self._blocks[self.depth - 1].register_forward_hook(catch)
        above = range(self.depth, len(self._blocks))
        was_training = network.training
        network.eval()
        try:
            with torch.no_grad(), _replaced(self._blocks, above, self._feed.like):
                for batch in _batches(lengths):
                    network(**collate(batch))
                    values = caught.pop("values")
                    if not self._values.numel():
                        self._values = _room(int(self._starts[-1]), values, folder, cap)
                    for i, row in zip(batch, values, strict=True):
                        start, stop = self._starts[i], self._starts[i + 1]
                        self._values[start:stop] = row[: stop - start]
        finally:
            hook.remove()
            network.train(was_training)


class PassThrough(nn.Module):
    """Stands in for a block: gives on what it gets, or `values` where they are set."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.values: Tensor | None = None
        self.gives_tuple = False
        self._family = [self]  # a list: what it holds is not a part of this module
        self._block = [block]

    def like(self, block: nn.Module) -> PassThrough:
        """One for another block, in step with this one."""
        other = PassThrough(block)
        other._family = [self]
        return other

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.__dict__["_block"][0], name)  # models ask their blocks for facts such as attention_type

    def forward(self, hidden: Tensor, *_args: Any, **_kwargs: Any) -> Any:
        """(B, T, H), wrapped as the block would."""
        values = hidden if self.values is None else self.values
        return (values,) if self._family[0].gives_tuple else values


@contextmanager
def _replaced(blocks: nn.ModuleList, places: Any, stand_in: Any) -> Iterator[None]:
    """While open, these blocks are stand-ins: one module, or what `stand_in(block)` makes."""
    kept = {i: blocks[i] for i in places}
    for i, block in kept.items():
        blocks[i] = stand_in if isinstance(stand_in, nn.Module) else stand_in(block)
    try:
        yield
    finally:
        for i, block in kept.items():
            blocks[i] = block


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows in batches of near-equal length and at most BUILD_TOKENS padded tokens; the longest first."""
    batch: list[int] = []
    for i in np.argsort(-np.asarray(lengths), kind="stable"):
        if batch and (len(batch) + 1) * lengths[batch[0]] > BUILD_TOKENS:
            yield batch
            batch = []
        batch.append(int(i))
    if batch:
        yield batch


def _room(tokens: int, like: Tensor, folder: Path | None, cap: int) -> Tensor:
    """An empty tensor (tokens, H), in memory or, above `cap` bytes, in a mapped file without a name."""
    shape = (tokens, like.shape[-1])
    size = tokens * like.shape[-1] * like.element_size()
    if size <= cap:
        return torch.empty(shape, dtype=like.dtype)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="trunk_cache.", suffix=".tmp", dir=folder)
    try:
        os.posix_fallocate(handle, 0, size)  # a mapped file that meets a full disk would kill the process instead
        flat = torch.from_file(name, shared=True, size=shape[0] * shape[1], dtype=like.dtype)
    except OSError as error:
        message = f"The output of the frozen blocks needs {size / 1e9:.1f} GB on the disk: {error.strerror}. Free some space or use tuning='lora'."
        raise StorageError(message) from error
    finally:
        os.close(handle)
        Path(name).unlink()
    return flat.view(shape)
