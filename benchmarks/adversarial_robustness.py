"""Does adversarial training make a function sturdier: on counterfactual edits, and on the same rows in another form?

    python benchmarks/adversarial_robustness.py [--arms fgm,pgd,freelb] [--set counterfactual_imdb|sst2] [--rows 2000] [--seeds 5] [--test-rows 1000] [--epochs 0] [--max-length 256]

minilm is fine-tuned with and without the switch `adversarial` on the same rows, drawn by the seed; a fit is a process of its own with one thread, the arms in turn.
Columns: `clean`, the test rows; `typos`, `ocr`, `casing`: the same rows as the report's part `robustness` changes them, those alone that could be changed;
`counterfactual`: reviews that people edited by few words so that the label turns (of counterfactual_imdb; learned from are its originals alone). A difference to
the plain arm is paired over rows and seeds (bootstrap), p by Holm over all arms and columns. Finished cells are kept, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from functools import partial

from common import ROOT, Cells, child, record
from switches import compared, share

COLUMNS = ("clean", "typos", "ocr", "casing", "counterfactual")
PROGRAM = """
import json, sys, time
sys.path.insert(0, 'benchmarks')
import numpy as np, torch
torch.set_num_threads(1)
from common import rows_of
import hanshuku as hk
from hanshuku.data.encode import encode
from hanshuku.evaluation.perturb import perturbed
given = json.loads(sys.argv[1])
edited = given['set'] == 'counterfactual_imdb'
train, test = rows_of(given['set'], 'train'), rows_of(given['set'], 'validation' if edited else 'test')
counterfactual = [row for row in rows_of('counterfactual_imdb', 'validation') if row['version'] == 'revised']
if edited:
    train, test = ([row for row in rows if row['version'] == 'original'] for rows in (train, test))
rng = np.random.default_rng(given['seed'])
plain = lambda rows: [{'text': row['text'], 'label': row['label']} for row in rows]
train = [train[i] for i in rng.permutation(len(train))[:given['rows']]]
test = test[:given['test_rows']]
labels = sorted({row['label'] for row in train})
begin = time.process_time()
settings = {'adversarial': given['arm']} if given['arm'] != 'plain' else {}
function = hk.classify(labels).learn(hk.read(plain(train)), method='finetune', model='minilm', seed=given['seed'], epochs=given['epochs'], max_length=given['max_length'], **settings)
fit = time.process_time() - begin
predictor = function.predictor()
right = lambda rows: ''.join('01'[int(yes)] for yes in predictor.outputs(rows.inputs).argmax(axis=1) == rows.targets)
rows = encode(function.task, hk.read(plain(test)))[0]
found = {'clean': right(rows), 'fit_cpu_s': round(fit, 2)}
for way in ('typos', 'ocr', 'casing'):
    found[way] = right(perturbed(rows, way, seed=0)[1])
found['counterfactual'] = right(encode(function.task, hk.read(plain(counterfactual)))[0])
print(json.dumps(found))
"""


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", default="fgm,pgd,freelb")
    parser.add_argument("--set", default="counterfactual_imdb", choices=("counterfactual_imdb", "sst2"))
    parser.add_argument("--rows", type=int, default=2000, help="most rows that are learned")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--epochs", type=float, default=0.0)
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--name", default="adversarial_robustness", help="of the file of results")
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    from hanshuku.metrics.paired import holm

    cells = Cells(options.name, fresh=options.fresh)
    arms = ["plain", *options.arms.split(",")]
    about = {"set": options.set, "rows": options.rows, "test_rows": options.test_rows, "epochs": options.epochs, "max_length": options.max_length}
    key = lambda arm, seed: (arm, seed, *map(str, about.values()))
    for seed in range(options.seeds):
        for arm in arms:
            cells.fill(key(arm, seed), partial(child, PROGRAM, json.dumps({**about, "arm": arm, "seed": seed}), timeout=14400), hidden=COLUMNS)
    runs = {arm: [cells[key(arm, seed)] for seed in range(options.seeds)] for arm in arms}
    results: dict = {arm: {column: {"accuracy": round(statistics.mean(share(run[column]) for run in runs[arm]), 4), "n": len(runs[arm][0][column])} for column in COLUMNS} for arm in arms}
    gains = {(arm, column): compared([run[column] for run in runs[arm]], [run[column] for run in runs["plain"]]) for arm in arms[1:] for column in COLUMNS}
    for gain, p in zip(gains.values(), holm([gain["p"] for gain in gains.values()]), strict=True):
        gain["p_holm"] = round(p, 4)
    for (arm, column), gain in gains.items():
        results[arm][column]["against_plain"] = gain
    for arm in arms:
        results[arm]["fit_cpu_s"] = round(statistics.median(run["fit_cpu_s"] for run in runs[arm]), 1)
    record(options.name, {**about, "seeds": options.seeds, "model": "minilm", "results": results})


if __name__ == "__main__":
    main()
