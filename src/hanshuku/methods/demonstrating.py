"""The work of `InContext.fit`, and what `prompt_search` shares with it: rows as demonstrations, and a model that is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.language import language_of
from hanshuku.errors import ConfigError
from hanshuku.inference.demonstrations import Choice, representatives, shortened, shortened_talk
from hanshuku.inference.generation import GenerationPredictor, load_generator, writer_of
from hanshuku.inference.in_context import InContextPredictor, Pool, row_vectors
from hanshuku.inference.label_scoring import LabelScoringPredictor, answer_of, load_model, prior_of
from hanshuku.inference.prompts import WORDINGS, Demonstration
from hanshuku.inference.remote.predictor import RemotePredictor
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.inference.remote.wording import answer_due
from hanshuku.inference.settings import GenerationSettings, PromptSettings
from hanshuku.methods.base import default_encoder
from hanshuku.methods.in_context import InContext
from hanshuku.methods.text_finetuning import reply_of
from hanshuku.methods.wording import SEEN, wording_language
from hanshuku.models.load import load_encoder
from hanshuku.models.remote import is_remote
from hanshuku.tasks import TEXT_KINDS, WRITTEN_KINDS, Task
from hanshuku.training.run import Run, Step

PRIOR_ROWS = 32  # rows that show how the model leans behind fixed demonstrations
MOST_POOL = 2000  # rows that may be shown; beyond it, more rows hardly bring nearer ones
Asking = LabelScoringPredictor | GenerationPredictor | RemotePredictor


def fit_in_context(method: InContext, task: Task, train: Encoded, *, model: str, run: Run) -> InContextPredictor | Asking:
    """See `InContext.fit`."""
    run.report(Step(0, 1, note=f"load {model}"))
    asker = first_asker(task, model, _settings(method, task, train, run.seed), method.remote)
    encoder = load_encoder(method.encoder or default_encoder(language_of(" ".join(row) for row in train.inputs[:SEEN])))
    rows = _pool_rows(train, run.seed)
    run.report(Step(0, 1, note=f"read {len(rows):,} rows"))
    pool = Pool(demonstrations_of(rows, asker, method.demonstrations), rows.strata, row_vectors(encoder, rows.inputs, task))
    choice = Choice(method.demonstrations, method.diversity, method.balance)
    if method.choice == "similar":
        return InContextPredictor(asker, encoder, pool, choice)
    chosen = representatives(pool.vectors, pool.strata, choice, run.seed)
    return _fixed(asker, chosen, pool, rows)


def _fixed(asker: Asking, chosen: Sequence[int], pool: Pool, rows: Encoded) -> Asking:
    """The model asked behind these rows, as many of the last ones as leave room for the longest row.

    What the answers are divided by is measured on rows that are not shown too (Zhou et al. 2023, arXiv 2309.17249): behind
    demonstrations, texts without content say little about how a model leans.
    """
    shown = [pool.demonstrations[i] for i in chosen]
    if isinstance(asker, RemotePredictor):
        return anew(asker, replace(asker.settings, demonstrations=tuple(shown)))
    longest = max(rows.inputs, key=lambda row: sum(map(len, row)))
    settings = replace(asker.settings, demonstrations=asker.fitted(shown, longest))
    if isinstance(asker, GenerationPredictor):
        return anew(asker, settings)
    fixed = anew(asker, settings, prior=np.zeros(0))
    assert isinstance(fixed, LabelScoringPredictor)
    free = [(text,) * len(asker.task.inputs) for text in WORDINGS[asker.settings.language].content_free]
    others = [rows.inputs[i] for i in range(len(rows)) if i not in set(chosen)][:PRIOR_ROWS]
    fixed.prior = prior_of(asker.task, fixed.scores([*free, *others]))
    return fixed


def first_asker(task: Task, model: str, settings: PromptSettings | GenerationSettings, remote: str, **more: Any) -> Asking:
    """What asks a model that is here or on a server.

    Args:
        task: what is asked.
        model: catalogue name, hub name, folder, or the name of a model on a server.
        settings: how it is asked: PromptSettings for labels and numbers, GenerationSettings for texts.
        remote: how a server is asked, see `RemoteSettings`.
        **more: labels and numbers: `prior` and `scorer` of a LabelScoringPredictor.

    Raises:
        ConfigError: a setting is illegal, or `remote` is stated and the model is on no server.
        ModelError: the model cannot be had or is no causal language model.
    """
    if is_remote(model):
        return RemotePredictor(task, model, settings, RemoteSettings.parse(remote))
    if remote:
        raise ConfigError(f"remote says how a model on a server is asked. Received: the model {model!r}, which is none.")
    if isinstance(settings, PromptSettings):
        return LabelScoringPredictor(task, load_model(model, settings.precision), settings, **more)
    return writer_of(task)(task, load_generator(model, settings.precision), settings)


def anew(asker: Asking, settings: Any, **more: Any) -> Asking:
    """The same model asked in another way; see `first_asker`."""
    if isinstance(asker, RemotePredictor):
        other = RemotePredictor(asker.task, asker.client.model.name, settings, asker.remote)
        other.client = asker.client  # what is spent is counted together
        return other
    if isinstance(asker, LabelScoringPredictor):
        return LabelScoringPredictor(asker.task, asker.loaded, settings, scorer=asker.scorer, **more)
    return type(asker)(asker.task, asker.loaded, settings)


def demonstrations_of(rows: Encoded, asker: Asking, count: int) -> tuple[Demonstration, ...]:
    """Labelled rows as they are shown, each cut so that `count` of them take about half of what the model reads."""
    assert rows.targets is not None
    most = min(asker.settings.max_length, getattr(asker, "limit", asker.settings.max_length)) // (2 * max(count, 1))

    def cut(row: tuple[str, ...]) -> tuple[str, ...]:
        if isinstance(asker, RemotePredictor):  # its tokens are not known here; a token is seldom more than four characters
            return tuple(text[: 4 * most // len(row)] for text in row)
        return shortened(row, asker.loaded.tokenizer, most)

    talks = asker.task.kind == "chat"
    texts = [(shortened_talk(row[0], lambda text: cut((text,))[0]),) if talks else cut(tuple(row)) for row in rows.inputs]
    return tuple((text, _reply(asker, target, turn, cut)) for turn, (text, target) in enumerate(zip(texts, rows.targets, strict=True)))


def _reply(asker: Asking, target: Any, turn: int, cut: Callable[[tuple[str, ...]], tuple[str, ...]]) -> str:
    """The answer that a demonstration shows."""
    task = asker.task
    if task.kind == "extract":
        return reply_of(target)  # half an object would teach what may not be written
    if task.kind in TEXT_KINDS:
        return cut((reply_of(target),))[0]
    if isinstance(asker, RemotePredictor):
        return answer_due(task, target, asker.settings.language)
    return answer_of(task, WORDINGS[asker.settings.language], target, turn)


def _settings(method: InContext, task: Task, rows: Encoded, seed: int) -> PromptSettings | GenerationSettings:
    language = wording_language(method.language, task, rows)
    if task.kind not in WRITTEN_KINDS:
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
