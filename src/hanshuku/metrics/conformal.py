"""Sets of labels that hold the right one as often as was asked for, whatever the model (split conformal prediction).

Vovk, Gammerman & Shafer 2005; Angelopoulos & Bates 2021, arXiv 2107.07511, sections 1 and 2. The promise is for rows like the held-out ones, on average over
draws of both; it is exact to 1 / (N + 1).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np

from hanshuku.errors import ConfigError, DataError

KINDS = ("lac", "aps")


def strangeness(kind: str, probabilities: np.ndarray, inputs: Sequence[tuple[str, ...]]) -> np.ndarray:
    """(N, L) float64: how strange each label would be; a set holds the labels that are strange no more than the threshold.

    "lac" (Sadinle et al. 2019, arXiv 1609.00451): 1 less the probability; the smallest sets on average, at times an empty one. "aps" (Romano et al. 2020, arXiv
    2006.02544): the probability of all likelier labels and a random part of its own; sets grow where the row is hard. The
    part is drawn from the row's text, so that a row has one set always.

    Args:
        kind: one of KINDS.
        probabilities: (N, L), rows sum to 1.
        inputs: the rows.

    Raises:
        ConfigError: there is no such kind.
    """
    if kind not in KINDS:
        raise ConfigError(f"Sets of labels are made by {' or '.join(KINDS)}. Received: {kind!r}.")
    chances = probabilities.astype(np.float64)
    if kind == "lac":
        return 1 - chances
    order = np.argsort(-chances, axis=1, kind="stable")
    ranked = np.take_along_axis(chances, order, axis=1)
    part = np.array([_uniform(row) for row in inputs]).reshape(-1, 1)
    scores = np.cumsum(ranked, axis=1) - ranked + part * ranked
    found = np.empty_like(scores)
    np.put_along_axis(found, order, scores, axis=1)
    return found


def _uniform(row: tuple[str, ...]) -> float:
    """A number within 0..1 that follows from the texts and looks like chance."""
    digest = hashlib.sha256("\x1f".join(row).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def conformal_threshold(scores: np.ndarray, coverage: float) -> float:
    """The greatest strangeness of a label in a set, so that sets hold the right label with probability `coverage`.

    Args:
        scores: (N,) strangeness of the right labels of held-out rows.
        coverage: within 0..1.

    Raises:
        DataError: there are too few rows for that coverage.
    """
    n = len(scores)
    place = math.ceil(round((n + 1) * coverage, 9))
    if place > n:
        raise DataError(f"Sets that hold the right label {coverage:.0%} of the time need at least {math.ceil(round(coverage / (1 - coverage), 9))} held-out rows. Received: {n}.")
    return float(np.partition(scores, place - 1)[place - 1])
