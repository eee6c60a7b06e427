"""Porter's stemmer: the stems of NLTK 3.10.4 (163,085 words of the shared data sets were compared once; these stand for its rules)."""

import pytest

from hanshuku.metrics.porter import porter_stem

STEMS = {
    "running": "run", "skies": "sky", "flies": "fli", "died": "die", "agreed": "agre", "conflated": "conflat", "hopping": "hop", "falling": "fall",
    "rationally": "ration", "technology": "technolog", "happily": "happili", "conditional": "condit", "formaliti": "formal", "electricity": "electr",
    "hopefulness": "hope", "adjustment": "adjust", "adoption": "adopt", "controlling": "control", "ease": "eas", "probate": "probat", "cease": "ceas",
    "says": "say", "enjoy": "enjoy", "boxes": "box", "generalizations": "gener", "oscillators": "oscil", "news": "news", "is": "is", "by": "by",
}  # fmt: skip


@pytest.mark.parametrize("word", STEMS)
def test_the_stem_is_that_of_nltk(word):
    assert porter_stem(word) == STEMS[word]
