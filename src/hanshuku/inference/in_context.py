"""InContextPredictor: a language model is shown, before each text, the labelled rows that are most like it."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import ConfigError, FunctionFolderError, TaskError
from hanshuku.inference.backbone import load_backbone, save_backbone
from hanshuku.inference.base import Inputs, Reply
from hanshuku.inference.demonstrations import Choice, choose, read_demonstrations
from hanshuku.inference.embed import embed
from hanshuku.inference.extraction import ExtractionPredictor
from hanshuku.inference.generation import GenerationPredictor
from hanshuku.inference.label_scoring import LabelScoringPredictor
from hanshuku.inference.prompts import Demonstration
from hanshuku.inference.remote.predictor import RemotePredictor
from hanshuku.models.load import Loaded
from hanshuku.tasks import Task

ENCODER, VECTORS = "encoder", "demonstrations.safetensors"  # below the function's folder
ASKERS: dict[str, Any] = {asker.KIND: asker for asker in (LabelScoringPredictor, GenerationPredictor, ExtractionPredictor, RemotePredictor)}


@dataclass(frozen=True)
class Pool:
    """Labelled rows that may be shown.

    Attributes:
        demonstrations: N rows with the answer that is shown.
        strata: (N,) int64, the label of each row; see `Encoded.strata`.
        vectors: (N, D) float32, unit vectors of the rows.
    """

    demonstrations: tuple[Demonstration, ...]
    strata: np.ndarray
    vectors: np.ndarray

    def __post_init__(self) -> None:
        if not len(self.demonstrations) == len(self.strata) == len(self.vectors):
            raise ValueError(f"{len(self.demonstrations)} demonstrations, {len(self.strata)} strata and {len(self.vectors)} vectors")


def row_vectors(encoder: Loaded, rows: Inputs, task: Task) -> np.ndarray:
    """(N, D) unit vectors of rows, in float32: with a coarser rounding a row's neighbours would depend on its batch.

    Of a conversation what was said is read, the last turn first, so that a long one loses its beginning.
    """
    texts = [(_said(row[0]),) for row in rows] if task.kind == "chat" else [tuple(row) for row in rows]
    return embed(encoder, texts, precision="fp32")


def _said(talk: str) -> str:
    return "\n".join(turn["content"] for turn in reversed(json.loads(talk)) if turn["role"] != "system")


class InContextPredictor:
    """Chooses demonstrations for each row and asks a language model behind them.

    Args:
        asker: the language model, with the settings by which it is asked.
        encoder: says which rows are alike.
        pool: what may be shown.
        choice: how many of them, and by what.
    """

    KIND: ClassVar[str] = "in_context"

    def __init__(self, asker: LabelScoringPredictor | GenerationPredictor | RemotePredictor, encoder: Loaded, pool: Pool, choice: Choice) -> None:
        self.asker, self.encoder, self.pool, self.choice = asker, encoder, pool, choice
        self.task, self.threshold = asker.task, asker.threshold

    def count_anew(self) -> None:
        """See the asker's `count_anew`."""
        self.asker.count_anew()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know."""
        return self.asker.notes

    def demonstrations(self, inputs: Inputs) -> list[tuple[Demonstration, ...]]:
        """What is shown before each of these rows, the most similar row last; the prompt may have room for the last of them only."""
        if not len(inputs):
            return []
        found = row_vectors(self.encoder, inputs, self.task)
        chosen = (choose(vector, self.pool.vectors, self.pool.strata, self.choice) for vector in found)
        return [tuple(self.pool.demonstrations[i] for i in places) for places in chosen]

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """See the asker's `outputs`. No row depends on another."""
        return self.asker.outputs(inputs, self.demonstrations(inputs))

    def replies(self, inputs: Inputs) -> list[Reply]:
        """Where the asker writes texts: see `GenerationPredictor.replies`."""
        return self._writer().replies(inputs, self.demonstrations(inputs))

    def stream(self, row: Sequence[str]) -> Generator[str, None, Reply]:
        """Where the asker writes texts: the answer to one row, piece by piece; see `GenerationPredictor.stream`."""
        return self._writer().stream(row, self.demonstrations([tuple(row)])[0])

    def overlong(self, rows: Inputs) -> list[bool]:
        """Whether each row would lose some of its text, however few demonstrations are shown."""
        return self._writer().overlong(rows)

    @property
    def limit(self) -> int:
        """Most tokens of a prompt, where the asker is here."""
        return int(getattr(self.asker, "limit", 0))

    def with_settings(self, **changes: Any) -> InContextPredictor:
        """The same with other settings of DECODING.

        Raises:
            ConfigError: another setting, or a value outside its range.
        """
        return InContextPredictor(self._writer().with_settings(**changes), self.encoder, self.pool, self.choice)

    def cleaned(self, clean: Callable[[str], str], mark: str) -> InContextPredictor:
        """See `RemotePredictor.cleaned`; where the model is here, nothing is kept and this is the same predictor."""
        if not isinstance(self.asker, RemotePredictor):
            return self
        return InContextPredictor(self.asker.cleaned(clean, mark), self.encoder, self.pool, self.choice)

    def _writer(self) -> GenerationPredictor | RemotePredictor:
        if isinstance(self.asker, LabelScoringPredictor):
            raise ConfigError(f"{self.task.name}() scores its labels and writes no text: call it.")
        return self.asker

    def reference_bits(self, inputs: Inputs, references: Sequence[str]) -> np.ndarray:
        """Where the asker writes texts: (N, 3) bits, tokens and bytes of the references behind what is shown; see `GenerationPredictor.reference_bits`.

        Raises:
            TaskError: the asker scores labels.
        """
        if not isinstance(self.asker, GenerationPredictor):
            raise TaskError(f"Only a text can be foretold. Received a task of kind {self.task.kind!r}.")
        return self.asker.reference_bits(inputs, references, self.demonstrations(inputs))

    def prompt(self, row: Sequence[str]) -> str:
        """The whole prompt of one row as the model reads it, up to where the answer begins."""
        return self.asker.prompt(row, self.demonstrations([tuple(row)])[0])

    def save(self, folder: Path) -> dict[str, Any]:
        """Write both models and the vectors below `folder`; return JSON data, the demonstrations among it, that `load` needs besides."""
        from safetensors.numpy import save_file

        (folder / ENCODER).mkdir()
        save_file({"vectors": np.ascontiguousarray(self.pool.vectors), "strata": self.pool.strata}, folder / VECTORS)
        return {
            "asker": {"kind": self.asker.KIND, "data": self.asker.save(folder)},
            "encoder": save_backbone(self.encoder, folder / ENCODER, changed=False),
            "choice": asdict(self.choice),
            "demonstrations": [[list(row), answer] for row, answer in self.pool.demonstrations],
        }

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> InContextPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            kind, asked = ASKERS[data["asker"]["kind"]], data["asker"]["data"]
            choice, encoder = Choice(**data["choice"]), data["encoder"]
            tensors = load_file(folder / VECTORS)
            pool = Pool(read_demonstrations(data["demonstrations"]), tensors["strata"], tensors["vectors"])
        except (KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
            raise FunctionFolderError(f"{folder} is damaged: its demonstrations cannot be read ({error!r}). Copy it again.") from error
        return cls(kind.load(folder, asked, task), load_backbone(folder / ENCODER, encoder), pool, choice)
