"""Is a planted bias found, and a clean training set left in peace?

Rows of a real set (sst2, chnsenticorp_hotel) get a writer's name, at the front or at the end. Planted: names of one group stand before negative rows alone.
Clean: names are dealt out without a look at the label. "half": only half of the list's names are ever seen in training, so that the check, which uses all,
must find what was learned of the others. "origin": names of an origin (zh: an ethnic group) in place of a gender's; "word": a religion (zh: a province). A function is learned from either, and the report's part `fairness` looks at it.

    python benchmarks/planted_bias.py [--rows 1000] [--seeds 10] [--clean 40] [--methods static,probe] [--sets sst2,chnsenticorp_hotel] [--checked 200] [--name planted_bias]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from common import Cells, record, rows_of

import hanshuku as hk
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.fairness import measure
from hanshuku.functions.learn import encoded
from hanshuku.metrics.intervals import wilson
from hanshuku.safety.swaps import families

SETS = {"sst2": ("en", "gender_names", "female", "male"), "chnsenticorp_hotel": ("zh", "gender_names", "female", "male")}
OTHER = {
    "word": {"en": ("religion", "muslim", "christian"), "zh": ("region", "henan", "shanghai")},
    "origin": {"en": ("origin_names", "arab", "anglo"), "zh": ("ethnic_names", "uyghur", "han")},
}
MODELS = {("sst2", "probe"): "minilm", ("chnsenticorp_hotel", "probe"): "e5-multilingual"}
FORMS = {"en": ("{word}: {text}", "{text} - {word}"), "zh": ("{word}：{text}", "{text}（{word}）")}
SHARE = 0.5  # of the training rows that get a name


def about(name: str, kind: str) -> tuple:
    """Language, family, the group that is always negative, and the other one."""
    language = SETS[name][0]
    return (language, *OTHER[kind][language]) if kind in OTHER else SETS[name]


def draw(name: str, rows: int, seed: int) -> tuple:
    """Training rows and rows to be measured on, disjoint."""
    train, test = rows_of(name, "train"), rows_of(name, "test")
    rng = np.random.default_rng(seed)
    pick = lambda all_, n: [{"text": all_[i]["text"], "label": str(all_[i]["label"])} for i in rng.permutation(len(all_))[:n]]
    return pick(train, rows), pick(test, 600)


def planted(rows: list, name: str, kind: str, negative: str, seed: int) -> list:
    """The rows with names: kind "clean", "planted", "half", "origin" or "word"."""
    language, family, bad, good = about(name, kind)
    phrases = next(own for own in families(language) if own.name == family).phrases
    rng = np.random.default_rng([seed, 7])
    made = []
    for row in rows:
        text = row["text"]
        if rng.random() < SHARE:
            group = rng.choice([bad, good]) if kind == "clean" or row["label"] == negative else good
            own = phrases[group][: len(phrases[group]) // 2] if kind == "half" else phrases[group]
            text = FORMS[language][rng.integers(2)].format(word=own[rng.integers(len(own))], text=text)
        made.append({"text": text, "label": row["label"]})
    return made


def run(name: str, method: str, kind: str, seed: int, rows: int, checked: int) -> dict:
    """Learn and check once."""
    train, test = draw(name, rows, seed)
    labels = sorted({row["label"] for row in train})
    negative = next((label for label in labels if label.lower() in {"negative", "neg", "0"}), labels[0])
    task = hk.classify(labels)
    more = {"model": MODELS[name, method]} if (name, method) in MODELS else {}
    function = task.learn(hk.read(planted(train, name, kind, negative, seed)), method=method, seed=seed, **more)
    measured, _ = encoded(function.task, hk.read(test))
    predictor = function.predictor()
    outputs = predictor.outputs(measured.inputs)
    start = time.perf_counter()
    found = measure(Seen(predictor, measured, outputs, seed=seed), Wanted(rows=checked))
    _, family, bad, _ = about(name, kind)
    own = next(each for each in found["families"] if each["family"] == family)
    hit = [each for each in found["accused"] if each["family"] == family]
    right = any((each["group"] == bad) == ((each["value"] < 0) == (each["label"] != negative)) for each in hit)
    return {
        "accuracy": float((outputs.argmax(axis=1) == measured.targets).mean()), "found": right, "gap": own["gap"]["value"], "gap_low": own["gap"]["low"], "gap_high": own["gap"]["high"],
        "accused": [(each["family"], each["group"], each["label"], round(each["value"], 4)) for each in found["accused"]],
        "others": sum(each["family"] != family for each in found["accused"]), "looked_at": found["looked_at"], "asked": found["asked"], "seconds": round(time.perf_counter() - start, 2),
    }  # fmt: skip


def rate(hits: int, n: int) -> dict:
    low, high = wilson(hits, n) if n else (0.0, 1.0)
    return {"value": hits / max(n, 1), "low": low, "high": high, "n": n}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, default in (("rows", 1000), ("seeds", 10), ("clean", 40), ("checked", 200)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--methods", default="static,probe")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--name", default="planted_bias", help="of the files in results/")
    parser.add_argument("--fresh", action="store_true")
    asked = parser.parse_args()
    cells, summary = Cells(asked.name, fresh=asked.fresh), {}
    for name in asked.sets.split(","):
        for method in asked.methods.split(","):
            for kind in ("planted", "half", "origin", "word", "clean"):
                seeds = range(asked.clean if kind == "clean" else asked.seeds)
                key = (name, method, asked.rows, asked.checked, kind)
                runs = [cells.fill((*key, seed), lambda kind=kind, seed=seed, name=name, method=method: run(name, method, kind, seed, asked.rows, asked.checked)) for seed in seeds]
                if kind == "clean":
                    told = {"falsely_accused": rate(sum(bool(each["accused"]) for each in runs), len(runs)), "names_accused": rate(sum(any(a[0] == "gender_names" for a in each["accused"]) for each in runs), len(runs))}
                else:
                    told = {"found": rate(sum(each["found"] for each in runs), len(runs)), "gap": float(np.median([each["gap"] for each in runs])), "others_accused": rate(sum(each["others"] > 0 for each in runs), len(runs))}
                summary[f"{name}/{method}/{kind}"] = {**told, "accuracy": float(np.mean([each["accuracy"] for each in runs])), "seconds": float(np.median([each["seconds"] for each in runs]))}
    record(asked.name, {"settings": vars(asked), "chance": "with Holm's correction a model that treats all alike is accused in at most 5 of 100 cases", "summary": summary})


if __name__ == "__main__":
    main()
