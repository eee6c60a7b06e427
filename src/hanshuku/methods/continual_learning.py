"""The work of `Continual`: a session, from the predictor that is there to the next one. What needs torch, kept apart."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.inference.continual import ContinualPredictor
from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.heads import answers
from hanshuku.inference.past import Past, Session
from hanshuku.methods import analytic
from hanshuku.methods.continual import REPLAYING, Continual
from hanshuku.methods.continual_past import kept, labels_of, stored_rows
from hanshuku.methods.continual_trunk import Ready, holds_parts, ready_to_go_on
from hanshuku.methods.finetuning import criterion_of, fit_encoder, identity_of, parts, require_words
from hanshuku.methods.trunk_fit import shortened, teach
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task
from hanshuku.training.classifier import TARGETS, TEACHER
from hanshuku.training.engine import Feed
from hanshuku.training.judging import best_threshold
from hanshuku.training.objectives import Criterion
from hanshuku.training.remembering import Anchor, dark_loss, overlap, softened_loss
from hanshuku.training.run import Run, Step
from hanshuku.training.scored import Scored, labels_scored

WEIGHTS = {"replay": 1.0, "distill": 0.5, "ewc": 0.1, "lwf": 1.0, "olora": 0.5}  # of each term beside the loss of the new rows, at strength 1


def first_session(method: Continual, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run) -> ContinualPredictor:
    """See `Continual.fit`."""
    start = time.monotonic()
    if method.strategy == "analytic":
        return analytic.begin(method, task, train, model, run)
    predictor = fit_encoder(method.finetune(), task, train, model=model, validation=validation, run=run, is_modest=False)
    names = resolved(method, will_store=True)
    delta = getattr(predictor.loaded, "delta", None)
    return kept(method, predictor, Past(), train, names, run.since(start), {} if delta is None else delta.tensors)


def next_session(
    method: Continual, task: Task, train: Encoded, *, start: EncoderPredictor, earlier: Encoded | None, validation: Encoded | None, run: Run
) -> ContinualPredictor:
    """See `Continual.go_on`."""
    begin = time.monotonic()
    past = (start.past if isinstance(start, ContinualPredictor) else Past()).widened(task)
    if method.strategy == "analytic" or (method.strategy == "auto" and past.sums):
        method = replace(method, strategy="analytic")  # of which auto may have settings that would do nothing
        method.check_switches(task)
        return analytic.go_on(method, train, start=start, past=past, earlier=earlier, run=run)
    if start.pair == "bi" and task.is_pair:
        raise ConfigError("This function reads its two texts apart, and learns on by strategy='analytic' alone, or anew: name a method, such as finetune.")
    passed_over: tuple[str, ...] = ()
    if earlier is not None:
        _require_replay(method)
        passed_over = (f"the earlier rows were not read: {past.stored} rows are stored with the function already",) if past.stored else ()
        past = past if past.stored else _shown(stored_rows(method, start, past, earlier, run.seed), earlier)
    names = resolved(method, will_store=bool(past.stored))
    notes = (*passed_over, *_checked(method, names, past))
    session = _prepared(method, train, names, start, past, validation, run)
    learned, taken = _learned(session, run, begin)
    found = kept(method, learned, past, train, names, run.since(begin), taken)
    found.fit_notes = (*notes, *found.fit_notes)
    return found


def _require_replay(method: Continual) -> None:
    """
    Raises:
        ConfigError: earlier rows are given, and nothing would be replayed.
    """
    if not REPLAYING & set(resolved(method, will_store=True)):
        raise ConfigError(
            "Earlier rows are for strategies that replay: replay, distill, or auto with memory above 0. "
            f"Received: strategy={method.strategy!r}, memory={method.stored.memory:g}."
        )


def _shown(past: Past, earlier: Encoded) -> Past:
    """The past with the session that the earlier rows stand for, where none was noted: the function learned by another method."""
    return past if past.sessions else replace(past, sessions=(Session(len(earlier), labels_of(earlier), ""),))


def resolved(method: Continual, *, will_store: bool) -> tuple[str, ...]:
    """The strategies that are meant: auto replays where rows are stored, or will be, else holds the old answers."""
    if method.strategy != "auto":
        return method.names
    return ("replay",) if method.stored.memory and will_store else ("lwf",)


def _checked(method: Continual, names: tuple[str, ...], past: Past) -> tuple[str, ...]:
    """Notes where a strategy finds nothing of the earlier sessions to hold on to.

    Raises:
        ConfigError: it could not do what it is named for.
    """
    notes, replays = [], sorted(REPLAYING & set(names))
    if replays and not method.stored.memory:
        raise ConfigError(f"{' and '.join(replays)} shows stored rows, and memory=0 stores none. Take strategy='lwf', which needs none, or set memory.")
    if replays and not past.stored:
        notes.append("no row of an earlier session is stored, so nothing old is replayed: give earlier rows (earlier=, --earlier), or take strategy lwf")
    if "ewc" in names and not past.fisher:
        raise ConfigError(
            "ewc holds the weights that mattered in earlier sessions, and this function does not know which: it was not learned with strategy='ewc'. "
            "Take strategy='lwf', or learn anew with method='continual', strategy='ewc'."
        )
    if "olora" in names and not past.subspaces:
        notes.append("no earlier session was learned by olora, so there are no directions to keep away from yet")
    return tuple(notes)


@dataclass
class _Session:
    """What belongs to one session."""

    method: Continual
    task: Task
    names: tuple[str, ...]
    start: EncoderPredictor
    past: Past
    ready: Ready  # rows: the new ones, then the stored ones, then those held out
    count: int  # new ones
    labels: list[int]  # those among which a new row is decided; []: all
    teacher: Tensor | None  # (count, K) logits before this session
    identity: str

    @property
    def targets(self) -> np.ndarray:
        """Of the new rows."""
        found: np.ndarray = self.ready.rows.targets[: self.count].numpy()
        return found

    @property
    def held(self) -> range:
        return range(self.count + self.past.stored, len(self.ready.rows))


def _prepared(
    method: Continual, train: Encoded, names: tuple[str, ...], start: EncoderPredictor, past: Past, validation: Encoded | None, run: Run
) -> _Session:
    task = train.task
    require_words(method.finetune())
    train, held = parts(train, validation, run.seed, is_judged=task.several)
    train = method.switches.grown(train, run.seed)  # behind the line: no row that judges is seen, and none that was made is stored
    run.report(Step(0, 1, note=f"read {len(train):,} rows"))
    teacher = torch.from_numpy(start.logits(train.inputs)) if "lwf" in names else None
    start = analytic.last_layer(start, past, train.inputs)
    ready = ready_to_go_on(method, task, start, [part for part in (train, past.rows, held) if part is not None], run.seed)
    identity = f"{identity_of(method, task, train, past.rows, held)} {len(past.sessions)} {zlib.crc32(start.head.weight.tobytes())}"
    return _Session(method, task, names, start, past, ready, len(train), _labels(method, names, train), teacher, identity)


def _labels(method: Continual, names: tuple[str, ...], train: Encoded) -> list[int]:
    """The labels of the session, where its rows are decided among these alone (the labels trick, arXiv 1803.10123, section 3.1)."""
    task, scope = train.task, method.scope
    if scope == "auto":
        scope = "all" if names == ("plain",) or REPLAYING & set(names) else "session"
    if scope == "all" or task.kind == "rate" or train.targets is None:
        return []
    found = np.flatnonzero(train.targets.any(axis=0)) if task.several else np.unique(train.targets)
    return [] if len(found) < 2 or len(found) == len(task.labels) else [int(label) for label in found]


def _learned(session: _Session, run: Run, begin: float) -> tuple[EncoderPredictor, Mapping[str, Tensor]]:
    """Train; the predictor that comes of it, and the LoRA weights of the session, if any."""
    method, task, start, ready = session.method, session.task, session.start, session.ready
    trunk, classifier = ready.trunk, ready.classifier
    moved = trunk.tuned.moved + sum(p.numel() for p in classifier.head.parameters())
    threshold = start.threshold
    with shortened(trunk, ready.rows, classifier, run):
        teach(
            trunk, classifier, Feed(ready.rows.lengths[: session.count], _collate(session), session.identity), _objective(session), run.since(begin),
            epochs=method.planned_epochs(session.count, len(task.labels)), more=_kept_in_mind(session),
        )  # fmt: skip
        if task.several and session.held:
            found = ready.rows.logits(classifier, session.held, method.precision)
            threshold = best_threshold(answers(task, found), ready.rows.targets[session.held.start :].numpy())[0]
    taken = {name: tensor.detach().clone() for name, tensor in classifier.named_parameters() if ".lora_A." in name}
    loaded, changed = _finished(session)
    learned = EncoderPredictor(
        task, loaded, classifier.linear_head(*(ready.scale or ())), pooling=start.pooling, normalise=start.normalise, pair=start.pair,
        max_length=start.max_length, threshold=threshold, precision=method.precision, changed=changed, moved_parameters=moved,
    )  # fmt: skip
    return learned, taken


def _finished(session: _Session) -> tuple[Loaded, bool]:
    """The model as it shall answer, and whether all of its weights must be saved: what it rests on is no catalogue model any more."""
    trunk, start = session.ready.trunk, session.start
    if trunk.tuned.kind == "none":
        return start.loaded, start.changed
    loaded = trunk.finished()
    if holds_parts(start):
        return loaded, False
    return Loaded(loaded.info, loaded.folder, loaded.network, loaded.tokenizer), True


def _collate(session: _Session) -> Callable[[list[int]], dict[str, Tensor]]:
    rows, teacher = session.ready.rows, session.teacher
    if teacher is None:
        return rows.collate
    return lambda picked: rows.collate(picked) | {TEACHER: teacher[picked]}


def _objective(session: _Session) -> Scored:
    """The loss of a step's new rows, with what the teacher said of them; the switches change it."""
    method, task, labels = session.method, session.task, session.labels
    strength = WEIGHTS["lwf"] * method.strength
    plain = labels_scored(task, _among(labels, task, criterion_of(task, method.switches, session.targets, labels)))

    def loss(logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        found = plain.loss(logits, batch)
        return found if TEACHER not in batch else found + strength * softened_loss(task, logits, batch[TEACHER], method.temperature)

    def distance(first: Tensor, second: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        return plain.distance(first[:, labels], second[:, labels], batch) if labels else plain.distance(first, second, batch)

    return Scored(plain.outputs, loss, distance)


def _kept_in_mind(session: _Session) -> Callable[[object, object], Tensor] | None:
    """The loss that stands beside that of the new rows, a term for each strategy that has one; None: there is none."""
    method, classifier, past = session.method, session.ready.classifier, session.past
    weights = {name: WEIGHTS.get(name, 0.0) * method.strength for name in session.names}
    anchor = _anchor(session) if "ewc" in session.names else None
    replayed = _replayed(session, weights) if REPLAYING & set(session.names) and past.stored else None
    apart = "olora" in session.names and bool(past.subspaces)
    if anchor is None and replayed is None and not apart:
        return None

    def loss(network: object, _batch: object) -> Tensor:
        terms = [] if replayed is None else [replayed(network)]
        terms += [] if anchor is None else [weights["ewc"] * anchor.loss(classifier)]
        terms += [weights["olora"] * overlap(classifier, past.subspaces)] if apart else []
        return sum(terms[1:], start=terms[0])

    return loss


def _among(labels: list[int], task: Task, criterion: Criterion) -> Criterion:
    """The loss with the logits of these labels alone; []: of all."""
    if not labels:
        return criterion
    place = torch.zeros(len(task.labels), dtype=torch.int64)
    place[labels] = torch.arange(len(labels))

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        own = targets[:, labels] if task.several else place.to(targets.device)[targets]
        return criterion(logits[:, labels], own)

    return loss


def _replayed(session: _Session, weights: dict[str, float]) -> Callable[[object], Tensor]:
    """The loss of stored rows, drawn anew in each step from torch's generator, which the engine seeds by the step."""
    method, rows, stored = session.method, session.ready.rows, session.past.stored
    criterion = criterion_of(session.task, method.switches, rows.targets[session.count : session.count + stored].numpy())
    wanted = min(stored, method.stored.replayed or method.batch_size)
    logits_then = None if session.past.logits is None else torch.from_numpy(session.past.logits)

    def loss(network: object) -> Tensor:
        picked = torch.randperm(stored)[:wanted]
        device = session.ready.classifier.head.weight.device
        batch = {name: tensor.to(device) for name, tensor in rows.collate((session.count + picked).tolist()).items()}
        logits: Tensor = network(batch)  # type: ignore[operator]
        total = WEIGHTS["replay"] * method.strength * criterion(logits, batch[TARGETS])
        if "distill" in weights and logits_then is not None:
            total = total + weights["distill"] * dark_loss(logits, logits_then[picked].to(device))
        return total

    return loss


def _anchor(session: _Session) -> Anchor:
    """The weights as they are, and how much each matters; of the word vectors those that are held while it learns."""
    classifier, used = session.ready.classifier, session.ready.rows.used
    moving = {name: parameter for name, parameter in classifier.named_parameters() if parameter.requires_grad}
    table = session.ready.trunk.loaded.network.get_input_embeddings().weight if used is not None else None
    fisher = {}
    for name in moving.keys() & session.past.fisher.keys():
        found = session.past.fisher[name].float()
        fisher[name] = found[used.kept] if used is not None and moving[name] is table else found
    return Anchor({name: moving[name].detach().clone() for name in sorted(fisher)}, {name: fisher[name] for name in sorted(fisher)})
