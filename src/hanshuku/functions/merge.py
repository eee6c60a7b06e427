"""merged: a predictor whose small change has become part of its model's weights."""

from __future__ import annotations

import copy
from typing import Any

from hanshuku.errors import ConfigError
from hanshuku.inference.base import Predictor


def merged(predictor: Predictor) -> Predictor:
    """A predictor with the same network that is saved as a plain transformers folder.

    Raises:
        ConfigError: it holds nothing that becomes part of the weights.
    """
    loaded: Any = getattr(predictor, "loaded", None)
    if not hasattr(loaded, "merged"):
        raise ConfigError("lora, dora, ia3, bias and last_layers become part of a model's weights; this function was not learned by one of them, so there is nothing to merge.")
    other: Any = copy.copy(predictor)
    other.loaded, other.changed = loaded.merged(), True
    return other  # type: ignore[no-any-return]
