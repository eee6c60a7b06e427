"""The work of `Finetune.fit` for answering: where in the context the answer begins and where it ends."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.errors import DataError
from hanshuku.inference.answer_reading import AnswerReader, Spans, row_spans
from hanshuku.inference.answering import AnswerPredictor
from hanshuku.inference.heads import Head
from hanshuku.inference.pieces import Pieces, Windows
from hanshuku.methods.finetune import Finetune
from hanshuku.methods.finetuning import identity_of, parts
from hanshuku.methods.trunk_fit import ready, shortened, teach
from hanshuku.tasks import Task
from hanshuku.training.answer_judging import Places, best_threshold, mean_log_chance
from hanshuku.training.engine import Feed
from hanshuku.training.run import Run, Step
from hanshuku.training.token_classifier import TokenClassifier, TokenRows, spans_scored

PLACES = 8  # places of an answer that are learned, where it is not said at which one it stands
ROOM = 1.5  # an answer may have so many times the pieces of the longest one seen
LEAST = 16  # pieces that an answer may have in any case
LISTED = 20  # spans a row by which threshold and temperature are chosen
TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0)


def fit_answerer(method: Finetune, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run) -> AnswerPredictor:
    """See `Finetune.fit`. Where rows are held out, they choose the threshold of having no answer, and how sure an answer is.

    Raises:
        DataError: an answer does not stand in its context, or not where the row says; the message names the row.
    """
    start = time.monotonic()
    train, held = parts(train, validation, run.seed, is_judged=bool(method.patience or task.optional))
    train = method.switches.grown(train, run.seed)  # behind the line: no row that judges is seen
    trunk = ready(method, task, model, run)
    reader = AnswerReader(trunk.loaded.tokenizer, trunk.limit, null_last=trunk.loaded.info.pooling == "last")
    together = [*train.inputs, *(held.inputs if held else ())]
    run.report(Step(0, 1, note=f"tokenise {len(together):,} rows"))
    pieces, windows = reader.read(together)
    places = [*_places(train, pieces), *(_places(held, pieces[len(train) :]) if held else ())]
    longest = _longest(pieces[: len(train)], places, trunk.limit)
    rows = TokenRows(windows.tokens, _targets(reader, pieces, windows, places), trunk.pad_id)
    count = int((windows.row < len(train)).sum())  # windows that are learned
    network = TokenClassifier(trunk.tuned.trunk, 2, trunk.width, dropout=method.dropout, seed=run.seed)

    def held_spans(temperatures: Sequence[float] = (1.0,)) -> list[list[Spans]]:
        logits = rows.window_logits(network, range(count, len(rows)), method.precision)
        rest, part = pieces[len(train) :], windows.since(len(train))
        return [row_spans(reader, rest, part, [each / t for each in logits], longest, LISTED) for t in temperatures]

    moved = trunk.tuned.moved + sum(p.numel() for p in network.head.parameters())
    with shortened(trunk, rows, network, run):
        teach(
            trunk,
            network,
            Feed(rows.lengths[:count], rows.collate, identity_of(method, task, train, held)),
            spans_scored(),
            run.since(start),
            epochs=method.planned_epochs(len(train), 2),
            evaluate=(lambda: best_threshold(task, held_spans()[0], places[len(train) :])[1]) if held else None,
        )
        temperature, threshold = _sureness(task, held_spans(TEMPERATURES), places[len(train) :]) if held else (1.0, 0.5)
    head = network.linear_head()
    return AnswerPredictor(
        task, trunk.finished(), Head(head.weight / temperature, head.bias / temperature), trunk.limit, longest, threshold,
        precision=method.precision, changed=trunk.changed, moved_parameters=moved, apart=reader.apart,
    )  # fmt: skip


def _sureness(task: Task, spans: Sequence[Sequence[Spans]], places: Sequence[Places]) -> tuple[float, float]:
    """The temperature under which held-out answers are likeliest, and the best threshold under it."""
    scores = [mean_log_chance(task, each, places) for each in spans]
    best = int(np.argmax(scores))
    return TEMPERATURES[best], best_threshold(task, spans[best], places)[0]


def _places(rows: Encoded, pieces: Sequence[Pieces]) -> list[Places]:
    """First and last unit of each accepted answer; of an answer without a start every place where it stands.

    Raises:
        DataError: an answer does not stand in its context, or not where the row says.
    """
    assert rows.targets is not None
    found = []
    for i, (row, target, text) in enumerate(zip(rows.inputs, rows.targets, pieces, strict=False)):
        spans: Places = []
        for answer, start in target:
            for place in [start] if start >= 0 else _stands(row[1], answer):
                if row[1][place : place + len(answer)] != answer:
                    there = row[1][place : place + max(len(answer), 1)]
                    raise DataError(f"{_where(rows, i)}: answer_start={start} points at {there!r}, not at the answer {answer!r}. Mend it, or leave it out and it is found.")
                whole = answer.strip()
                low = place + answer.index(whole)
                first = int(np.searchsorted(text.ends, low, side="right"))
                last = int(np.searchsorted(text.starts, low + len(whole), side="left")) - 1
                if first <= last:
                    spans.append((first, last))
            if start < 0 and answer not in row[1]:
                raise DataError(f"{_where(rows, i)}: the answer {answer!r} does not stand in its context. Answers are stretches of the context; mend or remove the row.")
        found.append(list(dict.fromkeys(spans))[:PLACES])
    return found


def _stands(context: str, answer: str) -> list[int]:
    """Where an answer stands, up to PLACES times."""
    found: list[int] = []
    place = context.find(answer)
    while place >= 0 and len(found) < PLACES:
        found.append(place)
        place = context.find(answer, place + 1)
    return found


def _where(rows: Encoded, i: int) -> str:
    return f"line {rows.lines[i]}" if rows.lines[i] else f"row {i}"


def _longest(pieces: Sequence[Pieces], places: Sequence[Places], limit: int) -> int:
    """Most pieces that an answer may have: more than the longest one seen, at most half a window."""
    spans = [text.unit for text in pieces]
    seen = [int(((unit >= first) & (unit <= last)).sum()) for unit, own in zip(spans, places, strict=False) for first, last in own]
    return int(min(max(LEAST, ROOM * max(seen, default=0)), max(1, limit // 2)))


def _targets(reader: AnswerReader, pieces: Sequence[Pieces], windows: Windows, places: Sequence[Places]) -> list[np.ndarray]:
    """(K, 2) positions of the answers that stand whole in each window; its null token where none does."""
    found = []
    for w in range(len(windows)):
        text, begin, count = pieces[windows.row[w]], int(windows.begin[w]), int(windows.count[w])
        shift = int(windows.offset[w]) - begin
        own = []
        for first, last in places[windows.row[w]]:
            start, end = int(text.heads[first]), int(np.searchsorted(text.unit, last, side="right")) - 1
            if begin <= start and end < begin + count:
                own.append((start + shift, end + shift))
        null = reader.null(windows, w)
        found.append(np.array(own or [(null, null)], dtype=np.int64))
    return found
