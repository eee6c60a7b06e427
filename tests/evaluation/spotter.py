"""A predictor that spots whole words in small letters and nothing else, so that one knows what breaks it."""

from __future__ import annotations

import numpy as np

from hanshuku.data.encoded import Encoded
from hanshuku.tasks import Task

MOODS = Task("classify", ("text",), ("bad", "good"), name="mood")
GOOD, BAD = ("wonderful", "lovely", "excellent", "很好"), ("terrible", "dreadful", "horrible", "很差")


class Spotter:
    """0.9 for "good" where more good words than bad ones stand in the texts, 0.1 where fewer do, else `unsure`."""

    threshold = 0.5

    def __init__(self, task=MOODS, unsure=0.4):
        self.task, self.unsure, self.asked = task, unsure, 0

    def outputs(self, inputs):
        """(N, 2) probabilities."""
        self.asked += len(inputs)
        scores = []
        for row in inputs:
            text = " ".join(row)
            mood = sum(text.count(word) for word in GOOD) - sum(text.count(word) for word in BAD)
            scores.append(0.9 if mood > 0 else 0.1 if mood < 0 else self.unsure)
        good = np.array(scores, dtype=np.float32)
        return np.stack([1 - good, good], axis=1)


class Careful(Spotter):
    """Refuses a row without a word that it knows."""

    refuses = True

    def judged(self, inputs):
        """Outputs, and why each row is refused."""
        outputs = self.outputs(inputs)
        return outputs, np.where(outputs.max(axis=1) < 0.7, "unsure", "")


def moods(n=60, chinese=False):
    """n rows, half of them good, of which the Spotter is right on all."""
    words = [("这家酒店很好，我们住了三天。", 1), ("房间很差，早餐也不新鲜。", 0)] if chinese else [("It is a wonderful film, with lovely music.", 1), ("It is a terrible film, with dreadful music.", 0)]
    rows = [(f"{text} {i}", label) for i in range(n) for text, label in [words[i % 2]]]
    return Encoded(MOODS, [(text,) for text, _ in rows], np.array([label for _, label in rows]), np.arange(1, n + 1))
