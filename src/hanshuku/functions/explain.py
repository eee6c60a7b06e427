"""explain: why a function answered a row, or many, as it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hanshuku.explain.base import Explanation
from hanshuku.explain.explain import explain_rows
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.functions.core import Function


def explain(
    function: Function[..., Any], rows: Sequence[tuple[str, ...]], *, method: str = "auto", label: str | Sequence[str] | None = None,
    samples: int = 0, seed: int = 0, report: Callable[[Step], None] = silent,
) -> list[Explanation]:  # fmt: skip
    """What each word of these rows did to the answer.

    Args:
        function: what answers.
        rows: one text per input each, as `Function.row` gives them.
        method: "occlusion" (one variant a word), "shap" (a fair part each; the weights add up), "lime", or "integrated_gradients" (encoders
            that classify or rate; the weights add up; needs the extra "explain"). "auto" is occlusion: the cheapest, for every function, and in
            benchmarks/faithfulness.py no less true to the function than the others.
        label: classify: the label to explain, or several; None: what was answered.
        samples: variants a row that are drawn; 0: as many as the words call for.
        seed: of the draws; same seed, same weights.
        report: called with progress.

    Raises:
        UnknownName: no method, or no label, has that name.
        ConfigError: answers of this kind, or this function, cannot be explained so.
    """
    return explain_rows(function.predictor(rows), rows, method=method, label=label, samples=samples, seed=seed, report=report)
