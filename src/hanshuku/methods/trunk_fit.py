"""What every fine-tuning of an encoder shares: the trunk made ready, shortcuts while it learns, one call of the engine, the network at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hanshuku.errors import ConfigError
from hanshuku.inference.backbone import Adapted
from hanshuku.inference.embed import autocast, limit_of
from hanshuku.methods.finetune import BATCH, LONGEST
from hanshuku.models.device import best_device
from hanshuku.models.load import Loaded, load_encoder
from hanshuku.tasks import Task
from hanshuku.training.average import Average
from hanshuku.training.classifier import Rows, parameter_groups
from hanshuku.training.composed import Plain, composed
from hanshuku.training.config import Schedule
from hanshuku.training.engine import Feed
from hanshuku.training.engine import train as run_engine
from hanshuku.training.layers import rate_factors, reinitialise
from hanshuku.training.run import Run, Step
from hanshuku.training.scored import Scored
from hanshuku.training.trunk_cache import TrunkCache
from hanshuku.training.tunings import TUNINGS, Tuned, prepare
from hanshuku.training.used_rows import UsedRows
from hanshuku.training.view_loss import beside

if TYPE_CHECKING:
    from hanshuku.methods.finetune import Finetune
    from hanshuku.methods.rerank import Rerank

HEAD_RATE = 1e-3  # least peak rate of the head, which starts from nothing while the trunk has been trained
WORTH_SHRINKING = 0.8  # keep only the used word vectors where they are less than this share of all


@dataclass
class Trunk:
    """An encoder, or a causal model without its output layer, of which the tuned part moves."""

    method: Finetune | Rerank
    loaded: Loaded
    tuned: Tuned
    limit: int  # tokens a row
    used: UsedRows | None = None  # while only word vectors in use are held
    pace: float = 1.0  # part of its usual rate at which it moves, see `few_rows`

    @property
    def width(self) -> int:
        """Numbers in a hidden state."""
        return int(self.loaded.network.config.hidden_size)

    @property
    def pad_id(self) -> int:
        """The tokenizer's padding id."""
        return int(self.loaded.tokenizer.pad_token_id or 0)

    @property
    def padding(self) -> int:
        """The padding id as the network sees it now."""
        return self.pad_id if self.used is None else int(self.used.place[self.pad_id])

    @property
    def changed(self) -> bool:
        """Whether weights moved that no small change tells of."""
        return self.tuned.kind == "whole"

    def finished(self) -> Loaded:
        """The model as it shall answer, with what changed where that is small."""
        network, delta = self.tuned.finish()
        if delta is None:
            self.loaded.network = network
            return self.loaded
        return Adapted(self.loaded.info, self.loaded.folder, network, self.loaded.tokenizer, delta)


def ready(method: Finetune | Rerank, task: Task, model: str, run: Run) -> Trunk:
    """Load a model and make only what the tuning names require a gradient.

    Raises:
        ConfigError: the tuning does not fit the model, or leaves no room for text.
        ModelError: the model cannot be had.
    """
    run.report(Step(0, 1, note=f"load {model}"))
    return tuned_trunk(method, task, load_encoder(model), run.seed)


def tuned_trunk(method: Finetune | Rerank, task: Task, loaded: Loaded, seed: int) -> Trunk:
    """See `ready`, of a model that is loaded; its network is changed in place."""
    if method.switches.reinit_layers:
        _start_anew(loaded.network, method, seed)
    tokens_of_task = loaded.tokenizer(" ".join([task.instruction, *task.label_texts]), add_special_tokens=False)["input_ids"]
    tuned = prepare(
        loaded.network, method.tuning, size=method.size, seed=seed, tokens=torch.tensor(tokens_of_task[:LONGEST], dtype=torch.int64)
    )
    limit = limit_of(loaded, method.max_length or LONGEST)
    if tuned.kind == "prompt":  # its vectors take positions that the text would have
        limit = min(limit, loaded.info.max_length - tuned.trunk.vectors.shape[0])
        if limit < 8:
            raise ConfigError(f"size={method.size} leaves no room for text: the model reads {loaded.info.max_length} tokens.")
    return Trunk(method, loaded, tuned, limit)


def _start_anew(network: Any, method: Finetune | Rerank, seed: int) -> None:
    """Re-initialise the top layers, where these are free to learn.

    Raises:
        ConfigError: they are not.
    """
    count, free = method.switches.reinit_layers, method.size or TUNINGS["last_layers"].size
    if method.tuning != "all" and not (method.tuning == "last_layers" and free >= count):
        raise ConfigError(f"reinit_layers={count} needs layers that are free to learn: tuning=all, or tuning=last_layers with size={count} or more. Received: tuning={method.tuning}.")
    reinitialise(network, count, seed)


@contextmanager
def shortened(trunk: Trunk, rows: Rows, network: Any, run: Run) -> Iterator[None]:
    """While open, frozen blocks are looked up instead of computed, and only word vectors in use are held.

    Args:
        trunk: what learns.
        rows: all rows that will be read; their `used` and `cache` are set meanwhile.
        network: what reads `cache` too.
        run: where a large cache goes.
    """
    inner: Any = trunk.loaded.network
    with ExitStack() as stack:
        if trunk.tuned.kind == "whole":
            used = np.unique(np.concatenate([np.asarray(row) for row in rows.tokens.ids]))
            if len(used) < WORTH_SHRINKING * inner.get_input_embeddings().weight.shape[0]:
                rows.used = trunk.used = UsedRows(inner, used)
                stack.callback(rows.used.restore)
        if trunk.tuned.depth and rows.vectors is None and trunk.method.switches.adversarial == "none":  # a push on the words goes through every block
            run.report(Step(0, 1, note=f"compute {trunk.tuned.depth} frozen blocks once"))
            device = best_device()
            inner.to(device)
            with autocast(trunk.method.precision, device):
                cache = TrunkCache(
                    inner, trunk.tuned.depth, rows.lengths, lambda some: {k: v.to(device) for k, v in rows.inputs(some).items()}, folder=run.folder
                )
            rows.cache = network.cache = cache
            stack.enter_context(cache.installed())
        yield
    rows.used = trunk.used = rows.cache = network.cache = None


def teach(
    trunk: Trunk, network: Any, feed: Feed, scored: Scored | Plain, run: Run, *, epochs: float,
    evaluate: Callable[[], float] | None = None, more: Callable[[Any, Any], Any] | None = None,
) -> None:  # fmt: skip
    """One run of the engine, as the method's settings say.

    Args:
        trunk: what learns.
        network: the trunk with its head, if it has one (`head`).
        feed: rows.
        scored: the objective, before the switches; in parts where any may be on.
        run: what is left of the budget, seed, folder, reports.
        epochs: passes over the rows.
        evaluate: held-out score, higher is better; None: nothing is held out.
        more: another loss, (network, batch) -> a scalar, which is added to the objective and not switched.
    """
    method = trunk.method
    tuning = TUNINGS[method.tuning]
    rate = method.learning_rate or tuning.rate_for(trunk.width) * (trunk.pace if tuning.narrows else 1.0)
    schedule = Schedule(
        epochs=epochs,
        batch_size=method.batch_size or BATCH,
        learning_rate=rate,
        warmup=method.warmup,
        weight_decay=method.weight_decay,
        precision=method.precision,
        patience=method.patience,
        gradient_checkpointing=method.gradient_checkpointing,
    )
    switches, inner = method.switches, trunk.loaded.network
    factors = rate_factors(inner, switches.layer_decay) if switches.layer_decay < 1 else None
    objective = composed(scored, switches, network, inner.get_input_embeddings(), trunk.padding)
    run_engine(
        network,
        feed,
        objective if more is None else beside(objective, more),
        schedule,
        run,
        evaluate=evaluate,
        parameter_groups=parameter_groups(network, rate, max(rate, HEAD_RATE), method.weight_decay, factors),
        average=Average(switches.average, switches.average_decay),
    )
