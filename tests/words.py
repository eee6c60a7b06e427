"""A real, tiny predictor that needs nothing but numpy: it scores a label by how often its name stands in the text."""

from __future__ import annotations

import numpy as np

from hanshuku.tasks import Task

TEAM = Task("classify", ("text",), ("refund", "delivery"), instruction="Which team?", name="team")


class WordPredictor:
    KIND = "words"
    threshold = 0.5

    def __init__(self, task=TEAM):
        self.task = task
        self.batches = []

    def outputs(self, inputs):
        self.batches.append(len(inputs))
        counts = np.array([[" ".join(row).split().count(label) + 0.5 for label in self.task.labels] for row in inputs], np.float32)
        return counts / counts.sum(axis=1, keepdims=True)
