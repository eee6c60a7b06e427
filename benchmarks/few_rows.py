"""What fine-tuning gains where rows are few by starting its head from a probe's and moving more slowly; the same fits with and without.

    python benchmarks/few_rows.py [--sets a,b] [--sizes 8,32] [--seeds 5] [--test-rows 500] [--name few_rows]

Sets are those of auto_regret that had no part in the choice (methods/few_rows.py names those that had). Both arms learn the same rows, drawn by the seed,
each in a fork with one thread, in turn; the arm `as ever` has the limit FEW set to 0. A difference is paired over rows and seeds (bootstrap); the mean gain has Student's t over seeds.
Finished cells are kept in results/NAME.cells.jsonl, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from functools import partial

from auto_regret import TEST
from common import ROOT, Cells, fork, record
from continual import interval
from switches import LOADED, compared, share

ARMS = ("as ever", "few")
PROGRAM = """
import json, random, sys, time
sys.path.insert(0, 'benchmarks')
from common import rows_of
arm, name, seed, size, test_rows, model, instruction = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]), *sys.argv[6:8]
import hanshuku.methods.few_rows as few_rows
if arm == 'as ever':
    few_rows.FEW = 0.5
from hanshuku.functions.core import Function
from hanshuku.tasks import Task
rows = [row for row in rows_of(name, 'train') if row['text'].strip()]
labels = sorted({str(row['label']) for row in rows})
test = [row for row in rows_of(name, 'test') if str(row['label']) in labels]
random.Random(0).shuffle(test)
test = test[:test_rows]
random.Random(seed).shuffle(rows)
train = [{'text': row['text'], 'label': label} for label in labels for row in [r for r in rows if str(r['label']) == label][:size]]
begin = time.process_time()
function = Function(Task('classify', labels=tuple(labels), instruction=instruction)).learn(train, method='finetune', model=model, seed=seed)
seconds = time.process_time() - begin
right = ''.join(str(int(found == str(row['label']))) for found, row in zip(function.map([row['text'] for row in test]), test))
print(json.dumps({'right': right, 'fit_cpu_s': round(seconds, 1), 'rows': len(train), 'labels': len(labels)}))
"""


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(TEST))
    parser.add_argument("--sizes", default="8,32")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--test-rows", type=int, default=500)
    parser.add_argument("--name", default="few_rows", help="of the file of results")
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    cells, results = Cells(options.name, fresh=options.fresh), {}
    keys = [(size, str(seed), name) for size in options.sizes.split(",") for seed in range(options.seeds) for name in options.sets.split(",")]
    for size, seed, name in keys:
        for arm in ARMS:
            key = (arm, name, seed, size, str(options.test_rows))
            cells.fill(key, partial(fork, PROGRAM, *key, *TEST[name], loaded=LOADED))
    for size in options.sizes.split(","):
        for name in options.sets.split(","):
            plain, few = ([cells[arm, name, str(seed), size, str(options.test_rows)] for seed in range(options.seeds)] for arm in ARMS)
            gain = compared([cell["right"] for cell in few], [cell["right"] for cell in plain])
            time = statistics.median(one["fit_cpu_s"] / other["fit_cpu_s"] for one, other in zip(few, plain, strict=True))
            results[f"{name}, {size} a class"] = {
                "as_ever": gain.pop("plain"), "few": round(statistics.mean(share(cell["right"]) for cell in few), 4), **gain, "time": round(time, 2),
            }  # fmt: skip
    accuracy = {key: share(cell["right"]) for key, cell in cells.items()}
    gains = [
        statistics.mean(accuracy["few", name, seed, size, str(options.test_rows)] - accuracy["as ever", name, seed, size, str(options.test_rows)]
                        for size, one, name in keys if one == seed)
        for seed in map(str, range(options.seeds))
    ]  # fmt: skip
    record(options.name, {"seeds": options.seeds, "test_rows": options.test_rows, "mean_gain": interval(gains), "results": results})


if __name__ == "__main__":
    main()
