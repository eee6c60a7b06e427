"""Token batches: of near-equal length, within their budget."""

import numpy as np

from hanshuku.inference.tokens import length_breaks, token_batches

LENGTHS = [5] * 10 + [40] * 12


def test_every_row_is_in_one_batch_and_no_batch_is_over_its_budget():
    batches = list(token_batches(LENGTHS, 200))
    assert sorted(np.concatenate(batches)) == list(range(len(LENGTHS)))
    assert all(len(batch) * max(LENGTHS[i] for i in batch) <= 200 for batch in batches)


def test_a_row_beyond_the_budget_is_a_batch_of_its_own():
    assert [batch.tolist() for batch in token_batches([300, 10], 200)] == [[0], [1]]


def test_unlike_lengths_are_parted_where_that_is_asked_for():
    assert [len(batch) for batch in token_batches(LENGTHS, 10_000)] == [22]
    assert [len(batch) for batch in token_batches(LENGTHS, 10_000, apart=True)] == [12, 10]


def test_a_few_rows_are_not_worth_a_pass_of_their_own():
    assert length_breaks([100] * 8 + [50] * 7) == []
    assert length_breaks([100] * 8 + [50] * 8) == [8]
