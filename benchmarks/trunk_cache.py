"""Fine-tuning the top blocks with the output of the frozen ones computed once, against computing it at each step.

    python benchmarks/trunk_cache.py [--model minilm] [--rows 1000] [--epochs 3] [--size 2] [--repeats 3] [--out FILE]

Both ways run the same engine, rows, seed and steps, in turn; filling the cache counts as part of its time. Processor
seconds are given beside wall seconds because other work on the machine disturbs them less.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import torch

from hanshuku.inference.embed import autocast, best_device
from hanshuku.inference.tokens import tokenise
from hanshuku.models.load import load_encoder
from hanshuku.tasks import Task
from hanshuku.training.classifier import Classifier, Rows, parameter_groups
from hanshuku.training.config import Schedule
from hanshuku.training.engine import Feed, train
from hanshuku.training.objectives import make_objective
from hanshuku.training.run import Run
from hanshuku.training.trunk_cache import TrunkCache
from hanshuku.training.tunings import prepare

TASK = Task("classify", labels=("a", "b"))
WORDS = "the parcel never came and nobody answers my letters although I wrote three times please send the money back or a new one".split()  # noqa: SIM905 - reads better


def texts(count: int) -> list[tuple[str]]:
    """Texts of 5 to 45 words."""
    rng = np.random.default_rng(0)
    return [(" ".join(rng.choice(WORDS, rng.integers(5, 46))),) for _ in range(count)]


def once(model: str, rows: int, epochs: float, size: int, *, cached: bool) -> dict[str, float]:
    """Seconds of one fit, its last loss, and what the cache holds."""
    loaded = load_encoder(model)
    tuned = prepare(loaded.network, "last_layers", size=size)
    tokens = tokenise(loaded.tokenizer, texts(rows), 256, prefix=loaded.info.prefix)
    data = Rows(tokens, np.arange(rows, dtype=np.int64) % 2, loaded.tokenizer.pad_token_id or 0)
    classifier = Classifier(tuned.trunk, 2, loaded.network.config.hidden_size, pooling=loaded.info.pooling, dropout=0.1, seed=0)
    criterion, schedule = make_objective(TASK), Schedule(epochs=epochs, learning_rate=1e-4)
    start, processor, held = time.perf_counter(), time.process_time(), 0

    def go() -> float:
        groups = parameter_groups(classifier, 1e-4, 1e-3, 0.01)
        return train(classifier, Feed(data.lengths, data.collate), lambda net, batch: criterion(net(batch), batch["targets"]), schedule, Run(), parameter_groups=groups).loss

    if cached:
        with autocast("auto", best_device()):
            cache = TrunkCache(loaded.network, tuned.depth, data.lengths, data.inputs)
        data.cache = classifier.cache = cache
        held = cache.nbytes
        with cache.installed():
            loss = go()
    else:
        loss = go()
    return {"wall_s": time.perf_counter() - start, "processor_s": time.process_time() - processor, "loss": loss, "cache_mb": held / 1e6}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--size", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {"cached": [], "computed": []}
    for _ in range(args.repeats):
        for name, found in runs.items():
            found.append(once(args.model, args.rows, args.epochs, args.size, cached=name == "cached"))
            print(name, {key: round(value, 3) for key, value in found[-1].items()}, flush=True)
    medians = {name: {key: statistics.median(run[key] for run in found) for key in found[0]} for name, found in runs.items()}
    result = {
        "benchmark": "trunk_cache", "model": args.model, "rows": args.rows, "epochs": args.epochs, "size": args.size, "repeats": args.repeats,
        "medians": medians, "times_faster_wall": medians["computed"]["wall_s"] / medians["cached"]["wall_s"],
        "times_faster_processor": medians["computed"]["processor_s"] / medians["cached"]["processor_s"],
        "commit": subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"), "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "threads": torch.get_num_threads(), "load": os.getloadavg()[0],
    }  # fmt: skip
    text = json.dumps(result, indent=1)
    print(text)
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
