"""OnnxPredictor: an exported encoder, answered by ONNX Runtime; needs the base install only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.base import Inputs
from hanshuku.inference.heads import Head, answers
from hanshuku.inference.pairs import pair_features
from hanshuku.inference.tokens import pad, token_batches, tokenise
from hanshuku.tasks import Task

BATCH_TOKENS = 1024  # a graph of many small products is fastest where a layer's values stay in the processor's cache
GRAPH, TOKENIZER, HEAD = "model/model.onnx", "model/tokenizer.json", "head.npz"
SETTINGS = ("normalise", "pair", "max_length", "threshold", "prefix", "pad_id", "inputs")


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
        return SimpleNamespace(encodings=self._tokenizer.encode_batch(rows))


@dataclass
class OnnxPredictor:
    """An encoder's graph (token ids -> pooled vectors) with the head it was learned with.

    Attributes:
        task: classify or rate.
        session: of ONNX Runtime; the graph takes input_ids, attention_mask and, where the model reads them, token_type_ids.
        tokenizer: the model's.
        head: (labels or 1, features).
        settings: SETTINGS, plain data.
    """

    KIND: ClassVar[str] = "onnx"
    task: Task
    session: Any
    tokenizer: BareTokenizer
    head: Head
    settings: dict[str, Any]

    @property
    def threshold(self) -> float:
        """Several labels: least probability of a label that is given."""
        return float(self.settings["threshold"])

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32 in the task's unit."""
        return answers(self.task, self.features_and_logits(inputs)[1])

    def features_and_logits(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """(N, F) and (N, O) float32 from one pass."""
        if self.settings["pair"] == "bi" and self.task.is_pair:
            both = self._vectors([(text,) for row in inputs for text in row])
            features = pair_features(both[0::2], both[1::2])
        else:
            features = self._vectors(inputs)
        return features, self.head.logits(features)

    def save(self, folder: Path) -> dict[str, Any]:
        """An exported function is copied as a folder; it is not written anew."""
        raise FunctionFolderError(f"An exported function cannot be saved again. Copy its folder to {folder}, or export the original again.")

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> OnnxPredictor:
        """The predictor that `hanshuku export` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        import onnxruntime

        try:
            settings = {name: data[name] for name in SETTINGS}
            with np.load(folder / HEAD, allow_pickle=False) as arrays:
                head = Head(arrays["weight"], arrays["bias"])
            tokenizer = BareTokenizer(folder / TOKENIZER, settings["inputs"])
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            session = onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=onnxruntime.get_available_providers())
        except Exception as error:  # each of the three libraries raises its own kinds
            raise FunctionFolderError(f"{folder} is damaged: {error}. Export the function again.") from error
        return cls(task, session, tokenizer, head, settings)

    def _vectors(self, rows: Inputs) -> np.ndarray:
        place: dict[tuple[str, ...], int] = {}
        index = [place.setdefault(tuple(row), len(place)) for row in rows]
        tokens = tokenise(self.tokenizer, list(place), self.settings["max_length"], prefix=self.settings["prefix"])
        found = np.empty((len(place), 0), dtype=np.float32)
        for batch in token_batches(tokens.lengths, BATCH_TOKENS, apart=True):
            ids = [tokens.ids[i] for i in batch]
            feed = {"input_ids": pad(ids, self.settings["pad_id"]), "attention_mask": pad([[1] * len(row) for row in ids], 0)}
            if "token_type_ids" in self.settings["inputs"]:
                types = [[0] * len(tokens.ids[i]) if tokens.types is None else tokens.types[i] for i in batch]
                feed["token_type_ids"] = pad(types, 0)
            pooled = self.session.run(["vectors"], feed)[0]
            if not found.shape[1]:
                found = np.empty((len(place), pooled.shape[1]), dtype=np.float32)
            found[batch] = pooled
        return found[index]
