"""The likeliest legal tags and the probability of a span, against trying every sequence of tags."""

from itertools import product

import numpy as np
import pytest

from hanshuku.inference.bio import best_entities, confidences, tags_of
from hanshuku.inference.tag_reading import log_softmax


def legal(tags):
    """Whether each tag that goes on follows its own label."""
    return all(tag == 0 or tag % 2 or before in (tag, tag - 1) for before, tag in zip((0, *tags), tags, strict=False))


def entities_of(tags):
    found = []
    for place, tag in enumerate(tags):
        if tag and tag % 2:
            end = place + 1
            while end < len(tags) and tags[end] == tag + 1:
                end += 1
            found.append((place, end, tag // 2))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_they_are_what_trying_everything_gives(seed):
    chances = log_softmax(np.random.default_rng(seed).normal(0, 2, (5, 5)))
    weights = {tags: np.exp(sum(chances[u, tag] for u, tag in enumerate(tags))) for tags in product(range(5), repeat=5) if legal(tags)}
    best = max(weights, key=weights.get)
    assert best_entities(chances) == entities_of(best)
    total = sum(weights.values())
    for entity in {entity for tags in weights for entity in entities_of(tags)}:
        expected = sum(weight for tags, weight in weights.items() if entity in entities_of(tags)) / total
        assert confidences(chances, [entity])[0] == pytest.approx(expected, rel=1e-6)


def test_a_tag_that_goes_on_without_a_beginning_is_never_given():
    chances = log_softmax(np.array([[0.0, 1.0, 9.0], [0.0, -9.0, 9.0]]))
    assert best_entities(chances) == [(0, 2, 0)]


def test_entities_that_touch_stay_two():
    tags = tags_of([(0, 2, 0), (2, 3, 0)], 4)
    assert tags.tolist() == [1, 2, 1, 0]
    assert best_entities(np.log(np.eye(3)[tags] * 0.9 + 0.01)) == [(0, 2, 0), (2, 3, 0)]


def test_of_two_entities_that_overlap_the_earlier_one_is_learned():
    assert tags_of([(0, 3, 0), (2, 4, 1)], 5).tolist() == [1, 2, 2, 0, 0]


def test_a_text_without_units_has_no_entity():
    assert best_entities(np.zeros((0, 3))) == [] and confidences(np.zeros((0, 3)), []) == []
