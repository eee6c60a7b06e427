"""Which rows are stored to be replayed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hanshuku.training.replay import balanced, herded, herding, quotas, reservoir


@pytest.mark.parametrize(("sizes", "total", "due"), [
    ([5, 5, 5], 6, [2, 2, 2]), ([1, 9, 9], 9, [1, 4, 4]), ([2, 2], 9, [2, 2]), ([3, 3, 3], 2, [1, 1, 0]), ([0, 4], 3, [0, 3]), ([], 3, []), ([4], 0, [0]),
])  # fmt: skip
def test_places_are_shared_as_equally_as_the_groups_allow(sizes, total, due):
    assert quotas(sizes, total) == due


def test_each_label_has_as_many_rows_and_within_it_each_session():
    labels, sessions = np.repeat([0, 0, 1], [30, 70, 50]), np.repeat([0, 1, 0], [30, 70, 50])
    picked = balanced(labels, sessions, 20, np.random.default_rng(0))
    assert [int(((labels == 0) & (sessions == s))[picked].sum()) for s in (0, 1)] == [5, 5]
    assert int((labels == 1)[picked].sum()) == 10
    assert len(set(picked.tolist())) == 20


def test_the_reservoir_is_a_uniform_sample_of_all_rows_ever_seen():
    """Three sessions of 20, 60 and 40 rows, 30 places: each row stays with probability 1/4."""
    stayed = np.zeros(120)
    for seed in range(3000):
        rng, memory, seen = np.random.default_rng(seed), np.zeros(0, dtype=int), 0
        for size in (20, 60, 40):
            old, new = reservoir(len(memory), seen, size, 30, rng)
            memory, seen = np.concatenate([memory[old], seen + new]), seen + size
        assert len(memory) == len(set(memory.tolist())) == 30
        stayed[memory] += 1
    shares = stayed / 3000
    assert shares.mean() == pytest.approx(0.25)
    for part in (shares[:20], shares[20:80], shares[80:]):
        assert part.mean() == pytest.approx(0.25, abs=0.01)
    assert np.abs(shares - 0.25).max() < 0.04  # five standard deviations of one row's share


def test_a_reservoir_that_grows_is_filled_with_fresh_rows():
    old, new = reservoir(10, 1000, 50, 40, np.random.default_rng(0))
    assert len(old) + len(new) == 40
    assert len(new) >= 30


def test_a_reservoir_without_places_keeps_nothing():
    assert [len(part) for part in reservoir(10, 100, 50, 0, np.random.default_rng(0))] == [0, 0]


def test_herding_takes_at_each_step_the_row_that_brute_force_finds():
    features = np.random.default_rng(0).normal(size=(9, 4))
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    chosen: list[int] = []
    for _ in range(9):
        left = [i for i in range(9) if i not in chosen]
        distances = [np.linalg.norm(unit.mean(0) - unit[[*chosen, i]].mean(0)) for i in left]
        chosen.append(left[int(np.argmin(distances))])
    assert herding(features, 9).tolist() == chosen


def test_herded_rows_are_nearer_to_the_mean_than_most_choices():
    features = np.random.default_rng(1).normal(size=(10, 3))
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    distances = [np.linalg.norm(unit.mean(0) - unit[list(some)].mean(0)) for some in itertools.combinations(range(10), 4)]
    ours = np.linalg.norm(unit.mean(0) - unit[herding(features, 4)].mean(0))
    assert np.mean(np.array(distances) < ours) < 0.2


def test_rows_that_were_herded_before_lose_their_last_ones():
    labels, sessions = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    picked = herded(labels, sessions, np.random.default_rng(0).normal(size=(4, 3)), 4)
    assert [i for i in picked if i < 4] == [0, 1]
    assert sum(i >= 4 for i in picked) == 2
