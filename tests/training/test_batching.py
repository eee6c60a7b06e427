"""Batches hold every row once, near lengths together."""

import numpy as np

from hanshuku.training.batching import epoch_batches, parts

LENGTHS = np.random.default_rng(0).integers(1, 200, 1000)


def test_an_epoch_has_every_row_once_with_near_lengths_together():
    batches = epoch_batches(LENGTHS, 16, seed=0, epoch=0)
    assert sorted(np.concatenate(batches)) == list(range(1000))
    assert sum(LENGTHS[b].max() * len(b) for b in batches) < 1.1 * LENGTHS.sum()


def test_each_epoch_and_each_seed_has_its_own_order_and_the_same_one_again():
    found = [np.concatenate(epoch_batches(LENGTHS, 16, seed, epoch)).tolist() for seed, epoch in ((0, 0), (0, 1), (1, 0), (0, 0))]
    assert found[0] == found[3]
    assert len({tuple(rows) for rows in found}) == 3


def test_the_longest_row_is_in_the_first_batch_of_a_run():
    assert LENGTHS.max() in LENGTHS[epoch_batches(LENGTHS, 16, seed=5, epoch=0)[0]]


def test_parts_are_never_empty():
    assert [len(part) for part in parts(np.arange(3), LENGTHS, 8, 0)] == [1, 1, 1]
    assert [len(part) for part in parts(np.arange(8), LENGTHS, 3, 0)] == [3, 3, 2]


def test_a_part_costs_no_more_than_allowed_unless_one_row_alone_does():
    for most in (1, 150, 400, 10**6):
        for batch in epoch_batches(LENGTHS, 16, seed=0, epoch=0):
            found = parts(batch, LENGTHS, 1, most)
            assert np.concatenate(found).tolist() == batch.tolist()
            assert all(len(part) == 1 or len(part) * LENGTHS[batch].max() <= most for part in found)
