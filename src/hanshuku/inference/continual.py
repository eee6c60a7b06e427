"""ContinualPredictor: an encoder with its head, and what it keeps so as to learn on."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.past import FOLDER, Past
from hanshuku.tasks import Task


@dataclass
class ContinualPredictor(EncoderPredictor):
    """Answers as an EncoderPredictor does.

    Attributes:
        past: what is kept of its sessions.
    """

    KIND: ClassVar[str] = "continual"
    past: Past = field(default_factory=Past)

    @classmethod
    def of(cls, predictor: EncoderPredictor, past: Past, notes: tuple[str, ...] = ()) -> ContinualPredictor:
        """The same predictor with what it keeps."""
        plain = {f.name: getattr(predictor, f.name) for f in fields(EncoderPredictor) if f.init}
        return cls(**{**plain, "past": past, "fit_notes": notes})

    def without_rows(self) -> ContinualPredictor:
        """The same without the stored rows and what was said of them."""
        return replace(self, past=replace(self.past, rows=None, session_of=self.past.session_of[:0], logits=None))

    def save(self, folder: Path) -> dict[str, Any]:
        """See `EncoderPredictor.save`; the past goes to `folder`/memory."""
        data = super().save(folder)
        return data | {"past": self.past.save(folder)}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> ContinualPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        return cls.of(EncoderPredictor.load(folder, data, task), Past.load(folder, data.get("past", {}), task))

    def card_lines(self, folder: Path) -> list[str]:
        """What its card says of what it keeps in `folder`, where it was just saved."""
        size = sum(file.stat().st_size for file in (folder / FOLDER).glob("*")) if (folder / FOLDER).is_dir() else 0
        return self.past.card_lines(size / 1e6)
