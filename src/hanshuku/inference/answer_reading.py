"""Questions and contexts as they are read, and the answer in the scores of their tokens: what answerers with torch and without it share.

Devlin et al. 2019, arXiv 1810.04805, section 4.2 and 4.3. A window without the answer points at its null token. The odds of a
span against its window's null are comparable between windows, so all spans of all windows, each counted in the window that
answers for its start, share one softmax: a confidence is a probability over spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.inference.base import Inputs, cut_note
from hanshuku.inference.pieces import Frame, Pieces, Windows, pieces_of, windows_of
from hanshuku.inference.tokens import CHARACTERS_PER_TOKEN, Tokenised
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

OVERLAP = 3  # neighbouring windows share the limit divided by this, so that an answer stands whole in one of them
QUESTION = 4  # a question takes at most the limit divided by this


class AnswerReader:
    """Questions and contexts as windows, each with the whole question.

    Args:
        tokenizer: a fast transformers tokenizer.
        limit: most tokens a window.
        null_last: whether the last token says that a window has no answer (models that look back only); else the first one does.
        apart: see `pieces_of`; functions that were learned so read so.

    Attributes:
        cut: questions so far that were too long and lost their end. Contexts lose nothing.
    """

    def __init__(self, tokenizer: Any, limit: int, *, null_last: bool, apart: bool = False) -> None:
        self.tokenizer, self.limit, self.null_last, self.apart = tokenizer, limit, null_last, apart
        self.frame = Frame.of(tokenizer, pair=True)
        self.cut = 0

    def read(self, rows: Sequence[tuple[str, ...]]) -> tuple[list[Pieces], Windows]:
        """The contexts of N rows (question, context) as pieces, and their windows."""
        most = max(1, self.limit // QUESTION)
        questions = [row[0][: most * CHARACTERS_PER_TOKEN] for row in rows]
        leads = self.tokenizer(questions, add_special_tokens=False, padding=False, truncation=False, verbose=False)["input_ids"] if questions else []
        self.cut += sum(len(ids) > most or len(row[0]) > len(short) for ids, row, short in zip(leads, rows, questions, strict=True))
        place: dict[str, int] = {}
        index = [place.setdefault(row[1], len(place)) for row in rows]
        contexts = pieces_of(self.tokenizer, list(place), apart=self.apart)  # many questions are asked of one context
        found = [contexts[i] for i in index]
        return found, windows_of(self.frame, found, self.limit, self.limit // OVERLAP, [ids[:most] for ids in leads])

    def null(self, windows: Windows, w: int) -> int:
        """Position of the token by which window w says that it has no answer."""
        return len(windows.tokens.ids[w]) - 1 if self.null_last else 0


@dataclass(frozen=True)
class Spans:
    """All spans of a row that may be its answer.

    Attributes:
        starts: (S,) int64, first unit.
        ends: (S,) int64, last unit.
        odds: (S,) float64, log odds against there being no answer, falling.
    """

    starts: np.ndarray
    ends: np.ndarray
    odds: np.ndarray
    total: float  # log of the sum of all odds, also of spans that are not listed


class Answerer:
    """Finds the answer to a question in a context of any length.

    Attributes:
        task: of kind answer.
        reader: of the model's tokenizer.
        longest: most pieces of an answer.
        threshold: tasks whose answer is optional: least probability that there is one.
    """

    task: Task
    reader: AnswerReader
    longest: int
    threshold: float

    def token_logits(self, tokens: Tokenised) -> list[np.ndarray]:
        """For each window (T, 2) float32: start and end."""
        raise NotImplementedError

    @property
    def cut(self) -> int:
        """Questions so far that were longer than the model reads and lost their end."""
        return self.reader.cut

    def count_anew(self) -> None:
        """Forget what was counted, so that `notes` tell of what comes now."""
        self.reader.cut = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of the rows since the last `count_anew`: questions cut. Contexts lose nothing."""
        return cut_note(self.cut, f"{self.reader.limit // QUESTION} tokens of a question")

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """(N,) tuples (text, start, end, confidence); ("", -1, -1, confidence) where there is no answer."""
        return objects([found[0] for found in self.best(inputs, 1)])

    def best(self, inputs: Inputs, count: int = 5) -> list[list[tuple[str, int, int, float]]]:
        """For each row the `count` likeliest answers as (text, start, end, probability), the given one first.

        Where the task allows it, having no answer is among them: ("", -1, -1, probability).
        """
        return self._read(inputs, count)[0]

    def outputs_and_chances(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """`outputs`, and for each window the probabilities, over its tokens, of start and end, in one row: what two forms of an answerer are compared by."""
        found, logits = self._read(inputs, 1)
        shifted = [np.exp(each - each.max(axis=0)) for each in logits]
        return objects([own[0] for own in found]), np.concatenate([np.zeros(0), *((each / each.sum(axis=0)).ravel() for each in shifted)])

    def _read(self, inputs: Inputs, count: int) -> tuple[list[list[tuple[str, int, int, float]]], list[np.ndarray]]:
        """The answers to each row, and the logits of each window."""
        unique = list(dict.fromkeys((row[0], row[1]) for row in inputs))
        pieces, windows = self.reader.read(unique)
        logits = self.token_logits(windows.tokens)
        spans = row_spans(self.reader, pieces, windows, logits, self.longest, count)
        found = {row: self._answers(row[1], text, own, count) for row, text, own in zip(unique, pieces, spans, strict=True)}
        return [found[row[0], row[1]] for row in inputs], logits

    def _answers(self, context: str, pieces: Pieces, spans: Spans, count: int) -> list[tuple[str, int, int, float]]:
        optional = self.task.optional
        whole = float(np.logaddexp(spans.total, 0.0)) if optional else spans.total
        found = []
        for start, end, each in zip(spans.starts, spans.ends, spans.odds, strict=True):
            a, b = int(pieces.starts[start]), int(pieces.ends[end])
            found.append((context[a:b], a, b, float(np.exp(min(0.0, each - whole)))))
        none = ("", -1, -1, float(np.exp(-whole)) if optional else 0.0)
        if not found:
            return [("", -1, -1, 1.0)]
        if optional:
            is_none = 1.0 - none[3] < self.threshold
            found = [none, *found] if is_none else [*found[:1], *sorted([none, *found[1:]], key=lambda answer: -answer[3])]
        return found[:count]


def row_spans(reader: AnswerReader, pieces: Sequence[Pieces], windows: Windows, logits: Sequence[np.ndarray], longest: int, count: int) -> list[Spans]:
    """For each row its `count` best spans over all windows.

    Args:
        reader: what made the windows.
        pieces: N contexts.
        windows: W windows over them.
        logits: W arrays (T, 2): start and end of every token.
        longest: most pieces of an answer.
        count: spans listed a row.
    """
    parts: list[list[tuple[np.ndarray, np.ndarray, np.ndarray, float]]] = [[] for _ in pieces]
    speaks = [np.isin(np.arange(len(text)), text.heads) for text in pieces]  # pieces at which an answer may begin
    for w in range(len(windows)):
        row = int(windows.row[w])
        text, scores = pieces[row], logits[w].astype(np.float64)
        begin, size, offset, null = int(windows.begin[w]), int(windows.count[w]), int(windows.offset[w]), reader.null(windows, w)
        low, high = (int(edge) - begin for edge in windows.own[w])
        units = text.unit[begin : begin + size]
        is_last = np.append(units[1:] != units[:-1], True)
        starts = np.where(speaks[row][begin : begin + size], scores[offset : offset + size, 0], -np.inf)[low:high]
        ends = np.where(is_last, scores[offset : offset + size, 1], -np.inf)
        if not len(starts) or np.isinf(starts).all():
            continue
        after = np.lib.stride_tricks.sliding_window_view(np.append(ends, np.full(longest - 1, -np.inf)), longest)[low:high]
        table = starts[:, None] + after - scores[null].sum()  # (starts, pieces more)
        flat = table.ravel()
        top = np.argsort(-flat, kind="stable")[:count] if count < len(flat) else np.argsort(-flat, kind="stable")
        top = top[np.isfinite(flat[top])]
        first, more = np.divmod(top, longest)
        greatest = flat.max()
        total = float(greatest + np.log(np.exp(flat - greatest).sum())) if np.isfinite(greatest) else -np.inf
        parts[row].append((units[low + first], units[low + first + more], flat[top], total))
    return [_merged(found, count) for found in parts]


def _merged(parts: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, float]], count: int) -> Spans:
    if not parts:
        return Spans(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), -np.inf)
    starts, ends, odds = (np.concatenate([part[k] for part in parts]) for k in range(3))
    order = np.argsort(-odds, kind="stable")[:count]
    return Spans(starts[order], ends[order], odds[order], float(np.logaddexp.reduce([part[3] for part in parts])))
