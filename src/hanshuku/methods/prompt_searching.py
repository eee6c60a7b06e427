"""The work of `PromptSearch.fit`: candidates, their scores on rows that they do not show, and successive halving."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.inference.demonstrations import Choice, drawn
from hanshuku.inference.label_scoring import LabelScoringPredictor, prior_of
from hanshuku.inference.prompts import WORDINGS
from hanshuku.inference.remote.predictor import RemotePredictor
from hanshuku.inference.settings import GenerationSettings, PromptSettings
from hanshuku.methods.demonstrating import Asking, anew, demonstrations_of, first_asker
from hanshuku.methods.prompt_log import PromptLog
from hanshuku.methods.prompt_search import PromptSearch
from hanshuku.methods.proposing import propose
from hanshuku.methods.row_values import right_rows, steady_rows
from hanshuku.methods.wording import wording_language
from hanshuku.methods.wordings import USUAL, Put, ways_to_ask
from hanshuku.tasks import TEXT_KINDS, Task
from hanshuku.tasks.base import objects
from hanshuku.training.run import Run, Step

FEWEST, MOST_PART = 8, 6  # rows that judge: at least so many, at most this part of the budget
SPREAD = 0.5  # a difference seen once more: so few equal rows do not look like certainty
KEPT, FINALISTS = 2, 4  # wordings that are tried with demonstrations; candidates of which the best is chosen


@dataclass(frozen=True)
class Way:
    """One prompt that is tried: a wording and the rows of the training part that are shown."""

    put: Put
    shown: tuple[int, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A way to ask, and for labels what the scores are divided by."""

    way: Way
    prior: str = "content_free"  # or "rows": what the answers get on average over the rows too; no call is needed for it


@dataclass(frozen=True)
class Gain:
    """What a candidate is better by than the usual wording, on the same rows."""

    mean: float
    error: float  # its standard error
    rows: int


def search_prompt(method: PromptSearch, task: Task, train: Encoded, *, model: str, validation: Encoded | None, run: Run) -> Asking:
    """See `PromptSearch.fit`."""
    run.report(Step(0, 1, note=f"load {model}"))
    search = Search(method, task, train, validation, model, run)
    language = search.settings.language
    proposed = propose(method.proposer or model, task, train, language, method.proposals, run.seed) if method.proposals else []
    ways = [Way(put) for put in ways_to_ask(task, language, method.candidates, proposed)]
    search.ask(search.usual, search.order)
    budget = method.calls - search.calls
    demonstrated = bool(method.demonstrations and method.sets)
    best = search.halve(ways, budget // 2 if demonstrated else budget, KEPT if demonstrated else FINALISTS)
    if demonstrated:
        sets = [Way(best[i % len(best)].put, search.draw(i)) for i in range(method.sets)]
        search.halve(list(dict.fromkeys([*best, *sets])), method.calls - search.calls, FINALISTS)
    return search.finish()


class Search:
    """One search: what was asked so far and what came of it."""

    def __init__(self, method: PromptSearch, task: Task, train: Encoded, validation: Encoded | None, model: str, run: Run) -> None:
        self.method, self.task, self.train, self.model, self.run, self.start = method, task, train, model, run, time.monotonic()
        self.is_apart = validation is not None and len(validation) > 0
        self.judges = validation if validation is not None and self.is_apart else train
        assert self.judges.targets is not None
        self.targets = self.judges.targets
        self.order = _spread(self.judges.strata, run.seed)[: max(FEWEST, method.calls // MOST_PART)]
        self.settings = _settings(method, task, train, run.seed)
        self.base = first_asker(task, model, self.settings, method.remote, prior=np.zeros(0))
        self.pool = demonstrations_of(train, self.base, method.demonstrations)
        self.usual = Way(USUAL)
        self.raw: dict[Way, dict[int, Any]] = {}  # for each way, row of the judges -> what the model gave
        self.calls = 0
        self.texts = WORDINGS[self.settings.language].content_free
        self.free = [-1 - i for i in range(len(self.texts))] if isinstance(self.base, LabelScoringPredictor) else []  # places of texts without content
        self.log = PromptLog(run.folder, identity=(method, task, model, run.seed, train, validation))

    @property
    def spent(self) -> bool:
        """Whether the calls or the time are used up."""
        return self.calls >= self.method.calls or (self.run.budget_s is not None and time.monotonic() - self.start > self.run.budget_s)

    def draw(self, number: int) -> tuple[int, ...]:
        """A set of demonstrations: places in the training rows."""
        return tuple(drawn(self.train.strata, Choice(self.method.demonstrations), self.run.seed * 1000 + number))

    def asker(self, way: Way, prior: np.ndarray | None = None) -> Asking:
        """The model, asked in this way."""
        settings = replace(self.settings, template=way.put.template, lead=way.put.lead)
        more = {"prior": np.zeros(0) if prior is None else prior} if self.free else {}
        if way.shown:  # as many rows as leave room for the longest text
            longest = max((self.judges.inputs[i] for i in self.order), key=lambda row: sum(map(len, row)))
            shown, plain = tuple(self.pool[i] for i in way.shown), anew(self.base, settings, **more)
            settings = replace(settings, demonstrations=shown if isinstance(plain, RemotePredictor) else plain.fitted(shown, longest))
        return anew(self.base, settings, **more)

    def rows_for(self, way: Way) -> list[int]:
        """The rows that may judge it: those it does not show."""
        return [i for i in self.order if self.is_apart or i not in way.shown]

    def ask(self, way: Way, rows: Sequence[int]) -> None:
        """Ask the model about these rows, except where it is known already or the budget is spent."""
        known = self.raw.setdefault(way, {})
        wanted = [i for i in [*self.free, *rows] if i not in known][: max(0, self.method.calls - self.calls)]
        remembered = self.log.remembered(way, wanted)
        if asked := [i for i in wanted if i not in remembered]:
            try:
                asker = self.asker(way)
            except ConfigError as error:  # too long for the model: ours are passed over, what the user stated is not
                if way.put.source in {"usual", "your"}:
                    raise
                self.run.report(Step(self.calls, self.method.calls, note=f"a wording was passed over: {error}"))
                return
            inputs = [self.judges.inputs[i] if i >= 0 else (self.texts[-1 - i],) * len(self.task.inputs) for i in asked]
            found: Any = asker.scores(inputs) if isinstance(asker, LabelScoringPredictor) else asker.outputs(inputs)
            remembered |= dict(zip(asked, found, strict=True))
            self.log.remember(way, {i: remembered[i] for i in asked})
        known.update(remembered)
        self.calls += len(wanted)

    def known(self, way: Way) -> list[int]:
        """The rows of which the answers are known."""
        return [i for i in self.order if i in self.raw.get(way, ())]

    def prior(self, candidate: Candidate) -> np.ndarray:
        """(A,) what the scores are divided by: texts without content (Zhao et al. 2021, arXiv 2102.09690), or the rows too
        (Zhou et al. 2023, arXiv 2309.17249).
        """
        known = self.raw[candidate.way]
        return prior_of(self.task, np.array([known[i] for i in (self.free if candidate.prior == "content_free" else known)]))

    def outputs(self, candidate: Candidate, rows: Sequence[int]) -> np.ndarray:
        """What the candidate answers to these rows, of what is known."""
        found = [self.raw[candidate.way][i] for i in rows]
        if isinstance(self.base, LabelScoringPredictor):
            return self.base.answers(np.array(found) - self.prior(candidate))
        return objects(found) if self.task.kind in TEXT_KINDS else np.array(found)

    def variants(self, way: Way) -> list[Candidate]:
        """The candidates that cost no call more than this way."""
        return [Candidate(way), Candidate(way, "rows")] if self.free else [Candidate(way)]

    def gain(self, candidate: Candidate) -> Gain:
        """What it is better by than the usual wording on the rows that both were asked about."""
        rows = [i for i in self.known(candidate.way) if i in self.raw[self.usual]]
        if candidate == Candidate(self.usual) or len(rows) < 2:
            return Gain(0.0, 0.0, len(rows))
        first, second = (steady_rows(self.task, self.targets[rows], self.outputs(c, rows)) for c in (candidate, Candidate(self.usual)))
        moved = first - second
        spread = ((moved - moved.mean()) ** 2).sum() + SPREAD**2
        return Gain(float(moved.mean()), float(np.sqrt(spread / (len(rows) - 1) / len(rows))), len(rows))

    def best_of(self, way: Way) -> tuple[Candidate, Gain]:
        """The better of a way's candidates."""
        return max(((c, self.gain(c)) for c in self.variants(way)), key=lambda pair: pair[1].mean)

    def halve(self, ways: Sequence[Way], budget: int, kept: int) -> list[Way]:
        """Successive halving (Jamieson & Talwalkar 2016, arXiv 1502.07943): all are asked about a few rows, the better half about more.

        Args:
            ways: what is tried.
            budget: calls.
            kept: ways that are left at the end, the best first.
        """
        alive, end = list(ways), self.calls + budget
        rungs = max(1, int(np.ceil(np.log2(max(len(alive) / kept, 1)))))
        for rung in range(rungs):
            each = (end - self.calls) // (rungs - rung) // len(alive) - (len(self.free) if not rung else 0)
            for way in alive:
                if self.spent:
                    break
                rows = [i for i in self.rows_for(way) if i not in self.raw.get(way, ())]
                self.ask(way, rows[: max(each, FEWEST // 2)])
                self.run.report(Step(self.calls, self.method.calls, score=self.best_of(way)[1].mean, note="gain over the usual wording"))
            alive = [way for way in alive if self.known(way)]
            found = {way: self.best_of(way) for way in alive}
            alive.sort(key=lambda way: -found[way][1].mean)
            for way in alive:
                self.log.judged(self.record(*found[way]) | {"rung": rung + 1, "calls": self.calls})
            alive = alive[: max(kept, -(-len(alive) // 2))]
        return alive[:kept]

    def finish(self) -> Asking:
        """What asks in the best way found; the usual one where none is better by more than `caution` standard errors."""
        candidates = [c for way in self.raw for c in self.variants(way) if self.known(way)]
        gains = {c: self.gain(c) for c in candidates}
        sure = {c: gain.mean - self.method.caution * gain.error for c, gain in gains.items()}
        usual = Candidate(self.usual)
        best = max(candidates, key=lambda c: (sure[c], c == usual))
        chosen = best if sure[best] > 0 else usual
        shown = {max(self.variants(way), key=lambda c: (c == chosen, gains[c].mean)) for way in self.raw if self.known(way)} | {chosen, usual}
        trials = [self.record(c, gains[c]) | {"chosen": c == chosen} for c in sorted(shown, key=lambda c: (c != usual, -sure[c]))]
        for trial in trials:
            self.log.judged(trial | {"rung": 0, "calls": self.calls})
        predictor = self.asker(chosen.way, self.prior(chosen) if self.free else None)
        predictor.trials = tuple(trials)  # type: ignore[union-attr]
        return predictor

    def record(self, candidate: Candidate, gain: Gain) -> dict[str, Any]:
        """A candidate with its score, as plain data."""
        put, rows = candidate.way.put, self.known(candidate.way)
        score = float(right_rows(self.task, self.targets[rows], self.outputs(candidate, rows)).mean()) if rows else None
        name = f"{put.source} wording" + (f", {len(candidate.way.shown)} rows shown" if candidate.way.shown else "") + (", prior of rows" if candidate.prior == "rows" else "")
        settings = {"template": put.template, "lead": put.lead, "shown": list(candidate.way.shown), "prior": candidate.prior if self.free else ""}
        note = f"{gain.mean:+.3f} ± {gain.error:.3f} against the usual wording"
        return {"method": name, "model": self.model, "settings": settings, "score": score, "rows": len(rows), "seconds": round(time.monotonic() - self.start, 2), "note": note}


def _settings(method: PromptSearch, task: Task, rows: Encoded, seed: int) -> PromptSettings | GenerationSettings:
    language = wording_language(method.language, task, rows)
    if task.kind not in TEXT_KINDS:
        return PromptSettings(language, normalise=method.normalise, max_length=method.max_length, precision=method.precision)
    precision = "fp32" if method.precision == "auto" else method.precision
    return GenerationSettings(language, max_new_tokens=method.max_new_tokens, seed=seed, max_length=method.max_length, precision=precision)


def _spread(strata: np.ndarray, seed: int) -> list[int]:
    """All places in random order, the labels spread evenly, so that the first few rows hold each."""
    return drawn(strata, Choice(len(strata)), seed, shuffled=False)
