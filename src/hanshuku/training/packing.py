"""A corpus as token files: tokenised once, packed, read by memory map, so that memory does not grow with the text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hanshuku.data.disk import whole_file
from hanshuku.errors import DataError
from hanshuku.training.token_loss import IGNORED

BATCH = 1 << 19  # characters that are tokenised at a time
TOKENS, ENDS, FACTS = "tokens.bin", "ends.bin", "facts.json"
WIDTHS = 8  # padded rows are a multiple of this wide


@dataclass(frozen=True)
class Frame:
    """What stands round the tokens of a row.

    Attributes:
        first: token before a row; None: the one before it in the stream (causal) or none.
        last: token after a row; None: none.
        end: token that parts documents in the stream.
        filler: token of padding.
        causal: whether a row's labels are its own tokens.
        before: tokens behind `first` that stand before every text, as some encoders want.
    """

    first: int | None
    last: int | None
    end: int
    filler: int
    causal: bool
    before: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Tokens of a row that are no text."""
        return 1 if self.causal else (self.first is not None) + (self.last is not None) + len(self.before)


def frame_of(tokenizer: Any, objective: str, prefix: str = "") -> Frame:
    """The frame that a tokenizer has for an objective of pre-training.

    Args:
        tokenizer: a fast transformers tokenizer.
        objective: "clm", or one of an encoder.
        prefix: text that stands before every other one; for encoders.

    Raises:
        DataError: it has no token that could end a document.
    """
    plain, framed = ([int(i) for i in tokenizer("a", add_special_tokens=special)["input_ids"]] for special in (False, True))
    at = next((i for i in range(len(framed) - len(plain) + 1) if framed[i : i + len(plain)] == plain), 0)
    before, after = framed[:at], framed[at + len(plain) :]
    known = tokenizer.get_vocab()
    ends = [known.get("<|endoftext|>"), tokenizer.eos_token_id] if objective == "clm" else [tokenizer.sep_token_id, tokenizer.eos_token_id]
    end = next((int(token) for token in ends if token is not None), None)
    if end is None:
        raise DataError(f"The tokenizer has no token that ends a text. Its special tokens: {', '.join(map(str, tokenizer.all_special_tokens)) or 'none'}.")
    filler = int(tokenizer.pad_token_id if tokenizer.pad_token_id is not None else end)
    first = before[0] if before else None
    stands = tuple(int(i) for i in tokenizer(prefix.strip(), add_special_tokens=False)["input_ids"]) if prefix.strip() else ()
    return Frame(first, None if objective == "clm" or not after else after[-1], end, filler, objective == "clm", stands)


@dataclass(frozen=True)
class Packed:
    """A stream of N tokens on disk, each document followed by the frame's end.

    Attributes:
        tokens: (N,) uint16 or uint32, memory-mapped.
        ends: (D,) int64, where each document's end token stands, memory-mapped.
        bytes: UTF-8 bytes of the documents.
        key: tells its content.
    """

    tokens: np.ndarray
    ends: np.ndarray
    bytes: int
    key: str


def pack(documents: Iterable[str], tokenizer: Any, frame: Frame, folder: Path, key: str) -> Packed:
    """Tokenise documents into `folder`, unless what stands there is whole and has this key.

    Memory holds BATCH characters and their tokens, however long the corpus.

    Args:
        documents: gone through once.
        tokenizer: a fast transformers tokenizer.
        frame: see `frame_of`.
        folder: made where it is not there.
        key: of documents, tokenizer and frame together.

    Raises:
        StorageError: the disk is full or cannot be written.
        DataError: there is not a single document.
    """
    facts = _facts(folder)
    if facts.get("key") != key:
        dtype = np.dtype(np.uint16 if len(tokenizer) <= 1 << 16 else np.uint32)
        size = total = 0
        with whole_file(folder / TOKENS) as tokens, whole_file(folder / ENDS) as ends:
            for batch in _batches(documents):
                size += sum(len(text.encode("utf-8", "surrogatepass")) for text in batch)
                for ids in _encode(tokenizer, batch):
                    tokens.write(np.asarray([*ids, frame.end], dtype=dtype).tobytes())
                    total += len(ids) + 1
                    ends.write(np.int64(total - 1).tobytes())
        facts = {"key": key, "dtype": dtype.name, "tokens": total, "bytes": size}
        with whole_file(folder / FACTS) as stream:  # last: what has facts is whole
            stream.write(json.dumps(facts).encode())
    if not facts["tokens"]:
        raise DataError("There is no document with text.")
    mapped = np.memmap(folder / TOKENS, dtype=facts["dtype"], mode="r")
    return Packed(mapped, np.memmap(folder / ENDS, dtype=np.int64, mode="r"), int(facts["bytes"]), key)


def pack_key(*parts: Any) -> str:
    """SHA-256 (hex) of plain data."""
    return hashlib.sha256(json.dumps([asdict(part) if isinstance(part, Frame) else part for part in parts], sort_keys=True).encode()).hexdigest()


def _facts(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        width = np.dtype(facts["dtype"]).itemsize
        return facts if (folder / TOKENS).stat().st_size == facts["tokens"] * width else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _batches(documents: Iterable[str]) -> Iterator[list[str]]:
    held: list[str] = []
    size = 0
    for text in documents:
        held.append(text)
        size += len(text)
        if size >= BATCH:
            yield held
            held, size = [], 0
    if held:
        yield held


def _encode(tokenizer: Any, texts: list[str]) -> Iterator[list[int]]:
    """Token ids of each text, without special tokens, whole: the library's own way would warn that a text is long, and may cut it."""
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    return (encoding.ids for encoding in backend.encode_batch_fast(texts, add_special_tokens=False))


class TokenRows:
    """The rows that a packed stream is read in.

    Args:
        packed: the stream.
        frame: what stands round a row.
        max_length: tokens of a row, its frame included.
        packed_rows: True: rows are filled, one document behind the other; False: a row holds one document or a part of it.
    """

    def __init__(self, packed: Packed, frame: Frame, max_length: int, *, packed_rows: bool) -> None:
        self.stream, self.frame = packed.tokens, frame
        room = max_length - frame.size
        if packed_rows:
            self.starts = np.arange(0, len(self.stream), room)
            self.sizes = np.minimum(room, len(self.stream) - self.starts).astype(np.int32)
        else:
            begins = np.concatenate([[0], np.asarray(packed.ends[:-1]) + 1])
            lengths = np.asarray(packed.ends) - begins + frame.causal  # a causal model learns where a document ends
            self.starts, self.sizes = _windows(begins, lengths, room)
        if not frame.causal and packed_rows and len(self.sizes) > 1 and self.sizes[-1] == 1:
            self.starts, self.sizes = self.starts[:-1], self.sizes[:-1]  # an end token alone

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> np.ndarray:
        """(R,) tokens a row, its frame included."""
        return self.sizes + self.frame.size

    def collate(self, rows: list[int]) -> dict[str, Tensor]:
        """`input_ids` (B, T), padded on the right, with causal `labels` or, where rows are padded, an `attention_mask`."""
        frame, lengths = self.frame, self.lengths[rows]
        width = int(lengths.max())
        if lengths.min() < width:
            width = min(-(-width // WIDTHS) * WIDTHS, int(self.lengths.max()))
        ids = np.full((len(rows), width), frame.filler, dtype=np.int64)
        for line, row in enumerate(rows):
            start, size = int(self.starts[row]), int(self.sizes[row])
            begin = 0
            if frame.causal:
                ids[line, 0] = frame.first if frame.first is not None else self.stream[start - 1] if start else frame.end
                begin = 1
            elif frame.first is not None:
                ids[line, 0], begin = frame.first, 1
            if frame.before:
                ids[line, begin : begin + len(frame.before)] = frame.before
                begin += len(frame.before)
            ids[line, begin : begin + size] = self.stream[start : start + size]
            if frame.last is not None:
                ids[line, begin + size] = frame.last
        batch = {"input_ids": torch.from_numpy(ids)}
        real = torch.from_numpy(np.arange(width)[None, :] < lengths[:, None])
        if frame.causal:
            batch["labels"] = batch["input_ids"].masked_fill(~real, IGNORED)
            batch["labels"][:, 0] = IGNORED
        elif not bool(real.all()):
            batch["attention_mask"] = real.long()
        return batch


def _windows(begins: np.ndarray, lengths: np.ndarray, room: int) -> tuple[np.ndarray, np.ndarray]:
    """Documents cut into windows of at most `room` tokens: where each starts, and how long it is."""
    counts = np.maximum(1, -(-lengths // room))
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = np.repeat(begins, counts) + number * room
    return starts, np.minimum(room, np.repeat(begins + lengths, counts) - starts).astype(np.int32)
