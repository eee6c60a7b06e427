"""A LoRA step on gemma-270m, 128 tokens a row of which 32 are supervised: ours against peft and the transformers Trainer; packing on and off.

    python benchmarks/lora_step.py [--model gemma-270m] [--batch 8] [--steps 6] [--runs 3] [--threads N] [--precision bf16] [--packing-rows 64]

Same weights, rows (text of alpaca_en), LoRA (rank 8 on every linear layer, same start), AdamW, falling rate and clipping; the one batch is seen at each step, so
that the losses of both can be laid side by side step by step. The first step, which sets up much, is left out of the speed. Each run is
a process of its own, in turn. On a shared machine compare by processor time with one thread. Packing: rows of alpaca_en, in our engine.
"""

from __future__ import annotations

import argparse
import os

from common import interleave, median, ratios, record

BOTH = """
import json, sys, time
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
folder, batch, steps, precision = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
RATE, WIDTH, SUPERVISED = 5e-4, 128, 32
sys.path.insert(0, 'benchmarks')
from common import rows_of
text = chr(10).join(row['output'] for row in rows_of('alpaca_en', 'train', 100 * batch))
ids = AutoTokenizer.from_pretrained(folder)(text, add_special_tokens=False)['input_ids']
rows = [ids[i * WIDTH : (i + 1) * WIDTH] for i in range(batch)]
marks, losses = [], []
def mark():
    marks.append((time.perf_counter(), time.process_time()))
def peak_mb():
    return int(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))) / 1024
def figures():
    wall, processor = (marks[-1][i] - marks[1][i] for i in (0, 1))
    counted = len(marks) - 2
    return {'steps_per_s': counted / wall, 'steps_per_cpu_s': counted / processor, 'peak_training_mb': peak_mb(), 'losses': losses}
"""
OURS = """
from hanshuku.methods.finetune import Finetune
from hanshuku.methods.text_finetuning import teach_texts
from hanshuku.models.load import load_causal
from hanshuku.training.run import Run
from hanshuku.training.speaker import Speaker
from hanshuku.training.tunings import prepare
class Timed(Speaker):
    def forward(self, inputs):
        mark()
        loss = super().forward(inputs)
        losses.append(float(loss.detach()))
        return loss
def run(marked, room=0, **settings):
    method = Finetune(tuning='lora', learning_rate=RATE, warmup=0.0, weight_decay=0.0, precision=precision, **settings)
    tuned = prepare(load_causal(folder).network, 'lora', size=8, seed=0, tokens=torch.tensor([5]))
    teach_texts(method, Timed(tuned.trunk), marked, [], Run(), kind='generate', room=room, identity='')
    mark()
"""
STEPS = """
run([(ids, [False] * (WIDTH - SUPERVISED) + [True] * SUPERVISED) for ids in rows], epochs=steps, batch_size=batch)
print(json.dumps(figures()))
"""
PEER = """
import tempfile
from peft import LoraConfig, get_peft_model
from transformers import Trainer, TrainerCallback, TrainingArguments
network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
with torch.random.fork_rng([]):
    torch.manual_seed(0)
    model = get_peft_model(network, LoraConfig(r=8, lora_alpha=16, target_modules='all-linear', task_type='CAUSAL_LM'))
data = [{'input_ids': ids, 'attention_mask': [1] * WIDTH, 'labels': [-100] * (WIDTH - SUPERVISED) + ids[-SUPERVISED:]} for ids in rows]
class Clock(TrainerCallback):
    def on_step_begin(self, *a, **k): mark()
    def on_train_end(self, *a, **k): mark()
    def on_log(self, args, state, control, logs=None, **k):
        if logs and 'loss' in logs: losses.append(float(logs['loss']))
arguments = TrainingArguments(tempfile.mkdtemp(), max_steps=steps, per_device_train_batch_size=batch, learning_rate=RATE, lr_scheduler_type='linear', warmup_steps=0,
    weight_decay=0.0, max_grad_norm=1.0, bf16=precision == 'bf16', report_to=[], save_strategy='no', logging_strategy='steps', logging_steps=1, disable_tqdm=True, use_cpu=not torch.cuda.is_available())
Trainer(model, arguments, train_dataset=data, callbacks=[Clock()], data_collator=lambda items: {k: torch.tensor([i[k] for i in items]) for k in items[0]}).train()
print(json.dumps(figures()))
"""
PACKING = """
from hanshuku.data.encode import encode
from hanshuku.data.infer import infer_task
from hanshuku.data.read import read
from hanshuku.inference.asking import Asker
from hanshuku.methods.text_finetuning import reply_of
room, count = int(sys.argv[5]), int(sys.argv[6])
found = read(rows_of('alpaca_en', 'train', count)); task = infer_task(found); coded = encode(task, found)[0]
asker = Asker(task, AutoTokenizer.from_pretrained(folder), limit=256)
marked = [asker.example(row, reply_of(target), most=256)[:2] for row, target in zip(coded.inputs, coded.targets)]
seen, original = [], Speaker.rows
def counted(self, rows, **settings):
    got = original(self, rows, **settings)
    seen.append((sum(len(ids) for ids, _ in rows), got['input_ids'].numel()))
    return got
Speaker.rows = counted
run(marked, room, epochs=1.0, batch_size=batch)
real, whole = (sum(pair[i] for pair in seen[1:]) for i in (0, 1))
wall, processor = (marks[-1][i] - marks[1][i] for i in (0, 1))
print(json.dumps({'tokens_per_s': real / wall, 'tokens_per_cpu_s': real / processor, 'padding': 1 - real / whole, 'peak_training_mb': peak_mb(), 'mean_loss': sum(losses) / len(losses)}))
"""


def main() -> None:
    """Measure."""
    import sys

    from common import ROOT, child

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="gemma-270m")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--precision", default="bf16", choices=("bf16", "fp32"))
    parser.add_argument("--packing-rows", type=int, default=64, help="rows of alpaca_en to learn with packing and without; 0: leave it out")
    options = parser.parse_args()
    if 0 < options.packing_rows < 32:
        parser.error(f"--packing-rows is 0 or at least 32: the first step is left out, and others must be left. Received: {options.packing_rows}.")
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    sys.path.insert(0, str(ROOT / "src"))
    from hanshuku.models.pull import pull

    given = (str(pull(options.model)), str(options.batch), str(options.steps), options.precision)
    programs = {"hanshuku": lambda: child(BOTH + OURS + STEPS, *given), "peft + Trainer": lambda: child(BOTH + PEER, *given)}
    if options.packing_rows:
        more = (*given[:1], "8", *given[2:])
        programs["packed"] = lambda: child(BOTH + OURS + PACKING, *more, "512", str(options.packing_rows))
        programs["not packed"] = lambda: child(BOTH + OURS + PACKING, *more, "0", str(options.packing_rows))
    found = interleave(programs, options.runs)
    ours, theirs = found["hanshuku"], found["peft + Trainer"]
    keys = ("steps_per_s", "steps_per_cpu_s", "peak_training_mb", "peak_mb", "process_cpu_s")
    results = {
        "model": options.model, "batch": options.batch, "tokens": 128, "supervised": 32, "steps": options.steps, "precision": options.precision,
        "threads": options.threads, "n_runs": options.runs, "seed": 0,
        "median": {name: {key: round(median(rows, key), 4) for key in keys} for name, rows in (("hanshuku", ours), ("peft + Trainer", theirs))},
        "ours_over_theirs": {key: ratios(ours, theirs, key) for key in keys},
        "largest_difference_of_a_loss": max(abs(a - b) for mine, other in zip(ours, theirs, strict=True) for a, b in zip(mine["losses"], other["losses"], strict=True)),
    }  # fmt: skip
    if options.packing_rows:
        kept = ("tokens_per_s", "tokens_per_cpu_s", "padding", "peak_training_mb", "mean_loss")
        results["packing"] = {
            "rows": options.packing_rows, "median": {name: {key: round(median(found[name], key), 4) for key in kept} for name in ("packed", "not packed")},
            "packed_over_not": {key: ratios(found["packed"], found["not packed"], key) for key in ("tokens_per_s", "tokens_per_cpu_s")},
        }  # fmt: skip
    record("lora_step", {**results, "runs": found})


if __name__ == "__main__":
    main()
