"""DPO on real pairs: how often, and by how much, a model finds the better answer likelier, before and after.

    python benchmarks/preferences.py [--sets preference_en preference_zh] [--minutes 4] [--train-rows 0] [--test-rows 0] [--length 512] [--seeds 3]

preference_en with smollm2, preference_zh with gemma-270m; the test pairs are seen by neither. `gained` is of each test pair by how many nats its margin
grew, whatever it was before; the better answers are the longer ones here, so the margin before says most of length.
"""

from __future__ import annotations

import argparse
import json
import sys

from common import ROOT, record, rows_of

sys.path.insert(0, str(ROOT / "src"))

import numpy as np

import hanshuku as hk
from hanshuku.evaluation.evaluate import preferences
from hanshuku.functions.learn import encoded
from hanshuku.metrics.preferences import preference_metrics

MODELS = {"preference_en": "smollm2", "preference_zh": "gemma-270m"}
SHOWN = 2  # answers that are kept to be read, before and after


def told(margins: np.ndarray) -> dict:
    """Accuracy and margin with their intervals."""
    return {name: metric.to_json() for name, metric in preference_metrics(margins).items()}


def measured(name: str, options: argparse.Namespace) -> dict:
    """One set: before, and after learning with each seed."""
    train, test = rows_of(name, "train", options.train_rows), rows_of(name, "test", options.test_rows)
    chat = hk.chat()
    pairs, _ = encoded(chat.task, test)
    asked = [row["messages"] for row in test[:SHOWN]]
    plain = chat.learn(method="prompt", model=MODELS[name], max_length=options.length, max_new_tokens=64, accept_licence=True)
    before = preferences(plain.predictor(), pairs)
    assert before is not None
    found = {"model": MODELS[name], "train_pairs": len(train), "test_pairs": len(test), "before": told(before), "answers_before": plain.map(asked), "after": []}
    for seed in range(options.seeds):
        learned = chat.learn(
            train, method="dpo", model=MODELS[name], max_length=options.length, seed=seed, budget=f"{options.minutes} min", validation=test[:2], accept_licence=True
        )
        after = preferences(learned.predictor(), pairs)
        assert after is not None
        origin = learned.history[-1]
        found["after"].append({"seed": seed, "seconds": origin.seconds, **told(after), "gained": told(after - before), "answers": learned.map(asked), "notes": list(origin.notes)})
        print(name, seed, json.dumps(found["after"][-1], ensure_ascii=False)[:600], file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Measure each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=list(MODELS))
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--train-rows", type=int, default=0)
    parser.add_argument("--test-rows", type=int, default=0)
    parser.add_argument("--length", type=int, default=512, help="most tokens of a prompt with an answer")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    results = {name: measured(name, options) for name in options.sets}
    record("preferences", {"method": "dpo, lora, beta 0.1", "minutes": options.minutes, "max_length": options.length, "sets": results})


if __name__ == "__main__":
    main()
