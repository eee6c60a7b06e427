"""The work of `Pretrain.fit`: text to token files, a network, the engine, and what held-out text says of it."""

from __future__ import annotations

import json
import math
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hanshuku.data.corpus import Corpus
from hanshuku.data.disk import whole_file
from hanshuku.errors import ConfigError
from hanshuku.methods.pretrain import Pretrain
from hanshuku.methods.pretraining_lessons import lesson_of
from hanshuku.methods.pretraining_text import Texts, prepare_texts
from hanshuku.metrics.base import Metric
from hanshuku.models.catalogue import find
from hanshuku.models.device import best_device
from hanshuku.models.info import ModelInfo
from hanshuku.models.load import Loaded, load_causal, load_encoder, load_masked
from hanshuku.models.scratch import longest, new_network
from hanshuku.training.config import Schedule
from hanshuku.training.engine import Feed, TrainResult
from hanshuku.training.engine import train as run_engine
from hanshuku.training.filler import begin_head
from hanshuku.training.packing import pack_key
from hanshuku.training.run import Run, Step
from hanshuku.training.tunings import TUNINGS

LENGTH = 256  # tokens a row where the user sets none
RATE = 0.46  # from scratch: peak rate x width (6e-4 for 768, as GPT-3's small model; the best rate falls as 1 / width)
BETAS = (0.9, 0.95)  # of AdamW: a shorter memory of squares than its default, as language models are trained
AN_EVALUATION = 200  # steps between evaluations
FEWEST_EVALUATIONS, FEWEST_STEPS = 10, 5  # evaluations of a run, and steps between two of them, where it has enough
TOKENS_A_PARAMETER = 20  # Hoffmann et al. 2022, arXiv 2203.15556
PASSES = {"scratch": 16.0, "on": 3.0}  # repeating text more often than that teaches little (Muennighoff et al. 2023, arXiv 2305.16264)
_SAID = {"bits_per_byte": "bits a byte", "loss": "nats a text"}
PASSES_IN_BUDGET = {"scratch": 64.0, "on": 16.0}  # a budget ends it, or patience


@dataclass(frozen=True)
class Pretrained:
    """A language model or an encoder that has read a corpus, with what was measured.

    Attributes:
        network: a transformers model, for clm and mlm with its output layer, float32, in evaluation mode.
        tokenizer: a fast transformers tokenizer.
        method: the settings.
        base: what it went on from; None: it began from scratch.
        metrics: of the held-out text: bits_per_byte, perplexity and loss; for crops and simcse loss, alignment and uniformity.
        before: the same before training; empty from scratch.
        facts: plain numbers: steps, passes, tokens, documents, bytes, parameters, seconds ...
        evaluations: {"step", "bits_per_byte" (for crops and simcse "loss"), "sample"} as it went.
        notes: what a user should know.
    """

    network: Any
    tokenizer: Any
    method: Pretrain
    base: ModelInfo | None
    metrics: dict[str, Metric]
    before: dict[str, Metric]
    facts: dict[str, Any]
    evaluations: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def pretrain(method: Pretrain, corpus: Corpus, *, model: str, size: str, validation: Corpus | None, run: Run) -> Pretrained:
    """See `Pretrain.fit`."""
    if run.folder is not None:
        return _pretrain(method, corpus, model, size, validation, run, run.folder)
    with tempfile.TemporaryDirectory(prefix="hanshuku-") as folder:
        return _pretrain(method, corpus, model, size, validation, run, Path(folder))


def _pretrain(method: Pretrain, corpus: Corpus, model: str, size: str, validation: Corpus | None, run: Run, folder: Path) -> Pretrained:
    start = time.monotonic()
    loaded, notes = _model_of(method, model, run) if model else (None, [])
    limit = loaded.info.max_length if loaded else longest(size)
    length = min(method.max_length or LENGTH, limit or method.max_length or LENGTH)
    texts = prepare_texts(method, corpus, validation, loaded, length, folder, run)
    network = loaded.network if loaded else new_network(size, method.objective, texts.tokenizer, max_length=length, seed=run.seed)
    learner = _Learner(method, network, loaded.info.pooling if loaded else "mean", texts, scratch=loaded is None, run=run, folder=folder)
    begin = time.monotonic()
    before = learner.measure() if loaded else {}
    judging = time.monotonic() - begin if loaded else learner.judging_seconds() if run.budget_s else 0.0
    result = learner.train(run.since(start - judging), f"{method} {size or model} {texts.identity}")
    run.report(Step(result.steps, result.steps, note="judge the held-out text"))
    return Pretrained(
        learner.network.cpu().eval(), texts.tokenizer, method, loaded.info if loaded else None, learner.measure(), before,
        facts={**texts.facts, "max_length": length, **learner.facts(result), "seconds": round(time.monotonic() - start, 1)},
        evaluations=learner.log.rows, notes=(*notes, *texts.notes),
    )  # fmt: skip


def _model_of(method: Pretrain, model: str, run: Run) -> tuple[Loaded, list[str]]:
    """The model to go on from, with the head that the objective needs."""
    kind = find(model).kind
    if (method.objective == "clm") is not (kind == "causal"):
        other = "mlm, crops, simcse or tsdae" if kind == "encoder" else "clm"
        hint = f"Give --objective {other}, or another model." if kind != "static" else "Give another model."
        raise ConfigError(f"objective {method.objective} goes on from {'a causal model' if method.objective == 'clm' else 'an encoder'}, and {model} is of kind {kind!r}. {hint}")
    run.report(Step(0, 1, note=f"load {model}"))
    if method.objective == "clm":
        return load_causal(model), []
    if method.objective in {"simcse", "crops"}:
        return load_encoder(model), []
    loaded, whole = load_masked(model)
    if whole:
        return loaded, []
    begin_head(loaded.network)
    return loaded, [f"{model} comes without a head that tells tokens; one was begun from its word vectors, so the first bits per byte say little."]


class _Learner:
    """One run: a network, its rows, its judge."""

    def __init__(self, method: Pretrain, network: Any, pooling: str, texts: Texts, *, scratch: bool, run: Run, folder: Path) -> None:
        self.method, self.texts, self.scratch, self.run = method, texts, scratch, run
        lesson = lesson_of(method, network, pooling, texts, run.seed)
        self.module, self.network, self.prepare, self.judge = lesson.module, lesson.network, lesson.prepare, lesson.judge
        self.folder, self.log, self.base, self.taken = folder, _Log(folder / "none"), 0, 0

    def measure(self) -> dict[str, Metric]:
        """Of the whole held-out text."""
        self.module.to(best_device())
        return self.judge.measure(self.run.seed)

    def judging_seconds(self) -> float:
        """What `measure` is going to take, from the part of the held-out text that is judged on the way."""
        self.module.to(best_device())
        begin = time.monotonic()
        self.judge.score()
        return (time.monotonic() - begin) * self.judge.whole

    def train(self, run: Run, identity: str) -> TrainResult:
        """To the end of the plan; the best weights by held-out loss are in the network then."""
        rows, prepare = self.texts.rows, self.prepare
        self.log = _Log(self.folder / f"evaluations-{pack_key(identity)[:16]}.jsonl")

        def collate(numbers: list[int]) -> Any:
            self.taken += 1
            return rows.collate(numbers)

        def objective(network: Any, batch: Any) -> Any:
            return network(batch if prepare is None else prepare(batch))

        def follow(step: Step) -> None:
            if not self.taken:  # before its first step the engine tells which one it goes on from
                self.base = step.done
                self.log.keep(step.done)
            run.report(step)

        schedule = self._schedule(run)
        return run_engine(
            self.module, Feed(rows.lengths, collate, identity), objective, schedule, replace(run, report=follow),
            evaluate=self._judge, parameter_groups=self._groups(schedule),
        )  # fmt: skip

    def facts(self, result: TrainResult) -> dict[str, Any]:
        """What the run came to, plain numbers."""
        steps = math.ceil(len(self.texts.rows) / self.method.rows_a_step)
        return {
            "parameters": sum(parameter.numel() for parameter in self.network.parameters()), "steps": result.steps, "epochs": round(result.steps / steps, 3),
            "training_loss": result.loss, "stopped_early": result.stopped_early, "training_seconds": round(result.seconds, 1),
        }  # fmt: skip

    def _schedule(self, run: Run) -> Schedule:
        method, rows = self.method, self.texts.rows
        width = int(self.network.config.get_text_config().hidden_size)
        rate = method.learning_rate or (min(3e-3, RATE / width) if self.scratch else TUNINGS["all"].rate_for(width))
        epochs = float(method.epochs) or self._passes(run)
        steps = math.ceil(len(rows) / method.rows_a_step)
        wanted = max(steps / AN_EVALUATION, FEWEST_EVALUATIONS / epochs)
        return Schedule(
            epochs=epochs, batch_size=method.rows_a_step, learning_rate=rate, warmup=method.warmup, decay="cosine", weight_decay=method.weight_decay,
            precision=method.precision, patience=method.patience, evaluations=max(1, min(round(wanted), steps // FEWEST_STEPS)), gradient_checkpointing=method.gradient_checkpointing,
        )  # fmt: skip

    def _passes(self, run: Run) -> float:
        kind = "scratch" if self.scratch else "on"
        if run.budget_s is not None:
            return PASSES_IN_BUDGET[kind]
        parameters = sum(parameter.numel() for parameter in self.network.parameters())
        needed = TOKENS_A_PARAMETER * parameters / max(1, len(self.texts.train.tokens))
        return round(min(PASSES[kind], max(1.0, needed)), 2) if self.scratch else PASSES[kind]

    def _groups(self, schedule: Schedule) -> list[dict[str, Any]]:
        """Matrices decay, all else does not."""
        moving = [parameter for parameter in self.module.parameters() if parameter.requires_grad]
        decay, still = ([p for p in moving if (p.ndim >= 2) is matrices] for matrices in (True, False))
        more = {"lr": schedule.learning_rate, "betas": BETAS}
        return [{"params": decay, "weight_decay": schedule.weight_decay, **more}, {"params": still, "weight_decay": 0.0, **more}]

    def _judge(self) -> float:
        """Minus what the judge says of some held-out text; what the network makes of a text by now is reported and kept."""
        name, value = self.judge.score()
        step = self.base + self.taken
        sample = self.judge.sample(len(self.log)) if math.isfinite(value) else ""
        self.log.add({"step": step, name: round(value, 4), "sample": sample})
        self.run.report(Step(step, step, sample=f"step {step}, {value:.3f} {_SAID[name]}: {sample}"))
        return -value


class _Log:
    """Evaluations as they went, a line of JSON each, so that a run that was killed loses none."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except OSError:
            lines = []
        self._rows = [row for row in map(_parsed, lines) if row]

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> tuple[dict[str, Any], ...]:
        """What was judged, in order of steps."""
        return tuple(self._rows)

    def keep(self, step: int) -> None:
        """Forget what came after this step: it will come again."""
        self._rows = [row for row in self._rows if row["step"] <= step]
        with whole_file(self.file) as stream:
            stream.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in self._rows).encode())

    def add(self, row: dict[str, Any]) -> None:
        """Note one; the disk may refuse it, and the run goes on."""
        self._rows.append(row)
        with suppress(OSError), self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:  # a kill cut it short
        return None
    return row if isinstance(row, dict) and isinstance(row.get("step"), int) else None
