"""A probe reads the last layer, or the last but two besides where rows held out in turn are answered better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded  # noqa: E402
from hanshuku.errors import ConfigError  # noqa: E402
from hanshuku.inference.encoder import EncoderPredictor  # noqa: E402
from hanshuku.inference.past import Past  # noqa: E402
from hanshuku.methods import get_method  # noqa: E402
from hanshuku.methods.analytic import last_layer  # noqa: E402
from hanshuku.methods.frozen_rows import FrozenRows  # noqa: E402
from hanshuku.methods.probe import Probe  # noqa: E402
from hanshuku.tasks import Task  # noqa: E402
from hanshuku.training.run import Run  # noqa: E402
from tests.children import TASKS, rows_of, share_right  # noqa: E402
from tests.tiny import tiny_bert  # noqa: E402

KINDS = ("one label", "several labels", "a number")


def made(useful, task=None, **settings):
    """40 rows with two layers of 8 features, of which one tells the answer."""
    rng, task = np.random.default_rng(0), task or Task("classify", labels=("a", "b"))
    labels, features = rng.choice(2, size=40), rng.normal(size=(40, 16)).astype(np.float32)
    features[:, useful] += 5 * labels
    targets = (1.0 + 3.0 * labels).astype(np.float32) if task.kind == "rate" else labels
    return FrozenRows(task, None, features, None, Probe(**settings), (6, 4)), Encoded(task, [("",)] * 40, targets, np.zeros(40, dtype=np.int64))


@pytest.mark.parametrize("task", [None, TASKS["a number"]], ids=["a label", "a number"])
@pytest.mark.parametrize(("useful", "width"), [(0, 8), (8, 16)])
def test_the_layer_below_is_read_where_it_tells_more(useful, width, task):
    frozen, rows = made(useful, task)
    assert frozen.learn(rows).head.weight.shape[1] == width


@pytest.mark.parametrize(("layers", "width"), [(1, 8), (2, 16)])
def test_as_many_layers_are_read_as_are_set(layers, width):
    frozen, rows = made(0, layers=layers)
    if layers == 1:
        frozen = replace(frozen, features=frozen.features[:, :8], layers=())
    assert frozen.learn(rows).head.weight.shape[1] == width


def test_a_head_like_another_has_its_layers_and_its_penalty():
    frozen, rows = made(8)
    first = frozen.learn(rows)
    again = frozen.learn(rows, np.arange(4), like=first)
    assert again.head.weight.shape == first.head.weight.shape
    assert again.penalty == first.penalty


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_it_reads_the_same_layers_and_answers_the_same(kind, tiny_encoder, tmp_path):
    rows = rows_of(kind)
    learned = get_method("probe", layers=2, precision="fp32").fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))
    loaded = EncoderPredictor.load(tmp_path, learned.save(tmp_path), rows.task)
    assert loaded.layers == learned.layers == (2, 1)
    assert np.array_equal(loaded.outputs(rows.inputs), learned.outputs(rows.inputs))
    assert share_right(rows, learned.outputs(rows.inputs), learned.threshold) > 0.7


def test_by_one_layer_it_is_the_probe_on_the_last_one(tiny_encoder):
    rows = rows_of("one label")
    learned = get_method("probe", layers=1, precision="fp32").fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))
    assert learned.layers == ()
    assert learned.head.weight.shape[1] == 32


@pytest.mark.parametrize("shallow", [False, True])
def test_two_layers_of_what_has_one_are_refused(shallow, tiny_encoder, tmp_path):
    rows = rows_of("one label" if shallow else "a pair")
    model = str(tiny_bert(tmp_path / "shallow", layers=1)) if shallow else tiny_encoder
    with pytest.raises(ConfigError, match="of pairs the last one is read"):
        get_method("probe", layers=2).fit(rows.task, rows, model=model, run=Run(seed=0))


@pytest.mark.parametrize("layers", [-1, 3])
def test_a_number_of_layers_that_there_is_not_is_refused(layers):
    with pytest.raises(ConfigError, match="layers"):
        Probe(layers=layers)


def test_what_moves_the_encoder_goes_on_from_a_head_for_the_last_layer_that_says_nearly_the_same(tiny_encoder):
    rows = rows_of("one label")
    learned = get_method("probe", layers=2, precision="fp32").fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))
    plain = last_layer(learned, Past(), rows.inputs)
    assert plain.layers == ()
    assert (plain.outputs(rows.inputs).argmax(1) == learned.outputs(rows.inputs).argmax(1)).mean() > 0.9
    gone = get_method("continual", strategy="lwf", epochs=12.0, batch_size=8, precision="fp32").go_on(rows.task, rows, start=learned, run=Run(seed=0))
    assert gone.layers == ()
    assert share_right(rows, gone.outputs(rows.inputs), 0.5) > 0.7
