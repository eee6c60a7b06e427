"""perturb: rows in another form that means the same, with their targets where they then lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hanshuku.data.augment import AUGMENTERS
from hanshuku.data.augment.encoded import KINDS, marked_row, moved_target
from hanshuku.data.augment.near import MODELS
from hanshuku.data.augment.rows import plan_of
from hanshuku.data.encoded import Encoded
from hanshuku.data.language import HAN, LATIN
from hanshuku.tasks.base import objects

__all__ = ["KINDS", "WAYS", "Way", "drawn", "perturbed", "ways_of"]

SHARE = 0.1  # of the rows that must have letters of a script, so that its ways are tried
PARAPHRASE = "paraphrase"


@dataclass(frozen=True)
class Way:
    """A change of form.

    Attributes:
        name: of one of AUGMENTERS.
        scripts: of which a row must have letters: "latin", "han".
        model: whether a pretrained model chooses what is put in.
    """

    name: str
    scripts: tuple[str, ...]
    model: bool = False

    @property
    def share(self) -> float:
        """Share of the words or characters that it changes, 0..1."""
        return AUGMENTERS[self.name].share


WAYS: tuple[Way, ...] = (
    Way("typos", ("latin",)),
    Way("casing", ("latin",)),
    Way("punctuation", ("latin", "han")),
    Way("contractions", ("latin",)),
    Way("ocr", ("latin", "han")),
    Way("homophones", ("han",)),
    Way("lookalikes", ("han",)),
    Way("width", ("han",)),
    Way("script", ("han",)),
    Way("synonyms", ("latin", "han"), model=True),
)


def drawn(n: int, rows: int, seed: int) -> np.ndarray:
    """At most `rows` of n places, drawn by the seed, in order."""
    return np.arange(n) if n <= rows else np.sort(np.random.default_rng(seed).choice(n, rows, replace=False))


def ways_of(encoded: Encoded) -> list[Way]:
    """The ways that suit the scripts of the rows."""
    texts = [" ".join(row) for row in encoded.inputs]
    held = {script: sum(bool(letters.search(text)) for text in texts) >= max(1, SHARE * len(texts)) for script, letters in (("latin", LATIN), ("han", HAN))}
    if sum(len(HAN.findall(text)) for text in texts) > sum(len(LATIN.findall(text)) for text in texts):
        held["latin"] = False  # brand names and the like in Chinese texts
    return [way for way in WAYS if any(held[script] for script in way.scripts)]


def model_of(way: Way, encoded: Encoded) -> str:
    """The model that a way asks for these rows; "" where it asks none."""
    return "" if not way.model else MODELS["zh" if any(HAN.search(" ".join(row)) for row in encoded.inputs) else "en"]


def perturbed(encoded: Encoded, name: str, *, seed: int = 0) -> tuple[np.ndarray, Encoded]:
    """The places of the rows that a way could change, and those rows changed.

    Args:
        encoded: labelled rows of a kind in KINDS.
        name: of one of AUGMENTERS, or a specification as `parse_spec` reads it. All texts of a row change, not labels.
        seed: of what is drawn.

    Raises:
        MissingExtra: a package that the way needs is not installed.
        ModelError: a model that it needs cannot be had.
    """
    plan = plan_of(name, 1, seed, "both")
    places, inputs, targets = [], [], []
    for i, row in enumerate(encoded.inputs):
        target = None if encoded.targets is None else encoded.targets[i]
        for copy in plan.copies(marked_row(encoded.task, row, target)):
            places.append(i)
            inputs.append(tuple(marked.text for marked in copy.texts))
            targets.append(moved_target(encoded.task, target, copy.texts))
    return np.array(places, dtype=np.int64), _rows(encoded, places, inputs, targets)


def paraphrased(encoded: Encoded, writer: Callable[[Sequence[str]], Sequence[str | None]]) -> tuple[np.ndarray, Encoded]:
    """The places of the rows whose texts were said in other words, and those rows.

    Args:
        encoded: labelled rows whose labels lie on whole texts.
        writer: N texts in, N texts out; None where there is none that is fit to use.
    """
    texts = [text for row in encoded.inputs for text in row]
    new = iter(writer(texts))
    rows = [tuple(next(new) for _ in row) for row in encoded.inputs]
    places = [i for i, row in enumerate(rows) if None not in row]
    inputs = [tuple(map(str, rows[i])) for i in places]
    return np.array(places, dtype=np.int64), _rows(encoded, places, inputs, [])


def _rows(encoded: Encoded, places: list[int], inputs: list[tuple[str, ...]], targets: list[Any]) -> Encoded:
    more = encoded.take(places)
    moved = targets and more.targets is not None and more.targets.dtype == object
    return replace(more, inputs=inputs, targets=objects(targets) if moved else more.targets)
