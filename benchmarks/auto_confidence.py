"""What the temperature that `auto` fits to its out-of-fold answers does for the confidences: calibration error on test rows, with it and without.

    python benchmarks/auto_confidence.py [--seeds 3] [--rows 600] [--budget 90] [--sets sst2,ag_news,chnsenticorp_hotel] [--name auto_confidence]

`auto` learns from `rows` training rows within the budget; the same function is judged on the test set as it is and as it was before its confidences were scaled,
row by row. No answer may change. Where `auto` found no clear gain on its own rows it scales nothing, and both are the same. A finished cell is kept in
results/auto_confidence.cells.jsonl.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

from calibration import MODELS, measured, over_seeds, rows_of
from common import Cells, record

import hanshuku as hk
from hanshuku.data.encode import encode
from hanshuku.methods import auto_calibrating


def one_seed(asked: argparse.Namespace, name: str, seed: int) -> dict:
    """Learn, and judge with the temperature and without."""
    train, _, test = rows_of(name, asked.rows, 0, seed)
    labels, kept = sorted(set(train.column("label"))), {}
    honest = auto_calibrating.honest

    def watched(search: Any, choice: Any, predictor: Any) -> Any:
        kept["before"], (kept["after"], kept["said"]) = predictor, honest(search, choice, predictor)
        return kept["after"], kept["said"]

    auto_calibrating.honest = watched
    try:
        start = time.process_time()
        function = hk.classify(labels, name=name).learn(train, method="auto", model=MODELS.get(name, "e5-multilingual"), seed=seed, budget=asked.budget)
        cost = time.process_time() - start
    finally:
        auto_calibrating.honest = honest
    judged = encode(function.task, test)[0]
    before, after = (replace(kept[when], task=function.task).outputs(judged.inputs) for when in ("before", "after"))
    if (before.argmax(axis=1) != after.argmax(axis=1)).any():
        raise SystemExit(f"the temperature changed an answer of {name}")
    chosen = next((trial["method"] for trial in function.history[-1].trials if trial.get("chosen")), "")
    return {"set": name, "seed": seed, "labels": len(labels), "n": len(judged), "processor_s": round(cost), "chosen": chosen, "said": kept["said"],
            "before": measured(judged.targets, before, before), "after": measured(judged.targets, after, before)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="sst2,ag_news,chnsenticorp_hotel")
    parser.add_argument("--rows", type=int, default=600, help="training rows")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--budget", type=int, default=90, help="seconds of wall time that auto may take")
    parser.add_argument("--name", default="auto_confidence", help="of the file in results/ that is written")
    parser.add_argument("--fresh", action="store_true", help="start anew")
    asked = parser.parse_args()
    cells, found = Cells("auto_confidence", fresh=asked.fresh), {}
    for name in asked.sets.split(","):
        each = [cells.fill((name, asked.rows, asked.budget, seed), lambda name=name, seed=seed: one_seed(asked, name, seed)) for seed in range(asked.seeds)]
        means = {when: {measure: over_seeds([cell[when][measure] for cell in each]) for measure in ("ece", "ece_corrected", "log_loss")} for when in ("before", "after")}
        found[name] = {"labels": each[0]["labels"], "n": each[0]["n"], "scaled": sum(bool(cell["said"]) for cell in each), "mean_over_seeds": means, "each_seed": each}
    record(asked.name, {"method": "auto", "rows": asked.rows, "budget": asked.budget, "seeds": asked.seeds, "sets": found})


if __name__ == "__main__":
    main()
