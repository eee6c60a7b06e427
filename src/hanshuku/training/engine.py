"""The engine: the one training loop. A method gives rows, a collate function and an objective; all else is here."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.errors import StorageError, TrainingError
from hanshuku.inference.embed import autocast
from hanshuku.training import checkpoint as checkpoints
from hanshuku.training.average import Average, Averager
from hanshuku.training.batching import epoch_batches, parts
from hanshuku.training.config import Schedule, checkpoint_seconds
from hanshuku.training.fast_encoder import fast_trunks
from hanshuku.training.frozen import frozen_in_half
from hanshuku.training.modes import as_it_was, checkpointed_activations
from hanshuku.training.optimiser import clipped_step, make_optimiser
from hanshuku.training.passes import Passes, in_passes
from hanshuku.training.plan import Pace, rate_factor
from hanshuku.training.run import Run, Step
from hanshuku.training.tracking import Tracker, check_trackers, make_trackers
from hanshuku.training.workers import Workers

Batch = Mapping[str, Tensor]
Collate = Callable[[list[int]], Batch]
Objective = Callable[[Any, Any], Tensor] | Passes
REPORT_S = 0.5  # seconds between reports
SHOWN = 20  # steps whose mean loss is shown
FLUSH = 10  # steps whose losses a GPU keeps before they are fetched, so that it never waits for the processor


@dataclass(frozen=True)
class Feed:
    """The rows that a run learns from, addressed by 0..N-1.

    Attributes:
        lengths: (N,) what each row costs, tokens say; rows of near-equal length share a batch. All alike: chance alone decides.
        collate: row numbers -> what the objective reads, tensors on the CPU; it must not draw random numbers of its own.
        terms: (N,) how many terms of the mean loss each row gives, supervised tokens say: a batch computed in parts then has the loss of the whole. None: one.
        identity: what else tells this run from another, a fingerprint of the rows say.
    """

    lengths: Sequence[int] | np.ndarray
    collate: Collate
    identity: str = ""
    terms: Sequence[int] | np.ndarray | None = None


@dataclass(frozen=True)
class TrainResult:
    """What a run came to."""

    steps: int  # taken in all, those before a kill included
    loss: float  # mean training loss of the last epoch's worth of steps
    best_score: float | None  # best held-out score; None: nothing was evaluated
    seconds: float  # of this process
    stopped_early: bool  # patience or the budget ended it before the epochs did


@dataclass
class _State:
    """What changes while a run goes on, besides weights, optimiser and losses; plain JSON data."""

    total: int  # steps planned
    name: str  # tells this run's numbers from those of others
    step: int = 0
    elapsed: float = 0.0  # seconds of processes before this one
    best: float | None = None
    without_gain: int = 0


def train(
    network: nn.Module,
    feed: Feed,
    objective: Objective,
    schedule: Schedule,
    run: Run,
    *,
    evaluate: Callable[[], float] | None = None,
    parameter_groups: list[dict[str, Any]] | None = None,
    average: Average = Average(),  # noqa: B008 - frozen
) -> TrainResult:
    """Train a network in place; the best weights by `evaluate` are in it at the end.

    Only parameters that require a gradient move. With a folder in `run`, a killed run goes on from its last checkpoint to
    the same weights, bit for bit (a budget aside: time does not repeat itself); a checkpoint of another run is said and
    passed over. The last checkpoint stays, as what was learned must still be judged and saved: `checkpoint.clear` removes it. Started by torchrun or accelerate, each process takes its part of every batch. Randomness inside the
    network comes from torch's generator, which each step is seeded anew by (seed, step, process) and is put back at the end.

    Args:
        network: moved to the GPU where there is one.
        feed: the rows.
        objective: (network, batch) -> mean loss of the batch, a scalar; or Passes, whose parts add up to it.
        schedule: how long and how fast.
        run: seed, folder, budget, reporting, tracking.
        evaluate: held-out score, higher is better; called `schedule.evaluations` times an epoch and at the end.
        parameter_groups: as AdamW takes them; None: matrices decay, biases and norms do not.
        average: of the weights after each step; it is then the average that is evaluated, kept and left in the network.

    Raises:
        ConfigError: a setting has no meaning for this network, or is outside its range.
        MissingExtra: a tracker, or training in several processes, needs a package that is not there.
        StorageError: the folder does not take a tracker's files. A checkpoint that cannot be written is only reported.
        TrainingError: the loss is no number any more, memory ran out, or nothing in the network moves.
    """
    return _Loop(network, feed, objective, schedule, run, evaluate, parameter_groups, average).go()


class _Loop:
    """One run."""

    def __init__(
        self, network: nn.Module, feed: Feed, objective: Objective, schedule: Schedule, run: Run,
        evaluate: Callable[[], float] | None, groups: list[dict[str, Any]] | None, average: Average,
    ) -> None:  # fmt: skip
        lengths = feed.lengths
        self.lengths = np.asarray(lengths)
        self.terms = np.ones(len(lengths), dtype=np.int64) if feed.terms is None else np.asarray(feed.terms)
        self.collate, self.passes, self.schedule, self.run, self.evaluate = feed.collate, in_passes(objective), schedule, run, evaluate
        self.parameters = {name: p for name, p in network.named_parameters() if p.requires_grad}
        if not self.parameters or not len(lengths):
            raise TrainingError(f"There is nothing to train: {len(self.parameters)} parameters move and {len(lengths)} rows are given.")
        check_trackers(run.track, run.folder)
        self.checkpoint_s = checkpoint_seconds(schedule)
        self.workers = Workers()
        self.plain = network.to(self.workers.device)
        kept = {id(tensor) for tensor in network.state_dict(keep_vars=True).values()}
        self.moving: dict[str, Tensor] = self.parameters | {name: b for name, b in network.named_buffers() if id(b) in kept}
        self.settings = {key: value for key, value in asdict(schedule).items() if key != "checkpoint_every_s"} | {"seed": run.seed}
        self.settings |= {} if average.kind == "none" else {"average": average.kind, "average_decay": average.decay}
        self.fingerprint = checkpoints.fingerprint(self.settings, feed.identity, self.moving, lengths) if run.folder else {}
        self.averager = Averager(average, self.moving)
        self.optimiser = make_optimiser(self.parameters, groups, schedule)
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.an_epoch = math.ceil(len(lengths) / schedule.batch_size)
        self.planned = max(1, math.ceil(schedule.epochs * self.an_epoch))
        if schedule.max_steps:
            self.planned = min(self.planned, schedule.max_steps)
        self.every = max(1, round(self.an_epoch / schedule.evaluations)) if evaluate else 0
        self.pace = Pace(run.budget_s, self.an_epoch, self.every)
        self.state = _State(total=self.planned, name=uuid.uuid4().hex)
        self.losses: list[float] = []
        self.pending: list[tuple[dict[str, float], Tensor]] = []  # steps whose loss is still on the device
        self.best: dict[str, Tensor] = {}
        self.trackers: list[Tracker] = []

    def go(self) -> TrainResult:
        """Run to the end of the plan."""
        self._resume()
        self.network = self.workers.wrap(self.plain)
        if self.workers.is_first:
            done = {"done": self.state.step, "run_name": self.state.name}
            self.trackers = make_trackers(self.run.track, self.run.folder, self.settings, **done)  # type: ignore[arg-type]
        self.start = self.saved = time.monotonic()
        self.reported = 0.0
        with ExitStack() as stack:
            stack.callback(self._close)
            stack.enter_context(as_it_was(self.plain, self.workers.device))
            if self.schedule.gradient_checkpointing:
                stack.enter_context(checkpointed_activations(self.plain))
            stack.enter_context(frozen_in_half(self.plain, self.schedule.precision))
            stack.enter_context(fast_trunks(self.plain))
            stopped = self._steps()
        self.averager.install()
        with torch.no_grad():
            for name, tensor in self.best.items():
                self.moving[name].copy_(tensor)
        state, seconds = self.state, time.monotonic() - self.start
        return TrainResult(state.step, sum(self.losses) / max(len(self.losses), 1), state.best, seconds, stopped or state.step < self.planned)

    def _steps(self) -> bool:
        """Take the steps of the plan; return whether it was cut short."""
        state, batches, epoch = self.state, [], -1
        at_once = self.workers.device.type == "cpu" or not self.checkpoint_s  # nothing to wait for, or wanted at each step
        while state.step < state.total:
            begin = time.monotonic()
            if state.step // self.an_epoch != epoch:
                epoch = state.step // self.an_epoch
                batches = epoch_batches(self.lengths, self.schedule.batch_size, self.run.seed, epoch)
            self._step(batches[state.step % self.an_epoch])
            self.averager.note_step(state.step, state.total)
            if at_once or state.step % FLUSH == 0:
                self._fetch_losses()
            self.pace.note_step(time.monotonic() - begin)
            self._fit_budget()
            if self.pace.is_due(self._used(), state.step, state.total) and not self._judge():
                return True
            self._report()
            self._save()
        self._fetch_losses()
        self._save()
        return False

    def _step(self, batch: np.ndarray) -> None:
        """One step of the optimiser on one batch, computed in parts; a part counts by the terms that it gives to the loss."""
        state, device = self.state, self.workers.device
        torch.manual_seed(int(np.random.SeedSequence((self.run.seed, state.step, self.workers.rank)).generate_state(1, np.uint64)[0] >> 1))
        factor = rate_factor(state.step, state.total, self.schedule)
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
        total = torch.zeros((), device=device)
        split = parts(batch, self.lengths, self.schedule.accumulate, self.schedule.part_cost)
        try:
            for number, part in enumerate(split, 1):
                mine, weight = self.workers.share(part, self.terms, int(self.terms[batch].sum()))
                inputs = {name: tensor.to(device, non_blocking=True) for name, tensor in self.collate(mine.tolist()).items()}
                with closing(self.passes.losses(self.network, inputs)) as losses:
                    for left in range(self.passes.count - 1, -1, -1):
                        with self.workers.averaging(self.network, now=number == len(split) and not left):
                            with autocast(self.schedule.precision, device):
                                loss = next(losses) * weight
                            loss.backward()
                        total += loss.detach()
            clipped_step(self.optimiser, self.schedule.clip)
        except RuntimeError as error:
            if not (isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)):
                raise
            raise TrainingError(
                f"Memory ran out in step {state.step + 1}: {len(batch)} rows of up to {self.lengths[batch].max()} tokens. "
                "Set gradient_checkpointing=true, or a smaller batch_size or max_length."
            ) from error
        state.step += 1
        self.pending.append(({"step": state.step, "epoch": state.step / self.an_epoch, "learning_rate": self.rates[0] * factor,
                              "seconds": state.elapsed + time.monotonic() - self.start}, total))  # fmt: skip

    def _fetch_losses(self) -> None:
        """Read the losses of the steps since the last time, and note them.

        Raises:
            TrainingError: one is no number.
        """
        if not self.pending:
            return
        values = self.workers.mean(torch.stack([total for _, total in self.pending]))
        for (numbers, _), value in zip(self.pending, values, strict=True):
            if not math.isfinite(value):
                raise TrainingError(
                    f"The loss is {value} at step {numbers['step']:.0f}. Lower the learning rate (now {self.rates[0]:g}), or use precision=fp32."
                )
            self.losses.append(value)
            self._track({**numbers, "loss": value})
        self.losses = self.losses[-max(self.an_epoch, SHOWN) :]
        self.pending.clear()

    def _fit_budget(self) -> None:
        """Fit the plan to what steps have taken so far, so that the rate has come down when the time is up."""
        used = self._used()
        left = (self.run.budget_s or 0.0) - used + time.monotonic() - self.saved  # until the end, since the last checkpoint
        saves = int(left / self.checkpoint_s) if self.run.folder and self.checkpoint_s else 0
        room = self.pace.steps_within(used, self.state.step, max(0, saves))
        if room is not None:
            self.state.total = self.workers.least(min(self.planned, self.state.step + room))

    def _used(self) -> float:
        """Seconds of this run, in all processes."""
        return self.state.elapsed + time.monotonic() - self.start

    def _judge(self) -> bool:
        """Evaluate; keep the weights if they are the best so far; return whether to go on."""
        state, begin = self.state, time.monotonic()
        self._fetch_losses()
        with self.averager.shown():
            score = self.workers.first(float(self.evaluate()) if self.evaluate else 0.0)
            self.pace.note_evaluation(time.monotonic() - begin)
            if score > (-math.inf if state.best is None else state.best):  # a score that is no number is never the best
                state.best, state.without_gain = score, 0
                self.best = {name: tensor.detach().clone() for name, tensor in self.moving.items()}
            else:
                state.without_gain += 1
        self._track({"step": state.step, "epoch": state.step / self.an_epoch, "score": score, "seconds": state.elapsed + time.monotonic() - self.start})
        self._report(score)
        return not self.schedule.patience or state.without_gain < self.schedule.patience

    def _track(self, numbers: dict[str, float]) -> None:
        for tracker in list(self.trackers):
            try:
                tracker.log(numbers)
            except Exception as error:  # noqa: BLE001 - a full disk or a lost connection there must not end the run here
                self.trackers.remove(tracker)
                self._say(f"{type(tracker).__name__} stopped: {error}")

    def _close(self) -> None:
        for tracker in self.trackers:
            try:
                tracker.close()
            except Exception as error:  # noqa: BLE001 - as above
                self._say(f"{type(tracker).__name__} did not close: {error}")

    def _say(self, note: str) -> None:
        if self.workers.is_first:
            self.run.report(Step(self.state.step, self.state.total, note=note))

    def _report(self, score: float | None = None) -> None:
        state, now = self.state, time.monotonic()
        if not self.workers.is_first or (score is None and now - self.reported < REPORT_S and state.step < state.total):
            return
        self.reported = now
        recent = self.losses[-SHOWN:]
        loss = sum(recent) / len(recent) if recent else None
        self.run.report(Step(state.step, state.total, loss, score, self.pace.seconds_for(state.total - state.step, state.step), "train"))

    def _save(self) -> None:
        now = time.monotonic()
        folder, state = self.run.folder, self.state
        if not folder or not self.workers.is_first or self.pending or now - self.saved < self.checkpoint_s:
            return
        names = {id(parameter): name for name, parameter in self.parameters.items()}
        tensors = {f"weights/{name}": tensor for name, tensor in self.moving.items()} | checkpoints.optimiser_tensors(self.optimiser, names)
        tensors |= {f"best/{name}": tensor for name, tensor in self.best.items()} | self.averager.tensors()
        tensors["losses"] = torch.tensor(self.losses, dtype=torch.float64)
        facts = asdict(state) | {"elapsed": state.elapsed + now - self.start, "fingerprint": self.fingerprint}
        try:
            checkpoints.write(folder, checkpoints.Checkpoint(facts, tensors))
        except StorageError as error:  # the run itself is sound: it goes on, and says that a kill would now cost more
            self._say(str(error))
        self.saved = time.monotonic()
        self.pace.note_saving(self.saved - now)

    def _resume(self) -> None:
        """Go on from the folder's checkpoint where it is this run's."""
        found = checkpoints.newest(self.run.folder) if self.run.folder else None
        if found is not None:
            theirs = found.facts.pop("fingerprint")
            differ = [part for part, digest in self.fingerprint.items() if theirs.get(part) != digest]
            if differ:
                self._say(f"{self.run.folder} holds a checkpoint of another run (other {', '.join(differ)}); starting afresh")
            else:
                self._restore(found)
        if self.workers.least(self.state.step) != self.state.step:
            raise TrainingError(f"The processes do not see the same checkpoints in {self.run.folder}. Give a folder that all of them share.")

    def _restore(self, found: checkpoints.Checkpoint) -> None:
        self.state = _State(**found.facts)
        self.losses = found.tensors["losses"].tolist()
        with torch.no_grad():
            for name, tensor in self.moving.items():
                tensor.copy_(found.tensors[f"weights/{name}"])
        self.best = {
            name: torch.empty_like(tensor).copy_(found.tensors[f"best/{name}"])
            for name, tensor in self.moving.items()
            if f"best/{name}" in found.tensors
        }
        self.averager.restore(found.tensors)
        checkpoints.restore_optimiser(self.optimiser, self.parameters, found.tensors)
        self._say("going on from the checkpoint")
