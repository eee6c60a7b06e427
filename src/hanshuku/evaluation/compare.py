"""compare: several methods x seeds on the same rows, each run in a process of its own, resumable."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.data.fingerprint import fingerprint
from hanshuku.errors import ConfigError, DataError
from hanshuku.evaluation.child import run_in_child
from hanshuku.evaluation.comparison import Comparison
from hanshuku.evaluation.cost import library_versions, machine
from hanshuku.evaluation.differences import analyse
from hanshuku.evaluation.run_files import load_record, save_record, save_rows, write_json
from hanshuku.evaluation.runs import DONE, FAILED, NOT_RUN, Candidate, Job, RunRecord, perform
from hanshuku.metrics.measure import primary_metric
from hanshuku.training.run import Step

__all__ = ["Candidate", "Comparison", "compare"]

GRACE, GRACE_S = 0.25, 5.0  # share of the budget, and seconds, by which answering the test rows may overrun it before the process is ended
EVERY_S = 5.0  # seconds between two lines of progress of a run


def quiet(_line: str) -> None:
    """Say nothing."""


def compare(
    train: Encoded,
    test: Encoded,
    methods: Sequence[Candidate],
    *,
    seeds: int = 1,
    few: int = 0,
    budget_s: float | None = None,
    run_folder: Path | None = None,
    report: Callable[[str], None] = quiet,
) -> Comparison:
    """Learn by every method with every seed, measure all on the same test rows, and say which differences are real.

    A method that fails is reported as failed and the others go on; it is not tried with further seeds. A method that does
    not learn runs once. All methods have their first seed before any has its second, so that a short budget leaves a
    result of each.

    Args:
        train: labelled rows of a task to learn from.
        test: labelled rows to measure on.
        methods: at least one; no name twice.
        seeds: runs of each method, seeds 0, 1, ...; >= 1. A seed sets the training and, with `few`, the rows.
        few: draw this many rows a class (rate: a fifth of the range) for each seed, the same for every method; 0: all.
        budget_s: wall seconds for all of it. Each fit is granted an equal share of what is left; what does not fit any more
            is reported as not run.
        run_folder: finished runs are kept here and not done again; the whole comparison is in compare.json.
        report: called with a line of progress now and then.

    Raises:
        ConfigError: no method, a name twice, a method that another process cannot make, or a number outside its range.
        DataError: there are no labelled rows.
        StorageError: the folder cannot be written.
    """
    _check(train, test, methods, seeds, few)
    run_folder = Path(run_folder) if run_folder else None
    folder = run_folder or Path(tempfile.mkdtemp(prefix="hanshuku-compare-"))
    try:
        plan = _Plan(train, test, tuple(methods), seeds, few, budget_s, folder, run_folder is not None, report)
        runs = plan.perform()
        results, differences = analyse(test, methods, runs)
        found = Comparison(
            train.task, len(test), seeds, few, results, differences, tuple(runs), _majority(test), {"train": fingerprint(train), "test": fingerprint(test)},
            library_versions(), machine(), datetime.now(timezone.utc).isoformat(timespec="seconds"),
        )  # fmt: skip
        if run_folder:
            write_json(run_folder / "compare.json", found.to_json())
    finally:
        if run_folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    return found


def _check(train: Encoded, test: Encoded, methods: Sequence[Candidate], seeds: int, few: int) -> None:
    names = [candidate.name for candidate in methods]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names or twice:
        raise ConfigError(f"Compare at least one method, each under its own name. Received: {', '.join(names) or 'none'}.")
    if seeds < 1 or few < 0:
        raise ConfigError(f"seeds= is at least 1 and few= at least 0. Received: seeds={seeds}, few={few}.")
    for rows, what in ((train, "learn from"), (test, "measure on")):
        if rows.targets is None or not len(rows):
            raise DataError(f"Labelled rows to {what} are due, at least one. Received: {len(rows)} rows{' without labels' if len(rows) else ''}.")
    for candidate in methods:
        if candidate.isolated:
            candidate.to_json()


def _majority(test: Encoded) -> tuple[str, float] | None:
    if test.targets is None or primary_metric(test.task, test.targets) != "accuracy":
        return None
    counts = np.bincount(test.targets[test.targets >= 0], minlength=len(test.task.labels))
    return test.task.labels[int(counts.argmax())], float(counts.max() / len(test))


def draw_few(train: Encoded, few: int, seed: int) -> Encoded:
    """`few` rows a stratum (all of a smaller one), drawn by the seed, in the order of `train`; 0: all rows."""
    if not few:
        return train
    rng = np.random.default_rng(seed)
    strata = train.strata
    drawn = [rng.permutation(np.flatnonzero(strata == stratum))[:few] for stratum in np.unique(strata)]
    return train.take(np.sort(np.concatenate(drawn)))


@dataclass(frozen=True, eq=False)
class _Plan:
    """All the runs of a comparison, in the order in which they are done."""

    train: Encoded
    test: Encoded
    candidates: tuple[Candidate, ...]
    seeds: int
    few: int
    budget_s: float | None
    folder: Path
    keeps: bool  # whether the folder outlives the comparison
    report: Callable[[str], None]

    def perform(self) -> list[RunRecord]:
        start = time.monotonic()
        deadline = None if self.budget_s is None else start + self.budget_s
        jobs = [(candidate, seed) for seed in range(self.seeds) for candidate in self.candidates if seed == 0 or candidate.method.LEARNS]
        done: dict[tuple[str, int], RunRecord] = {}
        for place, (candidate, seed) in enumerate(jobs):
            first = done.get((candidate.name, 0))
            if first is not None and first.status == FAILED:
                record = self._skipped(candidate, seed, f"It failed with seed 0: {first.message}")
            else:
                record = self._run(candidate, seed, (place, len(jobs)), deadline)
            done[candidate.name, seed] = record
        return [self._of(candidate, seed, done) for candidate in self.candidates for seed in range(self.seeds)]

    def _of(self, candidate: Candidate, seed: int, done: dict[tuple[str, int], RunRecord]) -> RunRecord:
        """A run; one that does not learn answers with every seed as with the first."""
        return done.get((candidate.name, seed)) or replace(done[candidate.name, 0], seed=seed)

    def _skipped(self, candidate: Candidate, seed: int, message: str) -> RunRecord:
        return RunRecord(candidate.name, candidate.model, seed, NOT_RUN, message)

    def _run(self, candidate: Candidate, seed: int, place: tuple[int, int], deadline: float | None) -> RunRecord:
        head = f"[{place[0] + 1}/{place[1]}] {candidate.name}, seed {seed}"
        rows = draw_few(self.train, self.few, seed)
        kept = self.folder / "runs" / self._key(candidate, rows, seed)
        record = load_record(kept) or load_record(self._work(candidate, rows, seed) / "record")  # the latter: we were killed meanwhile
        if record is not None and record.status == DONE and record.outputs is not None:
            record = replace(record, name=candidate.name)
            save_record(record, kept)
            self.report(f"{head}: kept from before, {self._score(record)}")
            return record
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            self.report(f"{head}: not run, the budget is spent")
            return self._skipped(candidate, seed, f"The budget of {self.budget_s:g} s was spent before its turn.")
        granted = None if left is None else left / (place[1] - place[0])
        kill_at = None if deadline is None or self.budget_s is None else deadline + GRACE * self.budget_s + GRACE_S
        self.report(f"{head}: starts, {len(rows):,} rows" + ("" if granted is None else f", {granted:.0f} s granted"))
        record = self._fit(candidate, rows, seed, granted, kill_at, _Lines(head, self.report))
        if record.status == DONE:
            save_record(record, kept)
            shutil.rmtree(self._work(candidate, rows, seed), ignore_errors=True)
        self.report(f"{head}: {self._score(record) if record.status == DONE else f'{record.status}: {record.message}'}")
        return record

    def _fit(
        self, candidate: Candidate, rows: Encoded, seed: int, granted: float | None, kill_at: float | None, step: Callable[[Step], None]
    ) -> RunRecord:
        work = self._work(candidate, rows, seed)
        if not candidate.isolated:
            return perform(candidate.name, Job(candidate.method, candidate.model, rows, self.test, seed, granted, work / "fit" if self.keeps else None), step)
        train_path, test_path = work / "train", self.folder / "work" / f"test-{fingerprint(self.test)[:16]}"
        if not test_path.with_name(test_path.name + ".npz").exists():
            save_rows(self.test, test_path)
        save_rows(rows, train_path)
        return run_in_child(candidate, (train_path, test_path), work, seed=seed, budget_s=granted, checkpoints=self.keeps, kill_at=kill_at, report=step)

    def _work(self, candidate: Candidate, rows: Encoded, seed: int) -> Path:
        return self.folder / "work" / self._key(candidate, rows, seed)

    def _key(self, candidate: Candidate, rows: Encoded, seed: int) -> str:
        """A name for a run's files that changes with whatever would change its result."""
        method = partial(json.dumps, ensure_ascii=False, sort_keys=True, default=repr)
        kind = type(candidate.method)
        facts = [
            1, f"{kind.__module__}:{kind.__qualname__}", method(vars(candidate.method)), candidate.model, _stamp(candidate.model), seed,
            fingerprint(rows), fingerprint(self.test), self.test.task.to_json(), self.budget_s, library_versions().get("hanshuku"),
        ]  # fmt: skip
        digest = hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        plain = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in candidate.method.NAME)
        return f"{plain}-seed{seed}-{digest}"

    def _score(self, record: RunRecord) -> str:
        name = primary_metric(self.test.task, self.test.targets)
        return f"{name} {record.metrics[name]} in {record.fit_seconds or 0:.1f} s"


def _stamp(model: str) -> list[tuple[str, int, int]]:
    """Sizes and times of the files of a model that is a local folder: it may be another one the next time."""
    folder = Path(model)
    if not folder.is_dir():
        return []
    return sorted((str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file())


class _Lines:
    """Turns the steps of a run into a line now and then."""

    def __init__(self, head: str, report: Callable[[str], None]) -> None:
        self._head, self._report, self._last = head, report, time.monotonic()

    def __call__(self, step: Step) -> None:
        if time.monotonic() - self._last < EVERY_S:
            return
        self._last = time.monotonic()
        left = f", {step.seconds_left:.0f} s left" if step.seconds_left is not None else ""
        loss = f", loss {step.loss:.3f}" if step.loss is not None else ""
        self._report(f"{self._head}: {step.note or 'fit'} {step.done}/{step.total}{loss}{left}")
