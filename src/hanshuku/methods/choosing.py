"""Which of many unlabelled rows to label next: by how unsure the answers are, by how unlike each other the rows are, by both.

Everything here works on vectors and probabilities alone and is deterministic: ties go to the earlier row.
"""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 20  # rows whose distance says how typical a row is (TypiClust's default)
SMALLEST = 5  # rows of a cluster below which it is passed over while larger ones are left (TypiClust's default)
AMONG = 10  # unsure rows looked at for each one chosen (Zhdanov 2019, section 3.1: beta)
BLOCK = 4096  # rows whose distances to all others are held at once


def margins(chances: np.ndarray, *, several: bool = False) -> np.ndarray:
    """(N,) 0..1, how unsure: 1 minus the gap between the two likeliest labels (Scheffer et al. 2001).

    Args:
        chances: (N, L) probabilities.
        several: each label is there or not; then the mean of 1 minus the gap between the two, over the labels.
    """
    p = chances.astype(np.float64)
    if several or p.shape[1] < 2:
        return np.asarray(1 - np.abs(2 * p - 1).mean(axis=1))
    top = np.partition(p, -2, axis=1)[:, -2:]
    return np.asarray(1 - (top[:, 1] - top[:, 0]))


def entropies(chances: np.ndarray, *, several: bool = False) -> np.ndarray:
    """(N,) 0..1, how unsure: entropy of the probabilities as a part of the greatest one; the arguments are those of `margins`."""
    p = chances.astype(np.float64).clip(1e-12, 1.0)
    if several or p.shape[1] < 2:
        q = (1 - p).clip(1e-12)
        return np.asarray(-(p * np.log2(p) + q * np.log2(q)).mean(axis=1))
    return np.asarray(-(p * np.log(p)).sum(axis=1) / np.log(p.shape[1]))


def unit(vectors: np.ndarray) -> np.ndarray:
    """(N, D) float64, each row of length 1."""
    found = vectors.astype(np.float64)
    return found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-12)


def k_centres(vectors: np.ndarray, n: int, known: np.ndarray | None = None) -> np.ndarray:
    """(n,) row numbers, each the farthest from all chosen before. Greedy core-set; Sener & Savarese 2018, arXiv 1708.00489, algorithm 1.

    Args:
        vectors: (N, D).
        n: how many, <= N.
        known: (M, D) vectors of rows that are labelled already; None: the first is the one nearest to the mean.
    """
    least = np.full(len(vectors), np.inf)
    chosen: list[int] = []
    if known is not None and len(known):
        for start in range(0, len(known), BLOCK):
            least = np.minimum(least, _squared(vectors, known[start : start + BLOCK]).min(axis=1))
    else:
        chosen.append(int(_squared(vectors, vectors.mean(axis=0, keepdims=True))[:, 0].argmin()))
        least = _squared(vectors, vectors[chosen])[:, 0]
    while len(chosen) < n:
        least[chosen] = -1.0
        chosen.append(int(least.argmax()))
        least = np.minimum(least, _squared(vectors, vectors[chosen[-1:]])[:, 0])
    return np.array(chosen[:n], dtype=np.int64)


def typical(vectors: np.ndarray, n: int, known: np.ndarray | None = None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The most typical row of each of the largest clusters without a labelled row. TypiClust; Hacohen et al. 2022, arXiv 2202.02794.

    Typical is a row with a small mean distance to its nearest neighbours in its cluster.

    Args:
        vectors: (N, D).
        n: how many, <= N.
        known: (M, D) vectors of rows that are labelled already; None: none.
        seed: of k-means.

    Returns:
        (n,) row numbers and (n,) the rows of the cluster that each stands for.
    """
    labelled = 0 if known is None else len(known)
    every = vectors if known is None or not labelled else np.concatenate([vectors, known])
    member, centres = clusters(every, min(labelled + n, len(every)), seed=seed)
    covered = np.bincount(member[len(vectors) :], minlength=len(centres))
    own = member[: len(vectors)]
    sizes = np.bincount(own, minlength=len(centres))
    chosen: list[int] = []
    taken = np.zeros(len(vectors), dtype=bool)
    while len(chosen) < n:
        left = np.bincount(own[~taken], minlength=len(centres))
        best = min(np.flatnonzero(left).tolist(), key=lambda c: (sizes[c] < SMALLEST, covered[c], -left[c], c))
        rows = np.flatnonzero((own == best) & ~taken)
        at = int(rows[_typicality(vectors[rows]).argmax()])
        chosen.append(at)
        taken[at] = True
        covered[best] += 1
    return np.array(chosen, dtype=np.int64), sizes[own[chosen]]


def badge(vectors: np.ndarray, errors: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
    """(n,) row numbers by k-means++ on the gradients that the likeliest answer would give. BADGE; Ash et al. 2020, arXiv 1906.03671, algorithm 1.

    The gradient of the last layer is the outer product of the error and the vector; products of two gradients are products of the two parts.

    Args:
        vectors: (N, D) what the last layer reads.
        errors: (N, L) probabilities minus the likeliest answer (1 for each label that is given, else 0).
        n: how many, <= N.
        seed: of the draws.
    """
    errors, vectors = errors.astype(np.float64), vectors.astype(np.float64)
    sizes = (errors**2).sum(axis=1) * (vectors**2).sum(axis=1)
    rng = np.random.default_rng(seed)
    chosen = [int(sizes.argmax())]
    least = np.full(len(sizes), np.inf)
    while len(chosen) < n:
        last = chosen[-1]
        products = (errors @ errors[last]) * (vectors @ vectors[last])
        least = np.minimum(least, (sizes + sizes[last] - 2 * products).clip(0))
        least[chosen] = 0.0
        total = least.sum()
        chosen.append(int(rng.choice(len(sizes), p=least / total)) if total > 0 else int(np.setdiff1d(np.arange(len(sizes)), chosen)[0]))
    return np.array(chosen, dtype=np.int64)


def unsure_and_unlike(vectors: np.ndarray, unsure: np.ndarray, n: int, seed: int = 0, among: int = AMONG) -> np.ndarray:
    """(n,) row numbers: of the `among` n most unsure rows, grouped by k-means that weighs rows by how unsure they are, the one nearest to each centre; the most unsure first.

    Zhdanov 2019, Diverse mini-batch active learning, arXiv 1901.05954, section 3.

    Args:
        vectors: (N, D).
        unsure: (N,) >= 0.
        n: how many, <= N.
        seed: of k-means.
        among: how many rows are looked at for each one chosen.
    """
    some = np.argsort(-unsure, kind="stable")[: max(n, among * n)]
    member, centres = clusters(vectors[some], n, weights=unsure[some].clip(1e-6), seed=seed)
    distance = _squared(vectors[some], centres)
    chosen: list[int] = []
    for c in range(len(centres)):
        order = np.argsort(np.where(member == c, distance[:, c], np.inf), kind="stable")
        chosen.append(int(some[order[0]]))
    rest = [int(at) for at in some if int(at) not in set(chosen)]
    found = np.array([*dict.fromkeys(chosen), *rest][:n], dtype=np.int64)
    return found[np.argsort(-unsure[found], kind="stable")]


def clusters(vectors: np.ndarray, k: int, *, weights: np.ndarray | None = None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """K-means: (N,) int64 cluster of each row, (k, D) centres; fewer centres where fewer rows differ.

    Args:
        vectors: (N, D).
        k: clusters, 1..N.
        weights: (N,) how much rows weigh; None: alike.
        seed: of the first centres.
    """
    from sklearn.cluster import KMeans

    k = min(k, len(np.unique(vectors, axis=0)))
    found = KMeans(k, n_init=1 if k > 50 else 3, random_state=seed).fit(vectors, sample_weight=weights)
    return found.labels_.astype(np.int64), found.cluster_centers_


def _typicality(vectors: np.ndarray) -> np.ndarray:
    """(N,) one over the mean distance to the nearest neighbours."""
    if len(vectors) < 2:
        return np.ones(len(vectors))
    near = min(NEIGHBOURS, len(vectors) - 1)
    found = np.empty(len(vectors))
    for start in range(0, len(vectors), BLOCK):
        squared = np.sort(_squared(vectors[start : start + BLOCK], vectors), axis=1)[:, 1 : near + 1]
        found[start : start + BLOCK] = 1 / np.sqrt(squared.clip(0)).mean(axis=1).clip(1e-9)
    return found


def _squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N, M) squared distances."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return np.asarray((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T)
