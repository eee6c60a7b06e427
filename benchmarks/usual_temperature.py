"""How much too sure of themselves `contrastive` and `finetune` are: the temperature of least log loss on rows they have not learned from, by method and number of rows.

    python benchmarks/usual_temperature.py [--sets a,b|development|test|pairs] [--sizes 8,32] [--rows 300,1000] [--methods contrastive,finetune] [--seeds 1]
        [--budget 300] [--test-rows 1000] [--name usual_temperature]

Each cell learns so many rows a class (`--sizes`) or in all (`--rows`), at most `budget` wall seconds, and answers test rows. Kept are the mean log loss and the
calibration error (ECE) at each of TEMPERATURES, and the temperature of least loss, which is fitted to these test rows: so the default is made from the development
sets of auto_regret.py and judged on its test sets. The table gives by method and size the median temperature of least loss, and the means of log loss and ECE with a
temperature of 1 and with each of TEMPERATURES. Finished cells are kept in results/NAME.cells.jsonl.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time

import numpy as np
from auto_regret import DEVELOPMENT, TEST
from common import Cells, record, rows_of

import hanshuku as hk
from hanshuku.data.encode import encode
from hanshuku.metrics.calibration import expected_calibration_error
from hanshuku.metrics.classification import row_losses
from hanshuku.metrics.scaling import Temperature, fit_temperature

TEMPERATURES = [round(2 ** (k / 4), 4) for k in range(-4, 17)]  # 0.5..16
PAIRS = {"qqp": "minilm", "mnli": "minilm", "rte": "minilm", "fewclue_ocnli": "e5-multilingual"}
MODELS = {name: model for name, (model, _) in {**DEVELOPMENT, **TEST}.items()} | PAIRS
GROUPS = {"development": DEVELOPMENT, "test": TEST, "pairs": PAIRS}
COLUMNS = ("text", "text_a", "text_b", "premise", "hypothesis")


def drawn(name: str, part: str) -> list[dict]:
    """The rows of a set with the columns that are read and a label as text."""
    rows = ({**{key: row[key] for key in COLUMNS if key in row}, "label": str(row["label"])} for row in rows_of(name, part))
    return [row for row in rows if all(value.strip() for value in row.values())]


def margin(outputs: np.ndarray) -> float:
    """The median log odds of the likeliest label against the second."""
    best = np.sort(np.log(outputs.clip(1e-12)), axis=1)
    return round(float(np.median(best[:, -1] - best[:, -2])), 3)


def one_cell(asked: argparse.Namespace, name: str, size: str, method: str, seed: int) -> dict:
    """Learn, and judge the same answers at each temperature."""
    train, test = drawn(name, "train"), drawn(name, "test")
    labels = sorted({row["label"] for row in train})
    random.Random(0).shuffle(test)
    random.Random(seed).shuffle(train)
    if size.endswith("/class"):
        of: dict[str, list] = {label: [] for label in labels}
        for row in train:
            of[row["label"]].append(row)
        train = [row for label in labels for row in of[label][: int(size.split("/", maxsplit=1)[0])]]
    else:
        train = train[: int(size)]
    start = time.process_time()
    function = hk.classify(labels, name=name.replace("_", "-")).learn(train, method=method, model=MODELS[name], seed=seed, budget=asked.budget)
    cost = time.process_time() - start
    judged = encode(function.task, hk.read([row for row in test if row["label"] in labels][: asked.test_rows]))[0]
    known = encode(function.task, hk.read(train[:200]))[0]
    outputs, learned = (function.predictor(rows.inputs).outputs(rows.inputs) for rows in (judged, known))
    right = outputs.argmax(axis=1) == judged.targets
    scaled = [Temperature(each).apply(outputs) for each in TEMPERATURES]
    return {
        "rows": len(train), "labels": len(labels), "n": len(judged), "accuracy": float(right.mean()), "learned_accuracy": float((learned.argmax(axis=1) == known.targets).mean()),
        "sure": float(outputs.max(axis=1).mean()), "learned_sure": float(learned.max(axis=1).mean()), "margin": margin(outputs), "learned_margin": margin(learned),
        "processor_s": round(cost),
        "temperature": fit_temperature(judged.targets, outputs).temperature,
        "log_loss": [round(float(row_losses(judged.targets, each).mean()), 5) for each in scaled],
        "ece": [round(expected_calibration_error(each.max(axis=1), right), 5) for each in scaled],
    }  # fmt: skip


def table(cells: dict, methods: list[str], sizes: list[str], sets: list[str], seeds: int) -> dict:
    """By method and size; see the top."""
    found = {}
    for method in methods:
        for size in sizes:
            each = {name: [cells[name, size, method, str(seed)] for seed in range(seeds)] for name in sets}
            flat = [cell for of_set in each.values() for cell in of_set]
            found[f"{method}, {size}"] = {
                "n": len(flat), "temperature": round(statistics.median(cell["temperature"] for cell in flat), 2),
                "temperature_by_set": {name: round(statistics.median(cell["temperature"] for cell in of_set), 2) for name, of_set in each.items()},
                **{measure: {str(t): round(statistics.mean(cell[measure][i] for cell in flat), 4) for i, t in enumerate(TEMPERATURES)} for measure in ("log_loss", "ece")},
            }  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="development", help=f"names, or one of {', '.join(GROUPS)}")
    parser.add_argument("--sizes", default="8,32", help="rows a class")
    parser.add_argument("--rows", default="", help="rows in all")
    parser.add_argument("--methods", default="contrastive,finetune")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--budget", type=int, default=300, help="seconds of wall time a fit may take")
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--name", default="usual_temperature", help="of the files in results/ that are written")
    asked = parser.parse_args()
    sets = list(GROUPS.get(asked.sets, asked.sets.split(",")))
    sizes = [f"{size}/class" for size in asked.sizes.split(",") if size] + [size for size in asked.rows.split(",") if size]
    methods, cells = asked.methods.split(","), Cells(asked.name)
    for seed in range(asked.seeds):
        for size in sizes:
            for name in sets:
                for method in methods:
                    cells.fill((name, size, method, str(seed)), lambda name=name, size=size, method=method, seed=seed: one_cell(asked, name, size, method, seed), hidden=("log_loss", "ece"))
    record(asked.name, {"budget": asked.budget, "seeds": asked.seeds, "by_size": table(cells, methods, sizes, sets, asked.seeds)})


if __name__ == "__main__":
    main()
