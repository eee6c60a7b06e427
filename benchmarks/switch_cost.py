"""What a step of fine-tuning costs with each switch, in parts of a plain step.

    python benchmarks/switch_cost.py [--model minilm] [--steps 10] [--rounds 3] [--arms fgm,ema]

One process, one thread, the same rows of sst2 (batches of 16), the switches in turn; processor time of the engine's run, loading left out. The
number of a switch is the median over rounds of its time over that of the plain step of the same round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from common import ROOT, record, rows_of
from switches import ARMS

ROWS = 64


def main() -> None:
    """Time every switch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--arms", default=",".join(arm for arm, settings in ARMS.items() if "augment" not in settings))  # which makes rows, not steps
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    seconds = timed(options)
    ratios = {arm: [ours / plain for ours, plain in zip(found, seconds["plain"], strict=True)] for arm, found in seconds.items()}
    record("switch_cost", {
        "model": options.model, "steps": options.steps, "rounds": options.rounds, "plain_step_cpu_s": round(statistics.median(seconds["plain"]) / options.steps, 3),
        "ratio": {arm: {"median": round(statistics.median(found), 2), "min": round(min(found), 2), "max": round(max(found), 2)} for arm, found in ratios.items()},
    })  # fmt: skip


def timed(options: argparse.Namespace) -> dict[str, list[float]]:
    """Processor seconds of a run of each arm, one a round."""
    import numpy as np
    import torch

    from hanshuku.inference.tokens import tokenise
    from hanshuku.methods.finetune import Finetune
    from hanshuku.methods.trunk_fit import ready, shortened
    from hanshuku.tasks import Task
    from hanshuku.training.average import Average
    from hanshuku.training.classifier import Classifier, Rows, parameter_groups
    from hanshuku.training.composed import composed
    from hanshuku.training.config import Schedule
    from hanshuku.training.engine import Feed, train
    from hanshuku.training.layers import rate_factors
    from hanshuku.training.objectives import make_objective
    from hanshuku.training.run import Run
    from hanshuku.training.scored import labels_scored
    from hanshuku.training.switches import Switches

    torch.set_num_threads(1)
    task, given = Task("classify", labels=("negative", "positive")), rows_of("sst2", "train", ROWS)
    trunk = ready(Finetune(), task, options.model, Run())
    targets = np.array([task.labels.index(row["label"]) for row in given])
    rows = Rows(tokenise(trunk.loaded.tokenizer, [(row["text"],) for row in given], trunk.limit, prefix=trunk.loaded.info.prefix), targets, trunk.pad_id)
    network = Classifier(trunk.tuned.trunk, 2, trunk.width, pooling=trunk.loaded.info.pooling, dropout=0.1, seed=0)
    found: dict[str, list[float]] = {arm: [] for arm in ("plain", *options.arms.split(","))}
    schedule = Schedule(epochs=1000, max_steps=options.steps, batch_size=16, learning_rate=1e-5)
    with shortened(trunk, rows, network, Run()):
        for round_ in range(-1, options.rounds):  # the first one warms up
            for arm in found if round_ >= 0 else ("plain",):
                switches = Switches(**ARMS[arm])
                objective = composed(labels_scored(task, make_objective(task, label_smoothing=switches.label_smoothing, focal=switches.focal)), switches, network,
                                     trunk.loaded.network.get_input_embeddings(), trunk.padding)  # fmt: skip
                groups = parameter_groups(network, 1e-5, 1e-5, 0.01, rate_factors(trunk.loaded.network, switches.layer_decay) if switches.layer_decay < 1 else None)
                begin = time.process_time()
                train(network, Feed(rows.lengths, rows.collate), objective, schedule, Run(), parameter_groups=groups, average=Average(switches.average))
                if round_ >= 0:
                    found[arm].append(time.process_time() - begin)
                    print(f"round {round_ + 1}: {arm}: {found[arm][-1]:.2f} s", file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    main()
