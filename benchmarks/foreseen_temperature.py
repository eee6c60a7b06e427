"""The temperature that `contrastive` and `finetune` foresee for themselves, and the one of least log loss on rows they have not learned from.

    python benchmarks/foreseen_temperature.py [--sets a,b|development|test|pairs] [--sizes 8] [--rows 300,1000] [--methods contrastive,finetune] [--seeds 1]
        [--budget 600] [--test-rows 1000] [--name foreseen_temperature]

Each cell learns so many rows a class (`--sizes`) or in all (`--rows`), at most `budget` wall seconds, and answers test rows: log loss and calibration error (ECE, 15 bins)
of the network's own probabilities, of those that the method gives, and of those at the temperature of least loss, which was fitted to these very test rows: nothing
can be better than that. From the cells of a run the constants of `methods/modest.py: foreseen` are fitted too; those there came from the development sets of
auto_regret.py, whose test sets had no part in it. Finished cells are kept in results/NAME.cells.jsonl.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time

import numpy as np
from auto_regret import DEVELOPMENT, TEST
from common import Cells, record, rows_of

import hanshuku as hk
from hanshuku.data.encode import encode
from hanshuku.inference.heads import answers
from hanshuku.methods import modest
from hanshuku.methods.modest import foreseen
from hanshuku.metrics.calibration import expected_calibration_error
from hanshuku.metrics.classification import row_losses
from hanshuku.metrics.scaling import fit_temperature

PAIRS = {"qqp": "minilm", "mnli": "minilm", "rte": "minilm", "fewclue_ocnli": "e5-multilingual"}
MODELS = {name: model for name, (model, _) in {**DEVELOPMENT, **TEST}.items()} | PAIRS
GROUPS = {"development": DEVELOPMENT, "test": TEST, "pairs": PAIRS}
COLUMNS = ("text", "text_a", "text_b", "premise", "hypothesis")
WAYS = ("own", "foreseen", "best")


def drawn(name: str, part: str) -> list[dict]:
    """The rows of a set with the columns that are read and a label as text."""
    rows = ({**{key: row[key] for key in COLUMNS if key in row}, "label": str(row["label"])} for row in rows_of(name, part))
    return [row for row in rows if all(value.strip() for value in row.values())]


def one_cell(asked: argparse.Namespace, name: str, size: str, method: str, seed: int) -> dict:
    """Learn, and judge the same answers at three temperatures."""
    train, test, kept = drawn(name, "train"), drawn(name, "test"), {}
    labels = sorted({row["label"] for row in train})
    random.Random(0).shuffle(test)
    random.Random(seed).shuffle(train)
    if size.endswith("/class"):
        each = int(size.removesuffix("/class"))
        train = [row for label in labels for row in [row for row in train if row["label"] == label][:each]]
    else:
        train = train[: int(size)]

    def watched(learned: np.ndarray, targets: np.ndarray, hard: float) -> float:
        best = np.sort(learned, axis=1)
        kept.update(foreseen=foreseen(learned, targets, hard), hard=hard, margin=float(np.median(best[:, -1] - best[:, -2])), learned=float((learned.argmax(axis=1) == targets).mean()))
        return float(kept["foreseen"])

    modest.foreseen = watched  # type: ignore[assignment]
    start = time.process_time()
    function = hk.classify(labels, inputs=[key for key in COLUMNS if key in train[0]], name=name.replace("_", "-")).learn(train, method=method, model=MODELS[name], seed=seed, budget=asked.budget)
    cost = time.process_time() - start
    judged = encode(function.task, hk.read([row for row in test if row["label"] in labels][: asked.test_rows]))[0]
    logits = function.predictor(judged.inputs).logits(judged.inputs).astype(np.float64) * kept["foreseen"]
    best = fit_temperature(judged.targets, answers(function.task, logits)).temperature
    found = {way: answers(function.task, logits / heat) for way, heat in zip(WAYS, (1.0, kept["foreseen"], best), strict=True)}
    right = logits.argmax(axis=1) == judged.targets
    return {
        "rows": len(train), "labels": len(labels), "n": len(judged), "accuracy": float(right.mean()), "processor_s": round(cost), "best": best, **kept,
        "sure": {way: float(each.max(axis=1).mean()) for way, each in found.items()},
        "log_loss": {way: float(row_losses(judged.targets, each).mean()) for way, each in found.items()},
        "ece": {way: expected_calibration_error(each.max(axis=1), right) for way, each in found.items()},
    }  # fmt: skip


def table(cells: dict, methods: list[str], sizes: list[str], sets: list[str], seeds: int) -> dict:
    """Means over sets and seeds by method and size, each with its cells."""
    found = {}
    for method in methods:
        for size in sizes:
            each = {(name, seed): cells[name, size, method, str(seed)] for name in sets for seed in range(seeds)}
            mean = {measure: {way: round(statistics.mean(cell[measure][way] for cell in each.values()), 4) for way in WAYS} for measure in ("log_loss", "ece")}
            off = [math.log(cell["foreseen"] / cell["best"]) for cell in each.values()]
            by_set = {f"{name}, seed {seed}": {"accuracy": cell["accuracy"], "foreseen": round(cell["foreseen"], 2), "best": round(cell["best"], 2), "ece": cell["ece"], "log_loss": cell["log_loss"]} for (name, seed), cell in each.items()}
            found[f"{method}, {size}"] = {"cells": len(each), **mean, "log_temperature_off": {"mean": round(statistics.mean(off), 3), "root_mean_square": round(math.sqrt(statistics.mean(x * x for x in off)), 3)}, "by_set": by_set}
    return found


def constants(cells: list[dict]) -> dict:
    """PART and POWER by least squares of log(best / margin) on the log of the difficulty, over these cells."""
    design = np.array([[1.0, math.log(cell["hard"])] for cell in cells])
    (part, power), *_ = np.linalg.lstsq(design, np.array([math.log(cell["best"] / cell["margin"]) for cell in cells]), rcond=None)
    return {"part": round(math.exp(part), 3), "power": round(float(power), 3), "cells": len(cells)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="development", help=f"names, or one of {', '.join(GROUPS)}")
    parser.add_argument("--sizes", default="8", help="rows a class")
    parser.add_argument("--rows", default="", help="rows in all")
    parser.add_argument("--methods", default="contrastive,finetune")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--budget", type=int, default=600, help="seconds of wall time a fit may take")
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--name", default="foreseen_temperature", help="of the files in results/ that are written")
    asked = parser.parse_args()
    sets = list(GROUPS.get(asked.sets, asked.sets.split(",")))
    sizes = [f"{size}/class" for size in asked.sizes.split(",") if size] + [size for size in asked.rows.split(",") if size]
    methods, cells = asked.methods.split(","), Cells(asked.name)
    for seed in range(asked.seeds):
        for size in sizes:
            for name in sets:
                for method in methods:
                    cells.fill((name, size, method, str(seed)), lambda name=name, size=size, method=method, seed=seed: one_cell(asked, name, size, method, seed))
    record(asked.name, {"budget": asked.budget, "seeds": asked.seeds, "by_size": table(cells, methods, sizes, sets, asked.seeds), "constants_of_all_cells": constants(list(cells.values()))})


if __name__ == "__main__":
    main()
