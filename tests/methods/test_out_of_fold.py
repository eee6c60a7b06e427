"""Every row is answered by what was learned without it."""

from dataclasses import dataclass

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.errors import ConfigError, DataError
from hanshuku.methods import METHODS
from hanshuku.methods.out_of_fold import fold_of_rows, out_of_fold
from tests.children import TASKS, rows_of


def test_rows_with_the_same_text_share_a_fold():
    rows = rows_of("one label").take([0, 0, 1, 1, 2, 3, 4, 5, 6, 7])
    fold = fold_of_rows(rows, 4, 0)
    assert fold[0] == fold[1] and fold[2] == fold[3]
    assert set(fold.tolist()) == {0, 1, 2, 3}


def test_more_folds_than_texts_are_refused():
    with pytest.raises(DataError, match="different texts"):
        fold_of_rows(rows_of("one label").take([0, 1]), 3, 0)
    with pytest.raises(ConfigError, match="at least 2"):
        fold_of_rows(rows_of("one label"), 1, 0)


@pytest.mark.parametrize("kind", ["one label", "several labels", "a number", "a pair"])
def test_a_probe_answers_every_row_in_the_form_of_its_task(kind, tiny_encoder):
    rows = rows_of(kind)
    found = out_of_fold(rows, model=tiny_encoder, folds=3)
    assert found.outputs.shape == (len(rows),) if kind == "a number" else found.outputs.shape == (len(rows), len(TASKS[kind].labels))
    assert np.isfinite(found.outputs).all()


@dataclass(frozen=True)
class Memory:
    """Remembers the texts it learned from."""

    KINDS, LEARNS = frozenset({"classify"}), True

    def fit(self, task, train, *, model, run):
        seen = set(train.inputs)

        class Predictor:
            threshold = 0.5

            def outputs(self, inputs):
                return np.array([[float(row in seen), float(row not in seen)] for row in inputs], dtype=np.float32)

        return Predictor()


def test_no_row_was_learned_from_by_what_answers_it(monkeypatch):
    monkeypatch.setitem(METHODS, "memory", Memory)
    found = out_of_fold(rows_of("one label"), method="memory", model="none", folds=4)
    assert found.outputs[:, 0].tolist() == [0.0] * 60


def test_any_method_that_does_the_task_answers_too(tiny_encoder):
    rows = rows_of("one label").take(np.arange(20))
    assert out_of_fold(rows, method="similarity", model=tiny_encoder, folds=2).outputs.shape == (20, 2)
    with pytest.raises(ConfigError, match="probe"):
        out_of_fold(rows_of("entities"), method="probe", model=tiny_encoder)
