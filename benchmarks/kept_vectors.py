"""Rows of a shared set as the probe reads them, computed once and kept in a folder, so that many fits cost little.

    python benchmarks/kept_vectors.py NAME ... [--rows 1200] [--test-rows 1000] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import rows_of

from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.data.infer import infer_task
from hanshuku.data.language import language_of
from hanshuku.data.read import read
from hanshuku.inference.heads import Head
from hanshuku.methods.frozen_rows import FrozenRows
from hanshuku.methods.probe import Probe

FOLDER = Path("/tmp/hanshuku-vectors")


def kept(name: str, rows: int, test_rows: int, folder: Path = FOLDER) -> tuple[FrozenRows, Encoded, int]:
    """Vectors and labelled rows: drawn training rows (seed 7), behind them drawn test rows; and the number of the former."""
    drawn = np.random.default_rng(7)
    parts = []
    for part, count in (("train", rows), ("test", test_rows)):
        found = rows_of(name, part)
        parts.append([found[i] for i in drawn.permutation(len(found))[:count].tolist()])
    examples = read(parts[0] + parts[1])
    task = infer_task(examples)
    encoded, _ = encode(task, examples)
    file = folder / f"{name}-{rows}-{test_rows}-layers.npz"
    if not file.is_file():
        model = Probe().default_model(task, language_of([row[0] for row in encoded.inputs[:200]]))
        frozen = FrozenRows.read(task, encoded.inputs, Probe(), model)
        assert frozen.prior is not None
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(file, features=frozen.features, weight=frozen.prior.weight, bias=frozen.prior.bias, layers=np.array(frozen.layers, dtype=np.int64))
    data = np.load(file)
    return FrozenRows(task, None, data["features"], Head(data["weight"], data["bias"]), Probe(), tuple(data["layers"].tolist())), encoded, len(parts[0])


def main() -> None:
    """Compute what is not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--test-rows", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    for name in options.names:
        frozen, rows, n = kept(name, options.rows, options.test_rows, options.folder)
        print(name, frozen.features.shape, n, len(rows.task.labels), flush=True)


if __name__ == "__main__":
    main()
