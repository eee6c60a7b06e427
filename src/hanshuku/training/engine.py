"""The engine: the one training loop. A method gives rows, a collate function and an objective; all else is here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from hanshuku.errors import StorageError, TrainingError
from hanshuku.inference.embed import autocast
from hanshuku.training import checkpoint as checkpoints
from hanshuku.training.batching import epoch_batches, parts
from hanshuku.training.config import Schedule
from hanshuku.training.fast_encoder import fast_trunks
from hanshuku.training.run import Run, Step
from hanshuku.training.tracking import Tracker, make_trackers
from hanshuku.training.workers import Workers

Batch = Mapping[str, Tensor]
Collate = Callable[[list[int]], Batch]
Objective = Callable[[Any, Any], Tensor]
REPORT_S = 0.5  # seconds between reports
TIMED = 5  # steps after which the time of a step is known well enough to plan by
MARGIN = 0.95  # part of the budget that the plan may fill


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
    """What changes while a run goes on; with weights, optimiser and generator all that a checkpoint holds."""

    step: int = 0
    total: int = 0
    elapsed: float = 0.0  # seconds of processes before this one
    best: float = -math.inf
    without_gain: int = 0
    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def train(
    network: nn.Module,
    lengths: Sequence[int],
    collate: Collate,
    objective: Objective,
    schedule: Schedule,
    run: Run,
    *,
    evaluate: Callable[[], float] | None = None,
    parameter_groups: list[dict[str, Any]] | None = None,
    group_rows: bool = True,
    identity: str = "",
) -> TrainResult:
    """Train a network in place; the best weights by `evaluate` are in it at the end.

    Only parameters that require a gradient move. With a folder in `run`, a killed run goes on from its last checkpoint to
    the same weights, bit for bit. Started by torchrun or accelerate, each process takes its part of every batch.

    Args:
        network: moved to the GPU where there is one.
        lengths: (N,) what each row costs, tokens say; rows are addressed by 0..N-1.
        collate: row numbers -> what the objective reads, tensors on the CPU.
        objective: (network, batch) -> mean loss of the batch, a scalar.
        schedule: how long and how fast.
        run: seed, folder, budget, reporting, tracking.
        evaluate: held-out score, higher is better; called `schedule.evaluations` times an epoch.
        parameter_groups: as AdamW takes them; None: matrices decay, biases and norms do not.
        group_rows: batch rows of near-equal length together; False: by chance alone.
        identity: what else tells this run from another, a fingerprint of the rows say.

    Raises:
        TrainingError: the loss is no number any more, or nothing in the network moves.
        StorageError: the very first checkpoint cannot be written.
    """
    return _Loop(network, lengths, collate, objective, schedule, run, evaluate, parameter_groups, group_rows, identity).go()


class _Loop:
    """One run."""

    def __init__(
        self, network: nn.Module, lengths: Sequence[int], collate: Collate, objective: Objective, schedule: Schedule, run: Run,
        evaluate: Callable[[], float] | None, groups: list[dict[str, Any]] | None, group_rows: bool, identity: str,
    ) -> None:  # fmt: skip
        self.lengths = list(lengths) if group_rows else [1] * len(lengths)
        self.collate, self.objective, self.schedule, self.run, self.evaluate = collate, objective, schedule, run, evaluate
        self.parameters = {name: p for name, p in network.named_parameters() if p.requires_grad}
        if not self.parameters or not len(lengths):
            raise TrainingError(f"There is nothing to train: {len(self.parameters)} parameters move and {len(lengths)} rows are given.")
        facts = asdict(schedule) | {"seed": run.seed, "identity": identity}
        self.fingerprint = checkpoints.fingerprint(facts, self.parameters, lengths) if run.folder else ""
        self.workers = Workers()
        self.plain = network.to(self.workers.device)
        if schedule.gradient_checkpointing:
            _checkpoint_activations(network)
        self.optimiser = _optimiser(self.parameters, groups, schedule)
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.network = self.workers.wrap(network)
        self.an_epoch = math.ceil(len(lengths) / schedule.batch_size)
        self.state = _State(total=max(1, math.ceil(schedule.epochs * self.an_epoch)))
        if schedule.max_steps:
            self.state.total = min(self.state.total, schedule.max_steps)
        self.planned = self.state.total
        self.best: dict[str, Tensor] | None = None
        self.trackers: list[Tracker] = []

    def go(self) -> TrainResult:
        """Run to the end of the plan."""
        torch.manual_seed(self.run.seed)
        self._resume()
        if self.workers.is_first:
            self.trackers = make_trackers(self.run.track, self.run.folder, asdict(self.schedule) | {"seed": self.run.seed})
        self.start = self.saved = time.monotonic()
        self.reported, self.taken = 0.0, 0
        was_training = self.plain.training
        self.plain.train()
        try:
            with fast_trunks(self.plain):
                stopped = self._steps()
        finally:
            self.plain.train(was_training)
            for tracker in self.trackers:
                tracker.close()
        if self.best is not None:
            with torch.no_grad():
                for name, parameter in self.parameters.items():
                    parameter.copy_(self.best[name])
        if self.run.folder and self.workers.is_first:
            checkpoints.remove(self.run.folder)
        state = self.state
        recent = state.losses[-self.an_epoch :]
        best = state.best if state.scores else None
        return TrainResult(state.step, sum(recent) / max(len(recent), 1), best, time.monotonic() - self.start, stopped or state.step < self.planned)

    def _steps(self) -> bool:
        """Take the steps of the plan; return whether it was cut short."""
        state, batches, epoch = self.state, [], -1
        every = max(1, round(self.an_epoch / self.schedule.evaluations))
        while state.step < state.total:
            if state.step // self.an_epoch != epoch:
                epoch = state.step // self.an_epoch
                batches = epoch_batches(self.lengths, self.schedule.batch_size, self.run.seed, epoch)
            self._step(batches[state.step % self.an_epoch])
            state.step += 1
            self.taken += 1
            self._fit_budget()
            if self.evaluate and (state.step % every == 0 or state.step == state.total) and not self._judge():
                return True
            self._report()
            self._save()
        return False

    def _step(self, batch: Any) -> None:
        """One step of the optimiser on one batch, computed in parts; a part counts by its rows."""
        factor = _rate_factor(self.state.step, self.state.total, self.schedule)
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
        total = torch.zeros((), device=self.workers.device)
        for part in parts(batch, self.schedule.accumulate):
            mine, weight = self.workers.share(part, len(batch))
            inputs = {name: tensor.to(self.workers.device) for name, tensor in self.collate(mine.tolist()).items()}
            with autocast(self.schedule.precision, self.workers.device):
                loss = self.objective(self.network, inputs) * weight
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        if self.schedule.clip:
            torch.nn.utils.clip_grad_norm_(self.parameters.values(), self.schedule.clip, foreach=True)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        value = self.workers.mean(total)
        if not math.isfinite(value):
            raise TrainingError(
                f"The loss is {value} at step {self.state.step + 1}. Lower the learning rate (now {self.rates[0]:g}), or use precision=fp32."
            )
        self.state.losses.append(value)

    def _fit_budget(self) -> None:
        """Shorten the plan, once a step's time is known, so that the rate has come down when the time is up."""
        if self.run.budget_s is None or self.taken < TIMED or (self.taken & (self.taken - 1) and self.taken != TIMED):
            return
        used = self.state.elapsed + time.monotonic() - self.start
        a_step = (time.monotonic() - self.start) / self.taken
        room = max(0, int((self.run.budget_s * MARGIN - used) / a_step))
        self.state.total = self.workers.agree(max(self.state.step, min(self.state.total, self.state.step + room)))

    def _judge(self) -> bool:
        """Evaluate; keep the weights if they are the best so far; return whether to go on."""
        state = self.state
        score = float(self.evaluate()) if self.evaluate else 0.0
        state.scores.append(score)
        if score > state.best:
            state.best, state.without_gain = score, 0
            self.best = {name: p.detach().clone() for name, p in self.parameters.items()}
        else:
            state.without_gain += 1
        self._report(score)
        return not self.schedule.patience or state.without_gain < self.schedule.patience

    def _report(self, score: float | None = None) -> None:
        state, now = self.state, time.monotonic()
        if not self.workers.is_first:
            return
        elapsed = now - self.start
        numbers = {"step": state.step, "epoch": state.step / self.an_epoch, "loss": state.losses[-1], "seconds": state.elapsed + elapsed,
                   "learning_rate": self.optimiser.param_groups[0]["lr"]} | ({} if score is None else {"score": score})  # fmt: skip
        for tracker in self.trackers:
            tracker.log(numbers)
        if score is None and now - self.reported < REPORT_S and state.step < state.total:
            return
        self.reported = now
        left = elapsed / max(self.taken, 1) * (state.total - state.step)
        recent = state.losses[-20:]
        self.run.report(Step(state.step, state.total, sum(recent) / len(recent), score, left, "train"))

    def _save(self) -> None:
        now = time.monotonic()
        if not self.run.folder or not self.workers.is_first or now - self.saved < self.schedule.checkpoint_every_s or self.state.step == self.state.total:
            return
        names = {id(parameter): name for name, parameter in self.parameters.items()}
        tensors = {f"weights/{name}": p for name, p in self.parameters.items()} | checkpoints.optimiser_tensors(self.optimiser, names)
        tensors |= {f"best/{name}": tensor for name, tensor in (self.best or {}).items()} | {"generator": torch.get_rng_state()}
        if torch.cuda.is_available():
            tensors["generator_cuda"] = torch.cuda.get_rng_state()
        facts = asdict(self.state) | {"elapsed": self.state.elapsed + now - self.start, "fingerprint": self.fingerprint}
        facts["best"] = self.state.best if math.isfinite(self.state.best) else None
        try:
            checkpoints.write(self.run.folder, checkpoints.Checkpoint(facts, tensors))
        except StorageError as error:  # the run itself is sound: it goes on, and says that a kill would now cost more
            self.run.report(Step(self.state.step, self.state.total, note=str(error)))
        self.saved = time.monotonic()

    def _resume(self) -> None:
        found = checkpoints.newest(self.run.folder) if self.run.folder else None
        if found is None:
            return
        if found.facts.pop("fingerprint") != self.fingerprint:
            self.run.report(Step(0, self.state.total, note=f"{self.run.folder} holds a checkpoint of another run; starting afresh"))
            return
        facts = found.facts
        facts["best"] = -math.inf if facts["best"] is None else facts["best"]
        self.state = _State(**facts)
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(found.tensors[f"weights/{name}"])
        checkpoints.restore_optimiser(self.optimiser, self.parameters, found.tensors)
        best = {name.removeprefix("best/"): tensor for name, tensor in found.tensors.items() if name.startswith("best/")}
        self.best = {name: tensor.to(self.workers.device) for name, tensor in best.items()} or None
        torch.set_rng_state(found.tensors["generator"])
        if "generator_cuda" in found.tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(found.tensors["generator_cuda"])
        self.run.report(Step(self.state.step, self.state.total, note="going on from the checkpoint"))


def _rate_factor(step: int, total: int, schedule: Schedule) -> float:
    """The learning rate of a step, 0-based, as a part of its peak."""
    rising = round(schedule.warmup * total)
    if step < rising:
        return (step + 1) / (rising + 1)
    done = (step - rising) / max(1, total - rising)
    return {"linear": 1 - done, "cosine": 0.5 * (1 + math.cos(math.pi * done)), "constant": 1.0}[schedule.decay]


def _optimiser(parameters: Mapping[str, nn.Parameter], groups: list[dict[str, Any]] | None, schedule: Schedule) -> torch.optim.AdamW:
    """AdamW (arXiv 1711.05101), all parameters of a group in one kernel."""
    if groups is None:
        decayed = [p for p in parameters.values() if p.ndim >= 2]
        others = [p for p in parameters.values() if p.ndim < 2]
        groups = [{"params": decayed, "weight_decay": schedule.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True)


def _checkpoint_activations(network: nn.Module) -> None:
    """Switch on gradient checkpointing in each transformers model inside."""
    for module in network.modules():
        if hasattr(module, "gradient_checkpointing_enable"):
            module.gradient_checkpointing_enable({"use_reentrant": False})
            return
