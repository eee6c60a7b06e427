"""Calibration error before and after scaling on held-out rows, in English and Chinese.

    python benchmarks/calibration.py [--method finetune] [--seeds 5] [--rows 2000] [--sets sst2,chnsenticorp_hotel,banking77]

A function learns from `rows` training rows; temperature and isotonic scaling are fitted on rows of the validation set (where there is none, on training rows left
out), and judged on the test set, which neither has seen. Each number stands with its interval: that of the root mean square error holds the truth near 0
too; the change of log loss is paired, row by row. A scaling that changed an answer is an error.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from common import DATA, Cells, record

import hanshuku as hk
from hanshuku.data.encode import encode
from hanshuku.methods.settings import parse_settings
from hanshuku.metrics.calibration import (
    brier_score,
    calibration_error,
    corrected_error,
    expected_calibration_error,
    reliability_bins,
)
from hanshuku.metrics.classification import row_losses
from hanshuku.metrics.intervals import t_quantile, z_quantile

SCALINGS = ("temperature", "isotonic")
MODELS = {"sst2": "minilm", "banking77": "minilm", "ag_news": "minilm"}  # all else is Chinese
MOST_TEST = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="finetune")
    parser.add_argument("--model", default="", help="left out: minilm for English, e5-multilingual for Chinese; of static its own")
    parser.add_argument("--sets", default="sst2,chnsenticorp_hotel,banking77")
    parser.add_argument("--rows", type=int, default=2000, help="training rows")
    parser.add_argument("--heldout", type=int, default=1000, help="rows that scaling is fitted on")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", action="append", default=[], help="a setting of the method, field=value")
    parser.add_argument("--name", default="calibration", help="of the result: results/NAME.json; finished seeds go to NAME.cells.jsonl")
    parser.add_argument("--fresh", action="store_true", help="start anew")
    asked = parser.parse_args()
    settings, cells = parse_settings(asked.set), Cells(asked.name, fresh=asked.fresh)
    found = {}
    for name in asked.sets.split(","):
        key = (asked.method, asked.model, name, asked.rows, asked.heldout, str(settings))
        each = [cells.fill((*key, seed), lambda name=name, seed=seed: one_seed(asked, settings, name, seed)) for seed in range(asked.seeds)]
        found[name] = {
            "labels": each[0]["labels"],
            "n": each[0]["n"],
            "mean_over_seeds": {way: {measure: over_seeds([cell[way][measure] for cell in each]) for measure in ("ece", "ece_corrected", "log_loss")} for way in ("before", *SCALINGS)},
            "each_seed": each,
        }
    record(asked.name, {"method": asked.method, "settings": settings, "rows": asked.rows, "heldout": asked.heldout, "seeds": asked.seeds, "sets": found})


def one_seed(asked: argparse.Namespace, settings: dict, name: str, seed: int) -> dict:
    """Learn, scale and judge."""
    train, held, test = rows_of(name, asked.rows, asked.heldout, seed)
    labels = sorted(set(train.column("label")))
    model = asked.model or (None if asked.method == "static" else MODELS.get(name, "e5-multilingual"))
    start = time.process_time()
    function = hk.classify(labels, name=name).learn(train, method=asked.method, model=model, seed=seed, **settings)
    cost = time.process_time() - start
    judged = encode(function.task, test)[0]
    plain = function.predictor().outputs(judged.inputs)
    found = {"set": name, "seed": seed, "labels": len(labels), "n": len(judged), "processor_s": round(cost), "before": measured(judged.targets, plain, plain)}
    for scaling in SCALINGS:
        scaled = function.calibrate(held, scaling=scaling, seed=seed).predictor()
        outputs = scaled.scaling.apply(plain)
        if (outputs.argmax(axis=1) != plain.argmax(axis=1)).any():
            raise SystemExit(f"{scaling} changed an answer of {name}")
        found[scaling] = measured(judged.targets, outputs, plain) | {key: value for key, value in scaled.about["scaling"].items() if key == "temperature"}
    return found


def measured(targets: np.ndarray, outputs: np.ndarray, before: np.ndarray) -> dict:
    """The errors of the confidences, and how far log loss went down, row by row."""
    sure, right = outputs.max(axis=1), outputs.argmax(axis=1) == targets
    bins, losses = reliability_bins(sure, right), row_losses(targets, outputs)
    saved = row_losses(targets, before) - losses
    reach = z_quantile() * float(saved.std(ddof=1)) / len(saved) ** 0.5
    return {
        "accuracy": float(right.mean()),
        "ece": expected_calibration_error(sure, right),
        "ece_corrected": corrected_error(bins),
        "rms": calibration_error(bins).to_json(),
        "brier": brier_score(targets, outputs).to_json(),
        "log_loss": float(losses.mean()),
        "log_loss_saved": {"value": float(saved.mean()), "low": float(saved.mean()) - reach, "high": float(saved.mean()) + reach},
    }


def rows_of(name: str, rows: int, heldout: int, seed: int) -> tuple[hk.Examples, hk.Examples, hk.Examples]:
    """Training, held-out and test rows, drawn by the seed; the test rows are the same for every seed."""
    folder, rng = DATA / name, np.random.default_rng(seed)
    files = {part: next((file for file in (folder / f"{part}.jsonl", folder / f"{part}.jsonl.gz") if file.is_file()), None) for part in ("train", "validation", "test")}
    train = hk.read(files["train"])
    mixed = rng.permutation(len(train))
    if files["validation"] is None:
        held, mixed = train.take(np.sort(mixed[:heldout])), mixed[heldout:]
    else:
        every = hk.read(files["validation"])
        held = every.take(np.sort(rng.permutation(len(every))[:heldout]))
    test = hk.read(files["test"])
    return train.take(np.sort(mixed[:rows])), held, test.take(np.sort(np.random.default_rng(0).permutation(len(test))[:MOST_TEST]))


def over_seeds(values: list[float]) -> dict:
    """Mean over seeds with its 95% interval (Student's t); of one seed there is none."""
    mean, n = float(np.mean(values)), len(values)
    reach = t_quantile(n - 1) * float(np.std(values, ddof=1)) / n**0.5 if n > 1 else None
    return {"mean": round(mean, 4), "low": None if reach is None else round(mean - reach, 4), "high": None if reach is None else round(mean + reach, 4)}


if __name__ == "__main__":
    main()
