"""Learning from the unlabelled rows of FewCLUE, against the same method without them; the rows are FewCLUE's own few.

    python benchmarks/self_training.py [--sets fewclue_eprstmt,fewclue_tnews] [--teachers probe,contrastive] [--ways self_train] [--seeds 5] [--most 4000]
                                       [--model e5-multilingual] [--few 16]

--ways uda,fixmatch are finetune with two_views, and go with the teacher finetune alone; other sets with their training texts as unlabelled ones too
(airline_tweets, with --model minilm).

FewCLUE's training file holds several draws; the rows of a run are those that a seed draws, 16 a class (eprstmt) or as many as there are up to 16
(tnews). Published for comparison (arXiv 2107.07498, RoBERTa-wwm-ext, 12 layers, 102 million parameters, mean of nine tasks): fine-tuning 44.1, P-tuning 59.9,
human 82.5; ours is an encoder for sentences of 118 million parameters, most of them word vectors. Finished cells are kept in results/self_training.cells.jsonl.
"""

from __future__ import annotations

import argparse
import statistics
from functools import partial

from common import Cells, child, record

ASKED = {"fewclue_eprstmt": "这条评论的情感是什么？", "fewclue_tnews": "这条新闻是关于什么的？", "airline_tweets": "What does the tweet think of the airline?"}
VIEWS = ("uda", "fixmatch")
PROGRAM = """
import json, sys, time, random
sys.path.insert(0, 'benchmarks')
arm, teacher, name, seed, most, model, few, instruction = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6], int(sys.argv[7]), sys.argv[8]
from common import rows_of
rows = rows_of(name, 'train')
texts = [row['text'] for row in (rows_of(name, 'unlabeled') if name.startswith('fewclue') else rows) if row['text'].strip()]
test = [(row['text'], str(row['label'])) for row in rows_of(name, 'test')]
labels = sorted({str(row['label']) for row in rows})
random.Random(seed).shuffle(rows)
train = [{'text': row['text'], 'label': label} for label in labels for row in [r for r in rows if str(r['label']) == label][:few]]
from hanshuku.functions.core import Function
from hanshuku.tasks import Task
more = {'method': teacher}
if arm == 'self_train':
    more = {'method': 'self_train', 'teacher': teacher, 'most': most, 'unlabelled': texts}
elif arm != 'alone':
    more |= {'two_views': arm, 'view_most': most, 'unlabelled': texts}
begin = time.process_time()
function = Function(Task('classify', labels=tuple(labels), instruction=instruction)).learn(train, model=model, seed=seed, **more)
seconds = time.process_time() - begin
right = [int(found == label) for found, (_, label) in zip(function.map([text for text, _ in test]), test)]
print(json.dumps({'accuracy': sum(right) / len(right), 'n': len(right), 'rows': len(train), 'fit_cpu_s': round(seconds, 1), 'notes': list(function.history[-1].notes)}))
"""


def main() -> None:
    """Fill the missing cells, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="fewclue_eprstmt,fewclue_tnews")
    parser.add_argument("--teachers", default="probe,contrastive")
    parser.add_argument("--ways", default="self_train", help="self_train, uda, fixmatch")
    parser.add_argument("--model", default="e5-multilingual")
    parser.add_argument("--few", type=int, default=16, help="labelled rows a class")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--most", type=int, default=4000)
    options = parser.parse_args()
    found = Cells("self_training")
    results = {}
    for name in options.sets.split(","):
        for teacher in options.teachers.split(","):
            arms: dict = {arm: [] for arm in ("alone", *options.ways.split(",")) if arm not in VIEWS or teacher == "finetune"}
            for seed in range(options.seeds):
                for arm, values in arms.items():
                    key = (arm, teacher, name, str(seed), str(options.most), options.model, str(options.few))
                    values.append(found.fill(key, partial(child, PROGRAM, *key, ASKED[name]))["accuracy"])
            results[f"{name}, {teacher}"] = _compared(arms)
    record("self_training", {"seeds": list(range(options.seeds)), "most_unlabelled": options.most, "results": results})


def _compared(arms: dict) -> dict:
    """Means, and the paired difference of each way over seeds with a bootstrap interval."""
    import numpy as np

    found: dict = {arm: round(statistics.mean(values), 4) for arm, values in arms.items()}
    for arm, values in arms.items():
        if arm != "alone":
            differences = np.array(values) - np.array(arms["alone"])
            draws = np.random.default_rng(0).choice(differences, (10_000, len(differences))).mean(1)
            low, high = np.percentile(draws, [2.5, 97.5])
            found[f"{arm}_difference"] = {"value": round(float(differences.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4), "n": len(differences)}
    return found


if __name__ == "__main__":
    main()
