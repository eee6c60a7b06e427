"""explain: why a function answered a row as it did, which words drive each label, and how true that is to the function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.explain.base import Explanation
from hanshuku.explain.drivers import Drivers
from hanshuku.explain.drivers import drivers as find_drivers
from hanshuku.explain.explain import explain_rows
from hanshuku.explain.faithfulness import Faithfulness
from hanshuku.explain.faithfulness import faithfulness as measure_faithfulness
from hanshuku.explain.neighbours import with_neighbours
from hanshuku.functions.learn import encoded
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.functions.core import Function


def explain(
    function: Function[..., Any], rows: Sequence[tuple[str, ...]], *, method: str = "auto", label: str | Sequence[str] | None = None,
    examples: Any = None, samples: int = 0, seed: int = 0, report: Callable[[Step], None] = silent,
) -> list[Explanation]:  # fmt: skip
    """What each word of these rows did to the answer.

    Args:
        function: what answers.
        rows: one text per input each, as `Function.row` gives them.
        method: "occlusion" (one variant a word), "shap" (a fair part each; the weights add up), "lime", or "integrated_gradients" (encoders
            that classify or rate; the weights add up; needs the extra "explain"). "auto" is occlusion: the cheapest, for every function, and about
            as true to the function as the others (benchmarks/faithfulness.py).
        label: classify: the label to explain, or several; tag: a kind of entity; rank: a candidate; None: what was answered.
        examples: labelled Examples, or whatever `read` takes, best those it learned from (it keeps none): the nearest of them, and those with
            most influence for and against, come with each explanation; None: none.
        samples: variants a row that are drawn; 0: as many as the words call for.
        seed: of the draws; same seed, same weights.
        report: called with progress.

    Raises:
        UnknownName: no method, or no label, has that name.
        ConfigError: answers of this kind, or this function, cannot be explained so.
        DataError: the examples do not fit the function.
    """
    predictor = function.predictor(rows)
    labelled = None if examples is None else encoded(function.task, examples)[0]
    found = explain_rows(predictor, rows, method=method, label=label, samples=samples, seed=seed, report=report)
    return found if labelled is None else with_neighbours(predictor, found, labelled, report=report)


def drivers(function: Function[..., Any], examples: Any, **options: Any) -> Drivers:
    """Which words speak for each label over many rows.

    Args:
        function: one that classifies or rates.
        examples: Examples, or whatever `read` takes; labels are not needed.
        **options: see `hanshuku.explain.drivers.drivers`: rows, method, samples, seed, report.

    Raises:
        ConfigError: the function does neither, or the method cannot explain it.
        DataError: the examples do not fit the function.
    """
    rows = encoded(function.task, examples, labelled=False, drop_empty=True)[0].inputs
    return find_drivers(function.predictor(rows[:50]), rows, **options)


def faithfulness(function: Function[..., Any], examples: Any, *, rows: int = 100, seed: int = 0, **options: Any) -> Faithfulness:
    """How true a method's explanations are to the function, against words in random order.

    Args:
        function: what answers.
        examples: Examples, or whatever `read` takes; labels are not needed.
        rows: most rows that are explained, drawn by the seed.
        seed: of all draws.
        **options: see `hanshuku.explain.faithfulness.faithfulness`: method, samples, report.

    Raises:
        ConfigError: the method cannot explain the function.
        DataError: the examples do not fit the function, or none has two words.
    """
    inputs = encoded(function.task, examples, labelled=False, drop_empty=True)[0].inputs
    chosen = np.sort(np.random.default_rng(seed).permutation(len(inputs))[:rows])
    return measure_faithfulness(function.predictor(inputs[:50]), [inputs[i] for i in chosen.tolist()], seed=seed, **options)
