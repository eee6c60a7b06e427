"""Held-out text while a language model learns: how many bits it takes, and what the model writes by now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hanshuku.inference.decoder import Decoder, Limits, sampler
from hanshuku.inference.embed import autocast
from hanshuku.inference.tokens import token_batches
from hanshuku.training.fast_encoder import fast_trunks
from hanshuku.training.packing import TokenRows
from hanshuku.training.token_loss import IGNORED

JUDGED = 1 << 15  # tokens that are judged while a run goes on; at its end all are
PROMPT, WRITTEN = 8, 40  # tokens of a sample: shown to a causal model, and written by it
SHOWN = 24  # tokens round a filled mask

Prepare = Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]  # hides tokens (masked models); causal ones take a batch as it is


class HeldOut:
    """Held-out rows, and what a model makes of them.

    Args:
        module: a Speaker or a Filler.
        rows: of the held-out text.
        tokenizer: for samples.
        prepare: see Prepare; what it draws is the same each time.
        precision: "auto", "bf16" or "fp32".
        seed: of what is drawn.

    Attributes:
        whole: tokens of all rows for each one that is judged while a run goes on.
    """

    def __init__(self, module: Any, rows: TokenRows, tokenizer: Any, prepare: Prepare | None, *, precision: str, seed: int) -> None:
        self.module, self.rows, self.tokenizer, self.prepare, self.precision, self.seed = module, rows, tokenizer, prepare, precision, seed
        every = max(1, -(-int(rows.lengths.sum()) // JUDGED))
        self.some = np.arange(0, len(rows), every)
        self.whole = float(rows.lengths.sum() / max(rows.lengths[self.some].sum(), 1))  # all of it, in parts of what is judged on the way

    def nats(self, *, whole: bool) -> tuple[np.ndarray, np.ndarray]:
        """(R,) nats that the scored tokens of each row take, and (R,) how many were scored; of all rows, or of JUDGED tokens."""
        chosen = np.arange(len(self.rows)) if whole else self.some
        spent, scored = np.zeros(len(chosen)), np.zeros(len(chosen), dtype=np.int64)
        with still(self.module, precision=self.precision) as device:
            for places in token_batches(self.rows.lengths[chosen]):
                torch.manual_seed(self.seed + int(chosen[places[0]]))
                batch = {name: tensor.to(device) for name, tensor in self._batch(chosen[places].tolist()).items()}
                counts = (batch["labels"] != IGNORED).sum(1).cpu()
                parts = self.module.log_probs(batch).float().cpu().split(counts.tolist())
                spent[places] = [-float(part.double().sum()) for part in parts]
                scored[places] = counts.numpy()
        return spent, scored

    def loss(self) -> float:
        """Mean nats a token, of JUDGED tokens."""
        spent, scored = self.nats(whole=False)
        return float(spent.sum() / max(scored.sum(), 1))

    def sample(self, number: int) -> str:
        """What the model makes of the beginning of a held-out row: a few words written on, or one filled in."""
        row = int(self.some[number % len(self.some)])
        with still(self.module) as device:
            return self._written(row) if self.prepare is None else self._filled(row, device)

    def _batch(self, rows: list[int]) -> Mapping[str, Tensor]:
        batch = self.rows.collate(rows)
        return batch if self.prepare is None else self.prepare(batch)

    def _written(self, row: int) -> str:
        ids = self.rows.collate([row])["input_ids"][0].tolist()
        prompt = ids[: 1 + min(PROMPT, max(1, len(ids) // 2))]
        choose = sampler([prompt], temperature=0.8, top_p=0.95, top_k=0, seed=self.seed)
        limits = Limits(WRITTEN, frozenset({self.rows.frame.end}), choose)
        found = Decoder(self.module.causal).complete([prompt], limits)[0]
        begin = 0 if self.rows.frame.first is not None or prompt[0] != self.rows.frame.end else 1
        return f"{self._text(prompt[begin:])} ▸ {self._text(found.ids)}"

    def _filled(self, row: int, device: torch.device) -> str:
        ids = self.rows.collate([row])["input_ids"][0, :SHOWN].to(device)
        inner = [i for i in range(1, len(ids) - 1) if int(ids[i]) not in set(self.tokenizer.all_special_ids)]
        if not inner:
            return ""
        at = inner[len(inner) // 2]
        true, ids[at] = int(ids[at]), int(self.tokenizer.mask_token_id)
        labels = torch.full_like(ids, IGNORED)
        labels[at] = true
        guess = self.module.guess({"input_ids": ids[None], "labels": labels[None]})
        return f"{self._text(ids[:at].tolist())} ▸{self._text([guess])}◂ (was: {self._text([true])}) {self._text(ids[at + 1 :].tolist())}"

    def _text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=True)).replace("\n", " ⏎ ").strip()


@contextmanager
def still(module: Any, *, precision: str = "fp32", dropout: bool = False) -> Iterator[torch.device]:
    """No gradient, no dropout (or with it, where two views are wanted), and torch's generator as it was afterwards; gives the device.

    Args:
        module: what is asked.
        precision: "auto", "bf16" or "fp32".
        dropout: whether it drops as while it learns.
    """
    device = next(module.parameters()).device
    was_training = module.training
    module.train(dropout)
    try:
        with torch.no_grad(), torch.random.fork_rng([device] if device.type == "cuda" else []), autocast(precision, device), fast_trunks(module, frozen=not dropout):
            yield device
    finally:
        module.train(was_training)
