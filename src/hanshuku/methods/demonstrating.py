"""The work of `InContext.fit`, and what `prompt_search` shares with it: rows as demonstrations, and a model that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.language import language_of
from hanshuku.inference.demonstrations import Choice, representatives, shortened
from hanshuku.inference.generation import GenerationPredictor, load_generator
from hanshuku.inference.in_context import InContextPredictor, Pool, row_vectors
from hanshuku.inference.label_scoring import LabelScoringPredictor, answer_of, load_model
from hanshuku.inference.prompts import WORDINGS, Demonstration
from hanshuku.inference.settings import GenerationSettings, PromptSettings
from hanshuku.methods.base import default_encoder
from hanshuku.methods.in_context import InContext
from hanshuku.methods.text_finetuning import reply_of
from hanshuku.methods.wording import SEEN, wording_language
from hanshuku.models.load import Loaded, load_encoder
from hanshuku.tasks import TEXT_KINDS, Task
from hanshuku.training.run import Run, Step

MOST_POOL = 2000  # rows that may be shown; beyond it, more rows hardly bring nearer ones
Asking = LabelScoringPredictor | GenerationPredictor


def fit_in_context(method: InContext, task: Task, train: Encoded, *, model: str, run: Run) -> InContextPredictor | Asking:
    """See `InContext.fit`."""
    run.report(Step(0, 1, note=f"load {model}"))
    loaded = load_asked(task, model, method.precision)
    asker = asker_of(task, loaded, _settings(method, task, train, run.seed))
    encoder = load_encoder(method.encoder or default_encoder(language_of(" ".join(row) for row in train.inputs[:SEEN])))
    rows = _pool_rows(train, run.seed)
    run.report(Step(0, 1, note=f"read {len(rows):,} rows"))
    most = asker.limit // (2 * method.demonstrations)
    pool = Pool(demonstrations_of(rows, asker, most), rows.strata, row_vectors(encoder, rows.inputs))
    choice = Choice(method.demonstrations, method.diversity, method.balance)
    if method.choice == "similar":
        return InContextPredictor(asker, encoder, pool, choice)
    chosen = representatives(pool.vectors, pool.strata, choice, run.seed)
    return with_fixed(asker, [pool.demonstrations[i] for i in chosen], rows)


def load_asked(task: Task, model: str, precision: str) -> Loaded:
    """The language model, in the precision in which it will be asked.

    Raises:
        ModelError: it cannot be had or is no causal language model.
    """
    if task.kind in TEXT_KINDS:
        return load_generator(model, "fp32" if precision == "auto" else precision)
    return load_model(model, precision)


def asker_of(task: Task, loaded: Loaded, settings: PromptSettings | GenerationSettings) -> Asking:
    """What asks the model: for a label or a number, or for a text."""
    return LabelScoringPredictor(task, loaded, settings) if isinstance(settings, PromptSettings) else GenerationPredictor(task, loaded, settings)


def demonstrations_of(rows: Encoded, asker: Asking, most: int) -> tuple[Demonstration, ...]:
    """Labelled rows as they are shown, each text cut so that a row has at most about `most` tokens."""
    assert rows.targets is not None
    task, tokenizer = asker.task, asker.loaded.tokenizer
    texts = [shortened(row, tokenizer, most) for row in rows.inputs]
    if isinstance(asker, LabelScoringPredictor):
        wording = WORDINGS[asker.settings.language]
        answers = [answer_of(task, wording, target, turn) for turn, target in enumerate(rows.targets)]
    else:
        answers = [shortened((reply_of(target),), tokenizer, most)[0] for target in rows.targets]
    return tuple(zip(texts, answers, strict=True))


def with_fixed(asker: Asking, demonstrations: Sequence[Demonstration], rows: Encoded, **changes: Any) -> Asking:
    """The same model asked behind these demonstrations, as many of the last ones as leave room for the longest of the rows.

    Args:
        asker: the model.
        demonstrations: in the order in which they are shown.
        rows: texts like those that will be asked about.
        **changes: other settings that change with them.
    """
    longest = max(rows.inputs, key=lambda row: sum(map(len, row)), default=("",) * len(asker.task.inputs))
    kept = asker.fitted(demonstrations, longest)
    if isinstance(asker, LabelScoringPredictor):
        return LabelScoringPredictor(asker.task, asker.loaded, replace(asker.settings, demonstrations=kept, **changes))
    return GenerationPredictor(asker.task, asker.loaded, replace(asker.settings, demonstrations=kept, **changes))


def _settings(method: InContext, task: Task, rows: Encoded, seed: int) -> PromptSettings | GenerationSettings:
    language = wording_language(method.language, task, rows)
    if task.kind not in TEXT_KINDS:
        return PromptSettings(language, method.template, method.lead, method.calibrate, method.normalise, method.max_length, method.precision)
    precision = "fp32" if method.precision == "auto" else method.precision
    return GenerationSettings(
        language, method.template, method.lead, max_new_tokens=method.max_new_tokens, seed=seed, max_length=method.max_length, precision=precision
    )


def _pool_rows(train: Encoded, seed: int) -> Encoded:
    """The rows that may be shown: all, or so many drawn from each label in its share."""
    if len(train) <= MOST_POOL:
        return train
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(train))
    strata = train.strata[order]
    place = np.zeros(len(order))
    for value in np.unique(strata):
        mine = strata == value
        place[mine] = (np.arange(mine.sum()) + 0.5) / mine.sum()
    return train.take(np.sort(order[np.argsort(place, kind="stable")[:MOST_POOL]]))
