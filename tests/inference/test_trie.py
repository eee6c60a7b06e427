"""Facts about the trie of label tokens."""

from __future__ import annotations

import numpy as np

from hanshuku.inference.trie import ROOT, build_trie, split_paths

PATHS = [[5, 6, 7], [5, 6, 8], [9]]


def test_labels_share_the_tokens_they_begin_with():
    trie = build_trie(PATHS)
    assert trie.tokens.tolist() == [5, 6]
    assert sorted(trie.edge_tokens.tolist()) == [5, 6, 7, 8, 9]


def test_the_last_token_of_a_label_is_scored_but_never_fed():
    assert not {7, 8, 9} & set(build_trie(PATHS).tokens.tolist())


def test_a_node_sees_itself_and_those_above_it():
    trie = build_trie([[1, 2, 3, 4], [1, 9, 3, 4]])
    sees = {(int(trie.depths[i]), int(trie.tokens[i])): trie.tokens[trie.ancestors[i]].tolist() for i in range(len(trie.tokens))}
    assert sees[2, 2] == [1, 2]
    assert sees[2, 9] == [1, 9]


def test_the_first_tokens_hang_on_the_prompt():
    trie = build_trie(PATHS)
    assert sorted(trie.edge_tokens[trie.edge_nodes == ROOT].tolist()) == [5, 9]


def test_a_label_that_begins_another_is_scored_and_fed():
    trie = build_trie([[5], [5, 6]])
    assert trie.tokens.tolist() == [5]
    assert trie.counts.sum(1).tolist() == [1, 2]


def test_tokens_before_the_start_are_read_and_not_scored():
    trie = build_trie([[5, 6, 7]], [2])
    assert trie.counts @ (np.arange(3) == list(trie.edge_tokens).index(7)) == 1
    assert trie.counts.sum() == 1


def test_the_tokens_of_a_path_can_be_read_back():
    trie = build_trie(PATHS)
    assert [trie.path_tokens(i) for i in range(3)] == PATHS


def test_many_labels_are_split_into_tries_of_bounded_size():
    rng = np.random.default_rng(0)
    paths = [rng.integers(0, 9, size=rng.integers(1, 6)).tolist() for _ in range(300)]
    groups = split_paths(paths, 50)
    assert sorted(i for group in groups for i in group) == list(range(300))
    assert all(len(build_trie([paths[i] for i in group]).tokens) <= 50 for group in groups)
    assert len(groups) > 1
