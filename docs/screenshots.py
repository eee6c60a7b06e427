"""Pictures of the report's page for the documentation: real functions, measured on real rows, in a real browser at desktop and phone width.

    python docs/screenshots.py [--only sst2,ag_news] [--keep FOLDER]

Needs Chromium (`chromium` on the path), Pillow, and the data sets in HANSHUKU_SHARED_DATA. Written to docs/images/, each below 200 kB.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hanshuku as hk
from hanshuku.evaluation.report import Report

IMAGES = Path(__file__).resolve().parent / "images"
DATA = Path(os.environ.get("HANSHUKU_SHARED_DATA", "../shared/data"))
WIDTHS = {"": (1100, 1900), "_phone": (360, 2600)}  # name's end -> width and height in pixels
COLOURS, MOST_BYTES = 128, 200_000


def rows_of(name: str, part: str, n: int) -> list[dict[str, Any]]:
    """Rows spread over a split, n of them."""
    file = next(iter(sorted((DATA / name).glob(f"{part}.jsonl*"))))
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    step = max(1, len(rows) // n)
    return rows[::step][:n]


def learned(name: str, method: str, per_label: int) -> Any:
    """A function that has learned from so many rows a label."""
    rows = hk.read(next(iter(sorted((DATA / name).glob("train.jsonl*"))))).few(per_label)
    return hk.classify(sorted(set(rows.column("label"))), name=name).learn(rows, method=method)


def banking77() -> Report:
    """77 labels, a frozen encoder."""
    return learned("banking77", "probe", 10).evaluate(rows_of("banking77", "test", 300), checks=["mistakes", "robustness"], rows=60)


def sst2() -> Report:
    """Two labels, static vectors, every part, two other domains."""
    same = {"very positive": "positive", "very negative": "negative"}
    other = {name: rows_of(name, "test", 300) for name in ("yelp5", "imdb", "airline_tweets")}
    return learned("sst2", "static", 1200).evaluate(rows_of("sst2", "test", 300), ood=other, same=same, behaviours=["sentiment"])


def chnsenticorp_hotel() -> Report:
    """Two labels, Chinese, a frozen multilingual encoder."""
    return learned("chnsenticorp_hotel", "probe", 100).evaluate(rows_of("chnsenticorp_hotel", "test", 150), checks=())


def ag_news() -> Report:
    """Four labels, a language model that is asked and has learned nothing."""
    task = hk.classify({"World": "world politics", "Sports": "sports", "Business": "business", "Sci/Tech": "science and technology"}, name="ag_news")
    return task.learn(rows_of("ag_news", "train", 40), method="prompt", model="smollm2").evaluate(rows_of("ag_news", "test", 40), checks=())


REPORTS: dict[str, tuple[Callable[[], Report], str]] = {
    "banking77": (banking77, "en"), "sst2": (sst2, "en"), "chnsenticorp_hotel": (chnsenticorp_hotel, "zh"), "ag_news": (ag_news, "en"),
}  # fmt: skip


def shoot(page: Path, target: Path, width: int, height: int) -> None:
    """A picture of the top of a page, with as few colours as it needs."""
    from PIL import Image

    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("No Chromium was found on the path.")
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.png"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}", f"--screenshot={raw}"]
        subprocess.run([browser, *options, page.resolve().as_uri()], check=True, capture_output=True, timeout=300)
        with Image.open(raw) as image:
            image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    if target.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{target} has {target.stat().st_size} bytes; at most {MOST_BYTES} are allowed.")


def main() -> None:
    """Measure, write the pages, take the pictures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default=",".join(REPORTS))
    arguments.add_argument("--keep", type=Path, help="keep the pages and their JSON here")
    given = arguments.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        kept = given.keep or Path(folder)
        for name in given.only.split(","):
            make, language = REPORTS[name]
            report = make()
            report.save(kept / f"{name}.json")
            page = report.save(kept / f"{name}.html", language=language)
            for end, (width, height) in WIDTHS.items():
                shoot(page, IMAGES / f"report_{name}{end}.png", width, height)
                print(f"report_{name}{end}.png")


if __name__ == "__main__":
    main()
