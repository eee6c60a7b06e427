"""Which rows are shown, in what order, and how many fit."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.inference.demonstrations import Choice, choose, drawn, fitting, representatives, shortened

RNG = np.random.default_rng(0)
POOL = RNG.normal(size=(40, 8)).astype(np.float32)
POOL /= np.linalg.norm(POOL, axis=1, keepdims=True)
TWO = np.arange(40) % 2


class TestChoose:
    def test_without_diversity_and_balance_the_nearest_are_chosen_and_the_nearest_stands_last(self):
        found = choose(POOL[3], POOL, TWO, Choice(4, diversity=0.0, balance=False))
        near = POOL @ POOL[3]
        assert found == np.argsort(near)[-4:].tolist()
        assert found[-1] == 3

    def test_balance_gives_each_label_its_share(self):
        strata = np.array([0] * 36 + [1] * 4)
        assert sorted(strata[choose(POOL[3], POOL, strata, Choice(4))].tolist()) == [0, 0, 1, 1]

    def test_a_label_with_few_rows_leaves_its_places_empty_rather_than_to_another(self):
        strata = np.array([0] * 39 + [1])
        assert len(choose(POOL[3], POOL, strata, Choice(4))) == 3

    def test_diversity_passes_over_a_repeated_row(self):
        pool = np.stack([POOL[0], POOL[0], POOL[1]])
        assert set(choose(POOL[0], pool, np.zeros(3, int), Choice(2, diversity=0.0))) == {0, 1}
        assert set(choose(POOL[0], pool, np.zeros(3, int), Choice(2, diversity=0.6))) == {0, 2}

    def test_more_labels_than_places_show_each_label_at_most_once(self):
        strata = np.arange(40) // 2
        found = strata[choose(POOL[3], POOL, strata, Choice(6))]
        assert len(set(found.tolist())) == 6


class TestRepresentatives:
    def test_each_cluster_gives_one(self):
        middles = np.eye(4, 8, dtype=np.float32)
        pool = np.concatenate([middles + RNG.normal(0, 0.05, (4, 8)).astype(np.float32) for _ in range(5)])
        pool /= np.linalg.norm(pool, axis=1, keepdims=True)
        found = representatives(pool, np.zeros(20, int), Choice(4))
        assert sorted(i % 4 for i in found) == [0, 1, 2, 3]

    def test_labels_have_their_shares(self):
        found = representatives(POOL, TWO, Choice(6))
        assert sorted(TWO[found].tolist()) == [0, 0, 0, 1, 1, 1]
        assert len(set(found)) == 6

    def test_a_pool_smaller_than_what_is_asked_for_is_shown_whole(self):
        assert sorted(representatives(POOL[:3], TWO[:3], Choice(8))) == [0, 1, 2]


class TestDrawn:
    def test_labels_have_their_shares_and_seeds_differ(self):
        strata = np.array([0] * 30 + [1] * 10)
        assert sorted(strata[drawn(strata, Choice(4), 0)].tolist()) == [0, 0, 1, 1]
        assert drawn(strata, Choice(4), 0) == drawn(strata, Choice(4), 0) != drawn(strata, Choice(4), 1)


def test_the_first_ones_go_where_not_all_fit():
    rows = tuple((("x" * n,), "y") for n in (5, 5, 5))
    assert fitting(rows, lambda shown: sum(len(row[0]) for row, _ in shown), 11) == rows[1:]
    assert fitting(rows, lambda shown: 100, 11) == ()


def test_a_long_row_loses_the_end_of_each_text(tiny_causal):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_causal)
    short, long = shortened(("my order", "today " * 500), tokenizer, 40)
    assert short == "my order"
    assert len(tokenizer(long)["input_ids"]) <= 20
    assert "today today".startswith(long[:5])
