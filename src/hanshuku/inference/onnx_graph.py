"""Graph: an exported network and its tokenizer, answered by ONNX Runtime and `tokenizers`; needs the base install only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.base import CountsCut, Inputs
from hanshuku.inference.heads import Head
from hanshuku.inference.tokens import Tokenised, pad, token_batches, tokenise
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

BATCH_TOKENS = 1024  # a graph of many small products is fastest where a layer's values stay in the processor's cache
GRAPH, TOKENIZER, HEAD = "model/model.onnx", "model/tokenizer.json", "head.npz"
OUTPUT = "vectors"  # what every graph gives


class BareTokenizer:
    """A `tokenizers` tokenizer that is called as the fast ones of transformers are."""

    def __init__(self, file: Path, inputs: Sequence[str]) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self.model_input_names = list(inputs)

    def __call__(self, *columns: list[str], max_length: int, **_settings: Any) -> Any:
        """Encodings of texts, or of pairs where two columns are given, cut to max_length tokens."""
        self._tokenizer.enable_truncation(max_length)
        rows: list[Any] = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        return Encodings(self._tokenizer.encode_batch(rows))


@dataclass(frozen=True)
class Encodings:
    """What a call of a tokenizer gives.

    Attributes:
        encodings: N of `tokenizers`.
    """

    encodings: list[Any]


@dataclass
class Graph:
    """A graph that takes input_ids, attention_mask and, where the model reads them, token_type_ids.

    Attributes:
        session: of ONNX Runtime.
        tokenizer: the model's.
        pad_id: fills rows up.
    """

    session: Any
    tokenizer: BareTokenizer
    pad_id: int

    @classmethod
    def open(cls, folder: Path, settings: Mapping[str, Any]) -> Graph:
        """The graph of an exported function; each of the libraries raises errors of its own kinds where a file is damaged."""
        import onnxruntime

        tokenizer = BareTokenizer(folder / TOKENIZER, settings["inputs"])
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=onnxruntime.get_available_providers())
        return cls(session, tokenizer, settings["pad_id"])

    def run(self, tokens: Tokenised) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The numbers of the rows of each batch, and what the graph gives for them: (B, D) or (B, T, D) float32."""
        for batch in token_batches(tokens.lengths, BATCH_TOKENS, apart=True):
            ids = [tokens.ids[i] for i in batch]
            feed = {"input_ids": pad(ids, self.pad_id), "attention_mask": pad([[1] * len(row) for row in ids], 0)}
            if "token_type_ids" in self.tokenizer.model_input_names:
                types = [[0] * len(tokens.ids[i]) if tokens.types is None else tokens.types[i] for i in batch]
                feed["token_type_ids"] = pad(types, 0)
            yield batch, self.session.run([OUTPUT], feed)[0]

    def vectors(self, rows: Inputs, max_length: int, prefix: str) -> tuple[np.ndarray, int]:
        """(N, D) float32 pooled vectors of rows of one text or two, each with the prefix before it, and how many were cut; equal rows are read once."""
        place: dict[tuple[str, ...], int] = {}
        index = [place.setdefault(tuple(row), len(place)) for row in rows]
        tokens = tokenise(self.tokenizer, list(place), max_length, prefix=prefix)
        found = np.empty((len(place), 0), dtype=np.float32)
        for batch, pooled in self.run(tokens):
            if not found.shape[1]:
                found = np.empty((len(place), pooled.shape[1]), dtype=np.float32)
            found[batch] = pooled
        return found[index], tokens.cut


@dataclass
class Exported(CountsCut):
    """What predictors that `hanshuku export` wrote have in common.

    Attributes:
        task: what it answers.
        graph: the network.
        head: what reads the graph's vectors; None: nothing does.
        settings: SETTINGS, plain data.
        cut: texts since the last `count_anew` that were longer than the model reads and lost their end.
    """

    SETTINGS: ClassVar[tuple[str, ...]] = ()
    task: Task
    graph: Graph
    head: Head | None
    settings: dict[str, Any]
    cut: int = field(default=0, init=False)

    @property
    def threshold(self) -> float:
        """Several labels: least probability of a label that is given."""
        return float(self.settings.get("threshold", 0.5))

    @property
    def reads(self) -> int:
        """Most tokens of a row that are read."""
        return int(self.settings["max_length"])

    def save(self, folder: Path) -> dict[str, Any]:
        """An exported function is copied as a folder; it is not written anew."""
        raise FunctionFolderError(f"An exported function cannot be saved again. Copy its folder to {folder}, or export the original again.")

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> Self:
        """The predictor that `hanshuku export` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            settings, head = {name: data[name] for name in cls.SETTINGS}, None
            if settings.get("has_head", True):
                with np.load(folder / HEAD, allow_pickle=False) as arrays:
                    head = Head(arrays["weight"], arrays["bias"])
            return cls(task, Graph.open(folder, settings), head, settings)
        except Exception as error:  # each of the three libraries raises its own kinds
            raise FunctionFolderError(f"{folder} is damaged: {error}. Export the function again.") from error

    def vectors(self, rows: Inputs, prefix: str | None = None) -> np.ndarray:
        """(N, D) float32 pooled vectors; prefix None: the model's own. Rows that were cut are counted."""
        found, cut = self.graph.vectors(rows, self.reads, self.settings["prefix"] if prefix is None else prefix)
        self.cut += cut
        return found
