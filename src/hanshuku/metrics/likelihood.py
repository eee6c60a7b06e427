"""How well a language model foretells references: bits per byte, loss (nats a token) and perplexity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hanshuku.errors import DataError
from hanshuku.metrics.base import Metric
from hanshuku.metrics.intervals import POSITIVE, measured
from hanshuku.metrics.rows import ratio_sample

BYTE = 8.0  # bits that a byte has where nothing is known of it


def likelihood_metrics(bits: np.ndarray, tokens: np.ndarray, sizes: np.ndarray, **draws: Any) -> dict[str, Metric]:
    """bits_per_byte, loss and perplexity of N references; less is better. All three are of the whole corpus and no means of rows.

    Bits per byte compare models with different tokenizers, loss and perplexity only those with the same. Chance: 8 bits a
    byte; for the other two it hangs on the vocabulary and is NaN.

    Args:
        bits: (N,) that the model needs for each reference with what ends it: minus log2 of its probability.
        tokens: (N,) of each reference, what ends it included.
        sizes: (N,) bytes of each reference as UTF-8.
        **draws: `resamples` and `seed` of the bootstrap.

    Raises:
        DataError: a number is not finite, or there is no row.
    """
    if not len(bits) or not np.isfinite(bits).all():
        raise DataError(f"Finite bits of at least one reference are due. Received: {int((~np.isfinite(bits)).sum())} of {len(bits)} that are not finite.")
    per_byte = measured(ratio_sample([(bits, sizes)]), (POSITIVE,), (BYTE,), **draws)[0]
    loss = measured(ratio_sample([(bits * math.log(2), tokens)]), (POSITIVE,), (math.nan,), **draws)[0]
    perplexity = Metric(math.exp(loss.value), math.exp(loss.low), math.exp(loss.high), loss.n, math.nan)
    return {"bits_per_byte": per_byte, "loss": loss, "perplexity": perplexity}
