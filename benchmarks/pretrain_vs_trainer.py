"""Pre-training from scratch for the same minutes: hanshuku beside a Trainer run of the same model, text and tokenizer; bits per byte.

    python benchmarks/pretrain_vs_trainer.py [--minutes 3] [--runs 1] [--size micro] [--threads 1] [--only tinyshakespeare]

Both begin with the texts and one tokenizer, both tokenise, pack into rows of 256 tokens and train a Llama of the same size with AdamW (0.9, 0.95), the same
rate, decay, warm-up and batch, in bf16 where the processor has it. The minutes are of the wall, tokenising included. Trainer is told how
many steps to plan: as many as fit, by the pace of some steps on a copy of the network (that time is not counted), so that its cosine comes down as ours does;
it is stopped when its time is up. Ours judges held-out text and writes samples as it goes, within its time. What both have learned is
judged by the same plain code, on all held-out text, in the units of docs/en/pretraining.md. Runs alternate.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from common import DATA, child, interleave, record

CORPORA = {"tinyshakespeare": "en", "chinese_poetry": "zh"}
BOTH = """
import json, math, os, sys, time
sys.path.insert(0, 'benchmarks')
import torch
from common import rows_of
name, folder, size, minutes, seed, batch = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6])
LENGTH, RATE, DECAY = 256, float(sys.argv[7]), 0.1
texts, held = ([row['text'] for row in rows_of(name, part)] for part in ('train', 'validation'))
half = bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
def bits(network, tokenizer):
    end = tokenizer.eos_token_id
    stream = [end]
    for text in held:
        stream += [*tokenizer(text, verbose=False)['input_ids'], end]
    nats, room = 0.0, LENGTH - 1
    network.eval()
    with torch.no_grad():
        for start in range(1, len(stream), room):
            ids = torch.tensor([stream[start - 1 : start + room]])
            chances = network(ids).logits[0, :-1].float().log_softmax(-1)
            nats -= float(chances.gather(1, ids[0, 1:, None]).double().sum())
    return nats / math.log(2) / sum(len(text.encode()) for text in held)
"""
OURS = """
from hanshuku.data.corpus import open_corpus
from hanshuku.methods.pretrain import Pretrain
from hanshuku.training.run import Run
import hanshuku.methods.pretraining
start, cpu = time.perf_counter(), time.process_time()
method = Pretrain(tokenizer=folder, batch_size=batch, max_length=LENGTH, learning_rate=RATE, weight_decay=DECAY)
made = method.fit(open_corpus(texts), size=size, validation=open_corpus(held), run=Run(seed=seed, budget_s=60 * minutes))
wall, cpu = time.perf_counter() - start, time.process_time() - cpu
print(json.dumps({'bits_per_byte': bits(made.network, made.tokenizer), 'own_bits_per_byte': made.metrics['bits_per_byte'].value, 'steps': made.facts['steps'], 'tokens': made.facts['steps'] * batch * LENGTH,
    'wall_s': wall, 'cpu_s': cpu}))
"""
PEER = """
import copy, tempfile
from transformers import AutoTokenizer, Trainer, TrainerCallback, TrainingArguments, default_data_collator, set_seed
from hanshuku.models.scratch import new_network
tokenizer = AutoTokenizer.from_pretrained(folder)
network = new_network(size, 'clm', tokenizer, max_length=LENGTH, seed=seed)
def arguments(steps):
    return TrainingArguments(tempfile.mkdtemp(), max_steps=steps, per_device_train_batch_size=batch, learning_rate=RATE, weight_decay=DECAY, adam_beta2=0.95, lr_scheduler_type='cosine', warmup_steps=0.05,
        seed=seed, report_to=[], save_strategy='no', logging_strategy='no', disable_tqdm=True, use_cpu=True, bf16=half, optim='adamw_torch_fused')
class Deadline(TrainerCallback):
    def __init__(self, end=math.inf): self.end, self.marks = end, []
    def on_step_end(self, args, state, control, **more):
        self.marks.append(time.perf_counter())
        if self.marks[-1] > self.end: control.should_training_stop = True
def blocks():
    ids = []
    for encoding in tokenizer.backend_tokenizer.encode_batch(texts, add_special_tokens=False):
        ids += [*encoding.ids, tokenizer.eos_token_id]
    return [{'input_ids': ids[i : i + LENGTH], 'labels': ids[i : i + LENGTH]} for i in range(0, len(ids) - LENGTH + 1, LENGTH)]
tokenizer.backend_tokenizer.no_truncation()
rows = blocks()
set_seed(seed)
trial = Deadline()
Trainer(copy.deepcopy(network), arguments(12), train_dataset=rows, data_collator=default_data_collator, callbacks=[trial]).train()
pace = (trial.marks[-1] - trial.marks[1]) / (len(trial.marks) - 2)
start, cpu = time.perf_counter(), time.process_time()
rows = blocks()
left = 60 * minutes - (time.perf_counter() - start)
clock = Deadline(start + 60 * minutes)
planned = max(1, int(left / pace))
trainer = Trainer(network, arguments(planned), train_dataset=rows, data_collator=default_data_collator, callbacks=[clock])
trainer.train()
wall, cpu = time.perf_counter() - start, time.process_time() - cpu
print(json.dumps({'bits_per_byte': bits(network, tokenizer), 'steps': len(clock.marks), 'planned_steps': planned, 'tokens': len(clock.marks) * batch * LENGTH, 'wall_s': wall, 'cpu_s': cpu}))
"""


def tokenizer_for(name: str, folder: Path) -> str:
    """A byte-level BPE of the corpus, for both."""
    from common import rows_of

    from hanshuku.models.vocabularies import planned_size, train_vocabulary

    texts = [row["text"] for row in rows_of(name, "train")]
    size = planned_size(sum(len(text.encode()) for text in texts))
    train_vocabulary("bpe", texts, size=size, objective="clm", max_length=256).save_pretrained(folder / name)
    return str(folder / name)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--size", default="micro")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="one of the corpora")
    parser.add_argument("--no-record", action="store_true", help="print, and leave results/ as it is")
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": str(options.threads), "RAYON_NUM_THREADS": str(options.threads)}
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in CORPORA:
            if options.only in {"", name}:
                results[name] = compare(name, tokenizer_for(name, Path(folder)), options)
    settings = {"minutes": options.minutes, "size": options.size, "batch_rows": options.batch, "row_tokens": 256, "learning_rate": options.rate, "threads": options.threads, "n_runs": options.runs, "seeds": list(range(options.runs)),
                "held_out": "validation split of each set", "chance": "8 bits a byte", "data": str(DATA.name)}  # fmt: skip
    if options.no_record:
        print(json.dumps(settings | results, indent=1))
    else:
        record("pretrain_vs_trainer", settings | {"corpora": results})


def compare(name: str, tokenizer: str, options: argparse.Namespace) -> dict:
    """Both on one corpus."""
    seeds = iter(range(2 * options.runs))
    given = lambda: (name, tokenizer, options.size, str(options.minutes), str(next(seeds) // 2), str(options.batch), str(options.rate))
    found = interleave({"hanshuku": lambda: child(BOTH + OURS, *given()), "Trainer": lambda: child(BOTH + PEER, *given())}, options.runs)
    differences = [ours["bits_per_byte"] - theirs["bits_per_byte"] for ours, theirs in zip(found["hanshuku"], found["Trainer"], strict=True)]
    return {
        "language": CORPORA[name],
        "median_bits_per_byte": {who: round(statistics.median(run["bits_per_byte"] for run in runs), 4) for who, runs in found.items()},
        "ours_minus_theirs": {"median": round(statistics.median(differences), 4), "min": round(min(differences), 4), "max": round(max(differences), 4), "n": len(differences)},
        "runs": found,
    }


if __name__ == "__main__":
    main()
