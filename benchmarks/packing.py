"""Instruction tuning on rows of uneven length: ours, packed and not, beside trl's SFTTrainer, packed and not; tokens of rows a processor second.

    python benchmarks/packing.py [--model gemma-270m] [--rows 64] [--runs 3] [--threads 1] [--precision bf16] [--peer PYTHON]

Rows of alpaca_en, cut at 256 tokens, tokenised by ours and given to both with the same supervised tokens; the same LoRA. Ours puts rows of near-equal length
together; trl takes them as they come, and packs into rows of 512 tokens with its best-fit strategy. `padding` is the part of what is computed that no row
needs. The first step is left out of the speed. --peer: the Python that has trl (this one by default).
"""

from __future__ import annotations

import argparse
import os
import sys

from common import ROOT, interleave, median, ratios, record
from lora_step import BOTH, OURS, PACKING

ROWS = PACKING[: PACKING.index("seen, original")]  # what both learn from
WRITE = ROWS + "print(json.dumps({'marked': marked}))\n"
PEER = """
import tempfile
from datasets import Dataset
from peft import LoraConfig
from transformers import TrainerCallback
from trl import SFTConfig, SFTTrainer
packing, given = sys.argv[5] == '1', json.load(open(sys.argv[6]))
data = Dataset.from_list([{'input_ids': ids, 'completion_mask': [int(m) for m in shown]} for ids, shown in given])
class Clock(TrainerCallback):
    def on_step_begin(self, *a, **k): mark()
    def on_train_end(self, *a, **k): mark()
seen = []
class Counting(SFTTrainer):
    def compute_loss(self, model, inputs, *a, **k):
        mask = inputs.get('attention_mask')
        whole = inputs['input_ids'].numel()
        seen.append((int(mask.sum()) if mask is not None and mask.dim() == 2 else whole, whole))
        return super().compute_loss(model, inputs, *a, **k)
network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
arguments = SFTConfig(tempfile.mkdtemp(), num_train_epochs=1, per_device_train_batch_size=2 if packing else batch, learning_rate=RATE, lr_scheduler_type='linear',
    warmup_steps=0, weight_decay=0.0, max_grad_norm=1.0, bf16=precision == 'bf16', report_to=[], save_strategy='no', logging_strategy='no', disable_tqdm=True,
    use_cpu=not torch.cuda.is_available(), packing=packing, max_length=512, completion_only_loss=True, gradient_checkpointing=False)
trainer = Counting(network, args=arguments, train_dataset=data, callbacks=[Clock()], processing_class=AutoTokenizer.from_pretrained(folder),
    peft_config=LoraConfig(r=8, lora_alpha=16, target_modules='all-linear', task_type='CAUSAL_LM'))
trainer.train()
real, whole = (sum(pair[i] for pair in seen[1:]) for i in (0, 1))
wall, processor = (marks[-1][i] - marks[1][i] for i in (0, 1))
print(json.dumps({'tokens_per_s': real / wall, 'tokens_per_cpu_s': real / processor, 'padding': 1 - real / whole, 'peak_training_mb': peak_mb()}))
"""


def main() -> None:
    """Measure."""
    import json
    import tempfile
    from functools import partial
    from pathlib import Path

    from common import child

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="gemma-270m")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="bf16", choices=("bf16", "fp32"))
    parser.add_argument("--peer", default=sys.executable)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    sys.path.insert(0, str(ROOT / "src"))
    from hanshuku.models.pull import pull

    given = (str(pull(options.model)), str(options.batch), "0", options.precision)
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.json"
        marked = child(BOTH + OURS + WRITE, *given, "0", str(options.rows))["marked"]
        rows.write_text(json.dumps(marked), encoding="utf-8")
        programs = {}
        for name, room, packing in (("not packed", "0", "0"), ("packed", "512", "1")):
            programs[f"hanshuku, {name}"] = partial(child, BOTH + OURS + PACKING, *given, room, str(options.rows))
            programs[f"trl, {name}"] = partial(child, BOTH + PEER, *given, packing, str(rows), python=options.peer)
        found = interleave(programs, options.runs)
    keys = ("tokens_per_s", "tokens_per_cpu_s", "padding", "peak_training_mb")
    ours = found["hanshuku, not packed"]
    record("packing", {
        "model": options.model, "batch": options.batch, "rows": options.rows, "precision": options.precision, "threads": options.threads,
        "n_runs": options.runs, "seed": 0, "median": {name: {key: round(median(runs, key), 4) for key in keys} for name, runs in found.items()},
        "not_packed_over": {name: ratios(ours, runs, "tokens_per_cpu_s") for name, runs in found.items() if runs is not ours}, "runs": found,
    })  # fmt: skip


if __name__ == "__main__":
    main()
