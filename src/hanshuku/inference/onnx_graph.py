"""Graph: an exported network and its tokenizer, answered by ONNX Runtime and `tokenizers`; needs the base install only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.base import Inputs
from hanshuku.inference.heads import Head
from hanshuku.inference.tokens import Tokenised, pad, token_batches, tokenise
from hanshuku.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

BATCH_TOKENS = 1024  # a graph of many small products is fastest where a layer's values stay in the processor's cache
GRAPH, TOKENIZER, HEAD = "model/model.onnx", "model/tokenizer.json", "head.npz"
OUTPUT = "vectors"  # what every graph gives, of texts or of their tokens


class BareTokenizer:
    """A `tokenizers` tokenizer that is called as the fast ones of transformers are, as far as Hanshuku does so.

    Args:
        file: tokenizer.json.
        inputs: names of what the network takes.
        unk_token_id: of the token for what the vocabulary lacks; None: there is none.
    """

    def __init__(self, file: Path, inputs: Sequence[str], unk_token_id: int | None = None) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self.model_input_names, self.unk_token_id = list(inputs), unk_token_id

    def __call__(self, *columns: Any, max_length: int | None = None, add_special_tokens: bool = True, **_settings: Any) -> Encodings:
        """Encodings of a text, of texts, or of pairs where two columns are given; cut to max_length tokens where it is given."""
        if max_length is None:
            self._tokenizer.no_truncation()
        else:
            self._tokenizer.enable_truncation(max_length)
        is_one = isinstance(columns[0], str)
        given = [[column] for column in columns] if is_one else columns
        rows: list[Any] = list(given[0] if len(given) == 1 else zip(*given, strict=True))
        return Encodings(self._tokenizer.encode_batch(rows, add_special_tokens=add_special_tokens), is_one)

    def convert_tokens_to_ids(self, token: str) -> int | None:
        """The id of a token; that of the token for the unknown where there is no such."""
        found: int | None = self._tokenizer.token_to_id(token)
        return self.unk_token_id if found is None else found


@dataclass(frozen=True)
class Encodings:
    """What a call of a tokenizer gives.

    Attributes:
        encodings: N of `tokenizers`.
        is_one: whether a single text was given.
    """

    encodings: list[Any]
    is_one: bool = False

    def __getitem__(self, name: str) -> Any:
        """"input_ids": token ids of each text, or of the only one."""
        assert name == "input_ids"
        ids = [encoding.ids for encoding in self.encodings]
        return ids[0] if self.is_one else ids


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

        tokenizer = BareTokenizer(folder / TOKENIZER, settings["inputs"], settings.get("unk_id"))
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

    def token_logits(self, head: Head, tokens: Tokenised, features: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
        """What a head makes of every token of N rows: N arrays (T_i, O) float32; features: N arrays (T_i, F) that it reads behind the states."""
        found: list[np.ndarray] = [np.empty(0)] * len(tokens)
        for batch, states in self.run(tokens):
            for i, logits in zip(batch, head.token_logits(states, tokens.lengths[batch], [features[i] for i in batch] if len(features) else ()), strict=True):
                found[i] = logits
        return found


@dataclass
class Exported:
    """What predictors that `hanshuku export` wrote have in common.

    Attributes:
        task: what it answers.
        graph: the network.
        head: what reads the graph's vectors; None: nothing does.
        settings: SETTINGS, plain data.
    """

    SETTINGS: ClassVar[tuple[str, ...]] = ()
    BEFORE: ClassVar[dict[str, Any]] = {}  # of those: what held when functions were written without them
    task: Task
    graph: Graph
    head: Head | None
    settings: dict[str, Any]

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
            settings, head = {name: (cls.BEFORE | data)[name] for name in cls.SETTINGS}, None
            if settings.get("has_head", True):
                with np.load(folder / HEAD, allow_pickle=False) as arrays:
                    head = Head(arrays["weight"], arrays["bias"])
            return cls(task, Graph.open(folder, settings), head, settings)
        except Exception as error:  # each of the three libraries raises its own kinds
            raise FunctionFolderError(f"{folder} is damaged: {error}. Export the function again.") from error
