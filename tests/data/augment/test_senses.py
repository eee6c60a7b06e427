"""Chinese words of one sense: what the lists promise."""

from itertools import permutations

import pytest

from hanshuku.data.augment.opposites import PAIRS
from hanshuku.data.augment.senses import GROUPS, same_sense

LINES = [line.split() for line in GROUPS.strip().splitlines()]


def test_a_word_stands_for_the_others_of_its_groups_and_they_for_it():
    assert same_sense("很")[:2] == ("非常", "十分")
    assert {"糟糕", "恶劣"} <= set(same_sense("差劲")) and "差" in same_sense("差劲"), "of both its groups"
    assert all(word in same_sense(other) for words in LINES for word in words for other in words if other != word)


def test_a_word_of_no_group_has_none_and_no_word_stands_for_itself():
    assert same_sense("天安门") == same_sense("") == ()
    assert not any(word in same_sense(word) for words in LINES for word in words)


OPPOSITES = [[side.split() for side in line.split("|")] for line in PAIRS.strip().splitlines()]


@pytest.mark.parametrize("words", LINES, ids=lambda words: words[0])
def test_no_group_holds_opposites_or_negations(words):
    assert len(words) > 1 and len(set(words)) == len(words)
    for one, other in permutations(words, 2):
        assert not any(one in left and other in right for left, right in OPPOSITES)
    assert not any(word[0] in "不没未" for word in words)
