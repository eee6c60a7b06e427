"""The work of `Dpo.fit`: a causal language model learns from pairs of answers."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from hanshuku.data.disk import whole_file
from hanshuku.data.encoded import Encoded, hold_out
from hanshuku.data.fingerprint import fingerprint
from hanshuku.errors import StorageError
from hanshuku.inference.asking import Asker
from hanshuku.inference.embed import autocast
from hanshuku.inference.generation import GenerationPredictor
from hanshuku.methods.dpo import Dpo
from hanshuku.methods.finetune import HOLD_OUT, MIN_TO_HOLD, Finetune
from hanshuku.methods.text_finetuning import LONGEST, PART, _prepare, planned_settings, reply_of, tuned_writer
from hanshuku.methods.wording import wording_language
from hanshuku.metrics.preferences import preference_metrics
from hanshuku.models.device import best_device
from hanshuku.models.load import load_causal
from hanshuku.tasks import Task
from hanshuku.training.classifier import parameter_groups
from hanshuku.training.config import Schedule
from hanshuku.training.engine import Feed
from hanshuku.training.engine import train as run_engine
from hanshuku.training.preference import Pair, PreferenceSpeaker, measured_ratios, pair_rows
from hanshuku.training.run import Run, Step
from hanshuku.training.tunings import TUNINGS

GENTLE = 0.2  # peak rate in parts of the tuning's default: preferences move a model that is good already
REFERENCE = "reference.npy"  # in the run's folder


def fit_preferences(method: Dpo, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run) -> GenerationPredictor:
    """See `Dpo.fit`."""
    start = time.monotonic()
    run.report(Step(0, 1, note=f"load {model}"))
    loaded = load_causal(model)
    held = validation
    if held is None and len(train) >= MIN_TO_HOLD:
        train, held = hold_out(train, HOLD_OUT, run.seed)
    vectors = (method.size or TUNINGS["prompt"].size) if method.tuning == "prompt" else 0  # they take positions
    limit = min(method.max_length or LONGEST, loaded.info.max_length - vectors)
    asker = Asker(task, loaded.tokenizer, language=wording_language("auto", task, train), limit=limit)
    pairs, judged = _pairs(asker, train), _pairs(asker, held) if held else []
    identity = " ".join([str(method), str(task), model, *(fingerprint(part) for part in (train, held) if part)])
    run.report(Step(0, 1, note=f"read {len(pairs) + len(judged):,} pairs as the model is"))
    loaded.network.to(best_device())
    reference = _reference(PreferenceSpeaker(loaded.network, method.beta), [*pairs, *judged], method.precision, run.folder, identity)
    hint = loaded.tokenizer(task.instruction or task.kind, add_special_tokens=False)["input_ids"]
    tuned = _prepare(loaded.network, Finetune(tuning=method.tuning, size=method.size), run.seed, hint)
    speaker = PreferenceSpeaker(tuned.trunk, method.beta, method.label_smoothing)
    _train(method, speaker, (pairs, judged), reference, run.since(start), identity)
    margins = method.beta * (_ratios(speaker, judged, method.precision) - reference[len(pairs) :])
    lengths = [len(pair.chosen) for pair in pairs]
    predictor = tuned_writer(task, loaded, tuned, planned_settings(asker.language, lengths, limit, loaded.info.max_length - vectors, run.seed))
    predictor.fit_notes = (_told(margins),)
    return predictor


def _told(margins: np.ndarray) -> str:
    if len(margins) < 2:
        return "No pairs were held out, so how often the better answer is preferred was not measured."
    found = preference_metrics(margins)
    return (
        f"On {len(margins)} held-out pairs the better answer gained more than the worse one in {found['preference_accuracy']} of them (chance 0.5), "
        f"by a margin of {found['preference_margin']}."
    )


def _pairs(asker: Asker, rows: Encoded) -> list[Pair]:
    assert rows.targets is not None
    assert rows.rejected is not None
    found = []
    for row, target, worse in zip(rows.inputs, rows.targets, rows.rejected, strict=True):
        prompt, (chosen, rejected), _ = asker.replies(row, (reply_of(target), str(worse)), most=asker.limit)
        found.append(Pair(prompt, chosen, rejected))
    return found


def _reference(speaker: PreferenceSpeaker, pairs: Sequence[Pair], precision: str, folder: Path | None, identity: str) -> np.ndarray:
    """(N,) what the untouched model says of the pairs; from the run's folder where a killed run left it there."""
    place = None if folder is None else folder / f"{hashlib.sha256(identity.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.{REFERENCE}"
    if place is not None:
        with suppress(OSError, ValueError, EOFError):
            kept = np.load(place, allow_pickle=False)
            if kept.shape == (len(pairs),):
                return np.asarray(kept)
    found = _ratios(speaker, pairs, precision)
    if place is not None:
        with suppress(StorageError), whole_file(place) as stream:  # without it a killed run computes it again
            np.save(stream, found, allow_pickle=False)
    return found


def _ratios(speaker: PreferenceSpeaker, pairs: Sequence[Pair], precision: str) -> np.ndarray:
    with autocast(precision, next(speaker.parameters()).device):
        return measured_ratios(speaker, pairs, pad_id=_pad_id(speaker))


def _pad_id(speaker: PreferenceSpeaker) -> int:
    return int(speaker.causal.config.get_text_config().pad_token_id or 0)


def _train(method: Dpo, speaker: PreferenceSpeaker, parts: tuple[list[Pair], list[Pair]], reference: np.ndarray, run: Run, identity: str) -> None:
    pairs, judged = parts
    rate = method.learning_rate or GENTLE * TUNINGS[method.tuning].rate_for(int(speaker.causal.config.get_text_config().hidden_size))
    pad_id = _pad_id(speaker)
    schedule = Schedule(
        epochs=method.epochs, batch_size=method.batch_size, learning_rate=rate, warmup=method.warmup, weight_decay=method.weight_decay,
        precision=method.precision, patience=method.patience, gradient_checkpointing=method.gradient_checkpointing,
        part_cost=PART,
    )  # fmt: skip

    def judge() -> float:
        return float((_ratios(speaker, judged, method.precision) > reference[len(pairs) :]).mean())

    run_engine(
        speaker,
        Feed([len(pair) for pair in pairs], lambda places: pair_rows([pairs[i] for i in places], reference[places], pad_id=pad_id), identity),
        lambda network, batch: network(batch),
        schedule,
        run,
        evaluate=judge if judged and method.patience else None,
        parameter_groups=parameter_groups(speaker, rate, rate, method.weight_decay),
    )
