"""What the temperature does that `self_train` takes from the unlabelled texts: calibration error and log loss on test rows, with it and without.

    python benchmarks/self_train_confidence.py [--sets tweet_emotion,...] [--few 16] [--seeds 5] [--texts 2000] [--teacher probe] [--name self_train_confidence]

`few` labelled rows a class, training texts as unlabelled ones (FewCLUE's own where there are some). The same function is judged on the test set as it is and as it was
before it was made as sure of the unlabelled texts as the first teacher; no answer may change. Looked at while it was built were other sets: airline_tweets, financial_phrasebank.
Finished cells are kept in results/NAME.cells.jsonl.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import replace
from typing import Any

from calibration import MODELS, measured, over_seeds
from common import DATA, Cells, record, rows_of

import hanshuku as hk
from hanshuku.data.encode import encode
from hanshuku.methods import self_training

ENGLISH = {**MODELS, "tweet_emotion": "minilm", "hate_offensive": "minilm"}


def one_seed(asked: argparse.Namespace, name: str, seed: int) -> dict:
    """Learn, and judge with the temperature and without."""
    rows, test, kept = [row for row in rows_of(name, "train") if row["text"].strip()], rows_of(name, "test"), {}
    labels = sorted({str(row["label"]) for row in rows})
    random.Random(0).shuffle(test)
    random.Random(seed).shuffle(rows)
    train = [{"text": row["text"], "label": label} for label in labels for row in [row for row in rows if str(row["label"]) == label][: asked.few]]
    has_own = any((DATA / name).glob("unlabeled.*"))
    texts = [row["text"] for row in (rows_of(name, "unlabeled") if has_own else rows[-asked.texts :]) if row["text"].strip()]
    modest, teach = self_training._modest, self_training._teach

    def watched(last: Any, *more: Any) -> Any:
        kept["before"], (kept["after"], kept["said"]) = last, modest(last, *more)
        return kept["after"], kept["said"]

    def taught(*given: Any) -> Any:
        found = teach(*given)
        kept.setdefault("first", found)
        return found

    self_training._modest, self_training._teach = watched, taught
    try:
        start = time.process_time()
        function = hk.classify(labels, name=name.replace("_", "-")).learn(
            train, method="self_train", teacher=asked.teacher, model=ENGLISH.get(name, "e5-multilingual"), seed=seed, most=asked.texts, unlabelled=texts
        )
        cost = time.process_time() - start
    finally:
        self_training._modest, self_training._teach = modest, teach
    judged = encode(function.task, hk.read([{"text": row["text"], "label": str(row["label"])} for row in test if row["text"].strip() and str(row["label"]) in labels][: asked.test_rows]))[0]
    about = {"set": name, "seed": seed, "labels": len(labels), "rows": len(train), "texts": len(texts), "n": len(judged), "processor_s": round(cost)}
    if "after" not in kept:  # no round took a text: nothing to scale
        outputs = function.predictor(judged.inputs).outputs(judged.inputs)
        return {**about, "said": [], **dict.fromkeys(("first", "before", "after"), measured(judged.targets, outputs, outputs))}
    first, before, after = (replace(kept[when], task=function.task).outputs(judged.inputs) for when in ("first", "before", "after"))
    if (before.argmax(axis=1) != after.argmax(axis=1)).any():
        raise SystemExit(f"the temperature changed an answer of {name}")
    return {**about, "said": kept["said"], "first": measured(judged.targets, first, first), "before": measured(judged.targets, before, before), "after": measured(judged.targets, after, before)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="tweet_emotion,sst2,fewclue_eprstmt,chnsenticorp_hotel")
    parser.add_argument("--few", type=int, default=16, help="labelled rows a class")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=2000, help="unlabelled texts")
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--teacher", default="probe")
    parser.add_argument("--name", default="self_train_confidence", help="of the files in results/ that are written")
    asked = parser.parse_args()
    cells, found = Cells(asked.name), {}
    for name in asked.sets.split(","):
        each = [cells.fill((name, asked.few, asked.texts, asked.teacher, seed), lambda name=name, seed=seed: one_seed(asked, name, seed)) for seed in range(asked.seeds)]
        means = {when: {measure: over_seeds([cell[when][measure] for cell in each]) for measure in ("accuracy", "ece", "ece_corrected", "log_loss")} for when in ("first", "before", "after")}
        found[name] = {"rows": each[0]["rows"], "labels": each[0]["labels"], "n": each[0]["n"], "scaled": sum(bool(cell["said"]) for cell in each), "mean_over_seeds": means, "each_seed": each}
    record(asked.name, {"method": f"self_train, {asked.teacher}", "few": asked.few, "texts": asked.texts, "seeds": asked.seeds, "sets": found})


if __name__ == "__main__":
    main()
