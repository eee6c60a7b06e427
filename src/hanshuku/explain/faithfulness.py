"""Is an explanation true to the function? Comprehensiveness and sufficiency, against words in random order.

DeYoung et al. 2020 (ERASER), arXiv 1911.03429, section 5: without the words with most weight the answer should lose its probability
(comprehensiveness, the more the better); with these alone it should keep it (sufficiency, the less is lost the better). Both are means
over the shares of words in SHARES (AOPC).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hanshuku.errors import DataError
from hanshuku.explain.base import LOG_ODDS
from hanshuku.explain.cases import values
from hanshuku.explain.explain import cases_of, explain_cases, resolved
from hanshuku.explain.wording import words_in
from hanshuku.inference.base import Inputs, Predictor
from hanshuku.metrics.base import Metric
from hanshuku.metrics.intervals import mean_metric
from hanshuku.training.run import Step, silent

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)  # of a row's words, at least one word
ORDERS = 5  # random orders a row


@dataclass(frozen=True)
class Faithfulness:
    """How true explanations are, as means over rows with 95% intervals.

    Attributes:
        method: of explaining.
        comprehensiveness: what the answer loses without the words with most weight; `chance`: without as many random ones.
        sufficiency: what it loses when these alone are left; `chance`: when as many random ones are.
        over_random: by how much the first is more than that of random words, row by row; better than random where its `low` is above 0.
        under_random: by how much the second is less than that of random words.
        unit: "probability" of what was answered; of numbers and rankings "score", of texts that were written "nats".
    """

    method: str
    comprehensiveness: Metric
    sufficiency: Metric
    over_random: Metric
    under_random: Metric
    unit: str = "probability"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        names = ("comprehensiveness", "sufficiency", "over_random", "under_random")
        return {"method": self.method, "unit": self.unit, **{name: getattr(self, name).to_json() for name in names}}

    def lines(self, language: str = "en") -> tuple[str, ...]:
        """What was found, in words.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        words = words_in(language)
        what, found = words[f"what_{self.unit}"], []
        for name, gain in (("comprehensiveness", self.over_random), ("sufficiency", self.under_random)):
            metric = getattr(self, name)
            better = words["better" if gain.low > 0 else "no_better"]
            said = words[name].format(what=what, value=metric, random=f"{metric.chance:.3f}") + (words["rises"] if metric.value < 0 else "")
            found.append(f"{said}{words['stop']}{words['difference']} {gain}{words['colon']}{better}")
        return (words["over"].format(method=words[self.method], rows=self.comprehensiveness.n), *found)


def faithfulness(
    predictor: Predictor, rows: Inputs, *, method: str = "auto", samples: int = 0, seed: int = 0, report: Callable[[Step], None] = silent
) -> Faithfulness:
    """How true a method's explanations of what was answered are to the predictor. Rows of fewer than two words are passed over.

    Args:
        predictor: what answers.
        rows: one text per input each.
        method: as in `explain_rows`.
        samples: as in `explain_rows`.
        seed: of the draws of the method and of the random orders.
        report: called with progress.

    Raises:
        DataError: no row has two words.
        ConfigError: see `explain_rows`.
    """
    method = resolved(predictor, method, samples)
    cases = [case for case in cases_of(predictor, rows) if len(case.cutter.words) > 1]
    if not cases:
        raise DataError("To measure how true explanations are, rows of at least two words are due. Received none.")
    rng = np.random.default_rng(seed)
    found = []
    for explanation, case in zip(explain_cases(predictor, cases, method=method, samples=samples, seed=seed, report=report), cases, strict=True):
        order = np.argsort([-word.weight for word in explanation.words], kind="stable")
        orders = [order, *(rng.permutation(len(order)) for _ in range(ORDERS))]
        masks = np.concatenate([np.ones((1, len(order)), dtype=bool), *map(_masks, orders)])
        scores = values(predictor, [case], [masks])[0][:, case.keys.index(case.label)]
        found.append(_lost(1 / (1 + np.exp(-scores)) if case.UNIT == LOG_ODDS else scores))
    own, random = np.array([row[0] for row in found]), np.array([row[1:].mean(axis=0) for row in found])
    more, less = own[:, 0] - random[:, 0], random[:, 1] - own[:, 1]
    chances = random.mean(axis=0).tolist()
    unit = "probability" if cases[0].UNIT == LOG_ODDS else cases[0].UNIT
    return Faithfulness(method, mean_metric(own[:, 0], chances[0]), mean_metric(own[:, 1], chances[1]), mean_metric(more), mean_metric(less), unit)


def _masks(order: np.ndarray) -> np.ndarray:
    """(2 S, W): for each share the row without the first words of the order, and with these alone."""
    places = np.argsort(order)  # of each word in the order
    first = np.array([places < max(1, round(share * len(order))) for share in SHARES])
    return np.stack([~first, first], axis=1).reshape(-1, len(order))


def _lost(scores: np.ndarray) -> np.ndarray:
    """(1 + ORDERS, 2) comprehensiveness and sufficiency, from the score of the whole row and those of `_masks` for each order."""
    lost = scores[0] - scores[1:]
    return np.asarray(lost.reshape(1 + ORDERS, len(SHARES), 2).mean(axis=1))
