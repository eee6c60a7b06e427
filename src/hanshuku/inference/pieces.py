"""Texts as pieces whose place in the text is known, and as windows of pieces that a model can read.

What gets a label is a unit: one character of a script that is written without spaces, a word, a number, or a sign. A piece of the
tokenizer that reaches over several units ("银行", "1.") is taken apart, so that any span of units is a span of pieces: offsets
are exact in Chinese as in English. A reader that can bear it leaves words of such a script whole, as the network learned them. Long
texts are read by windows that overlap; each piece is answered for by the window in which it has most context (Devlin et al. 2019, arXiv 1810.04805, do so for SQuAD).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from hanshuku.inference.tokens import Tokenised
from hanshuku.tasks.tag import WIDE

AHEAD = ("▁", "Ġ")  # how tokenizers write the blank before a word
BACK = 8  # pieces that a window may begin earlier so as not to begin inside a word


@dataclass(frozen=True)
class Pieces:
    """A text as token ids without special tokens.

    Attributes:
        ids: P token ids.
        unit: (P,) int64, number of the unit that each piece belongs to, 0..U-1, rising.
        heads: (U,) int64, the piece that speaks for each unit: its first one that is no mere blank.
        starts: (U,) int64, first character of each unit.
        ends: (U,) int64, the character behind its last.
    """

    ids: list[int]
    unit: np.ndarray
    heads: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


@lru_cache(maxsize=1)
def _units() -> re.Pattern[str]:
    """A wide character; a run of letters and the marks upon them; a run of digits; any other sign."""
    marks = "".join(chr(code) for code in range(0x300, 0xFE30) if unicodedata.category(chr(code)).startswith("M"))
    return re.compile(rf"[{WIDE}][{marks}]*|(?:(?![{WIDE}])[^\W\d_]|[{marks}])+|(?:(?![{WIDE}])\d)+|\S")


def units_of(text: str) -> list[tuple[int, int]]:
    """The units of a text, as (first character, character behind the last); no unit holds a blank."""
    return [match.span() for match in _units().finditer(text)]


def pieces_of(tokenizer: Any, texts: Sequence[str], *, apart: bool = True) -> list[Pieces]:
    """Texts as pieces; none is cut.

    Args:
        tokenizer: a fast transformers tokenizer.
        texts: N texts.
        apart: a piece of several characters of a script without spaces ("银行") is taken apart; False: it is one unit, which a network
            that was pretrained with it reads better, and a span that begins or ends inside it cannot be told. Signs and numbers are apart in any case.
    """
    if not len(texts):
        return []
    encodings = tokenizer(list(texts), add_special_tokens=False, truncation=False, padding=False, verbose=False).encodings
    splitter = _Splitter(tokenizer)
    return [_pieces(text, encoding, splitter, apart=apart) for text, encoding in zip(texts, encodings, strict=True)]


class _Splitter:
    """Token ids of a part of a piece."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer, self.known = tokenizer, dict[str, list[int]]()
        self.blank = {found for mark in AHEAD if (found := tokenizer.convert_tokens_to_ids(mark)) not in (None, tokenizer.unk_token_id)}

    def ids(self, part: str, ahead: str) -> list[int]:
        """Of this part of a text, with or without the sign for the blank before it; at least one id."""
        if ahead + part not in self.known:
            whole = self.tokenizer.convert_tokens_to_ids(ahead + part)
            if whole is None or whole == self.tokenizer.unk_token_id:
                encoded = self.tokenizer(part, add_special_tokens=False)["input_ids"]
                kept = encoded[1:] if len(encoded) > 1 and encoded[0] in self.blank else encoded
                self.known[ahead + part] = kept or [self.tokenizer.unk_token_id or 0]
            else:
                self.known[ahead + part] = [whole]
        return self.known[ahead + part]


def _reached(spans: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last unit, of spans (U, 2), that each piece, of offsets (P, 2), reaches into; the first behind the last for a blank."""
    return np.searchsorted(spans[:, 1], offsets[:, 0], side="right"), np.searchsorted(spans[:, 0], offsets[:, 1], side="left") - 1


def _whole(text: str, spans: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Units (U, 2) of which neighbours that are letters without spaces and stand in one piece are one."""
    first, last = _reached(spans, offsets)
    is_letter = np.array([_is_letter(text[a]) for a in spans[:, 0]], dtype=bool)
    with_next = np.zeros(len(spans), dtype=bool)
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        if a < b:
            with_next[a:b] |= is_letter[a:b] & is_letter[a + 1 : b + 1]
    return np.stack([spans[~np.append(False, with_next[:-1]), 0], spans[~with_next, 1]], axis=1)


def _is_letter(character: str) -> bool:
    return re.match(rf"(?=[{WIDE}])\w", character) is not None


def _pieces(text: str, encoding: Any, splitter: _Splitter, *, apart: bool) -> Pieces:
    spans = np.array(units_of(text), dtype=np.int64).reshape(-1, 2)
    offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    if not apart and len(spans):
        spans = _whole(text, spans, offsets)
    starts, ends = spans[:, 0], spans[:, 1]
    first, last = _reached(spans, offsets)
    ids: list[int] = []
    unit: list[int] = []
    for i, (token, a, b) in enumerate(zip(encoding.ids, first.tolist(), last.tolist(), strict=True)):
        if a >= b:  # of one unit, or a blank between two, which goes with the next
            ids.append(token)
            unit.append(min(a, len(spans) - 1))
            continue
        ahead = encoding.tokens[i][:1] if encoding.tokens[i][:1] in AHEAD else ""
        for k in range(a, b + 1):
            found = splitter.ids(text[max(offsets[i, 0], starts[k]) : min(offsets[i, 1], ends[k])], ahead if k == a else "")
            ids += found
            unit += [k] * len(found)
    if not len(spans):  # nothing but blanks
        return Pieces([], *(np.zeros(0, dtype=np.int64) for _ in range(4)))
    of = np.maximum.accumulate(np.array(unit, dtype=np.int64)) if unit else np.zeros(0, dtype=np.int64)
    used, begins, number = np.unique(of, return_index=True, return_inverse=True)  # a unit may have no piece: control characters
    follows = np.append(number[1:] == number[:-1], False)
    heads = [k + 1 if ids[k] in splitter.blank and follows[k] else k for k in begins.tolist()]
    return Pieces(ids, number.astype(np.int64), np.array(heads, dtype=np.int64), starts[used], ends[used])


@dataclass(frozen=True)
class Frame:
    """The special tokens that a tokenizer puts around one text, or around and between two."""

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    types: tuple[int, int]  # segment numbers of the first and the second text
    reads_types: bool  # whether the model takes segment numbers that are not all 0

    @classmethod
    def of(cls, tokenizer: Any, *, pair: bool) -> Frame:
        """Read off what the tokenizer does with a letter, or two."""
        encoding = tokenizer(*("a", "b")[: 1 + pair]).encodings[0]
        sides = encoding.sequence_ids
        first = [i for i, side in enumerate(sides) if side == 0]
        second = [i for i, side in enumerate(sides) if side == 1] if pair else first
        between, after = tuple(encoding.ids[first[-1] + 1 : second[0]]), tuple(encoding.ids[second[-1] + 1 :])
        if pair:  # a model that knows no pairs: a new line parts the two, and closes them, so that there is a token behind all that was read
            line = tuple(tokenizer("\n", add_special_tokens=False)["input_ids"])
            between, after = between or line, after or line
        types = encoding.type_ids[first[0]], encoding.type_ids[second[0]]
        reads_types = "token_type_ids" in tokenizer.model_input_names and any(types)
        return cls(tuple(encoding.ids[: first[0]]), between if pair else (), after, types, reads_types)

    def room(self, limit: int, lead: int = 0) -> int:
        """Pieces of the (second) text that fit into so many tokens beside `lead` pieces of the first."""
        return limit - len(self.before) - len(self.after) - (len(self.between) + lead)


@dataclass(frozen=True)
class Windows:
    """Stretches of texts with their special tokens.

    Attributes:
        tokens: W windows as token ids.
        row: (W,) int64, number of the text.
        begin: (W,) int64, first piece of the text in the window.
        count: (W,) int64, pieces of the text in the window.
        offset: (W,) int64, position of that first piece among the window's tokens.
        own: (W, 2) int64, the pieces, first and behind the last, that this window answers for; those of a text's windows
            lie side by side and are all its pieces.
    """

    tokens: Tokenised
    row: np.ndarray
    begin: np.ndarray
    count: np.ndarray
    offset: np.ndarray
    own: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def since(self, row: int) -> Windows:
        """The windows of this text and of those behind it, which become texts 0, 1 ..."""
        first = int(np.searchsorted(self.row, row))
        tokens = Tokenised(self.tokens.ids[first:], None if self.tokens.types is None else self.tokens.types[first:], 0)
        return Windows(tokens, self.row[first:] - row, self.begin[first:], self.count[first:], self.offset[first:], self.own[first:])


def windows_of(frame: Frame, texts: Sequence[Pieces], limit: int, overlap: int, leads: Sequence[Sequence[int]] = ()) -> Windows:
    """Windows over texts; a text that fits has one, a text without pieces too.

    Args:
        frame: special tokens.
        texts: N texts as pieces.
        limit: most tokens a window.
        overlap: pieces that two neighbours share.
        leads: N rows of ids of a first text that stands in each window before the stretch (a question); (): none.
    """
    ids: list[list[int]] = []
    types: list[list[int]] = []
    table: list[tuple[int, ...]] = []
    for row, pieces in enumerate(texts):
        lead = list(leads[row]) if len(leads) else []
        head = [*frame.before, *lead, *frame.between]
        stretches = _stretches(pieces, max(1, frame.room(limit, len(lead))), overlap)
        for k, (begin, end) in enumerate(stretches):
            low = 0 if k == 0 else (begin + stretches[k - 1][1]) // 2
            high = len(pieces) if k + 1 == len(stretches) else (stretches[k + 1][0] + end) // 2
            ids.append([*head, *pieces.ids[begin:end], *frame.after])
            types.append([frame.types[0]] * len(head) + [frame.types[1]] * (len(ids[-1]) - len(head)))
            table.append((row, begin, end - begin, len(head), low, high))
    columns = np.array(table, dtype=np.int64).reshape(-1, 6)
    return Windows(Tokenised(ids, types if frame.reads_types else None, 0), columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3], columns[:, 4:])


def _stretches(pieces: Pieces, room: int, overlap: int) -> list[tuple[int, int]]:
    """First piece, and piece behind the last, of each window."""
    found, begin = [], 0
    while True:
        end = min(begin + room, len(pieces))
        found.append((begin, end))
        if end == len(pieces):
            return found
        start = max(end - min(overlap, room // 2), begin + 1)
        back = next((k for k in range(min(BACK, start - begin - 1) + 1) if pieces.unit[start - k] != pieces.unit[start - k - 1]), 0)
        begin = start - back
