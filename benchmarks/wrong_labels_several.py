"""Wrong labels where rows have several: a tenth of the rows changed; how many are found, how many of those found were changed, and what mending brings.

    python benchmarks/wrong_labels_several.py [--sets go_emotions clinc150 fewclue_tnews] [--seeds 5] [--rows 1500]

go_emotions has several labels itself (and many wrong ones of its own, which count as falsely found); of the others one to three texts are
joined to one with all their labels (clinc150: of 30 intents). A changed row has the labels of another row ("swapped"), or one label too few,
too many or in the place of another ("one"). All judge the same out-of-fold answers of a probe: `unlikely` (ours), confident learning label
by label (`suspects`), and cleanlab (arXiv 1911.00068, 2211.13895), where it is installed, as it comes and with filter_by
"confident_learning". micro-F1 is that of the labels against the true ones, before and after what is proposed is believed.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
from common import mean_of, record, rows_of

from hanshuku.data.encoded import Encoded
from hanshuku.data.infer import infer_task
from hanshuku.data.language import language_of
from hanshuku.data.read import read
from hanshuku.functions.learn import encoded
from hanshuku.methods.confident import suspects, unlikely
from hanshuku.methods.frozen_rows import FrozenRows
from hanshuku.methods.out_of_fold import out_of_fold
from hanshuku.methods.probe import Probe

INTENTS = 30  # of clinc150
NOISE = 0.1
_Find = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray | None]]  # given, chances -> rows (N,), labels (N, L) where they are told


def rows_with_several(name: str, count: int) -> list[dict]:
    """So many rows of a set, drawn."""
    draw = random.Random(3)
    rows = rows_of(name, "train")
    draw.shuffle(rows)
    if "labels" in rows[0]:
        return rows[:count]
    if name == "clinc150":
        chosen = sorted({row["label"] for row in rows})[:INTENTS]
        rows = [row for row in rows if row["label"] in chosen]
    parts = [draw.sample(rows, draw.choice([1, 1, 2, 2, 3])) for _ in range(count)]
    return [{"text": " ".join(row["text"] for row in part), "labels": sorted({str(row["label"]) for row in part})} for part in parts]


def changed(targets: np.ndarray, how: str, seed: int) -> np.ndarray:
    """Targets (N, L) of which a tenth of the rows is changed."""
    draw = np.random.default_rng(seed)
    places = draw.permutation(len(targets))[: round(NOISE * len(targets))]
    given = targets.copy()
    if how == "swapped":
        given[places] = targets[draw.permutation(len(targets))[: len(places)]]
        return given
    for at in places:
        there, absent = np.flatnonzero(targets[at]), np.flatnonzero(targets[at] == 0)
        what = draw.integers(3)  # too many, too few, another
        if what != 1 or len(there) < 2:
            given[at, draw.choice(absent)] = 1
        if what != 0:
            given[at, draw.choice(there)] = 0
    return given


def by_label(given: np.ndarray, chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Confident learning, each label by itself."""
    wrong = np.zeros_like(given)
    for label in range(given.shape[1]):
        wrong[suspects(given[:, label].astype(np.int64), np.stack([1 - chances[:, label], chances[:, label]], axis=1)).rows, label] = True
    return wrong.any(axis=1), wrong


def ours(given: np.ndarray, chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `hanshuku clean` does."""
    wrong = unlikely(given, chances).wrong
    return wrong.any(axis=1), wrong


def of_cleanlab(**settings: str) -> _Find:
    """cleanlab's finder for several labels, which tells rows."""

    def find(given: np.ndarray, chances: np.ndarray) -> tuple[np.ndarray, None]:
        from cleanlab.multilabel_classification.filter import find_label_issues

        return find_label_issues([np.flatnonzero(row).tolist() for row in given], chances, n_jobs=1, **settings), None

    return find


def finders() -> dict[str, _Find]:
    """All that is compared."""
    peers = {"cleanlab": of_cleanlab(), "cleanlab confident_learning": of_cleanlab(filter_by="confident_learning")} if find_spec("cleanlab") else {}
    return {"hanshuku": ours, "label by label": by_label, **peers}


def micro_f1(given: np.ndarray, true: np.ndarray) -> float:
    """Of labels (N, L) against the true ones."""
    return float(2 * (given & true).sum() / (given.sum() + true.sum()))


def measured(rows: Encoded, frozen: FrozenRows, how: str, seed: int) -> dict[str, dict[str, float]]:
    """Of every finder, one seed."""
    assert rows.targets is not None
    noisy = changed(rows.targets, how, seed)
    true, given = rows.targets > 0, noisy > 0
    bad = (true != given).any(axis=1)
    chances = out_of_fold(replace(rows, targets=noisy), model="read", frozen=frozen, seed=seed).outputs.astype(np.float64)
    found = {}
    for name, find in finders().items():
        named, wrong = find(given, chances)
        hit = float((named & bad).sum())
        precision, recall = hit / max(int(named.sum()), 1), hit / int(bad.sum())
        found[name] = {
            "found": float(named.sum()), "changed": float(bad.sum()), "precision": precision, "recall": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-9),
            **({} if wrong is None else {"labels_f1_before": micro_f1(given, true), "labels_f1_mended": micro_f1(given ^ wrong, true)}),
        }  # fmt: skip
    return found


def summed(runs: list[dict[str, dict[str, float]]]) -> dict:
    """Means with half a 95% interval over the seeds; the differences in F1 to ours are paired."""
    result: dict = {}
    for name in runs[0]:
        result[name] = {key: mean_of([run[name][key] for run in runs]) for key in runs[0][name]}
        if name != "hanshuku":
            result[name]["ours_minus_this_f1"] = mean_of([run["hanshuku"]["f1"] - run[name]["f1"] for run in runs])
    return result


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="*", default=["go_emotions", "clinc150", "fewclue_tnews"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--no-record", action="store_true", help="Print only.")
    options = parser.parse_args()
    results = {}
    for name in options.sets:
        examples = read(rows_with_several(name, options.rows))
        task = infer_task(examples)
        rows, _ = encoded(task, examples)
        model = Probe().default_model(task, language_of([row[0] for row in rows.inputs[:200]]))
        frozen = FrozenRows.read(task, rows.inputs, Probe(), model)
        for how in ("swapped", "one"):
            results[f"{name} {how}"] = summed([measured(rows, frozen, how, seed) for seed in range(options.seeds)])
            print(name, how, results[f"{name} {how}"], flush=True)
    if not options.no_record:
        record("wrong_labels_several", {"seeds": options.seeds, "rows": options.rows, "noise": NOISE, "sets": results})


if __name__ == "__main__":
    main()
