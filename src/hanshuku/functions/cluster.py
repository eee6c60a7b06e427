"""cluster: unlabelled texts in groups of alike ones, each with a proposed name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.data.encode import input_rows
from hanshuku.data.examples import Examples
from hanshuku.data.language import language_of
from hanshuku.data.read import read
from hanshuku.data.stream import Stream
from hanshuku.errors import ConfigError, DataError
from hanshuku.methods.base import default_encoder
from hanshuku.methods.checks import check_range
from hanshuku.methods.choosing import clusters as k_means
from hanshuku.methods.choosing import unit
from hanshuku.methods.naming import distinctive_words, group_names
from hanshuku.tasks import TEXT_KINDS, Task
from hanshuku.training.run import Step, silent

if TYPE_CHECKING:
    from hanshuku.functions.core import Function

TRIED = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 30)  # numbers of clusters among which the silhouette chooses
DIRECTIONS = 20  # principal directions in which texts are compared: in hundreds, all are about as far apart
JUDGED = 1500  # rows by which a silhouette is judged at most
SHOWN = 5  # texts from which a function makes a name
LONGEST = 40  # characters of a name


@dataclass(frozen=True)
class Cluster:
    """Texts that are alike."""

    name: str
    words: tuple[str, ...]  # that set it apart
    rows: tuple[int, ...]  # positions of its texts, the most central first

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Clusters:
    """All texts in clusters.

    Attributes:
        texts: N texts.
        clusters: the largest first.
        silhouette: -1..1, how much nearer texts are to their own cluster than to the next one, on average.
        tried: number of clusters -> its silhouette; one where the number was given.
        nearness: (N,) cosine of each text with the middle of its cluster.
    """

    texts: tuple[str, ...]
    clusters: tuple[Cluster, ...]
    silhouette: float
    tried: dict[int, float]
    nearness: np.ndarray

    def __iter__(self) -> Iterator[Cluster]:
        return iter(self.clusters)

    def __len__(self) -> int:
        return len(self.clusters)

    @property
    def names(self) -> list[str]:
        """The name of each text's cluster, N of them."""
        found = [""] * len(self.texts)
        for cluster in self.clusters:
            for row in cluster.rows:
                found[row] = cluster.name
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        clusters = [{"name": c.name, "words": list(c.words), "size": len(c), "examples": [self.texts[row] for row in c.rows[:SHOWN]]} for c in self.clusters]
        return {"rows": len(self.texts), "silhouette": round(self.silhouette, 4), "tried": {str(k): round(v, 4) for k, v in self.tried.items()}, "clusters": clusters}


def cluster(
    texts: Any, *, k: int = 0, names: Function[..., str] | None = None, model: str | None = None, seed: int = 0,
    report: Callable[[Step], None] = silent,
) -> Clusters:  # fmt: skip
    """Group texts by k-means on an encoder's vectors and propose a name for each group.

    Args:
        texts: texts, a file, Examples or a Stream; empty ones belong to the cluster of what they resemble.
        k: clusters; 0: as many as the silhouette likes best (Rousseeuw 1987).
        names: a function that writes a text: it is given each cluster's words and five of its texts and asked for a name. None, and
            where it writes nothing of use: the words that set the cluster apart (class TF-IDF).
        model: encoder by catalogue name, hub name or folder; None: the default one of the language.
        seed: of k-means.
        report: called with progress.

    Raises:
        ConfigError: k is outside its range, or `names` writes no text.
        DataError: there are fewer than three different texts.
    """
    from hanshuku.inference.embed import embed
    from hanshuku.models.load import load_encoder

    check_range("k", k, 0, 1_000_000, whole=True)
    if names is not None and (names.task.kind not in TEXT_KINDS or len(names.task.inputs) != 1):
        raise ConfigError(f"names= is a function that writes a text from a text, such as hk.generate('Name the topic in a few words.'). Received: {names!r}.")
    found = _texts(texts)
    distinct = len(set(found))
    if distinct < 3:
        raise DataError(f"To cluster, at least three different texts are due. Received: {len(found)} texts, {distinct} different.")
    if k == 1 or k > distinct:
        raise ConfigError(f"k is 0, or from 2 to {distinct}, as many as there are different texts. Received: {k}.")
    name = model or default_encoder(language_of(found[:200]))
    report(Step(0, 3, note=f"read {len(found):,} texts"))
    vectors = unit(embed(load_encoder(name), found))
    report(Step(1, 3, note="group them"))
    member, tried = _grouped(_projected(vectors), k, seed)
    report(Step(2, 3, note="name them"))
    return _named(found, vectors, member, tried, names)


def _texts(source: Any) -> list[str]:
    if isinstance(source, (str, Path)):
        source = read(source, stream=True)
    if isinstance(source, (Examples, Stream)):
        return [row[0] for row in input_rows(Task("generate"), source)]
    given = list(source)
    if not all(isinstance(text, str) for text in given):
        raise DataError("To cluster, give texts, a file or Examples.")
    return given


def _projected(vectors: np.ndarray) -> np.ndarray:
    """(N, DIRECTIONS) or fewer: the vectors along their principal directions."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ directions[:, ::-1][:, :DIRECTIONS])


def _grouped(points: np.ndarray, k: int, seed: int) -> tuple[np.ndarray, dict[int, float]]:
    """(N,) cluster of each point, and the silhouette of each number of clusters tried."""
    from sklearn.metrics import silhouette_score

    distinct = len(np.unique(points.round(9), axis=0))
    best: tuple[float, np.ndarray] | None = None
    tried: dict[int, float] = {}
    judged = np.random.default_rng(seed).permutation(len(points))[:JUDGED]
    for count in (k,) if k else [each for each in TRIED if each <= max(2, min(distinct - 1, len(points) // 3))]:
        member, _ = k_means(points, count, seed=seed)
        different = len(np.unique(member[judged]))  # a cluster of a few rows may not be among them
        score = float(silhouette_score(points[judged], member[judged])) if 1 < different < len(judged) else 0.0
        tried[count] = score
        if best is None or score > best[0]:
            best = score, member
    assert best is not None
    return best[1], tried


def _named(texts: Sequence[str], vectors: np.ndarray, member: np.ndarray, tried: dict[int, float], names: Function[..., str] | None) -> Clusters:
    sizes = np.bincount(member)
    order = [group for group in np.argsort(-sizes, kind="stable").tolist() if sizes[group]]
    place = {group: at for at, group in enumerate(order)}
    member = np.array([place[group] for group in member.tolist()], dtype=np.int64)
    nearness = np.zeros(len(texts))
    rows: list[list[int]] = []
    for group in range(len(order)):
        own = np.flatnonzero(member == group)
        centre = vectors[own].mean(axis=0)
        nearness[own] = vectors[own] @ (centre / max(float(np.linalg.norm(centre)), 1e-12))
        rows.append(own[np.argsort(-nearness[own], kind="stable")].tolist())
    words = distinctive_words(texts, member)
    proposed = group_names(words)
    if names is not None:
        written = [_written(names, own, [texts[row] for row in central[:SHOWN]]) for own, central in zip(words, rows, strict=True)]
        proposed = [text if text and written.count(text) == 1 else plain for text, plain in zip(written, proposed, strict=True)]
    found = tuple(Cluster(name, tuple(own), tuple(central)) for name, own, central in zip(proposed, words, rows, strict=True))
    return Clusters(tuple(texts), found, max(tried.values()), tried, nearness)


def _written(names: Function[..., str], words: Sequence[str], texts: Sequence[str]) -> str:
    """The name that the function writes, "" where it is of no use: empty, or too long for a name."""
    lines = [", ".join(words), *(f"- {' '.join(text.split())[:200]}" for text in texts)]
    first = next((line.strip(" \t\"'“”‘’「」《》*#-.。:：") for line in str(names("\n".join(lines))).splitlines() if line.strip()), "")
    return first if len(first) <= LONGEST else ""
