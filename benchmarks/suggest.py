"""What to label next: how many labels `function.suggest` needs to reach what 200 random ones give, a probe learning anew after every 20.

    python benchmarks/suggest.py [--sets banking77 ag_news chnsenticorp_hotel] [--seeds 5] [--by both uncertainty diversity]

The first 20 rows are chosen before anything was learned. Strategies were chosen on other sets (dbpedia14, airline_tweets,
bitext_customer_service, stock_comments_zh, tweet_emotion). Vectors are kept in a folder (kept_vectors.py).
"""

from __future__ import annotations

import argparse

import numpy as np
from common import mean_of, record
from kept_vectors import kept

from hanshuku.data.read import read
from hanshuku.functions.core import Function
from hanshuku.functions.origin import Origin
from hanshuku.methods import choosing
from hanshuku.methods.choosing import unit

STEP, TOTAL = 20, 200


class Kept:
    """Answers rows whose vectors are kept, by a head."""

    KIND, threshold = "kept", 0.5

    def __init__(self, frozen, learned, place) -> None:
        self.frozen, self.learned, self.place, self.task = frozen, learned, place, frozen.task

    def features(self, rows):
        return self.frozen.features[[self.place[row] for row in rows], : self.learned.head.weight.shape[1]]

    def outputs(self, rows):
        return self.learned.head.outputs(self.task, self.features(rows))


def chosen_rows(by: str, frozen, rows, pool: list, learned, place: dict, done: list, seed: int) -> list:
    """STEP positions of the pool."""
    if by == "random":
        return pool[:STEP]
    if learned is None:
        last = frozen.features.shape[1] // max(1, len(frozen.layers))  # an encoder that has learned nothing is read at its last layer
        return [pool[at] for at in choosing.typical(unit(frozen.features[pool, :last]), STEP, None, seed)[0].tolist()]
    function = Function(frozen.task, Kept(frozen, learned, place), history=(Origin("probe", {}, "kept"),))
    column = rows.task.inputs[0]
    known = read([{column: rows.inputs[at][0]} for at in done])
    found = function.suggest([rows.inputs[at] for at in pool], STEP, by=by, labelled=known, seed=seed)
    return [pool[each.row] for each in found]


def curve(by: str, name: str, seed: int, train_rows: int, test_rows: int) -> list:
    """Test accuracy after 20, 40 ... 200 labels."""
    frozen, rows, n = kept(name, train_rows, test_rows)
    place: dict = {}
    for at in range(n - 1, -1, -1):
        place[rows.inputs[at]] = at
    pool, done, found, learned = np.random.default_rng(seed).permutation(n).tolist(), [], [], None
    test = np.arange(n, len(rows))
    while len(done) < TOTAL:
        done += chosen_rows(by, frozen, rows, pool, learned, place, done, seed)
        pool = [at for at in pool if at not in set(done)]
        learned = frozen.learn(rows, np.array(done), seed=seed)
        found.append(float((frozen.outputs(learned, test).argmax(axis=1) == rows.targets[test]).mean()))
    return found


def needed(values: list, goal: float) -> float:
    """Labels at which the curve first reaches the goal, between the steps by a line; TOTAL + STEP where it does not."""
    for at, value in enumerate(values):
        if value >= goal:
            before = values[at - 1] if at else goal
            return STEP * (at + 1) if not at else STEP * at + STEP * (goal - before) / max(value - before, 1e-9)
    return TOTAL + STEP


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=["banking77", "ag_news", "chnsenticorp_hotel"])
    parser.add_argument("--by", nargs="*", default=["both", "uncertainty", "diversity"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1200, help="Rows of the pool.")
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--no-record", action="store_true", help="Print only.")
    options = parser.parse_args()
    results = {}
    for name in options.sets:
        curves = {by: [curve(by, name, seed, options.rows, options.test_rows) for seed in range(options.seeds)] for by in ("random", *options.by)}
        mean = {by: np.mean(found, axis=0).round(4).tolist() for by, found in curves.items()}
        goal = mean["random"][-1]
        results[name] = {"accuracy of 200 random labels": goal, "curves": mean}
        for by in options.by:
            shares = [needed(found, goal) / TOTAL for found in curves[by]]
            over = mean_of(shares)
            share = {"of the mean curve": round(needed(mean[by], goal) / TOTAL, 3), "mean of seeds": over["mean"], "half_interval": over["half_interval"]}
            results[name][by] = {"labels needed, part of 200": share}
        print(name, results[name], flush=True)
    if not options.no_record:
        record("suggest", {"seeds": options.seeds, "pool": options.rows, "step": STEP, "sets": results})


if __name__ == "__main__":
    main()
