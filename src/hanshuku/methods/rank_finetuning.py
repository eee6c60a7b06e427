"""The work of `Finetune.fit` and `Rerank.fit` for ranking."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, DataError
from hanshuku.inference.embed import autocast
from hanshuku.inference.rank_scores import query_rows
from hanshuku.inference.ranking import BiRankPredictor, CrossRankPredictor
from hanshuku.inference.tokens import Tokenised, token_batches, tokenise
from hanshuku.methods.finetune import Finetune
from hanshuku.methods.finetuning import identity_of, parts
from hanshuku.methods.trunk_fit import ready, shortened, teach
from hanshuku.methods.zero_shot import unrelated_cosine
from hanshuku.models.device import best_device
from hanshuku.tasks import Task
from hanshuku.training.classifier import Classifier, Rows
from hanshuku.training.contrast import Vectors
from hanshuku.training.engine import Feed
from hanshuku.training.judging import mean_reciprocal_rank
from hanshuku.training.ranking import Lesson, lessons_of, pair_batch, pairs_scored, vector_batch, vectors_scored
from hanshuku.training.run import Run, Step

if TYPE_CHECKING:
    from hanshuku.methods.rerank import Rerank

TEMPERATURE, COLDEST = 0.05, 0.01  # in parts of the model's range of cosines, but not below that of E5's own training (arXiv 2402.05672, section 3)
NEGATIVES = 4  # wrong candidates of its own that a query meets a step, beside all of the others


def fit_bi_encoder(method: Finetune, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run) -> BiRankPredictor:
    """See `Finetune.fit`: a query's candidate is told from all candidates of the batch, those that were offered for it and are wrong among them.

    Raises:
        ConfigError: tuning is head: a bi-encoder has none.
        DataError: no query has a relevant candidate.
    """
    start = time.monotonic()
    if method.tuning == "head":
        raise ConfigError("A bi-encoder has no head: choose tuning=lora, last_layers or all, or method rerank. Received: tuning='head'.")
    train, held = parts(train, validation, run.seed, is_judged=bool(method.patience))
    trunk = ready(method, task, model, run)
    info = trunk.loaded.info
    temperature = max(COLDEST, TEMPERATURE * (1 - unrelated_cosine(trunk.loaded, method.precision)))
    offered = query_rows([*train.inputs, *(held.inputs if held else ())])
    place: dict[tuple[str, str], int] = {}
    queries = [place.setdefault((info.prefix, query), len(place)) for query, _ in offered]
    candidates = [[place.setdefault((info.passage or info.prefix, text), len(place)) for text in texts] for _, texts in offered]
    run.report(Step(0, 1, note=f"tokenise {len(place):,} texts"))
    rows = Rows(
        tokenise(trunk.loaded.tokenizer, [(prefix + text,) for prefix, text in place], trunk.limit), np.zeros(len(place), dtype=np.int64), trunk.pad_id
    )
    lessons = lessons_of(queries[: len(train)], candidates[: len(train)], _relevant(train), negatives=NEGATIVES, fill=False, seed=run.seed)
    network = Vectors(trunk.tuned.trunk, info.pooling)

    def judge(judged: Encoded) -> float:
        mine = sorted({text for i in range(len(train), len(offered)) for text in (queries[i], *candidates[i])})
        found = dict(zip(mine, _unit_vectors(network, rows, mine, method.precision), strict=True))
        scores = [np.array([found[text] @ found[queries[i]] for text in candidates[i]]) for i in range(len(train), len(offered))]
        return mean_reciprocal_rank(scores, _relevant(judged))

    moved = trunk.tuned.moved
    with shortened(trunk, rows, network, run):
        teach(
            trunk,
            network,
            Feed(_costs(rows.tokens, lessons), lambda some: vector_batch(rows, [lessons[i] for i in some]), identity_of(method, task, train, held)),
            vectors_scored(temperature),
            run.since(start),
            epochs=method.planned_epochs(len(lessons), 2),
            evaluate=(lambda: judge(held)) if held else None,
        )
    return BiRankPredictor(task, trunk.finished(), info.pooling, trunk.limit, method.precision, trunk.changed, moved)


def fit_cross_encoder(
    method: Rerank, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run
) -> CrossRankPredictor:
    """See `Rerank.fit`."""
    start = time.monotonic()
    train, held = parts(train, validation, run.seed, is_judged=bool(method.patience))
    trunk = ready(method, task, model, run)
    info = trunk.loaded.info
    number: dict[str, int] = {}
    offered = query_rows(train.inputs)
    queries = [number.setdefault(query, len(number)) for query, _ in offered]
    candidates = [[number.setdefault(text, len(number)) for text in texts] for _, texts in offered]
    lessons = lessons_of(queries, candidates, _relevant(train), negatives=method.negatives, fill=True, seed=run.seed)
    texts = list(number)
    judged = query_rows(held.inputs) if held else []
    place: dict[tuple[str, str], int] = {}
    groups = [[place.setdefault((texts[one.query], texts[text]), len(place)) for text in (one.right, *one.wrong)] for one in lessons]
    held_groups = [[place.setdefault((query, text), len(place)) for text in own] for query, own in judged]
    run.report(Step(0, 1, note=f"tokenise {len(place):,} pairs"))
    tokens = tokenise(trunk.loaded.tokenizer, list(place), trunk.limit, prefix=info.prefix)
    rows = Rows(tokens, np.zeros(len(place), dtype=np.int64), trunk.pad_id)
    network = Classifier(trunk.tuned.trunk, 1, trunk.width, pooling=info.pooling, dropout=method.dropout, seed=run.seed)

    def judge(answers: Encoded) -> float:
        mine = sorted({pair for group in held_groups for pair in group})
        scores = dict(zip(mine, rows.logits(network, mine, method.precision)[:, 0].tolist(), strict=True))
        return mean_reciprocal_rank([np.array([scores[pair] for pair in group]) for group in held_groups], _relevant(answers))

    moved = trunk.tuned.moved + sum(p.numel() for p in network.head.parameters())
    lengths = tokens.lengths
    with shortened(trunk, rows, network, run):
        teach(
            trunk,
            network,
            Feed([int(lengths[group].sum()) for group in groups], lambda some: pair_batch(rows, [groups[i] for i in some]), identity_of(method, task, train, held)),
            pairs_scored(),
            run.since(start),
            epochs=method.planned_epochs(len(lessons)),
            evaluate=(lambda: judge(held)) if held else None,
        )
    return CrossRankPredictor(task, trunk.finished(), info.pooling, trunk.limit, method.precision, trunk.changed, moved, head=network.linear_head())


def _relevant(rows: Encoded) -> list[tuple[int, ...]]:
    """Positions of the relevant candidates of each row.

    Raises:
        DataError: no row has any.
    """
    found = [tuple(target) for target in (rows.targets if rows.targets is not None else ())]
    if not any(found):
        raise DataError(f"No query of {len(found)} has a relevant candidate, so there is nothing to learn from.")
    return found


def _costs(tokens: Tokenised, lessons: Sequence[Lesson]) -> list[int]:
    lengths = tokens.lengths
    return [int(lengths[[lesson.query, lesson.right, *lesson.wrong]].sum()) for lesson in lessons]


def _unit_vectors(network: Vectors, rows: Rows, texts: Sequence[int], precision: str) -> np.ndarray:
    """(len(texts), H) of these texts, without dropout."""
    device, index = best_device(), np.asarray(texts, dtype=np.int64)
    found: list[np.ndarray] = [np.empty(0)] * len(index)
    was_training = network.training
    network.eval()
    with torch.no_grad(), autocast(precision, device):
        for places in token_batches(rows.tokens.lengths[index]):
            batch = {name: tensor.to(device) for name, tensor in rows.collate(index[places].tolist()).items() if name != "targets"}
            for place, vector in zip(places.tolist(), network(batch).float().cpu().numpy(), strict=True):
                found[place] = vector
    network.train(was_training)
    return np.stack(found)
