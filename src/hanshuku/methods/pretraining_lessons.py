"""What each objective of pre-training learns by, and how held-out text judges it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.inference.tokens import token_batches
from hanshuku.methods.pretrain import Pretrain
from hanshuku.methods.pretraining_text import Texts
from hanshuku.metrics.base import Metric
from hanshuku.metrics.likelihood import likelihood_metrics
from hanshuku.metrics.spread import spread_metrics
from hanshuku.training.crops import Cropper, Crops
from hanshuku.training.filler import Filler
from hanshuku.training.held_out import JUDGED, SHOWN, HeldOut, Prepare, still
from hanshuku.training.masking import Masker
from hanshuku.training.rebuilding import DELETED, KEPT_IDS, KEPT_MASK, Deleter, Rebuilder
from hanshuku.training.speaker import Speaker
from hanshuku.training.twins import Twins, Views, same_rows, twin_losses

HIDDEN = 0.15  # share of the tokens that mlm hides
COMPANY = 64  # texts among which a held-out one is told by its other view
MOST = 2000  # held-out texts whose vectors are measured: every pair of them counts


class Judge(Protocol):
    """What held-out text says of a network.

    Attributes:
        whole: how many times as much there is to judge in the end as on the way.
    """

    whole: float

    def score(self) -> tuple[str, float]:
        """On the way, of a part: the name of the measure and its value; less is better."""
        ...

    def measure(self, seed: int) -> dict[str, Metric]:
        """In the end, of all of it."""
        ...

    def sample(self, number: int) -> str:
        """A line that shows what the network makes of a text."""
        ...


@dataclass(frozen=True)
class Lesson:
    """What an objective learns by.

    Attributes:
        module: batch -> mean loss; what learns.
        network: what is kept of it: a network of transformers.
        prepare: what is done to a batch first; None: nothing.
        judge: see Judge.
    """

    module: nn.Module
    network: Any
    prepare: Prepare | None
    judge: Judge


def lesson_of(method: Pretrain, network: Any, pooling: str, texts: Texts, seed: int) -> Lesson:
    """The lesson of a method's objective.

    Args:
        method: the settings.
        network: with the head that the objective needs.
        pooling: of its vectors.
        texts: rows that are learned, and those held out.
        seed: of what is new in the network, and of what judging draws.
    """
    return _LESSONS[method.objective](method, network, pooling, texts, seed)


def _speaks(method: Pretrain, network: Any, _pooling: str, texts: Texts, seed: int) -> Lesson:
    module = Speaker(network)
    held = HeldOut(module, texts.held_rows, texts.tokenizer, None, precision=method.precision, seed=seed)
    return Lesson(module, network, None, Likelihood(held, texts))


def _fills(method: Pretrain, network: Any, _pooling: str, texts: Texts, seed: int) -> Lesson:
    module, hide = Filler(network), Masker(texts.tokenizer, share=method.mask or HIDDEN, masking=method.masking)
    held = HeldOut(module, texts.held_rows, texts.tokenizer, hide, precision=method.precision, seed=seed)
    return Lesson(module, network, hide, Likelihood(held, texts, is_partly=True))


def _rebuilds(method: Pretrain, network: Any, pooling: str, texts: Texts, seed: int) -> Lesson:
    module = Rebuilder(network, pooling, seed=seed)
    delete = Deleter(texts.tokenizer, share=method.mask or DELETED, fixed=len(texts.held_rows.frame.before))
    held = _HeldOutRebuilt(module, texts.held_rows, texts.tokenizer, delete, precision=method.precision, seed=seed)
    return Lesson(module, network.base_model, delete, Likelihood(held, texts))


def _tells_twins(method: Pretrain, network: Any, pooling: str, texts: Texts, seed: int) -> Lesson:
    module = Twins(network, pooling)
    return Lesson(module, network, None, Closeness(module, texts, None, method.precision, seed))


def _tells_crops(method: Pretrain, network: Any, pooling: str, texts: Texts, seed: int) -> Lesson:
    module, cut = Crops(network, pooling), Cropper(texts.tokenizer, texts.held_rows.frame)
    return Lesson(module, network, cut, Closeness(module, texts, cut, method.precision, seed))


_LESSONS: dict[str, Callable[[Pretrain, Any, str, Texts, int], Lesson]] = {
    "clm": _speaks, "mlm": _fills, "tsdae": _rebuilds, "simcse": _tells_twins, "crops": _tells_crops,
}  # fmt: skip


class Likelihood:
    """Judged by how likely the held-out tokens are.

    Args:
        held: what they are judged by.
        texts: the bytes they stand for.
        is_partly: only some of the tokens are told, and they stand for all.
    """

    def __init__(self, held: HeldOut, texts: Texts, *, is_partly: bool = False) -> None:
        self.held, self.text, self.is_partly = held, texts.held, is_partly
        self.whole = held.whole

    def score(self) -> tuple[str, float]:
        """Bits per byte of a part."""
        count = len(self.text.tokens) - (len(self.text.ends) if self.is_partly else 0)
        return "bits_per_byte", self.held.loss() * count / self.text.bytes / math.log(2)

    def measure(self, seed: int) -> dict[str, Metric]:
        """bits_per_byte, loss, perplexity."""
        nats, scored = self.held.nats(whole=True)
        tokens = len(self.text.tokens) - len(self.text.ends) if self.is_partly else int(scored.sum())
        some = scored > 0  # a short row may have no hidden token
        return likelihood_metrics(nats[some] / math.log(2), scored[some], scored[some] * (self.text.bytes / tokens), seed=seed)

    def sample(self, number: int) -> str:
        """See HeldOut."""
        return self.held.sample(number)


class _HeldOutRebuilt(HeldOut):
    """Held-out rows of which words are deleted, and what is written from the vector of the rest."""

    def sample(self, number: int) -> str:
        """The words that are left, and what the decoder writes."""
        row = int(self.some[number % len(self.some)])
        with still(self.module) as device:
            torch.manual_seed(self.seed + row)
            batch = {name: tensor.to(device) for name, tensor in self._batch([row]).items()}
            begin = batch["input_ids"][:, : 1 + len(self.rows.frame.before)]
            count = min(SHOWN, batch["input_ids"].shape[1] - begin.shape[1])
            told = self.module.rebuilt(batch, begin, count)
            left = batch[KEPT_IDS][0][batch[KEPT_MASK][0].bool()].tolist()
        end = self.rows.frame.last
        return f"{self._text(left[begin.shape[1] :][:SHOWN])} ▸ {self._text(told[: told.index(end)] if end in told else told)}"


class Closeness:
    """Judged by how well a held-out text's other view is told among those of others, and by how the vectors lie.

    Args:
        module: what learns.
        texts: the held-out ones.
        prepare: what makes the views of a batch; None: the module alone.
        precision: "auto", "bf16" or "fp32".
        seed: of what is drawn for the views, and of the company of each text, the same each time.
    """

    def __init__(self, module: Views, texts: Texts, prepare: Prepare | None, precision: str, seed: int) -> None:
        self.module, self.rows, self.tokenizer, self.prepare, self.precision, self.seed = module, texts.held_rows, texts.tokenizer, prepare, precision, seed
        drawn = np.random.default_rng(seed).permutation(len(self.rows))[:MOST]
        lengths = np.cumsum(self.rows.lengths[drawn])
        self.all, self.some = drawn, drawn[: max(2, int(np.searchsorted(lengths, JUDGED)))]
        self.whole = 1.5 * float(lengths[-1] / max(1, lengths[len(self.some) - 1]))  # the end has one more pass, over whole texts without dropout

    def score(self) -> tuple[str, float]:
        """Mean nats of telling a text by its other view."""
        losses, _ = self._told(self.some, *self._views(self.some))
        return "loss", float(losses.mean())

    def measure(self, seed: int) -> dict[str, Metric]:
        """loss, alignment, uniformity."""
        views = self._views(self.all)
        losses, company = self._told(self.all, *views)
        return spread_metrics(losses, company, (views[0].numpy(), views[1].numpy()), self._whole(self.all).numpy(), seed=seed)

    def sample(self, number: int) -> str:
        """A text, the one that lies nearest to it, and their cosine."""
        few = self.some[:COMPANY]
        vectors = self._whole(few)
        here = number % len(few)
        cosines = vectors @ vectors[here]
        cosines[here] = -2.0
        near = int(cosines.argmax())
        return f"{self._text(few[here])} ▸ {self._text(few[near])} (cosine {float(cosines[near]):.2f})"

    def _views(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """(len(rows), H) unit vectors of each text's two views."""
        first, second = self._read(rows, self._viewed, dropout=self.module.drops)
        return first, second

    def _viewed(self, batch: dict[str, Tensor]) -> tuple[Tensor, ...]:
        return self.module.views(batch if self.prepare is None else self.prepare(batch))

    def _whole(self, rows: np.ndarray) -> Tensor:
        """(len(rows), H) unit vectors of whole texts."""
        return self._read(rows, lambda batch: (self.module.vectors(batch),), dropout=False)[0]

    def _read(self, rows: np.ndarray, ask: Callable[[dict[str, Tensor]], tuple[Tensor, ...]], *, dropout: bool) -> tuple[Tensor, ...]:
        """What `ask` gives of each row."""
        found: list[tuple[np.ndarray, tuple[Tensor, ...]]] = []
        with still(self.module, precision=self.precision, dropout=dropout) as device:
            torch.manual_seed(self.seed)
            for places in token_batches(self.rows.lengths[rows]):
                batch: Mapping[str, Tensor] = {name: tensor.to(device) for name, tensor in self.rows.collate(rows[places].tolist()).items()}
                found.append((np.asarray(places), tuple(part.float().cpu() for part in ask(dict(batch)))))
        order = torch.from_numpy(np.argsort(np.concatenate([places for places, _ in found])))
        return tuple(torch.cat(parts)[order] for parts in zip(*(own for _, own in found), strict=True))

    def _told(self, rows: np.ndarray, first: Tensor, second: Tensor) -> tuple[np.ndarray, float]:
        """Nats of each text, and among how many texts it was told, the mean."""
        parts = torch.arange(len(rows)).tensor_split(max(1, round(len(rows) / COMPANY)))
        losses = [twin_losses(first[part], second[part], same_rows(self.rows.collate(rows[part].tolist())["input_ids"])) for part in parts]
        return torch.cat(losses).double().numpy(), len(rows) / len(parts)

    def _text(self, row: int) -> str:
        ids = self.rows.collate([int(row)])["input_ids"][0, 1 + len(self.rows.frame.before) :][:SHOWN].tolist()
        return str(self.tokenizer.decode(ids, skip_special_tokens=True)).replace("\n", " ⏎ ").strip()
