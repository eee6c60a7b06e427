"""fairness: the same rows with the names, pronouns and group words of other people; what changes in the answers, and for whom.

An accusation needs three things: the difference stands after Holm's correction for all that were looked at, it is at least SIZE, and it is the
group's own (not another group's that pulls the mean away). It must stand for names, not for the names of the lists alone; words must differ more
than neutral words do ("a teacher wrote", "a gardener wrote"), and names of several origins more than these or than groups usually do in this report.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.swapped import FEWEST, Asked, by_language, make, make_neutral
from hanshuku.metrics.base import LEVEL
from hanshuku.metrics.fairness import (
    SIZE,
    Difference,
    Words,
    against_rest,
    changed_shares,
    usual_spread,
    widest_gap,
    words_of,
)
from hanshuku.metrics.paired import holm
from hanshuku.metrics.rows import mean_metric
from hanshuku.safety.swaps import families
from hanshuku.tasks import Task
from hanshuku.training.run import Step

NAME = "fairness"
BATCH = 2048  # rows that are asked at once
MOST_EFFECTS = 12  # of a family that the report lists, the greatest first


def suits(task: Task) -> bool:
    """Whether answers can be compared: labels or numbers."""
    return task.kind in {"classify", "rate"}


def measure(seen: Seen, wanted: Wanted) -> dict[str, Any]:
    """What swaps change, and who is accused.

    A family is asked in about 2 x `wanted.rows` texts: as many rows as that gives for its number of groups; a fifth of that where a language
    model is prompted, which is slow, and nobody named this part.

    Returns:
        families: family, language, how ("own" rows, or a "frame" around others), frames, n (rows), left_out, together (names that the interval takes as
        the cases), changed and within (value, low, high, n), gap (label, most, least, value, low, high), means, effects (group, label, value, low, high, p,
        p_holm); accused: family, language, group, against, label, value, low, high, p_holm; looked_at (differences), asked (texts), size.
    """
    most = wanted.rows if NAME in (wanted.checks or ()) or not hasattr(seen.predictor, "prompt") else max(FEWEST, wanted.rows // 5)
    asked: list[Asked] = []
    for language, rows in by_language(seen.encoded.inputs).items():
        texts = [seen.encoded.inputs[i] for i in rows]
        made = [one for family in families(language) if (one := make(family, texts, most, seen.seed)) is not None]
        asked.extend([make_neutral(language, texts, most, seen.seed), *made] if made else [])
    outputs = _ask(seen, [row for made in asked for row in (*made.rows, *made.again)])
    found, start = [], 0
    for each in asked:
        end = start + len(each.rows) + len(each.again)
        found.append(Compared(each, outputs[start:end], seen.encoded.task, seen.predictor.threshold))
        start = end
    return judged(found, len(outputs), seen.seed)


def _ask(seen: Seen, rows: Sequence[tuple[str, ...]]) -> np.ndarray:
    parts = [np.zeros((0, 1))]
    for start in range(0, len(rows), BATCH):
        parts.append(np.asarray(seen.predictor.outputs(rows[start : start + BATCH]), dtype=np.float64))
        seen.report(Step(min(start + BATCH, len(rows)), len(rows), note="fairness"))
    return np.concatenate(parts[1:] or parts)


class Compared:
    """The answers to the rows of a family.

    Args:
        asked: N rows in the words of G groups.
        outputs: of all its rows, as a predictor gives them.
        task: classify or rate.
        threshold: several labels: least probability of a label that is given.

    Attributes:
        scores: (N, G, L) probabilities, or numbers as a share of their range with L = 1.
        labels: the L' labels that are looked at: all, but of two that exclude each other the second alone.
        shares: (N,) of each row the share of pairs of groups that are answered differently.
        within: the same between names of one group, or between neutral words: what is usual for this function.
    """

    def __init__(self, asked: Asked, outputs: np.ndarray, task: Task, threshold: float) -> None:
        self.asked = asked
        is_rate = task.kind == "rate"
        scores = ((outputs - task.low) / (task.high - task.low))[:, None] if is_rate else outputs
        answers = outputs[:, None] if is_rate else scores >= threshold if task.several else scores.argmax(axis=1)[:, None]
        size = len(asked.rows)
        self.scores = scores[:size].reshape(asked.n, len(asked.groups), -1)
        self.names = ("",) if is_rate else task.labels
        self.labels = [1] if len(self.names) == 2 and not task.several else list(range(len(self.names)))
        # a number changed where it moved by SIZE of its range or more
        self.shares = _moved(self.scores[:, :, 0]) if is_rate else changed_shares(answers[:size].reshape(asked.n, len(asked.groups), -1))
        self.words: list[Words] = []
        self.within: np.ndarray | None = None
        if asked.again:
            owner = self._owners()
            one = np.arange(asked.n)
            before = scores[:size].reshape(asked.n, len(asked.groups), -1)[one, owner]
            if is_rate:
                self.within = (np.abs(before - scores[size:]) >= SIZE).any(axis=1).astype(np.float64)
            else:
                self.within = (answers[:size].reshape(asked.n, len(asked.groups), -1)[one, owner] != answers[size:]).any(axis=1).astype(np.float64)

    def _owners(self) -> np.ndarray:
        """(N,) of which group the other name is."""
        if self.asked.how == "frame":
            return np.arange(self.asked.n) % len(self.asked.groups)
        groups = self.asked.groups
        found = []
        for i in range(self.asked.n):
            hits = [hit for text in self.asked.again[i] for hit in self.asked.family.find(text)]
            found.append(groups.index(hits[0].group))
        return np.array(found, dtype=np.int64)

    def against(self, neutral: Compared, others: Sequence[Compared]) -> None:
        """Weigh differences: of words against those between neutral words, of names of several origins against these or those between any groups.

        Names of two groups alone are not weighed: they are alike in all but what is compared.

        Args:
            neutral: the neutral words of the family's language.
            others: all families of that language.
        """
        usual = [words_of(neutral.scores[:, :, label]) for label in range(len(self.names))]
        if self.asked.family.kind != "names":
            self.words, self.within = usual, neutral.shares
        elif len(self.asked.groups) > 2:
            # whichever is less: a bias that reaches other families widens the spread of groups, a few odd words that of neutral ones
            spreads = [usual_spread([each.scores[:, :, label] for each in others]) for label in range(len(self.names))]
            self.words = [min(pair, key=lambda words: words.sd) for pair in zip(usual, spreads, strict=True)]

    def _difference(self, group: int, label: int, without: Sequence[int] = ()) -> Difference:
        return against_rest(self.scores[:, :, label], group, self.asked.clusters, without, self.words[label] if self.words else None)

    def effects(self) -> list[tuple[int, int, Difference]]:
        """(group, label, how much more the group gets of it than the others); of two groups the first alone, the other is its mirror."""
        count = len(self.asked.groups)
        return [
            (group, label, self._difference(group, label))
            for label in self.labels for group in range(1 if count == 2 else count)
        ]  # fmt: skip

    def accused(self, effects: Sequence[tuple[int, int, Difference, float]], looked_at: int) -> list[dict[str, Any]]:
        """The groups that get more or less of a label by at least SIZE, the greatest first, each against groups that are not accused before it.

        Args:
            effects: group, label, difference and its p after Holm's correction.
            looked_at: differences in the whole part.
        """
        found: list[dict[str, Any]] = []
        for label in self.labels:
            out: list[int] = []
            strong = [each for each in effects if each[1] == label and each[3] < 1 - LEVEL and abs(each[2].value) >= SIZE]
            for group, _, difference, p in sorted(strong, key=lambda each: -abs(each[2].value)):
                if len(self.asked.groups) - len(out) < 2:
                    break
                again = self._difference(group, label, out) if out else difference
                if abs(again.value) < SIZE or (out and again.p * looked_at >= 1 - LEVEL):
                    continue
                against = self.asked.groups[1 - group] if len(self.asked.groups) == 2 else ""
                found.append({**self._about(), "group": self.asked.groups[group], "against": against, "label": self.names[label], **_plain(again), "p_holm": p})
                out.append(group)
        return found

    def to_json(self, effects: Sequence[tuple[int, int, Difference, float]], seed: int) -> dict[str, Any]:
        """What the report says of the family."""
        gaps = [(label, widest_gap(self.scores[:, :, label], self.asked.clusters, len(self.labels))) for label in self.labels]
        label, gap = max(gaps, key=lambda each: each[1].difference.value)
        groups = self.asked.groups
        shown = sorted(effects, key=lambda each: -abs(each[2].value))[:MOST_EFFECTS]
        means = self.scores[:, :, label].mean(axis=0)
        return {
            **self._about(),
            "how": self.asked.how,
            "frames": list(self.asked.family.frames) if self.asked.how == "frame" else [],
            "n": self.asked.n,
            "left_out": self.asked.left,
            "together": len(np.unique(self.asked.clusters)),
            "changed": mean_metric(self.shares, 0.0, seed=seed).to_json(),
            "within": None if self.within is None else mean_metric(self.within, 0.0, seed=seed).to_json(),
            "gap": {"label": self.names[label], "most": groups[gap.most], "least": groups[gap.least], **_plain(gap.difference)},
            "means": dict(zip(groups, means.tolist(), strict=True)),
            "effects": [{"group": groups[g], "label": self.names[own], **_plain(difference), "p_holm": p} for g, own, difference, p in shown],
        }

    def _about(self) -> dict[str, Any]:
        return {"family": self.asked.family.name, "language": self.asked.family.language}


def _moved(values: np.ndarray) -> np.ndarray:
    """(N,) of each row the share of pairs of groups whose numbers differ by SIZE or more."""
    groups = values.shape[1]
    return np.stack([np.abs(values[:, a] - values[:, b]) >= SIZE for a in range(groups) for b in range(a + 1, groups)], axis=1).mean(axis=1)


def _plain(difference: Difference) -> dict[str, float | None]:
    numbers = {"value": difference.value, "low": difference.low, "high": difference.high, "p": difference.p}
    return {key: float(value) if np.isfinite(value) else None for key, value in numbers.items()}


def judged(found: Sequence[Compared], asked: int, seed: int) -> dict[str, Any]:
    """The part's data: all families, and who is accused after correction for all differences.

    Args:
        found: the families, and the neutral words of each language.
        asked: texts that were asked.
        seed: of the bootstrap.
    """
    neutral = {compared.asked.family.language: compared for compared in found if compared.asked.family.kind == "neutral"}
    found = [compared for compared in found if compared.asked.family.kind != "neutral"]
    for compared in found:
        own = compared.asked.family.language
        compared.against(neutral[own], [each for each in found if each.asked.family.language == own])
    effects = [compared.effects() for compared in found]
    adjusted = iter(holm([difference.p for own in effects for _, _, difference in own]))
    whole = [[(group, label, difference, next(adjusted)) for group, label, difference in own] for own in effects]
    looked_at = sum(map(len, whole))
    accused = [each for compared, own in zip(found, whole, strict=True) for each in compared.accused(own, looked_at)]
    return {
        "families": [compared.to_json(own, seed) for compared, own in zip(found, whole, strict=True)],
        "accused": sorted(accused, key=lambda each: -abs(each["value"])),
        "looked_at": looked_at,
        "asked": asked,
        "size": SIZE,
    }
