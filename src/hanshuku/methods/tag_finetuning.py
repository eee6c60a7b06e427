"""The work of `Finetune.fit` for tagging: a BIO tag for every word, or character of Chinese."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.inference.bio import Entity, best_entities, tags_of
from hanshuku.inference.pieces import Pieces, Windows
from hanshuku.inference.tag_reading import TagReader, log_softmax
from hanshuku.inference.tagging import TagPredictor
from hanshuku.methods.finetune import Finetune
from hanshuku.methods.finetuning import identity_of, parts
from hanshuku.methods.trunk_fit import ready, shortened, teach
from hanshuku.tasks import Task
from hanshuku.training.engine import Feed
from hanshuku.training.judging import set_f1
from hanshuku.training.run import Run, Step
from hanshuku.training.token_classifier import IGNORED, TokenClassifier, TokenRows, tags_scored


def fit_tagger(method: Finetune, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run) -> TagPredictor:
    """See `Finetune.fit`. A word's tag is learned and read at its first piece."""
    start = time.monotonic()
    train, held = parts(train, validation, run.seed, is_judged=bool(method.patience))
    train = method.switches.grown(train, run.seed)  # behind the line: no row that judges is seen
    trunk = ready(method, task, model, run)
    reader = TagReader(trunk.loaded.tokenizer, trunk.limit)
    together = [*train.inputs, *(held.inputs if held else ())]
    run.report(Step(0, 1, note=f"tokenise {len(together):,} rows"))
    pieces, windows, features = reader.read([row[0] for row in together])
    entities = [*_entities(task, train, pieces), *(_entities(task, held, pieces[len(train) :]) if held else ())]
    rows = TokenRows(windows.tokens, _targets(pieces, windows, entities), trunk.pad_id, features=features)
    count = int((windows.row < len(train)).sum())  # windows that are learned
    network = TokenClassifier(trunk.tuned.trunk, 1 + 2 * len(task.labels), trunk.width, features=reader.width, dropout=method.dropout, seed=run.seed)

    def judge() -> float:
        logits = rows.window_logits(network, range(count, len(rows)), method.precision)
        found = reader.unit_logits(pieces[len(train) :], windows.since(len(train)), logits)
        return set_f1([set(best_entities(log_softmax(scores))) for scores in found], [set(own) for own in entities[len(train) :]])

    moved = trunk.tuned.moved + sum(p.numel() for p in network.head.parameters())
    with shortened(trunk, rows, network, run):
        teach(
            trunk,
            network,
            Feed(rows.lengths[:count], rows.collate, identity_of(method, task, train, held)),
            tags_scored(smoothing=method.switches.label_smoothing, focal=method.switches.focal),
            run.since(start),
            epochs=method.planned_epochs(len(train), len(task.labels)),
            evaluate=judge if held else None,
        )
    return TagPredictor(
        task, trunk.finished(), network.linear_head(), trunk.limit, precision=method.precision, changed=trunk.changed, moved_parameters=moved
    )


def _entities(task: Task, rows: Encoded, pieces: Sequence[Pieces]) -> list[list[Entity]]:
    """Entities in units; one that ends inside a word takes in all of it."""
    assert rows.targets is not None
    number = {label: k for k, label in enumerate(task.labels)}
    found = []
    for target, text in zip(rows.targets, pieces, strict=False):
        own = []
        for start, end, label in target:
            first = int(np.searchsorted(text.ends, start, side="right"))
            last = int(np.searchsorted(text.starts, end, side="left"))
            if first < last:
                own.append((first, last, number[label]))
        found.append(own)
    return found


def _targets(pieces: Sequence[Pieces], windows: Windows, entities: Sequence[Sequence[Entity]]) -> list[np.ndarray]:
    """(T,) tags for each window, IGNORED where a piece does not speak for its unit."""
    of_pieces = []
    for text, own in zip(pieces, entities, strict=True):
        tags = np.full(len(text), IGNORED, dtype=np.int64)
        tags[text.heads] = tags_of(own, len(text.heads))
        of_pieces.append(tags)
    found = []
    for w in range(len(windows)):
        target = np.full(len(windows.tokens.ids[w]), IGNORED, dtype=np.int64)
        begin, count, offset = int(windows.begin[w]), int(windows.count[w]), int(windows.offset[w])
        target[offset : offset + count] = of_pieces[windows.row[w]][begin : begin + count]
        found.append(target)
    return found
