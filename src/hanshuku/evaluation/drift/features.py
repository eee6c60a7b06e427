"""Rows as numbers that no label has touched: a function's own features may remember the rows it learned from, and would then tell these from any others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.inference.spans import hash_spans

BUCKETS = 1 << 16
WIDTH = 512  # directions that the buckets are folded into
_MIX = 0x9E3779B1  # odd
FEATURES = ("words", "function")


def row_features(inputs: Sequence[tuple[str, ...]], *, predictor: Any = None, how: str = "") -> tuple[np.ndarray, str]:
    """(N, D) features, and what they are: "words" or "function".

    Args:
        inputs: N rows.
        predictor: whose features may be taken.
        how: "words": words and character n-grams; "function": those of a function whose encoder no label has moved; "": the latter where there are some.
    """
    if how == "function" or (not how and has_own_features(predictor)):
        return np.asarray(predictor.features(inputs), dtype=np.float64), "function"
    return word_features(inputs), "words"


def has_own_features(predictor: Any) -> bool:
    """Whether it has features that no label has moved: those of an encoder that is as it was pre-trained."""
    return hasattr(predictor, "features") and not getattr(predictor, "changed", True)


def word_features(inputs: Sequence[tuple[str, ...]], width: int = WIDTH) -> np.ndarray:
    """(N, width): words, pairs of words and character n-grams, hashed with signs, each row divided by the root of how many it has.

    Charikar et al. 2002, https://doi.org/10.1016/S0304-3975(03)00400-6 (count sketch); no tokenizer and no model, in any script.

    Args:
        inputs: N rows; several texts of a row count as one.
        width: a power of two.
    """
    spans = hash_spans(["\n".join(row) for row in inputs], BUCKETS)
    mixed = (spans.buckets * _MIX) & 0xFFFFFFFF
    place, sign = mixed >> (32 - width.bit_length() + 1), 1.0 - 2.0 * ((mixed >> 3) & 1)
    sizes = np.diff(spans.starts)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    found = np.bincount(owner * width + place, weights=sign, minlength=len(sizes) * width).reshape(len(sizes), width)
    return np.asarray(found / np.sqrt(np.maximum(sizes, 1))[:, None])
