"""Wrong labels: a tenth of the labels changed to random others; how many are found, how many of those found were changed, accuracy after cleaning.

    python benchmarks/wrong_labels.py [--sets banking77 chnsenticorp_hotel] [--seeds 5] [--rows 1200]

Some labels of the sets themselves are wrong and count as falsely found. Vectors are kept in a folder (kept_vectors.py).
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from common import mean_of, record
from kept_vectors import kept

from hanshuku.methods.confident import suspects
from hanshuku.methods.out_of_fold import out_of_fold


def measured(name: str, seed: int, train_rows: int, test_rows: int, noise: float) -> dict:
    """One seed."""
    frozen, rows, n = kept(name, train_rows, test_rows)
    rng = np.random.default_rng(seed)
    labels = len(rows.task.labels)
    changed = rng.permutation(n)[: round(noise * n)]
    targets = rows.targets.copy()
    targets[changed] = (targets[changed] + rng.integers(1, labels, len(changed))) % labels
    noisy = replace(rows, targets=targets)
    places = np.arange(n)
    answers = out_of_fold(noisy.take(places), model="kept", frozen=replace(frozen, features=frozen.features[:n]), seed=seed)
    found = suspects(targets[:n], answers.outputs.astype(np.float64))
    hit = np.isin(found.rows, changed)
    mended = targets.copy()
    mended[found.rows] = found.proposed
    test = np.arange(n, len(rows))

    def accuracy(given: np.ndarray, kept_places: np.ndarray) -> float:
        learned = frozen.learn(replace(rows, targets=given), kept_places, seed=seed)
        return float((frozen.outputs(learned, test).argmax(axis=1) == rows.targets[test]).mean())

    return {
        "precision": float(hit.mean()) if len(hit) else 0.0, "recall": float(hit.sum() / len(changed)), "found": len(found.rows), "noise_estimated": found.noise,
        "proposed_right": float((found.proposed[hit] == rows.targets[found.rows[hit]]).mean()) if hit.any() else 0.0,
        "accuracy_noisy": accuracy(targets, places), "accuracy_dropped": accuracy(targets, np.setdiff1d(places, found.rows)),
        "accuracy_relabelled": accuracy(mended, places), "accuracy_clean": accuracy(rows.targets, places),
    }  # fmt: skip


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=["banking77", "chnsenticorp_hotel"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--noise", type=float, default=0.1)
    parser.add_argument("--no-record", action="store_true", help="Print only.")
    options = parser.parse_args()
    results = {}
    for name in options.sets:
        runs = [measured(name, seed, options.rows, options.test_rows, options.noise) for seed in range(options.seeds)]
        results[name] = {key: mean_of([run[key] for run in runs]) for key in runs[0]}
        print(name, results[name], flush=True)
    if not options.no_record:
        record("wrong_labels", {"seeds": options.seeds, "rows": options.rows, "noise": options.noise, "sets": results})


if __name__ == "__main__":
    main()
