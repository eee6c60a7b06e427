"""The work of `Finetune.fit` for tasks whose answer a model writes: instruction tuning of a causal model or an encoder-decoder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from hanshuku.data.encoded import Encoded, hold_out
from hanshuku.data.fingerprint import fingerprint
from hanshuku.errors import ConfigError
from hanshuku.inference.backbone import Adapted
from hanshuku.inference.embed import autocast
from hanshuku.inference.generation import AnyAsker, GenerationPredictor, asker_for, writer_of
from hanshuku.inference.settings import GenerationSettings, new_tokens
from hanshuku.methods.finetune import HOLD_OUT, MIN_TO_HOLD, Finetune
from hanshuku.methods.wording import wording_language
from hanshuku.models.load import load_writer
from hanshuku.tasks import Task
from hanshuku.training.average import Average
from hanshuku.training.classifier import parameter_groups
from hanshuku.training.composed import composed
from hanshuku.training.config import Schedule
from hanshuku.training.engine import Feed
from hanshuku.training.engine import train as run_engine
from hanshuku.training.layers import rate_factors
from hanshuku.training.run import Run, Step
from hanshuku.training.speaker import LanguageModel, TokenRow, mean_loss, texts_scored
from hanshuku.training.translator import speaker_of
from hanshuku.training.tunings import TUNINGS, Tuned, prepare

LONGEST = 1024  # tokens of a prompt with its answer, where the user sets no limit
PART = 4096  # tokens that a step computes at once: 16 rows of 256; more of them would only hold more memory
FEWEST_NEW, MOST_NEW = 16, 1024  # bounds of the room for an answer, which is planned from the answers seen


def fit_generator(method: Finetune, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run) -> GenerationPredictor:
    """See `Finetune.fit`."""
    start = time.monotonic()
    run.report(Step(0, 1, note=f"load {model}"))
    loaded = load_writer(model)
    held = validation
    if held is None and method.patience and len(train) >= MIN_TO_HOLD:
        train, held = hold_out(train, HOLD_OUT, run.seed)
    language = wording_language("auto", task, train)
    hint = loaded.tokenizer(task.instruction or task.kind, add_special_tokens=False)["input_ids"]
    tuned = _prepare(loaded.network, method, run.seed, hint)
    reads = loaded.info.max_length - (0 if tuned.kind != "prompt" else len(tuned.trunk.vectors))
    limit = min(method.max_length or LONGEST, reads)
    asker = asker_for(task, loaded, language=language, limit=limit)
    run.report(Step(0, 1, note=f"tokenise {len(train):,} rows"))
    rows, cut = _token_rows(asker, train, limit)
    if cut:
        run.report(Step(0, 1, note=f"{cut} rows were longer than {limit} tokens and lost a part"))
    judged = _token_rows(asker, held, limit)[0] if held is not None else []
    settings = planned_settings(language, [sum(marks) for _, marks in rows], limit, reads, run.seed)
    if task.kind == "extract":
        _check_schema(task, loaded, asker, settings)
    speaker = speaker_of(tuned.trunk)
    teach_texts(method, speaker, rows, judged, run.since(start), kind=task.kind, room=limit if method.packing else 0, identity=" ".join([str(method), str(task), *(fingerprint(part) for part in (train, held) if part)]))
    return tuned_writer(task, loaded, tuned, settings)


def _check_schema(task: Task, loaded: Any, asker: AnyAsker, settings: GenerationSettings) -> None:
    """Refuse a schema that cannot be kept to now, not when all has been learned.

    Raises:
        TaskError: nothing fits it, or it cannot be kept to while decoding.
        ConfigError: the shortest object is longer than an answer may be.
    """
    from hanshuku.inference.extraction import check_room
    from hanshuku.inference.objects import ObjectGrammar

    width = int(loaded.network.config.get_text_config().vocab_size)
    check_room(ObjectGrammar(task.schema, loaded.tokenizer, width=width, stops=sorted(asker.stops)), new_tokens(task, settings))


def planned_settings(language: str, answers: Sequence[int], limit: int, reads: int, seed: int) -> GenerationSettings:
    """Settings with room for answers as long as those that were learned.

    Args:
        language: of the wording.
        answers: tokens of each answer learned.
        limit: most tokens of a prompt with its answer in learning.
        reads: tokens that the model reads.
        seed: of draws.
    """
    longest = int(np.quantile(answers, 0.995) * 1.25) + 8
    new_tokens = min(max(longest, FEWEST_NEW), MOST_NEW, limit // 2)
    return GenerationSettings(language, max_new_tokens=new_tokens, max_length=min(reads, limit + new_tokens), seed=seed)


def tuned_writer(task: Task, loaded: Any, tuned: Tuned, settings: GenerationSettings) -> GenerationPredictor:
    """The predictor that writes with what was tuned."""
    moved = tuned.moved
    network, delta = tuned.finish()
    loaded.network = network
    if delta is not None:
        loaded = Adapted(loaded.info, loaded.folder, network, loaded.tokenizer, delta)
    return writer_of(task)(task, loaded, settings, changed=tuned.kind == "whole", moved_parameters=moved)


def _prepare(network: Any, method: Finetune, seed: int, hint: Sequence[int]) -> Tuned:
    """The network with only what the tuning names moving; `head` is the output layer, untied from the word vectors."""
    if network.config.is_encoder_decoder and (method.tuning == "prefix" or method.packing):
        what = "tuning='prefix'" if method.tuning == "prefix" else "packing"
        raise ConfigError(f"An encoder-decoder cannot be tuned with {what}. Choose tuning='prompt' or 'lora', without packing.")
    tuned = prepare(network, method.tuning, size=method.size, seed=seed, tokens=torch.tensor(hint[:64], dtype=torch.int64))
    if method.tuning != "head":
        return tuned
    old = network.get_output_embeddings()
    new = nn.Linear(old.in_features, old.out_features, bias=old.bias is not None, dtype=old.weight.dtype)
    new.load_state_dict({name: tensor.detach().clone() for name, tensor in old.state_dict().items()})
    network.set_output_embeddings(new)
    names = [name for name, parameter in network.named_parameters() if any(parameter is mine for mine in new.parameters())]
    if not names:
        raise ConfigError(f"The output layer of {type(network).__name__} cannot be moved by itself. Choose tuning='last_layers' or 'lora'.")
    return Tuned(network, names, 0, "weights")


def _token_rows(asker: AnyAsker, rows: Encoded, limit: int) -> tuple[list[TokenRow], int]:
    """Each row with its first accepted answer as tokens, and how many rows had to lose a part."""
    assert rows.targets is not None
    found: list[TokenRow] = []
    cut = 0
    for row, target in zip(rows.inputs, rows.targets, strict=True):
        ids, marks, was_cut = asker.example(row, reply_of(target), most=limit)
        found.append((ids, marks))
        cut += was_cut
    return found, cut


def reply_of(target: Any) -> str:
    """The text that is learned: the first reference, the program of (program, tests), an object as JSON."""
    return str(target[0] if isinstance(target, tuple) else target)


def teach_texts(method: Finetune, speaker: LanguageModel, rows: list[TokenRow], judged: list[TokenRow], run: Run, *, kind: str, room: int, identity: str) -> None:
    """Let a language model learn marked rows in place.

    Args:
        method: the settings.
        speaker: the network, made ready for its tuning.
        rows: token ids, each with whether it is learned.
        judged: rows that judge; none: nothing is judged.
        run: seed, folder, budget, reporting.
        kind: of the task; passes and rows a step that the settings leave open follow it.
        room: tokens into which rows are packed; 0: they are not.
        identity: of the whole fit, for its checkpoints.
    """
    width = int(speaker.causal.config.get_text_config().hidden_size)
    rate = method.learning_rate or TUNINGS[method.tuning].rate_for(width)
    pad_id = int(speaker.causal.config.get_text_config().pad_token_id or 0)
    switches = method.switches
    factors = rate_factors(speaker.causal, switches.layer_decay) if switches.layer_decay < 1 else None
    schedule = Schedule(
        epochs=method.planned_epochs(len(rows), kind=kind), batch_size=method.planned_batch(rows=len(rows), kind=kind), learning_rate=rate, warmup=method.warmup,
        weight_decay=method.weight_decay, precision=method.precision, patience=method.patience, gradient_checkpointing=method.gradient_checkpointing,
        part_cost=PART,
    )  # fmt: skip

    def judge() -> float:
        was_training = speaker.training
        speaker.eval()
        with autocast(method.precision, next(speaker.parameters()).device):
            loss = mean_loss(speaker, judged, pad_id=pad_id)
        speaker.train(was_training)
        return -loss

    run_engine(
        speaker,
        Feed(
            [len(ids) for ids, _ in rows],
            lambda places: speaker.rows([rows[i] for i in places], pad_id=pad_id, room=room),
            identity,
            terms=[max(1, sum(marks)) for _, marks in rows],
        ),
        composed(texts_scored(), switches, speaker, speaker.causal.get_input_embeddings(), pad_id),
        schedule,
        run,
        evaluate=judge if judged else None,
        parameter_groups=parameter_groups(speaker, rate, rate, method.weight_decay, factors),
        average=Average(switches.average, switches.average_decay),
    )
