"""Fine-tuning MiniLM on SST-2: ours against the transformers Trainer with its best batching, and with its defaults.

    python benchmarks/finetune_vs_trainer.py [--rows 2000] [--epochs 2] [--runs 3] [--threads N]

Same weights, rows, epochs, batch size, learning rate, seed and threads; bfloat16 in ours and in the Trainer's best; each run
is a process of its own, in turn. Examples a second are of the training loop alone, model loading and tokenising left out; the
process_ figures hold all. On a shared machine compare by processor time with one thread: waiting for others then counts for nothing.
"""

from __future__ import annotations

import argparse
import os

from common import interleave, median, ratios, record

BOTH = """
def peak_mb():
    return int(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))) / 1024
def figures(examples, begin, end, accuracy, peak):
    wall, processor = end[0] - begin[0], end[1] - begin[1]
    return {'examples_per_s': examples / wall, 'examples_per_cpu_s': examples / processor, 'loop_s': wall, 'loop_cpu_s': processor, 'accuracy': accuracy, 'peak_training_mb': peak}
"""
OURS = """
import json, sys, time
sys.path.insert(0, 'benchmarks')
from common import rows_of
from hanshuku.data.encode import encode
from hanshuku.data.read import read
from hanshuku.data.infer import infer_task
from hanshuku.methods.finetune import Finetune
from hanshuku.training.run import Run
rows, epochs, seed = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
train = read(rows_of('sst2', 'train', rows)); test = read(rows_of('sst2', 'test'))
task = infer_task(train)
import hanshuku.training.engine as engine
marks = []
original = engine._Loop._steps
def timed(self):
    marks.append((time.perf_counter(), time.process_time()))
    result = original(self)
    marks.append((time.perf_counter(), time.process_time()))
    return result
engine._Loop._steps = timed
predictor = Finetune(epochs=epochs, batch_size=16, learning_rate=5e-5).fit(task, encode(task, train)[0], model='minilm', run=Run(seed=seed))
peak = peak_mb()
held = encode(task, test)[0]
accuracy = float((predictor.outputs(held.inputs).argmax(1) == held.targets).mean())
print(json.dumps(figures(rows * epochs, *marks, accuracy, peak)))
"""
PEER = """
import json, sys, time, tempfile
sys.path.insert(0, 'benchmarks')
from common import rows_of
import numpy as np, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments, DataCollatorWithPadding, set_seed, TrainerCallback
rows, epochs, seed, best, folder = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == 'best', sys.argv[5]
set_seed(seed)
tokenizer = AutoTokenizer.from_pretrained(folder)
labels = {'negative': 0, 'positive': 1}
def data(part, limit=0):
    found = rows_of('sst2', part, limit)
    encoded = tokenizer([r['text'] for r in found], truncation=True, max_length=256)
    return [{'input_ids': i, 'attention_mask': m, 'labels': labels[r['label']]} for i, m, r in zip(encoded['input_ids'], encoded['attention_mask'], found)]
train, test = data('train', rows), data('test')
model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2)
more = dict(bf16=True) if best else {}
if best:
    import inspect
    if 'train_sampling_strategy' in inspect.signature(TrainingArguments.__init__).parameters:
        more['train_sampling_strategy'] = 'group_by_length'
    else:
        more['group_by_length'] = True
marks = []
class Clock(TrainerCallback):
    def on_train_begin(self, *a, **k): marks.append((time.perf_counter(), time.process_time()))
    on_train_end = on_train_begin
arguments = TrainingArguments(tempfile.mkdtemp(), num_train_epochs=epochs, per_device_train_batch_size=16, per_device_eval_batch_size=32, learning_rate=5e-5,
    warmup_steps=0.1, weight_decay=0.01, seed=seed, report_to=[], save_strategy='no', logging_strategy='no', disable_tqdm=True, use_cpu=not torch.cuda.is_available(), **more)
trainer = Trainer(model, arguments, train_dataset=train, data_collator=DataCollatorWithPadding(tokenizer), callbacks=[Clock()])
trainer.train()
peak = peak_mb()
answered = trainer.predict(test)  # grouped by length its rows come in another order; label_ids come in the same
accuracy = float((np.asarray(answered.predictions).argmax(1) == answered.label_ids).mean())
print(json.dumps(figures(rows * epochs, *marks, accuracy, peak)))
"""


def main() -> None:
    """Measure."""
    import sys

    from common import ROOT, child

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--epochs", type=float, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    sys.path.insert(0, str(ROOT / "src"))
    from hanshuku.models.pull import pull

    folder, given = str(pull("minilm")), (str(options.rows), str(options.epochs))
    seeds = iter(range(options.runs * 3))
    found = interleave(
        {
            "hanshuku": lambda: child(BOTH + OURS, *given, str(next(seeds) // 3)),
            "Trainer, bf16, grouped by length": lambda: child(BOTH + PEER, *given, str(next(seeds) // 3), "best", folder),
            "Trainer, defaults": lambda: child(BOTH + PEER, *given, str(next(seeds) // 3), "defaults", folder),
        },
        options.runs,
    )
    keys = ("examples_per_s", "examples_per_cpu_s", "loop_s", "loop_cpu_s", "peak_training_mb", "peak_mb", "accuracy", "process_cpu_s", "process_wall_s")
    record("finetune_vs_trainer", {
        "rows": options.rows, "epochs": options.epochs, "batch_size": 16, "threads": options.threads, "n_runs": options.runs, "seeds": list(range(options.runs)), "test_rows": 1821, "chance": 0.5,
        "median": {name: {key: round(median(rows, key), 3) for key in keys} for name, rows in found.items()},
        "ours_over_theirs": {name: {key: ratios(found["hanshuku"], rows, key) for key in ("examples_per_s", "examples_per_cpu_s", "process_cpu_s", "peak_training_mb")} for name, rows in found.items() if name != "hanshuku"},
        "runs": found,
    })  # fmt: skip


if __name__ == "__main__":
    main()
