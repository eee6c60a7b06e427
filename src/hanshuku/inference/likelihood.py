"""How likely a language model finds texts, token by token: causal models, and masked ones by their pseudo-log-likelihood.

Masked: each token is hidden in turn and told from all others (Salazar et al. 2020, https://aclanthology.org/2020.acl-main.240). Where a word has
several tokens, those behind the one that is told are hidden too; else a rare word would look likely because its end follows from its
beginning (Kauf & Ivanova 2023, arXiv 2305.10588).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from hanshuku.errors import ModelError
from hanshuku.inference.cloze import load_cloze, masked_logits
from hanshuku.inference.embed import limit_of
from hanshuku.inference.tokens import pad, token_batches
from hanshuku.models.catalogue import find
from hanshuku.models.device import best_device, on_device
from hanshuku.models.load import Loaded, load_causal
from hanshuku.models.pull import pull
from hanshuku.training.run import Step, silent
from hanshuku.training.token_loss import LOGITS
from hanshuku.training.translator import speaker_of

BATCH_TOKENS = 2048  # padded tokens of a batch


@dataclass(frozen=True)
class Told:
    """The tokens of a text that were scored.

    Attributes:
        ids: (T,) int64.
        logs: (T,) float64, log-probability of each in nats.
    """

    ids: np.ndarray
    logs: np.ndarray

    @property
    def total(self) -> float:
        """Of all together."""
        return float(self.logs.sum())


class Likelihood(Protocol):
    """A language model that tells how likely texts are."""

    kind: str  # "causal" or "masked"
    cut: int  # texts so far that were longer than the model reads and lost their end

    def told(self, texts: Sequence[str], starts: Sequence[int] | None = None, report: Callable[[Step], None] = silent) -> list[Told]:
        """Each text's tokens with their log-probabilities.

        Args:
            texts: N texts; one without a token has nothing told.
            starts: for each the character from which on its tokens are scored; what stands before is given. None: all are scored.
            report: called after each batch.
        """
        ...


def load_likelihood(name: str, *, accept_licence: bool = False) -> Likelihood:
    """A causal or masked language model, by its kind.

    Args:
        name: catalogue name, hub name or folder.
        accept_licence: accept a restricted licence.

    Raises:
        ModelError: it cannot be had, or is no language model that tells how likely a text is (a sentence encoder has lost the head for it).
        MissingExtra: torch or transformers is not installed.
    """
    if find(name).kind == "remote":
        raise ModelError(f"{name} is asked over HTTP, and servers do not tell how likely a given text is. Take a causal or masked language model that runs here, such as smollm2.")
    pull(name, accept_licence=accept_licence)
    kind = find(name).kind
    if kind not in {"causal", "encoder"}:
        raise ModelError(f"{name} is of kind {kind!r}; a causal language model such as smollm2 or gemma-270m is due, or a masked one such as google-bert/bert-base-uncased.")
    return MaskedLikelihood(load_cloze(name)) if kind == "encoder" else CausalLikelihood(load_causal(name))


class CausalLikelihood:
    """Log-probabilities from left to right; the first token is told from the token that begins a text.

    Args:
        loaded: a causal language model.
    """

    kind = "causal"

    def __init__(self, loaded: Loaded) -> None:
        self.loaded, self.cut = loaded, 0
        self.limit = limit_of(loaded, None)

    def told(self, texts: Sequence[str], starts: Sequence[int] | None = None, report: Callable[[Step], None] = silent) -> list[Told]:
        """See `Likelihood.told`."""
        tokenizer = self.loaded.tokenizer
        begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
        rows: list[tuple[list[int], list[bool]]] = []
        for text, start in zip(texts, starts or [0] * len(texts), strict=True):
            made = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
            self.cut += len(made["input_ids"]) >= self.limit
            ids = made["input_ids"][: self.limit - 1]
            rows.append(([begin, *ids], [False, *(end > start for _, end in made["offset_mapping"][: len(ids)])]))
        speaker, device = on_device(speaker_of(self.loaded.network)), best_device()
        found, done = [Told(np.zeros(0, dtype=np.int64), np.zeros(0))] * len(rows), 0
        with torch.inference_mode():
            for places in token_batches([len(ids) for ids, _ in rows], BATCH_TOKENS):
                batch = [rows[i] for i in places.tolist()]
                inputs = {name: tensor.to(device) for name, tensor in speaker.rows(batch, pad_id=0).items()}  # padding is behind the row: no token sees it
                logs = speaker.log_probs(inputs).double().cpu().numpy()
                ends = np.cumsum([sum(marks) for _, marks in batch])
                for i, (ids, marks), part in zip(places.tolist(), batch, np.split(logs, ends[:-1]), strict=True):
                    found[i] = Told(np.array([token for token, mark in zip(ids, marks, strict=True) if mark], dtype=np.int64), part)
                done += len(batch)
                report(Step(done, len(rows), note="likelihood"))
        return found


class MaskedLikelihood:
    """Pseudo-log-probabilities: each token from all others of the text, but for those that follow it within its word.

    Args:
        loaded: a masked language model with its head.
    """

    kind = "masked"

    def __init__(self, loaded: Loaded) -> None:
        self.loaded, self.cut = loaded, 0
        self.limit = limit_of(loaded, None)

    def told(self, texts: Sequence[str], starts: Sequence[int] | None = None, report: Callable[[Step], None] = silent) -> list[Told]:
        """See `Likelihood.told`."""
        made = [self.loaded.tokenizer(text, truncation=True, max_length=self.limit, verbose=False).encodings[0] for text in texts]
        self.cut += sum(bool(encoding.overflowing) for encoding in made)
        begins = starts or [0] * len(texts)
        scored = [
            [at for at, (special, (_, end)) in enumerate(zip(encoding.special_tokens_mask, encoding.offsets, strict=True)) if not special and end > start]
            for encoding, start in zip(made, begins, strict=True)
        ]
        jobs = [(i, at) for i, places in enumerate(scored) for at in places]
        logs, done = np.zeros(len(jobs)), 0
        network, device = on_device(self.loaded.network), best_device()
        for places in token_batches([len(made[i].ids) for i, _ in jobs], BATCH_TOKENS):
            batch = [jobs[k] for k in places.tolist()]
            logs[places] = self._batch(network, device, [(made[i], at) for i, at in batch])
            done += len(batch)
            report(Step(done, len(jobs), note="likelihood"))
        ends = np.cumsum([len(places) for places in scored])
        parts = np.split(logs, ends[:-1]) if len(texts) else []
        return [Told(np.array([encoding.ids[at] for at in places], dtype=np.int64), part) for encoding, places, part in zip(made, scored, parts, strict=True)]

    def _batch(self, network: Any, device: torch.device, jobs: Sequence[tuple[Any, int]]) -> np.ndarray:
        """(B,) log-probability of the token of each job, hidden together with what follows it in its word."""
        mask, rows = int(self.loaded.tokenizer.mask_token_id), []
        for encoding, at in jobs:
            word = encoding.word_ids[at]
            rows.append([mask if place >= at and encoding.word_ids[place] == word and word is not None else token for place, token in enumerate(encoding.ids)])
        inputs = {"input_ids": torch.from_numpy(pad(rows, int(self.loaded.tokenizer.pad_token_id or 0)))}
        inputs["attention_mask"] = torch.from_numpy(pad([[1] * len(row) for row in rows], 0))
        if "token_type_ids" in self.loaded.tokenizer.model_input_names:
            inputs["token_type_ids"] = torch.zeros_like(inputs["input_ids"])
        inputs = {name: tensor.to(device) for name, tensor in inputs.items()}
        places = torch.tensor([[at] for _, at in jobs], device=device)
        wanted = torch.tensor([encoding.ids[at] for encoding, at in jobs], device=device)
        with torch.inference_mode():
            found = []
            logits = masked_logits(network, inputs, places)[:, 0]
            for part, own in zip(logits.split(max(1, LOGITS // logits.shape[1])), wanted.split(max(1, LOGITS // logits.shape[1])), strict=True):
                found.append(-torch.nn.functional.cross_entropy(part.float(), own, reduction="none"))
        return torch.cat(found).double().cpu().numpy()
