"""What a search of the prompt gains over the plain instruction, and what demonstrations gain, with a model that is not trained.

    python benchmarks/prompt_search.py [--sets sst2,ag_news,tweet_emotion] [--seeds 5] [--train-rows 32] [--calls 600]
        [--test-rows 300] [--arms search,in_context,in_context_fixed]

For each set and seed, rows are drawn from the training part; the search and the demonstrations see these alone. Every arm
answers the same test rows, drawn once. The plain instruction learns nothing, so it is asked once a set. A cell is a process
of its own with one thread; finished cells stand in results/prompt_search.cells.jsonl, so that a run that was stopped goes
on; --fresh starts anew. Intervals: bootstrap over seeds and test rows together.
"""

from __future__ import annotations

import argparse
import json
from functools import partial

import numpy as np
from common import Cells, child, record

SETS = {
    "sst2": "What is the sentiment of this sentence?",
    "ag_news": "What is this news about?",
    "tweet_emotion": "Which emotion does this tweet show?",
}
ARMS = {"plain": ("prompt", {}), "search": ("prompt_search", {}), "in_context": ("in_context", {}), "in_context_fixed": ("in_context", {"choice": "fixed"})}
CELL = """
import json, random, sys, time
sys.path.insert(0, 'benchmarks')
import torch
torch.set_num_threads(1)
from common import rows_of
import hanshuku as hk
name, seed, train_rows, test_rows, model, method, settings, instruction = sys.argv[1:]
rows, test = rows_of(name, 'train'), rows_of(name, 'test')
labels = sorted({str(row['label']) for row in rows})
random.Random(0).shuffle(test)
random.Random(int(seed)).shuffle(rows)
test, rows = test[:int(test_rows)], rows[:int(train_rows)]
ask = hk.classify(labels, instruction=instruction)
begin = time.process_time()
ask = ask.learn([{'text': row['text'], 'label': str(row['label'])} for row in rows], method=method, model=model, seed=int(seed), **json.loads(settings))
fit = time.process_time() - begin
found = ask.map([row['text'] for row in test])
right = ''.join(str(int(a == str(row['label']))) for a, row in zip(found, test))
trials = ask.history[-1].trials
chosen = next((trial for trial in trials if trial['chosen']), {})
calls = json.loads(settings).get('calls', 0)
print(json.dumps({'right': right, 'labels': len(labels), 'accuracy': round(right.count('1') / len(right), 4), 'n': len(right), 'fit_cpu_s': round(fit, 1),
    'all_cpu_s': round(time.process_time() - begin, 1), 'calls': calls, 'chosen': {k: chosen.get(k) for k in ('method', 'settings', 'note')}, 'candidates': len(trials)}))
"""
RESAMPLES = 4000


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--arms", default="search,in_context_fixed")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--train-rows", type=int, default=32)
    parser.add_argument("--test-rows", type=int, default=300)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    found = Cells("prompt_search", fresh=options.fresh)
    for seed in range(options.seeds):
        for name in options.sets.split(","):
            for arm in ("plain", *options.arms.split(",")):
                key = key_of(arm, name, seed, options)
                method, settings = ARMS[arm]
                settings = settings | ({"calls": options.calls} if arm == "search" else {})
                given = (name, str(key[2]), str(options.train_rows), str(options.test_rows), options.model, method, json.dumps(settings), SETS[name])
                found.fill(key, partial(child, CELL, *given, timeout=7200))
    record("prompt_search", summary(found, options))


def key_of(arm: str, name: str, seed: int, options: argparse.Namespace) -> tuple:
    """A cell's name; the plain instruction is the same for every seed."""
    return (arm, name, 0 if arm == "plain" else seed, options.train_rows, options.test_rows, options.model, options.calls if arm == "search" else 0)


def summary(found: dict, options: argparse.Namespace) -> dict:
    """Accuracies, and what each arm gains over the plain instruction, per set and over sets."""
    sets, gains = {}, {}
    for name in options.sets.split(","):
        plain = found[key_of("plain", name, 0, options)]
        sets[name] = {"instruction": SETS[name], "chance": round(1 / plain["labels"], 4), "n": plain["n"], "plain": plain["accuracy"]}
        for arm in options.arms.split(","):
            cells = [found[key_of(arm, name, seed, options)] for seed in range(options.seeds)]
            gains[arm, name] = np.array([digits(cell) for cell in cells]) - digits(plain)  # (S, N)
            sets[name][arm] = {
                "accuracy": round(float(np.mean([cell["accuracy"] for cell in cells])), 4), "each": [cell["accuracy"] for cell in cells],
                "gain": interval([gains[arm, name]]), "fit_cpu_s": round(float(np.median([cell["fit_cpu_s"] for cell in cells])), 1),
                "chosen": [cell["chosen"]["method"] for cell in cells] if arm == "search" else None,
            }  # fmt: skip
    over = {arm: interval([gains[arm, name] for name in options.sets.split(",")]) for arm in options.arms.split(",")}
    given = {"model": options.model, "train_rows": options.train_rows, "test_rows": options.test_rows, "calls": options.calls, "seeds": options.seeds}
    return {**given, "gain_over_plain": over, "sets": sets}


def digits(cell: dict) -> np.ndarray:
    """(N,) 1 where the answer is right."""
    return np.array(list(cell["right"]), dtype=int)


def interval(gains: list) -> dict:
    """The mean over sets of the mean gain, with a 95% interval from resampled seeds and test rows of each set."""
    rng = np.random.default_rng(0)
    drawn = np.zeros(RESAMPLES)
    for gain in gains:
        seeds, rows = gain.shape
        for r in range(RESAMPLES):
            drawn[r] += gain[rng.integers(seeds, size=seeds)][:, rng.integers(rows, size=rows)].mean() / len(gains)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": round(float(np.mean([gain.mean() for gain in gains])), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


if __name__ == "__main__":
    main()
