"""The work of `Static.fit`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, hstack

from hanshuku.data.encoded import Encoded
from hanshuku.inference.heads import Head, unit_targets
from hanshuku.inference.spans import Spans
from hanshuku.inference.static import BUCKETS, StaticHead, StaticPredictor, read_columns, text_columns
from hanshuku.inference.word_vectors import WordVectors
from hanshuku.methods.descriptions import label_texts, relation_of
from hanshuku.methods.head_learning import Learned, Problem, learn_problem
from hanshuku.methods.linear import Penalty, Scaling
from hanshuku.methods.static import Static
from hanshuku.models.load import StaticModel, load_static
from hanshuku.tasks import Task
from hanshuku.training.run import Run, Step

LENGTH = 2048  # tokens that count where the user sets no limit
WEIGHTS = 2_000_000  # weights of the hashed part at most: fewer features where there are many labels
FEW = 200  # rows from which a feature must stand in two of them
TRUST = 2.0  # length of the descriptions' head that learning starts from; static vectors describe labels less well
GRID = (Penalty(10.0, TRUST), Penalty(2.0, TRUST), Penalty(50.0, TRUST), Penalty(250.0, TRUST))


def fit_static(method: Static, task: Task, rows: Encoded, *, model: str, run: Run) -> StaticPredictor:
    """See `Static.fit`."""
    static = load_static(model)
    limit = min(method.max_length or LENGTH, static.info.max_length)
    run.report(Step(0, 2, note=f"read {len(rows):,} rows"))
    if method.fold_case:
        static = replace(static, tokenizer=_folding(static.tokenizer))
    words = WordVectors(static.vectors, static.tokenizer)
    columns, cut = text_columns(rows.inputs, limit)
    dense, spans = read_columns(columns, words)
    scaling = _scaling(dense, task, static.vectors.shape[1])
    outputs = max(len(task.labels), 1)
    kept = _kept(spans, len(rows), min(method.features, WEIGHTS // outputs) if method.ngrams else 0)
    counts = _counts(spans, kept)
    rarity = method.ngrams * _rarity(counts)
    features: Any = hstack([csr_array(scaling.apply(dense)), counts * rarity[None, :]], format="csr")
    prior = _prior(task, static, words, scaling, features.shape[1]) if method.descriptions else None
    run.report(Step(1, 2, note="fit the head"))
    learned = _learn(method, task, rows, features, prior, run.seed)
    width = dense.shape[1]
    head = scaling.head(learned.head.weight[:, :width].astype(np.float64), learned.head.bias.astype(np.float64))
    table = (learned.head.weight[:, width:] * rarity).T
    kept_head = StaticHead(head.weight, head.bias, kept, np.ascontiguousarray(table, dtype=np.float32))
    predictor = StaticPredictor(task, static.vectors, static.tokenizer, kept_head, limit, learned.threshold)
    predictor.cut = cut
    return predictor


def _folding(tokenizer: Any) -> Any:
    """A copy of a tokenizers.Tokenizer that reads capitals as small letters; it is saved with the function, so that whoever loads it reads so too."""
    from tokenizers import Tokenizer
    from tokenizers.normalizers import Lowercase, Sequence

    found = Tokenizer.from_str(tokenizer.to_str())
    found.normalizer = Lowercase() if found.normalizer is None else Sequence([Lowercase(), found.normalizer])
    return found


def _learn(method: Static, task: Task, rows: Encoded, features: Any, prior: np.ndarray | None, seed: int) -> Learned:
    assert rows.targets is not None
    if task.kind == "rate":
        targets = unit_targets(task, rows.targets).astype(np.float64)[:, None]
    else:
        targets = rows.targets.astype(np.float64) if task.several else np.eye(len(task.labels))[rows.targets]
    direction = np.zeros((targets.shape[1], features.shape[1])) if prior is None else prior
    grid = [Penalty(method.strength, TRUST)] if method.strength else list(GRID)
    return learn_problem(Problem(task, features, targets, direction), grid, rows.strata, seed)


def _scaling(dense: np.ndarray, task: Task, width: int) -> Scaling:
    """Each part of a pair's features is scaled by itself, so that the two numbers at the end are not lost among 4 D others."""
    if not task.is_pair:
        return Scaling.of(dense)
    parts = [Scaling.of(dense[:, : 4 * width], 4), Scaling.of(dense[:, 4 * width :], 2)]
    return Scaling(np.concatenate([part.mean for part in parts]), np.concatenate([part.scale for part in parts]))


def _kept(spans: Spans, rows: int, most: int) -> np.ndarray:
    """The buckets, ascending, that stand in the most rows."""
    owner = np.repeat(np.arange(rows), np.diff(spans.starts))
    in_rows = np.bincount(np.unique(owner * BUCKETS + spans.buckets) % BUCKETS, minlength=BUCKETS)
    in_rows[in_rows < (2 if rows >= FEW else 1)] = 0
    order = np.argsort(-in_rows, kind="stable")[:most]
    return np.sort(order[in_rows[order] > 0])


def _counts(spans: Spans, kept: np.ndarray) -> Any:
    """(N, K) sparse: how often each kept bucket stands in a row, divided by the root of the row's spans."""
    place = np.full(BUCKETS, -1)
    place[kept] = np.arange(len(kept))
    columns = place[spans.buckets]
    sizes = np.diff(spans.starts)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    known = columns >= 0
    values = 1 / np.sqrt(sizes[owner[known]])
    found = csr_array((values, (owner[known], columns[known])), shape=(len(sizes), len(kept)))
    found.sum_duplicates()
    return found


def _rarity(counts: Any) -> np.ndarray:
    """(K,) inverse document frequency, scaled so that rows have mean square length 1."""
    rows = counts.shape[0]
    found = np.log((1 + rows) / (1 + np.bincount(counts.indices, minlength=counts.shape[1]))) + 1
    size = np.sqrt((((counts * found[None, :]) ** 2).sum(axis=1)).mean()) if counts.nnz else 1.0
    return found / max(float(size), 1e-12)


def _prior(task: Task, static: StaticModel, words: WordVectors, scaling: Scaling, width: int) -> np.ndarray | None:
    """(L, F): what the labels' descriptions say, in the part of the features that is word vectors."""
    found = np.zeros((max(len(task.labels), 1), width))
    size = static.vectors.shape[1]
    if task.kind == "rate":
        if task.is_pair:
            found[0, 4 * size : 4 * size + 2] = 1.0
        return found if task.is_pair else None
    relation = relation_of(task) if task.is_pair else None
    if relation is not None:
        found[:, 4 * size : 4 * size + 2] = (np.array(relation) - np.mean(relation))[:, None]
        return found / max(float(np.sqrt((found**2).sum(axis=1).mean())), 1e-12)
    sentences = label_texts(task, static.info)
    means = words.mean([text for row in sentences for text in row]).reshape(len(sentences), len(task.labels), -1).mean(axis=0)
    if task.is_pair:
        means = np.concatenate([means, means, np.zeros((len(means), 2 * size + 2))], axis=1)
    centred = Head((means - means.mean(axis=0)) * (scaling.scale > 0), np.zeros(len(means)))
    found[:, : means.shape[1]] = centred.weight * scaling.scale
    return found / max(float(np.sqrt((found**2).sum(axis=1).mean())), 1e-12)
