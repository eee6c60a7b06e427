"""Writing texts, before and after learning: `hanshuku learn` by prompt, then by LoRA, on the same test rows.

    python benchmarks/language_quality.py [--sets multi30k_en_de ...] [--minutes 40] [--test-rows 200] [--train-rows 0] [--seed 0]

The test rows are the first of the test file; those of tatoeba_zh_en are tatoeba's the other way round. `answers` keeps some of what was
written, to be read.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import RESULTS, ROOT, environment, rows_of

SETS = {  # name -> data set, kind, model, instruction
    "multi30k_en_de": ("multi30k_en_de", "translate", "gemma-270m", "Translate from English into German."),
    "tatoeba_en_zh": ("tatoeba_en_zh", "translate", "gemma-270m", "Translate from English into Chinese."),
    "tatoeba_zh_en": ("tatoeba_en_zh", "translate", "gemma-270m", "Translate from Chinese into English."),
    "dialogsum": ("dialogsum", "summarize", "smollm2", "Summarize the dialogue in a sentence or two."),
    "csl_title_zh": ("csl_title_zh", "summarize", "gemma-270m", "为下面的摘要写一个论文标题。"),
    "alpaca_en": ("alpaca_en", "generate", "smollm2", ""),
    "mbpp": ("mbpp", "complete_code", "smollm2", ""),
    "conala": ("conala", "complete_code", "smollm2", "Write one line of Python that does the following. Answer with the code alone."),
}
SHOWN = 5  # answers that are kept to be read


def rows_for(name: str, part: str, count: int) -> list:
    """Rows of a part, at most `count` of them; 0: all."""
    rows = rows_of(SETS[name][0], part, count)
    if name == "tatoeba_zh_en":
        return [{"source": row["target"], "target": row["source"]} for row in rows]
    return rows


def hanshuku(*arguments: str) -> str:
    """Stdout of a command."""
    command = [sys.executable, "-c", "from hanshuku.cli.main import main; main()", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
    if done.returncode:
        sys.exit(f"hanshuku {' '.join(arguments)} failed")
    return done.stdout


def measured(name: str, method: list, folder: Path, options: argparse.Namespace) -> dict:
    """Learn by one method and measure."""
    _, kind, model, instruction = SETS[name]
    files = {part: folder / f"{name}.{part}.jsonl" for part in ("train", "test")}
    for part, count in (("train", options.train_rows), ("test", options.test_rows)):
        files[part].write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows_for(name, part, count)), encoding="utf-8")
    out = folder / f"{name}.fn"
    arguments = ["learn", str(files["train"]), "--test", str(files["test"]), "--task", kind, "--model", model, "--instruction", instruction]
    arguments += [*method, "--seed", str(options.seed), "--out", str(out), "--accept-licence", "--json"]
    found = json.loads(hanshuku(*arguments))
    few = folder / "few.jsonl"
    few.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows_for(name, "test", SHOWN)), encoding="utf-8")
    answers = [json.loads(line)["output"] for line in hanshuku("call", str(out), "--input", str(few), "--json").splitlines()]
    shown = " ".join(f"'{part}'" if " " in part else part for part in arguments).replace(str(folder) + "/", "")
    return {"command": f"hanshuku {shown}", "metrics": found["metrics"], "fit_seconds": found["origin"]["seconds"], "rows": found["origin"]["rows"], "answers": answers}


def main() -> None:
    """Measure each set; results are added to the file as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--test-rows", type=int, default=200)
    parser.add_argument("--train-rows", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    out = RESULTS / "language_quality.json"
    results = json.loads(out.read_text(encoding="utf-8"))["results"] if out.is_file() else {}
    arms = {"before": ["--method", "prompt"], "after": ["--method", "finetune", "--set", "tuning=lora", "--budget", f"{options.minutes}min"]}
    for name in options.sets:
        for arm, method in arms.items():
            with tempfile.TemporaryDirectory() as folder:
                found = measured(name, method, Path(folder), options)
            about = environment()
            results[f"{name}, {arm}, seed {options.seed}"] = found | {"commit": about["commit"], "date": about["date"], "load": about["load_at_start"]}
            out.write_text(json.dumps({**about, "results": results}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            print(name, arm, json.dumps(found["metrics"]), *found["answers"], sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
