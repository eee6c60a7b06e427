"""RequestLog: what functions were asked and answered, as JSON lines, so that drift can be seen later. Off unless it is asked for; personal data is masked."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from hanshuku.errors import ServingError
from hanshuku.tasks import Task, kind_of
from hanshuku.tasks.base import plain

WAITING = 10_000  # rows that may wait to be written; more are lost and counted
BATCH = 200  # rows written at once at most
SUFFIXES = (".jsonl", ".ndjson")
Entry = tuple[str, str, dict[str, Any], Any, float | None, str]


class RequestLog:
    """Writes rows in a thread of its own, so that an answer waits for no disk; where the disk is full rows are lost and counted, and the server goes on.

    A line: ``{"time": UTC, "function": name, "input": {name: text}, "output": ..., "confidence": ...}``, and "reason" where an answer was refused.

    Args:
        path: NAME.jsonl; it is made readable to its owner alone, and added to where it exists.
        masks: take personal data out of inputs and outputs: e-mail becomes [EMAIL]; see `safety.pii`.
        max_mb: a larger file is renamed to NAME.1.jsonl, what was there to NAME.2.jsonl and so on.
        keep: renamed files that are kept.

    Raises:
        ServingError: the file cannot be written, or has another suffix.
    """

    def __init__(self, path: str | Path, *, masks: bool = True, max_mb: float = 100.0, keep: int = 5) -> None:
        self.path, self.masks, self.max_bytes, self.keep = Path(path), masks, int(max_mb * 1e6), keep
        if self.path.suffix.lower() not in SUFFIXES:
            raise ServingError(f"A log of requests is a file of JSON lines, NAME.jsonl. Received: {path}.")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(self._open())
        except OSError as error:
            raise ServingError(f"{path} cannot be written: {error.strerror}. Give another --log, or none.") from error
        self.written = self.lost = 0
        self._queue: queue.Queue[Entry | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._failing = False

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._work, name="request-log", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def add(self, name: str, task: Task, row: Sequence[str], output: Any, confidence: float | None = None, reason: str = "") -> None:
        """One row with its answer; it never waits and never fails.

        Args:
            name: that the function is served under.
            task: what it does.
            row: one text per input.
            output: the answer.
            confidence: 0..1, or None.
            reason: why there is no answer, where it was refused.
        """
        when = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        inputs = {key: _cell(task, text) for key, text in zip(task.inputs, row, strict=True)}
        try:
            self._queue.put_nowait((when, name, inputs, plain(output), confidence, reason))
        except queue.Full:
            self.lost += 1

    def _work(self) -> None:
        ended = False
        while not ended:
            entries = [self._queue.get()]
            while len(entries) < BATCH and entries[-1] is not None:
                try:
                    entries.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            ended = entries[-1] is None
            rows = [entry for entry in entries if entry is not None]
            if rows:
                self._write(rows)

    def _write(self, rows: Sequence[Entry]) -> None:
        """Add rows; where that fails nothing of them stays, so that every line of the file is whole."""
        try:
            text = "".join(map(self._line, rows)).encode("utf-8", "replace")
            if self.path.exists() and self.path.stat().st_size + len(text) > self.max_bytes:
                self._rotate()
            handle = self._open()
            try:
                size = os.fstat(handle).st_size
                try:
                    left = memoryview(text)
                    while left:
                        left = left[os.write(handle, left) :]
                except OSError:
                    os.ftruncate(handle, size)
                    raise
            finally:
                os.close(handle)
            self.written, self._failing = self.written + len(rows), False
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a log, requests are answered
            self.lost += len(rows)
            if not self._failing:
                sys.stderr.write(f"warning: {self.path} could not be written ({error}); requests are answered and not logged until it can be\n")
            self._failing = True

    def _line(self, entry: Entry) -> str:
        when, name, inputs, output, confidence, reason = entry
        if self.masks:
            inputs, output = _masked(inputs), _masked(output)
        line = {"time": when, "function": name, "input": inputs, "output": output, "confidence": None if confidence is None else round(confidence, 4)}
        return json.dumps({**line, **({"reason": reason} if reason else {})}, ensure_ascii=False) + "\n"

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _rotate(self) -> None:
        """NAME.jsonl becomes NAME.1.jsonl, NAME.1.jsonl becomes NAME.2.jsonl; the oldest goes."""
        names = [self.path, *(self.path.with_name(f"{self.path.stem}.{n}{self.path.suffix}") for n in range(1, self.keep + 1))]
        if not self.keep:
            self.path.unlink()
            return
        for older, newer in reversed(list(zip(names[1:], names[:-1], strict=True))):
            if newer.exists():
                newer.replace(older)


def _cell(task: Task, text: str) -> Any:
    """An input as a reader would write it: a conversation and candidates as lists."""
    return json.loads(text) if hasattr(kind_of(task), "parse_input") and task.kind in {"chat", "rank"} and text.startswith("[") else text


def _masked(value: Any) -> Any:
    """Plain data without the personal data in its texts."""
    from hanshuku.safety.masking import mask
    from hanshuku.safety.pii import find

    if isinstance(value, str):
        return mask(value, find(value)).text
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value
