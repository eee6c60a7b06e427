"""As few_rows.py, for several labels and for numbers: fine-tuning of few rows that starts from a probe's head and moves more slowly, and as ever.

    python benchmarks/few_rows_kinds.py [--seeds 5] [--test-rows 1000] [--max-length 96]

go_emotions, `--several` rows of each of 28 labels (micro- and macro-F1), and amazon5 as stars 1..5, `--stars` rows of each (Spearman's correlation, root mean squared error); a probe
beside both. The form was looked at on the validation split of go_emotions and on yelp5. Each fit in a fork with one thread, in turn; differences have Student's t over seeds.
Finished cells are kept in results/few_rows_kinds.cells.jsonl.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from functools import partial

from common import ROOT, Cells, fork, record
from continual import interval
from switches import LOADED

ARMS = ("as ever", "few", "probe")
MEASURES = {"several": ("micro_f1", "macro_f1"), "rate": ("spearman", "rmse")}
PROGRAM = """
import json, random, sys, time
sys.path.insert(0, 'benchmarks')
from common import rows_of
arm, kind, seed, size, test_rows, length = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])
import hanshuku.methods.few_rows as few_rows
if arm == 'as ever':
    few_rows.FEW = 0.5
from hanshuku.functions.core import Function
from hanshuku.tasks import Task
STARS = ('very negative', 'negative', 'neutral', 'positive', 'very positive')
name = 'go_emotions' if kind == 'several' else 'amazon5'
rows, test = rows_of(name, 'train'), rows_of(name, 'test')
random.Random(0).shuffle(test)
random.Random(seed).shuffle(rows)
if kind == 'several':
    labels, drawn = sorted({label for row in rows for label in row['labels']}), []
    for label in labels:
        drawn += [row for row in rows if label in row['labels'] and row not in drawn][:size]
    task = Task('classify', labels=tuple(labels), several=True, instruction='Which emotions does this comment show?')
    form = lambda row: {'text': row['text'], 'labels': row['labels']}
else:
    drawn = [row for label in STARS for row in [row for row in rows if row['label'] == label][:size]]
    task = Task('rate', low=1, high=5, instruction='How many stars does this review give?')
    form = lambda row: {'text': row['text'], 'score': float(1 + STARS.index(row['label']))}
begin = time.process_time()
method = 'probe' if arm == 'probe' else 'finetune'
function = Function(task).learn([form(row) for row in drawn], method=method, model='minilm', seed=seed, **({} if arm == 'probe' else {'max_length': length}))
seconds = time.process_time() - begin
found = function.evaluate([form(row) for row in test[:test_rows]]).metrics
print(json.dumps({'metrics': {key: found[key].value for key in MEASURES[kind]}, 'fit_cpu_s': round(seconds, 1), 'rows': len(drawn)}))
""".replace("MEASURES", repr(MEASURES))


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--several", type=int, default=4)
    parser.add_argument("--stars", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--max-length", type=int, default=96)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    cells, results = Cells("few_rows_kinds"), {}
    for kind, size in (("several", options.several), ("rate", options.stars)):
        found: dict = {arm: [] for arm in ARMS}
        for seed in range(options.seeds):
            for arm, values in found.items():
                key = (arm, kind, str(seed), str(size), str(options.test_rows), str(options.max_length))
                values.append(cells.fill(key, partial(fork, PROGRAM, *key, loaded=LOADED)))
        for measure in MEASURES[kind]:
            at = {arm: [cell["metrics"][measure] for cell in values] for arm, values in found.items()}
            gain = interval([few - ever for few, ever in zip(at["few"], at["as ever"], strict=True)])
            results[f"{kind}, {found['few'][0]['rows']} rows, {measure}"] = {arm: round(statistics.mean(values), 4) for arm, values in at.items()} | {"gain": gain}
    record("few_rows_kinds", {"seeds": options.seeds, "test_rows": options.test_rows, "max_length": options.max_length, "results": results})


if __name__ == "__main__":
    main()
