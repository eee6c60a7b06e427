"""Lessons of ranking: what is right is never taught as wrong, and each loss is the one of its formula."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hanshuku.inference.tokens import Tokenised
from hanshuku.training.classifier import Rows
from hanshuku.training.judging import mean_reciprocal_rank
from hanshuku.training.ranking import (
    ALSO_RIGHT,
    NOBODY,
    OTHER,
    OWN,
    lessons_of,
    pair_batch,
    pairs_scored,
    vector_batch,
    vectors_scored,
)

QUERIES, CANDIDATES, RELEVANT = [0, 1, 0], [[2, 3, 4], [4, 5], [5, 2]], [(0, 2), (1,), (0,)]


@pytest.fixture
def rows():
    return Rows(Tokenised([[7, k, 8] for k in range(6)], None, 0), np.zeros(6, dtype=np.int64), 0)


def lessons(**more):
    return lessons_of(QUERIES, CANDIDATES, RELEVANT, **({"negatives": 4, "fill": False, "seed": 0} | more))


def test_there_is_a_lesson_for_each_relevant_candidate():
    assert [(one.query, one.right, one.wrong) for one in lessons()] == [(0, 2, (3,)), (0, 4, (3,)), (1, 5, (4,)), (0, 5, ())]


def test_what_any_row_calls_right_is_not_wrong_for_the_same_query():
    assert all(one.also_right == {2, 4, 5} - {one.right} for one in lessons() if one.query == 0)
    for one in lessons(fill=True):
        right = {2, 4, 5} if one.query == 0 else {5}
        assert not right & set(one.wrong)


def test_where_there_are_too_few_wrong_ones_others_are_taken():
    assert all(len(one.wrong) >= 1 for one in lessons(fill=True))


def test_a_query_without_a_relevant_candidate_gives_no_lesson():
    assert lessons_of([0], [[1, 2]], [()], negatives=1, fill=True, seed=0) == []


def test_the_same_seed_draws_the_same_wrong_ones():
    many = ([0], [list(range(1, 50))], [(3,)])
    draw = [lessons_of(*many, negatives=5, fill=False, seed=seed)[0].wrong for seed in (1, 1, 2)]
    assert draw[0] == draw[1] != draw[2]


def test_a_batch_holds_each_candidate_once_and_masks_what_is_right_too(rows):
    batch = vector_batch(rows, lessons()[:3])
    assert batch["input_ids"][:, 1].tolist() == [0, 0, 1, 2, 3, 4, 5]
    assert batch["targets"].tolist() == [[OWN, OTHER, ALSO_RIGHT, ALSO_RIGHT], [ALSO_RIGHT, OTHER, OWN, ALSO_RIGHT], [OTHER, OTHER, OTHER, OWN]]


def test_the_loss_of_vectors_is_that_of_finding_the_own_candidate(rows):
    batch = vector_batch(rows, lessons()[:3])
    vectors = torch.nn.functional.normalize(torch.randn(7, 5, generator=torch.Generator().manual_seed(0)), dim=1)
    scores = (vectors[:3] @ vectors[3:].T / 0.1).exp()
    seen = [scores[0, 0] / scores[0, [0, 1]].sum(), scores[1, 2] / scores[1, [1, 2]].sum(), scores[2, 3] / scores[2].sum()]
    assert vectors_scored(0.1)(lambda _: vectors, batch) == pytest.approx(float(-torch.stack(seen).log().mean()), rel=1e-5)


def test_the_loss_of_pairs_is_that_of_choosing_the_right_one(rows):
    batch = pair_batch(rows, [(0, 1, 2), (3, 4)])
    assert batch["targets"].tolist() == [[0, 1, 2], [3, 4, NOBODY]]
    scores = torch.tensor([2.0, 1.0, 0.0, -1.0, 1.0])
    expected = -(torch.log_softmax(scores[:3], 0)[0] + torch.log_softmax(scores[3:], 0)[0]) / 2
    assert pairs_scored()(lambda _: scores[:, None], batch) == pytest.approx(float(expected))


def test_equal_scores_count_against_a_ranking():
    scores = [np.array([0.1, 0.9]), np.array([0.5, 0.5]), np.array([1.0])]
    assert mean_reciprocal_rank(scores, [(1,), (0,), ()]) == pytest.approx((1 + 0.5) / 2)
