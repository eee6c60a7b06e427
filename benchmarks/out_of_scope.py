"""clinc150: how well rows that are none of the 150 intents are told from those that are, by every scope of `calibrate`.

    python benchmarks/out_of_scope.py [--method finetune] [--seeds 3] [--per-label 100] [--set epochs=5]

The function learns the 150 intents from the training rows without the out-of-scope label. The scopes are learned from the training rows ("train") or, as
where these are not at hand, from the held-out validation rows in scope ("heldout"); neither has seen a row from out of scope. Judged on the test rows: 4,500 in scope
and 1,000 out of scope. FPR95 is the share of rows from out of scope that is taken for known where 95% of the known are kept.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from common import DATA, Cells, record

import hanshuku as hk
from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.functions.core import Function
from hanshuku.inference.scope import SCOPES, fit_scope, read_rows
from hanshuku.methods.settings import parse_settings
from hanshuku.metrics.detection import auroc, false_alarms
from hanshuku.metrics.intervals import t_quantile, wilson

OUTSIDE = "oos"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="finetune")
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--per-label", type=int, default=100, help="training rows a label; 100 are all")
    parser.add_argument("--set", action="append", default=[], help="a setting of the method, field=value")
    parser.add_argument("--name", default="out_of_scope", help="of the result: results/NAME.json; finished seeds go to NAME.cells.jsonl")
    parser.add_argument("--fresh", action="store_true", help="start anew")
    asked = parser.parse_args()
    settings = parse_settings(asked.set)
    cells = Cells(asked.name, fresh=asked.fresh)
    found = [cells.fill((asked.method, asked.model, asked.per_label, str(settings), seed), lambda seed=seed: one_seed(asked, settings, seed)) for seed in range(asked.seeds)]
    mean = {
        way: {kind: {measure: over_seeds([cell["scopes"][way][kind][measure]["value"] for cell in found]) for measure in ("auroc", "fpr95")} for kind in SCOPES}
        for way in ("train", "heldout")
    }
    record(asked.name, {"method": asked.method, "model": asked.model, "per_label": asked.per_label, "settings": settings, "seeds": asked.seeds, "mean_over_seeds": mean, "each_seed": found})


def one_seed(asked: argparse.Namespace, settings: dict, seed: int) -> dict:
    """Learn, and judge every scope."""
    train, held, test = (hk.read(DATA / "clinc150" / name) for name in ("train.jsonl.gz", "validation.jsonl", "test.jsonl"))
    labels = sorted(set(train.column("label")) - {OUTSIDE})
    rows = drawn(train, labels, asked.per_label, seed)
    start = time.process_time()
    function = hk.classify(labels, name="intent").learn(rows, method=asked.method, model=asked.model, seed=seed, **settings)
    cost = time.process_time() - start
    known = encode(function.task, drawn(held, labels, 10_000, seed))[0]
    judged = encode(function.task, test, unknown_labels="keep")[0]
    return {"seed": seed, "processor_s": round(cost), "rows": len(rows), **scopes(function, encode(function.task, rows)[0], known, judged)}


def scopes(function: Function, train: Encoded, held: Encoded, test: Encoded) -> dict:
    """AUROC and FPR95 of every scope, learned from the training rows and from the held-out ones; accuracy in scope."""
    predictor = function.predictor()
    seen = {"train": (train, read_rows(predictor, train.inputs)), "heldout": (held, read_rows(predictor, held.inputs))}
    read, inside = read_rows(predictor, test.inputs), test.targets >= 0
    right = int((read.outputs.argmax(axis=1) == test.targets)[inside].sum())
    found: dict = {way: {} for way in seen}
    for way, (rows, own) in seen.items():
        for kind in SCOPES:
            strange = fit_scope(kind, own, rows.targets).strangeness(read)
            found[way][kind] = {"auroc": auroc(strange[inside], strange[~inside]).to_json(), "fpr95": false_alarms(strange[inside], strange[~inside]).to_json()}
    low, high = wilson(right, int(inside.sum()))
    accuracy = {"value": right / int(inside.sum()), "low": low, "high": high, "n": int(inside.sum()), "chance": 1 / len(function.task.labels)}
    return {"accuracy_in_scope": accuracy, "outside": int((~inside).sum()), "scopes": found}


def drawn(examples: hk.Examples, labels: list[str], most: int, seed: int) -> hk.Examples:
    """At most so many rows of each label, and none of any other."""
    rng, cells = np.random.default_rng(seed), np.array(examples.column("label"))
    chosen = [rng.permutation(np.flatnonzero(cells == label))[:most] for label in labels]
    return examples.take(np.sort(np.concatenate(chosen)))


def over_seeds(values: list[float]) -> dict:
    """Mean over seeds with its 95% interval (Student's t); of one seed there is none."""
    mean, n = float(np.mean(values)), len(values)
    reach = t_quantile(n - 1) * float(np.std(values, ddof=1)) / n**0.5 if n > 1 else None
    return {"mean": round(mean, 4), "low": None if reach is None else round(mean - reach, 4), "high": None if reach is None else round(mean + reach, 4), "each": [round(value, 4) for value in values]}


if __name__ == "__main__":
    main()
