"""Weak labels: many rough rules, each right more often than not, together label texts that nobody has read.

    votes = apply([mentions_parcel, *read_rules("rules.csv")], texts, labels)
    weak = combine(votes)                      # a generative model; how="majority": the commonest vote
    examples = weak.examples(at_least=0.8)     # text, label, confidence: something to learn from

A rule gives a label or None, which is to abstain. The model is data programming (Ratner et al. 2016, arXiv 1605.07723, section 3)
in the form of Dawid & Skene (1979, equations 2.1 to 2.5): given the true label, each rule gives each label, or abstains, with a
probability of its own, and rules are independent. To abstain is an observation like any other: a rule that knows one label only
says something by its silence. The probabilities are found without any true label by expectation maximisation from where rules
agree and where they do not. Rules that copy each other count as agreement: leave copies out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hanshuku.data.examples import Examples
from hanshuku.data.language import HAN
from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError, UnknownName

ABSTAIN = -1
COMBINERS = ("model", "majority")
SURE, BELIEF = 0.75, 0.1  # how often a rule is right where it votes, before anything was seen; what that weighs, as a part of all texts
ROUNDS, STILL = 200, 1e-5  # of expectation maximisation; the change in accuracies at which it rests


@dataclass(frozen=True)
class Rule:
    """A labelling function with its name.

    Attributes:
        name: what tables call it.
        vote: from a text to a label, or None.
    """

    name: str
    vote: Callable[[str], str | None]


@dataclass(frozen=True)
class Votes:
    """What rules say of texts.

    Attributes:
        texts: N texts.
        labels: L labels.
        rules: F names.
        table: (N, F) int64, index of the label, -1 where the rule abstains.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    rules: tuple[str, ...]
    table: np.ndarray

    @property
    def covered(self) -> np.ndarray:
        """(N,) whether any rule votes."""
        return np.asarray((self.table != ABSTAIN).any(axis=1))


def keyword_rule(label: str, keywords: Sequence[str], name: str = "") -> Rule:
    """A rule that gives the label where one of the keywords stands: as whole words in scripts with spaces; case and width do not count.

    Raises:
        ConfigError: no keyword.
    """
    plain = [_plain(word) for word in keywords if word.strip()]
    if not plain:
        raise ConfigError(f"A rule for {label!r} needs at least one keyword. Received: none.")
    parts = [re.escape(word) if HAN.search(word) else rf"(?<!\w){re.escape(word)}(?!\w)" for word in plain]
    return _pattern_rule(label, re.compile("|".join(parts)), name or f"{label}: {', '.join(plain[:3])}")


def regex_rule(label: str, pattern: str, name: str = "") -> Rule:
    """A rule that gives the label where a regular expression is found in the text, in small letters and normal width.

    Raises:
        ConfigError: it is no regular expression.
    """
    try:
        return _pattern_rule(label, re.compile(pattern, re.IGNORECASE), name or f"{label}: /{pattern}/")
    except re.error as error:
        raise ConfigError(f"{pattern!r} is no regular expression: {error}.") from error


def _pattern_rule(label: str, pattern: re.Pattern[str], name: str) -> Rule:
    return Rule(name, lambda text: label if pattern.search(_plain(text)) else None)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def read_rules(path: str | Path) -> list[Rule]:
    """Rules from a file with a column `label` and a column `keywords` (parted by | or ;) or `regex`; `name` may be there.

    Raises:
        DataError: a column is missing, or a row has neither keywords nor a regular expression; by file and line.
    """
    rows = read(path)
    if "label" not in rows.names or not {"keywords", "regex"} & set(rows.names):
        raise DataError(f"A file of rules has the columns label and keywords (parted by |), or regex. Received: {', '.join(rows.names)}.", rows.sources[0])
    rules = []
    for place, row in enumerate(rows):
        label, name = str(row["label"] or "").strip(), str(row.get("name") or "")
        given, pattern = row.get("keywords") or "", str(row.get("regex") or "")
        keywords = [str(word) for word in given] if isinstance(given, (list, tuple)) else re.split("[|;；]", str(given))
        keywords = [word for word in keywords if word.strip()]
        if not label or bool(keywords) == bool(pattern):
            raise DataError("a rule has a label, and either keywords or regex.", *rows.origin(place))
        try:
            rules.append(regex_rule(label, pattern, name) if pattern else keyword_rule(label, keywords, name))
        except ConfigError as error:
            raise DataError(str(error), *rows.origin(place)) from error
    return rules


def apply(rules: Sequence[Rule | Callable[[str], str | None]], texts: Sequence[str], labels: Sequence[str] = ()) -> Votes:
    """Ask every rule of every text.

    Args:
        rules: Rules, or plain functions from a text to a label or None, which go by their own name.
        texts: N texts.
        labels: the legal labels; (): those that are voted for, sorted.

    Raises:
        UnknownName: a rule gives a label that is not legal.
        ConfigError: there is no rule, or two have one name.
        DataError: a rule fails; names the rule and the text.
    """
    asked = [rule if isinstance(rule, Rule) else Rule(getattr(rule, "__name__", repr(rule)), rule) for rule in rules]
    names = tuple(rule.name for rule in asked)
    if not asked or len(set(names)) < len(names):
        raise ConfigError(f"Rules need names that differ, and there must be one at least. Received: {', '.join(names) or 'none'}.")
    said = [[_vote(rule, text) for rule in asked] for text in texts]
    known = tuple(labels) or tuple(sorted({vote for row in said for vote in row if vote is not None}))
    index = {label: i for i, label in enumerate(known)}
    table = np.full((len(said), len(asked)), ABSTAIN, dtype=np.int64)
    for i, row in enumerate(said):
        for j, vote in enumerate(row):
            if vote is not None and vote not in index:
                raise UnknownName(f"label (given by the rule {names[j]!r})", vote, known)
            table[i, j] = ABSTAIN if vote is None else index[vote]
    return Votes(tuple(texts), known, names, table)


def _vote(rule: Rule, text: str) -> str | None:
    try:
        vote = rule.vote(text)
    except Exception as error:
        raise DataError(f"The rule {rule.name!r} failed on {text[:60]!r}: {type(error).__name__}: {error}.") from error
    return None if vote is None else str(vote)


@dataclass(frozen=True)
class WeakLabels:
    """Texts with what the rules together say.

    Attributes:
        votes: what each rule said.
        chances: (N, L) probabilities of the labels; where no rule votes, how common the labels are.
        accuracies: (F,) how often each rule is right where it votes, as the combination sees it.
        how: "model" or "majority".
    """

    votes: Votes
    chances: np.ndarray
    accuracies: np.ndarray
    how: str

    def examples(self, at_least: float = 0.0) -> Examples:
        """Rows text, label, confidence of the texts that some rule votes on, with that confidence at least; votes that are tied are left out.

        Raises:
            DataError: no text is left.
        """
        top = np.sort(self.chances, axis=1)
        gap = top[:, -1] - top[:, -2] if self.chances.shape[1] > 1 else top[:, -1]
        kept = np.flatnonzero(self.votes.covered & (top[:, -1] >= at_least) & (gap > 1e-9))
        if not len(kept):
            tied = int((self.votes.covered & (gap <= 1e-9)).sum())
            raise DataError(
                f"No text has a label with confidence {at_least:g}: {int(self.votes.covered.sum())} of {len(self.votes.texts)} have a vote at all, "
                f"and of {tied} of these the votes are tied. Ask for less confidence, give more rules, or say how common the labels are (balance)."
            )
        best = self.chances.argmax(axis=1)
        return read([{"text": self.votes.texts[i], "label": self.votes.labels[best[i]], "confidence": round(float(self.chances[i, best[i]]), 4)} for i in kept.tolist()])

    def table(self, truth: Sequence[str | None] = ()) -> list[dict[str, Any]]:
        """A row a rule: coverage, overlap and conflict (parts of all texts on which it votes; another votes too; another votes otherwise), the
        accuracy that is estimated and, where true labels are given, the one that is measured with its number of texts.

        Args:
            truth: N true labels, None where unknown.
        """
        given, found = self.votes.table, []
        for j, name in enumerate(self.votes.rules):
            on = given[:, j] != ABSTAIN
            others = np.delete(given, j, axis=1)
            overlap = on & (others != ABSTAIN).any(axis=1)
            conflict = on & ((others != ABSTAIN) & (others != given[:, [j]])).any(axis=1)
            row: dict[str, Any] = {"rule": name, "labels": sorted({self.votes.labels[k] for k in given[on, j].tolist()})}
            row |= {"coverage": float(on.mean()), "overlap": float(overlap.mean()), "conflict": float(conflict.mean()), "accuracy": float(self.accuracies[j])}
            if len(truth):
                judged = [i for i in np.flatnonzero(on).tolist() if truth[i] is not None]
                right = sum(self.votes.labels[given[i, j]] == truth[i] for i in judged)
                row |= {"measured": right / len(judged) if judged else None, "n": len(judged)}
            found.append(row)
        return found


def combine(votes: Votes, how: str = "model", balance: Sequence[float] | None = None) -> WeakLabels:
    """One probability a label from all votes on a text.

    Args:
        votes: of all rules.
        how: "model", see the module; "majority": each vote counts alike.
        balance: how common each label is, where that is known; None: all alike. It is not estimated: where rules know one label
            each, their votes fit almost any balance, and an estimate runs off to one label.

    Raises:
        ConfigError: how is neither, or balance does not have a positive number a label.
        DataError: no rule votes on any text, or there are not two labels.
    """
    if how not in COMBINERS:
        raise ConfigError(f"how is 'model' or 'majority'. Received: {how!r}.")
    labels = len(votes.labels)
    if labels < 2 or not votes.covered.any():
        raise DataError(f"To combine votes, at least two labels must be voted for. Received: {', '.join(votes.labels) or 'none'}.")
    if balance is not None and (len(balance) != labels or min(balance) <= 0):
        raise ConfigError(f"balance has one positive number for each of {', '.join(votes.labels)}. Received: {list(balance)}.")
    prior = np.full(labels, 1 / labels) if balance is None else np.asarray(balance, dtype=np.float64) / sum(balance)
    if how == "majority":
        chances = _majority(votes, prior)
        return WeakLabels(votes, chances, _agreement(votes, chances), how)
    chances, accuracies = _maximised(votes, prior)
    return WeakLabels(votes, chances, accuracies, how)


def _majority(votes: Votes, prior: np.ndarray) -> np.ndarray:
    """(N, L) the part of the votes that each label has."""
    counts = np.stack([(votes.table == label).sum(axis=1) for label in range(len(votes.labels))], axis=1).astype(np.float64)
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, counts / np.maximum(total, 1), prior))


def _agreement(votes: Votes, chances: np.ndarray) -> np.ndarray:
    """(F,) mean probability of what each rule votes for; SURE where it never votes."""
    found = []
    for column in votes.table.T:
        on = np.flatnonzero(column != ABSTAIN)
        found.append(float(chances[on, column[on]].mean()) if len(on) else SURE)
    return np.array(found)


def _maximised(votes: Votes, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, L) probabilities and (F,) accuracies by expectation maximisation, from rules that are all right SURE of the time."""
    labels = len(prior)
    told = np.stack([votes.table == label for label in range(labels)] + [votes.table == ABSTAIN], axis=2).astype(np.float64)  # (N, F, L + 1)
    often = told.mean(axis=0)[:, None, :labels]  # (F, 1, L)
    right = np.eye(labels, dtype=bool)
    first = np.where(right, often * SURE / prior, often * (1 - SURE) / (1 - prior)).clip(1e-4, 0.95)  # (F, true, told)
    first *= np.minimum(1.0, 0.98 / first.sum(axis=2, keepdims=True))
    first = np.concatenate([first, 1 - first.sum(axis=2, keepdims=True)], axis=2)
    chance, weight = first, BELIEF * len(told) / labels
    for _ in range(ROUNDS):
        logs = np.log(prior) + np.einsum("nfk,flk->nl", told, np.log(chance))
        grown = np.exp(logs - logs.max(axis=1, keepdims=True))
        chances = grown / grown.sum(axis=1, keepdims=True)
        before = chance
        chance = np.einsum("nl,nfk->flk", chances, told) + weight * first
        chance = chance / chance.sum(axis=2, keepdims=True)
        if np.abs(chance - before).max() < STILL:
            break
    hits = (prior[None] * np.einsum("fll->fl", chance[:, :, :labels])).sum(axis=1)
    total = (prior[None, :, None] * chance[:, :, :labels]).sum(axis=(1, 2))
    return chances, hits / total
