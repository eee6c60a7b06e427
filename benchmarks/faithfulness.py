"""Are explanations true to the function? Comprehensiveness and sufficiency (ERASER) of each method, against random words, on three sets.

    python benchmarks/faithfulness.py [--sets sst2 ag_news stock_comments_zh chnsenticorp_hotel] [--learners finetune probe contrastive static] [--methods ...]
                                      [--rows 500] [--explained 100] [--seed 0]
    python benchmarks/faithfulness.py --learners static    # minutes; static vectors have no gradients, so three methods

Each function learns from --rows training rows drawn at random, and --explained test rows are explained. A cell, one set, learner and method,
is kept as soon as it is there, so that a run that was stopped goes on; with fewer rows than the defaults the cells go to the folder for temporary files, and no result is written.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from common import Cells, record, rows_of

import hanshuku as hk
from hanshuku.explain.faithfulness import faithfulness

SETS = {
    "sst2": ("minilm", "validation"),
    "ag_news": ("minilm", "test"),
    "stock_comments_zh": ("e5-multilingual", "test"),
    "chnsenticorp_hotel": ("e5-multilingual", "test"),  # long texts: hours with an encoder
}
METHODS = ("occlusion", "shap", "lime", "integrated_gradients")


def learned(name: str, learner: str, rows: int, seed: int) -> hk.Function:
    """A function that learned from so many rows of a set."""
    train = random.Random(seed).sample(rows_of(name, "train"), rows)
    labels = sorted({row["label"] for row in train})
    return hk.classify(labels, name=name).learn(train, method=learner, model=None if learner == "static" else SETS[name][0], seed=seed)


def main() -> None:
    """Fill the cells and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--learners", nargs="*", default=["finetune"])
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--explained", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    whole = options.rows >= 500 and options.explained >= 100
    cells = Cells("faithfulness", file=None if whole else Path(tempfile.gettempdir()) / "faithfulness.small.cells.jsonl")
    for name in options.sets:
        test = random.Random(options.seed).sample(rows_of(name, SETS[name][1]), options.explained)
        for learner in options.learners:
            methods = [method for method in options.methods if learner != "static" or method != "integrated_gradients"]
            missing = [method for method in methods if (name, learner, method, options.rows, options.explained, options.seed) not in cells]
            function = learned(name, learner, options.rows, options.seed) if missing else None
            for method in missing:

                def measured(function: hk.Function = function, method: str = method, test: list = test) -> dict:
                    start = time.process_time()
                    found = faithfulness(function.predictor(), [(row["text"],) for row in test], method=method, seed=options.seed).to_json()
                    return {**found, "accuracy": accuracy(function, test), "cpu_seconds": round(time.process_time() - start, 1)}

                cells.fill((name, learner, method, options.rows, options.explained, options.seed), measured)
    if whole:
        record("faithfulness", {"cells": [{"set": cell["key"][0], "learner": cell["key"][1], **cell} for cell in cells.values()]})


def accuracy(function: hk.Function, rows: list) -> float:
    """Of the rows that are explained."""
    answers = function.map([row["text"] for row in rows])
    return sum(answer == row["label"] for answer, row in zip(answers, rows, strict=True)) / len(rows)


if __name__ == "__main__":
    main()
