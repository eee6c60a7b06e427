"""Eight examples a class: our contrastive method against SetFit with its defaults, the same encoder and the same rows.

    python benchmarks/fewshot_vs_setfit.py --peer-python PYTHON [--sets a,b] [--seeds 5] [--per-class 8] [--test-rows 1000]

PYTHON has setfit installed (it pins an older transformers than ours). Each fit is a process of its own with one thread,
ours and SetFit's in turn on the same rows drawn by the seed; processor time is that of the fit, the loading of libraries
and the test left out. From 50 labels SetFit's default (all pairs, oversampled) would take hours, so it gets
num_iterations=5, which is the cheaper choice for it. Finished cells are kept in results/fewshot_vs_setfit.cells.jsonl, so that a
run that was stopped goes on; --fresh starts anew.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from functools import partial
from pathlib import Path

from common import ROOT, Cells, child, record

SETS = {  # name -> encoder, what is asked
    "sst2": ("minilm", "What is the sentiment of this sentence?"),
    "fewclue_eprstmt": ("e5-multilingual", "这条评论的情感是什么？"),
    "tweet_emotion": ("minilm", "Which emotion does this tweet show?"),
    "ag_news": ("minilm", "What is this news about?"),
    "banking77": ("minilm", "What does the customer of the bank want?"),
    "fewclue_tnews": ("e5-multilingual", "这条新闻是关于什么的？"),
    "hate_offensive": ("minilm", "What kind of speech is this tweet?"),
}
DRAW = """
import json, sys, time, random
sys.path.insert(0, 'benchmarks')
from common import rows_of
name, seed, per_class, test_rows, model = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
rows = rows_of(name, 'train')
test = [(row['text'], str(row['label'])) for row in rows_of(name, 'test')]
random.Random(0).shuffle(test)
test = test[:test_rows]
labels = sorted({str(row['label']) for row in rows})
random.Random(seed).shuffle(rows)
train = [(row['text'], label) for label in labels for row in [r for r in rows if str(r['label']) == label][:per_class]]
def done(seconds, found):
    right = [int(a == b) for a, (_, b) in zip(found, test)]
    print(json.dumps({'fit_cpu_s': round(seconds, 2), 'accuracy': sum(right) / len(right), 'n': len(right), 'labels': len(labels), 'right': ''.join(map(str, right))}))
"""
OURS = """
import torch
torch.set_num_threads(1)
from hanshuku.functions.core import Function
from hanshuku.tasks import Task
import hanshuku.methods.contrastive_learning
from hanshuku.models.load import load_encoder
load_encoder(model)
task = Task('classify', labels=tuple(labels), instruction=sys.argv[7])
begin = time.process_time()
function = Function(task).learn([{'text': text, 'label': label} for text, label in train], method=sys.argv[6], model=model, seed=seed)
seconds = time.process_time() - begin
done(seconds, list(function.map([text for text, _ in test])))
"""
PEER = """
import torch
torch.set_num_threads(1)
from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments
prefix = sys.argv[6]
model = SetFitModel.from_pretrained(model, labels=labels)
data = Dataset.from_dict({'text': [prefix + text for text, _ in train], 'label': [labels.index(label) for _, label in train]})
more = {'num_iterations': 5} if len(labels) >= 50 else {}
arguments = TrainingArguments(seed=seed, report_to='none', save_strategy='no', output_dir='/tmp/setfit_bench', **more)
begin = time.process_time()
trainer = Trainer(model=model, args=arguments, train_dataset=data)
trainer.train()
seconds = time.process_time() - begin
done(seconds, list(model.predict([prefix + text for text, _ in test])))
"""
ARMS = ("contrastive", "probe", "SetFit")


def sentence_transformer(name: str) -> str:
    """The catalogue's model as a folder that sentence-transformers loads with the same pooling, made beside the cache."""
    from hanshuku.models.load import load_encoder
    from hanshuku.models.pull import pull

    folder, info = pull(name), load_encoder(name).info
    target = Path("/tmp") / f"setfit_{name}"
    if not (target / "modules.json").is_file():
        (target / "1_Pooling").mkdir(parents=True, exist_ok=True)
        for file in Path(folder).iterdir():
            if not (target / file.name).exists():
                (target / file.name).symlink_to(file)
        width = json.loads((Path(folder) / "config.json").read_text())["hidden_size"]
        pooling = {"word_embedding_dimension": width, "pooling_mode_mean_tokens": info.pooling == "mean", "pooling_mode_cls_token": info.pooling == "cls"}
        (target / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
        (target / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 256, "do_lower_case": False}))
        kinds = ("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")
        modules = [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"} for i, (path, kind) in enumerate(kinds)]
        (target / "modules.json").write_text(json.dumps(modules))
    return str(target)


def run_arm(arm: str, given: tuple[str, ...], model: str, instruction: str, peer_python: str) -> dict:
    """One fit and its test, in a process of its own."""
    if arm != "SetFit":
        return child(DRAW + OURS, *given, model, arm, instruction)
    prefix = "query: " if model.startswith("e5") else ""  # the model card of e5 asks for it; SetFit has no setting
    return child(DRAW + PEER, *given, sentence_transformer(model), prefix, python=peer_python, timeout=14400)


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--per-class", type=int, default=8)
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    found = Cells("fewshot_vs_setfit", fresh=options.fresh)
    for seed in range(options.seeds):
        for name in options.sets.split(","):
            model, instruction = SETS[name]
            given = (name, str(seed), str(options.per_class), str(options.test_rows))
            for arm in ARMS:
                key = (arm, *given)
                found.fill(key, partial(run_arm, arm, given, model, instruction, options.peer_python))
    record("fewshot_vs_setfit", summary(found, options))


def summary(found: dict, options: argparse.Namespace) -> dict:
    """Per set and over sets: accuracies, processor seconds, the difference with a bootstrap interval over sets and seeds."""
    import numpy as np

    sets, differences, ratios = {}, {}, {}
    for name in options.sets.split(","):
        arms = {
            arm: [found[arm, name, str(seed), str(options.per_class), str(options.test_rows)] for seed in range(options.seeds)]
            for arm in ARMS
        }
        differences[name] = [ours["accuracy"] - theirs["accuracy"] for ours, theirs in zip(arms["contrastive"], arms["SetFit"], strict=True)]
        ratios[name] = statistics.median(ours["fit_cpu_s"] / theirs["fit_cpu_s"] for ours, theirs in zip(arms["contrastive"], arms["SetFit"], strict=True))
        sets[name] = {
            "model": SETS[name][0], "labels": arms["SetFit"][0]["labels"], "chance": round(1 / arms["SetFit"][0]["labels"], 4), "n": arms["SetFit"][0]["n"],
            **{arm: {"accuracy": round(statistics.mean(c["accuracy"] for c in cells), 4), "sd": round(statistics.stdev(c["accuracy"] for c in cells), 4),
                     "fit_cpu_s": round(statistics.median(c["fit_cpu_s"] for c in cells), 1)} for arm, cells in arms.items()},
            "difference": round(statistics.mean(differences[name]), 4), "cpu_ratio": round(ratios[name], 4),
        }  # fmt: skip
    rng = np.random.default_rng(0)
    table = np.array(list(differences.values()))  # sets x seeds
    draws = [rng.choice(row, (10_000, len(row))).mean(1) for row in table]  # seeds anew within each set; the sets are as they are
    low, high = np.percentile(np.mean(draws, axis=0), [2.5, 97.5])
    return {
        "per_class": options.per_class, "seeds": list(range(options.seeds)), "threads": 1, "sets": sets,
        "mean_difference": {"value": round(float(table.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4), "n": int(table.size)},
    }  # fmt: skip


if __name__ == "__main__":
    main()
