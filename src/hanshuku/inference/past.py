"""Past: what a function keeps of what it has learned, so that learning on does not make it forget. Plain files, no pickle.

memory/rows.jsonl            the rows that are replayed, a JSON object each: inputs, answer, session
memory/logits.safetensors    what the function said of them when they were stored, for distillation
memory/fisher.safetensors    how much each weight matters to what was learned (EWC), bfloat16
memory/subspaces.safetensors the directions in which earlier sessions moved each layer (O-LoRA)
memory/sums.safetensors      sums over all rows, from which the head is solved (analytic), float64
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.errors import FunctionFolderError
from hanshuku.tasks import Task, kind_of
from hanshuku.tasks.base import plain

FOLDER = "memory"
ROWS, LOGITS = f"{FOLDER}/rows.jsonl", f"{FOLDER}/logits.safetensors"
TENSORS = ("fisher", "subspaces", "sums")  # fields that are one safetensors file each


@dataclass(frozen=True)
class Session:
    """One time of learning."""

    rows: int  # learned from
    labels: tuple[str, ...]  # that they had; rate: none
    strategy: str  # what kept it from forgetting; "": learned by another method


@dataclass(frozen=True)
class Past:
    """What is kept of the sessions so far.

    Attributes:
        sessions: one for each time of learning, oldest first.
        rows: the M rows that are replayed, with their targets; None: none is stored.
        session_of: (M,) int64, the session that each stored row came with.
        logits: (M, O) float32 of the stored rows when they were stored; NaN for labels that were not known then.
        fisher: name of a parameter -> its diagonal Fisher information, bfloat16, summed over the sessions with decay.
        subspaces: path of a linear layer -> (k, F) float32, the rows of every LoRA A so far.
        sums: the fields of `methods.sums.Sums`, float64.
    """

    sessions: tuple[Session, ...] = ()
    rows: Encoded | None = None
    session_of: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    logits: np.ndarray | None = None
    fisher: Mapping[str, Any] = field(default_factory=dict)
    subspaces: Mapping[str, Any] = field(default_factory=dict)
    sums: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seen(self) -> int:
        """Rows of all sessions."""
        return sum(session.rows for session in self.sessions)

    @property
    def stored(self) -> int:
        """Rows that are kept."""
        return 0 if self.rows is None else len(self.rows)

    def widened(self, task: Task) -> Past:
        """The same for a task whose labels begin with the old ones."""
        rows, logits = self.rows, self.logits
        if rows is not None:
            targets = rows.targets
            if targets is not None and task.several:
                targets = wider(targets, len(task.labels), 0.0)
            rows = replace(rows, task=task, targets=targets)
        if logits is not None:
            logits = wider(logits, max(len(task.labels), 1), np.nan)
        return replace(self, rows=rows, logits=logits)

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the files that are needed below `folder`; return JSON data that `load` needs besides."""
        parts = [name for name in TENSORS if getattr(self, name)]
        if self.rows is not None or parts:
            (folder / FOLDER).mkdir()
        if self.rows is not None:
            with (folder / ROWS).open("w", encoding="utf-8") as stream:
                for row in self._plain_rows(self.rows):
                    stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            if self.logits is not None:
                from safetensors.numpy import save_file

                save_file({"logits": np.ascontiguousarray(self.logits)}, folder / LOGITS)
        for name in parts:
            from safetensors.torch import save_file as save_tensors

            save_tensors({key: tensor.contiguous() for key, tensor in getattr(self, name).items()}, folder / FOLDER / f"{name}.safetensors")
        sessions = [{"rows": s.rows, "labels": list(s.labels), "strategy": s.strategy} for s in self.sessions]
        return {"sessions": sessions, "stored": self.stored, "logits": self.logits is not None, "tensors": parts}

    @classmethod
    def load(cls, folder: Path, data: Mapping[str, Any], task: Task) -> Past:
        """What `save` wrote.

        Raises:
            FunctionFolderError: a file is missing or damaged.
        """
        try:
            sessions = tuple(Session(s["rows"], tuple(s["labels"]), s["strategy"]) for s in data["sessions"])
            rows, session_of, logits = None, np.zeros(0, dtype=np.int64), None
            if data["stored"]:
                rows, session_of = _read_rows(folder / ROWS, task)
            if data["logits"]:
                from safetensors.numpy import load_file

                logits = load_file(folder / LOGITS)["logits"]
            found = {}
            for name in data["tensors"]:
                from safetensors.torch import load_file as load_tensors

                found[name] = load_tensors(folder / FOLDER / f"{name}.safetensors")
        except Exception as error:  # json, numpy and safetensors raise kinds of their own
            raise FunctionFolderError(f"{folder} is damaged: its {FOLDER}/ cannot be read ({error}). Copy the function again.") from error
        return cls(sessions, rows, session_of, logits, **found)

    def card_lines(self, megabytes: float) -> list[str]:
        """What a reader of the card must know of the stored rows and of the size of `memory/`; empty where nothing is kept."""
        lines = []
        if self.stored:
            lines += [
                f"**This folder holds {self.stored} of the rows that it learned from, as plain text, in `{ROWS}`.** They are there so that it can learn",
                "on without forgetting. Whoever has the folder can read them: for private rows, learn with `memory=0`, or take `function.without_rows()`.",
                "",
            ]
        if megabytes:
            lines.append(f"`{FOLDER}/` takes {megabytes:.1f} MB. It is read when the function learns on, and an export leaves it out.")
        return lines

    def _plain_rows(self, rows: Encoded) -> list[dict[str, Any]]:
        task = rows.task
        assert rows.targets is not None
        found = []
        for inputs, target, session in zip(rows.inputs, rows.targets, self.session_of.tolist(), strict=True):
            if task.kind == "rate":
                answer: Any = float(target)
            elif task.several:
                answer = [label for label, given in zip(task.labels, target, strict=True) if given]
            else:
                answer = task.labels[int(target)]
            found.append({"inputs": plain(inputs), "answer": answer, "session": session})
        return found


def _read_rows(file: Path, task: Task) -> tuple[Encoded, np.ndarray]:
    with file.open(encoding="utf-8") as stream:
        found = [json.loads(line) for line in stream]
    targets = kind_of(task).encode_targets(task, [row["answer"] for row in found])
    rows = Encoded(task, [tuple(row["inputs"]) for row in found], targets, np.zeros(len(found), dtype=np.int64))
    return rows, np.array([row["session"] for row in found], dtype=np.int64)


def wider(array: np.ndarray, width: int, filler: float) -> np.ndarray:
    """(N, O) -> (N, width), `filler` in the new columns."""
    return np.concatenate([array, np.full((len(array), width - array.shape[1]), filler, dtype=array.dtype)], axis=1)
