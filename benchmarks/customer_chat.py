"""A chat for customers: `hanshuku learn --task chat` by prompt, then by LoRA, on what customers of bitext_customer_service ask; the answers are kept to be read.

    python benchmarks/customer_chat.py [--per-intent 8] [--minutes 8] [--test-per-intent 4] [--model smollm2] [--seed 0] [--set batch_size=4]

The set has questions with one of 27 intents and no answers: customer_replies.json has one answer for each, written by us. Learned from are the first rows of
each intent, asked are the first rows of the test file, of which a few are worded as rows learned from are. `right` is the part of answers that are nearer, by
chrF, to the answer of their own intent than to that of any other; intervals are Wilson's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from common import ROOT, record, rows_of
from language_quality import hanshuku

sys.path.insert(0, str(ROOT / "src"))

from hanshuku.metrics.intervals import wilson

ASKED = json.loads(Path(__file__).with_name("customer_replies.json").read_text(encoding="utf-8"))


def conversations(part: str, per_intent: int) -> list[dict]:
    """So many conversations of each intent."""
    found: dict[str, list] = defaultdict(list)
    for row in rows_of("bitext_customer_service", part, 0):
        if len(found[row["label"]]) < per_intent:
            messages = [{"role": "system", "content": ASKED["system"]}, {"role": "user", "content": row["text"]}]
            found[row["label"]].append(
                {"messages": messages, "reply": ASKED["replies"][row["label"]], "intent": row["label"]}
            )
    return [row for rows in found.values() for row in rows]


def right(answers: list[str], intents: list[str]) -> dict:
    """The part of answers nearest to the reply of their intent."""
    from sacrebleu.metrics import CHRF

    chrf = CHRF()
    near = [
        max(ASKED["replies"], key=lambda intent: chrf.sentence_score(answer, [ASKED["replies"][intent]]).score)
        for answer in answers
    ]
    hit = sum(found == intent for found, intent in zip(near, intents, strict=True))
    low, high = wilson(hit, len(answers))
    return {"value": hit / len(answers), "low": low, "high": high, "n": len(answers)}


def arm(method: list[str], folder: Path, rows: list[dict], options: argparse.Namespace) -> dict:
    """Learn by one method, answer the test rows."""
    out = str(folder / "chat.fn")
    learned = [
        "learn",
        str(folder / "train.jsonl"),
        "--task",
        "chat",
        "--model",
        options.model,
        *method,
        "--test",
        str(folder / "test.jsonl"),
    ]
    found = json.loads(hanshuku(*learned, "--seed", str(options.seed), "--out", out, "--accept-licence", "--json"))
    answers = [
        json.loads(line)["output"]
        for line in hanshuku("call", out, "--input", str(folder / "test.jsonl"), "--json").splitlines()
    ]
    said = [
        {"asked": row["messages"][1]["content"], "intent": row["intent"], "answer": answer}
        for row, answer in zip(rows, answers, strict=True)
    ]
    return {
        "metrics": found["metrics"],
        "right": right(answers, [row["intent"] for row in rows]),
        "fit_seconds": found["origin"]["seconds"],
        "answers": said,
    }


def main() -> None:
    """Run both arms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-intent", type=int, default=8)
    parser.add_argument("--test-per-intent", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], help="settings of finetune, as learn takes them")
    options = parser.parse_args()
    methods = {
        "before": ["--method", "prompt"],
        "after": ["--method", "finetune", "--set", "tuning=lora", "--budget", f"{options.minutes}min"]
        + [part for setting in options.set for part in ("--set", setting)],
    }
    results = {"options": vars(options)}
    rows = conversations("test", options.test_per_intent)
    with tempfile.TemporaryDirectory() as folder:
        for part, kept in (("train", conversations("train", options.per_intent)), ("test", rows)):
            text = "".join(
                json.dumps({"messages": row["messages"], "reply": row["reply"]}, ensure_ascii=False) + "\n"
                for row in kept
            )
            (Path(folder) / f"{part}.jsonl").write_text(text, encoding="utf-8")
        for name, method in methods.items():
            results[name] = arm(method, Path(folder), rows, options)
    record("customer_chat", results)


if __name__ == "__main__":
    main()
