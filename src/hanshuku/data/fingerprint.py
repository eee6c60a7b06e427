"""Fingerprints: the same rows give the same SHA-256, whatever file they came from."""

from __future__ import annotations

import hashlib
import json

from hanshuku.data.encoded import Encoded


def fingerprint(rows: Encoded) -> str:
    """SHA-256 (hex) over the inputs, the targets, the rejected answers and the unlabelled rows in their order; the task's labels count, the lines do not."""
    digest = hashlib.sha256(json.dumps(rows.task.labels, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    for row in rows.inputs:
        digest.update(json.dumps(row).encode())
    if rows.targets is not None:
        digest.update(rows.targets.tobytes() if rows.targets.dtype != object else repr(rows.targets.tolist()).encode())
    if rows.rejected is not None:
        digest.update(repr(rows.rejected.tolist()).encode())
    for row in rows.unlabelled:
        digest.update(json.dumps(row).encode())
    return digest.hexdigest()
