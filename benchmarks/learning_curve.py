"""Learning curves: accuracy at 1,000 rows foretold from 100, against what 1,000 rows then give, on five sets.

    python benchmarks/learning_curve.py [--sets ag_news sst2 hate_offensive chnsenticorp_hotel fewclue_tnews] [--seeds 5] [--name learning_curve]

The prior of slopes was read off other sets (dbpedia14, airline_tweets, stock_comments_zh). Vectors are kept in a folder (kept_vectors.py).
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import replace

import numpy as np
from common import record
from kept_vectors import kept

from hanshuku.functions.curve import learning_curve

FEW, MANY = 100, 1000


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=["ag_news", "sst2", "hate_offensive", "chnsenticorp_hotel", "fewclue_tnews"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--name", default="learning_curve", help="Of the file in results/.")
    parser.add_argument("--no-record", action="store_true", help="Print only.")
    options = parser.parse_args()
    results = {}
    for name in options.sets:
        frozen, rows, n = kept(name, options.rows, options.test_rows)
        test, runs = np.arange(n, len(rows)), []
        for seed in range(options.seeds):
            order = np.random.default_rng(seed).permutation(n)
            few = np.sort(order[:FEW])
            model = frozen.settings.default_model(frozen.task, "en")  # named only: the rows are read already
            found = learning_curve(
                rows.take(few), more=[MANY - FEW], task=rows.task, model=model, repeats=options.repeats, seed=seed,
                frozen=replace(frozen, features=frozen.features[few]),
            )  # fmt: skip
            learned = frozen.learn(rows, order[:MANY], seed=seed)
            true = float((frozen.outputs(learned, test).argmax(axis=1) == rows.targets[test]).mean())
            point = found.foretold[-1]
            runs.append({"foretold": point.value, "low": point.low, "high": point.high, "at_100": found.foretold[0].value, "true": round(true, 4)})
        errors = [abs(run["foretold"] - run["true"]) for run in runs]
        results[name] = {
            "mean_error": round(statistics.mean(errors), 4), "worst_error": round(max(errors), 4),
            "held_by_the_interval": sum(run["low"] <= run["true"] <= run["high"] for run in runs), "error_of_no_change": round(statistics.mean(abs(run["at_100"] - run["true"]) for run in runs), 4),
            "runs": runs,
        }  # fmt: skip
        print(name, results[name], flush=True)
    if not options.no_record:
        record(options.name, {"seeds": options.seeds, "from_rows": FEW, "to_rows": MANY, "sets": results})


if __name__ == "__main__":
    main()
