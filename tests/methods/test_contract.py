"""What every method promises, for every kind of task that it does."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.errors import ConfigError, DataError, HanshukuError, UnknownName
from hanshuku.inference import get_predictor
from hanshuku.methods import METHODS, get_method
from hanshuku.tasks import kind_of
from hanshuku.training.run import Run
from tests.children import LABELLED, TASKS, are_alike, rows_of, share_right

MODELS = {"static": "tiny_static", "prompt": "tiny_causal", "in_context": "tiny_causal", "prompt_search": "tiny_causal", "cloze": "tiny_masked"}  # every other method takes the encoder
SHOWN = {"in_context", "prompt_search"}  # what they learn, the model must know how to use
SETTINGS = {"finetune": {"epochs": 10.0, "learning_rate": 3e-3}, "continual": {"epochs": 10.0, "learning_rate": 3e-3}, "contrastive": {"steps": 30, "learning_rate": 3e-3}, "self_train": {"teacher": "contrastive:steps=30:learning_rate=0.003:precision=fp32", "rounds": 1}}  # a random network needs larger steps
SPANS = {"epochs": 30.0, "learning_rate": 5e-3, "batch_size": 8}  # of tasks whose 30 to 60 rows hold more to learn than a label
EXACT = {"precision": "fp32"}  # bfloat16 rounds differently in other batches
CASES = [
    pytest.param(name, kind, id=f"{name}-{kind}")
    for name, method in METHODS.items()
    if name != "auto"  # it runs the others
    for kind, task in TASKS.items()
    if task.kind in method.KINDS
]
LEARNERS = [name for name, method in METHODS.items() if method.LEARNS and name != "auto" and "classify" in method.KINDS]
_fitted: dict[tuple[str, str], object] = {}


def kind_for(name):
    """A task that the method does; `dpo` learns from pairs of answers, which no child has, and refuses any task's rows alike."""
    return next((kind for kind, task in TASKS.items() if task.kind in METHODS[name].KINDS), "one label")


def beside_unlabelled(rows):
    """The rows with others without labels beside them."""
    return replace(rows, unlabelled=tuple(tuple(text + " again" for text in row) for row in rows.inputs))


@pytest.fixture(scope="session")
def tiny_static(tmp_path_factory):
    from tests.tiny import tiny_static

    return str(tiny_static(tmp_path_factory.mktemp("tiny") / "tiny-static"))


@pytest.fixture
def fit(request):
    """Fit a method with the tiny model of its kind."""

    def run(name, kind, seed=1, rows=None):
        legal = {f.name for f in fields(METHODS[name])}
        encoder = {"encoder": request.getfixturevalue("tiny_encoder")} if "encoder" in legal else {}
        spans = SPANS if TASKS[kind].kind in {"tag", "answer", "rank"} else {}
        settings = {k: v for k, v in (SETTINGS.get(name, {}) | spans | EXACT).items() if k in legal} | encoder
        model = request.getfixturevalue(MODELS.get(name, "tiny_encoder"))
        train = (rows or rows_of(kind)) if METHODS[name].LEARNS else None
        if name == "self_train":
            train = beside_unlabelled(train)
        return get_method(name, **settings).fit(TASKS[kind], train, model=model, run=Run(seed=seed))

    return run


@pytest.fixture
def fitted(fit):
    """The same, done once for all tests of this file."""

    def run(name, kind):
        if (name, kind) not in _fitted:
            _fitted[name, kind] = fit(name, kind)
        return _fitted[name, kind]

    return run


@pytest.mark.parametrize(("name", "kind"), CASES)
class TestEveryMethodAndTask:
    def test_it_learns_what_a_child_could_learn(self, name, kind, fitted):
        if not METHODS[name].LEARNS or name in SHOWN:
            pytest.skip("a random network knows nothing by itself")
        rows, predictor = rows_of(kind), fitted(name, kind)
        assert share_right(rows, predictor.outputs(rows.inputs), predictor.threshold) > 0.8

    def test_its_outputs_are_what_the_task_decodes(self, name, kind, fitted):
        rows, predictor = rows_of(kind), fitted(name, kind)
        outputs = predictor.outputs(rows.inputs)
        assert outputs.shape == ((len(rows), 2) if kind in LABELLED else (len(rows),))
        if outputs.dtype != object:
            assert outputs.dtype == np.float32
            assert np.isfinite(outputs).all()
        if kind in {"one label", "a pair"}:
            assert np.allclose(outputs.sum(1), 1, atol=1e-4)
        predictions = kind_of(TASKS[kind]).decode(TASKS[kind], outputs, predictor.threshold, rows.inputs)
        assert len(predictions) == len(rows)
        assert all(p.confidence is None or 0 <= p.confidence <= 1 for p in predictions)

    def test_an_answer_does_not_depend_on_its_batch(self, name, kind, fitted):
        rows, predictor = rows_of(kind).inputs[:7], fitted(name, kind)
        alone = np.concatenate([predictor.outputs([row]) for row in rows])
        assert are_alike(predictor.outputs(rows), alone, atol=1e-4)

    def test_no_row_at_all_is_answered_with_none(self, name, kind, fitted):
        assert len(fitted(name, kind).outputs([])) == 0

    def test_empty_and_endless_texts_are_answered(self, name, kind, fitted):
        width, task = len(TASKS[kind].inputs), TASKS[kind]
        texts = "", "包裹 never came " * (20_000 if kind != "an answer" else 2_000)  # every window of a context is read
        rows = [(text, json.dumps([text, "a"])) if kind == "an order" else (text,) * width for text in texts]
        outputs = fitted(name, kind).outputs(rows)
        assert outputs.dtype == object or np.isfinite(outputs).all()
        assert len(kind_of(task).decode(task, outputs, 0.5, rows)) == 2

    def test_saved_and_loaded_it_answers_the_same(self, name, kind, fitted, tmp_path):
        rows, predictor = rows_of(kind), fitted(name, kind)
        data = json.loads(json.dumps(predictor.save(tmp_path)))
        again = get_predictor(predictor.KIND).load(tmp_path, data, TASKS[kind])
        assert again.threshold == predictor.threshold
        assert are_alike(again.outputs(rows.inputs), predictor.outputs(rows.inputs), atol=1e-6)

    def test_the_same_seed_gives_the_same_answers(self, name, kind, fit, fitted):
        rows = rows_of(kind).inputs[:10]
        assert are_alike(fit(name, kind).outputs(rows), fitted(name, kind).outputs(rows), atol=0.0)


@pytest.mark.parametrize("name", METHODS)
class TestEveryMethod:
    def test_it_is_a_frozen_dataclass_whose_fields_are_explained(self, name):
        method = METHODS[name]()
        assert name == method.NAME
        assert len(fields(method)) <= 15
        assert all(f.metadata.get("help") for f in fields(method))
        for f in fields(method)[:1]:
            with pytest.raises(FrozenInstanceError):
                setattr(method, f.name, None)

    def test_it_names_a_model_for_each_language(self, name):
        for language in ("en", "zh", "other"):
            assert METHODS[name]().default_model(TASKS["one label"], language)

    def test_a_setting_misspelt_is_met_with_the_right_one(self, name):
        for f in fields(METHODS[name])[:1]:
            with pytest.raises(UnknownName, match=f"Did you mean '{f.name}'"):
                get_method(name, **{f.name + "x": 1})

    def test_a_number_out_of_range_is_refused(self, name):
        for f in fields(METHODS[name]):
            if isinstance(f.default, (int, float)) and not isinstance(f.default, bool):
                with pytest.raises(ConfigError, match=f.name):
                    get_method(name, **{f.name: -1})

    def test_text_where_a_number_is_due_is_refused(self, name):
        for f in fields(METHODS[name]):
            if isinstance(f.default, (int, float)) and not isinstance(f.default, bool):
                with pytest.raises(ConfigError, match=f.name):
                    get_method(name, **{f.name: "many"})

    def test_a_model_misspelt_is_met_with_the_right_one(self, name):
        with pytest.raises(HanshukuError, match="Did you mean 'minilm'"):
            get_method(name).fit(TASKS[kind_for(name)], beside_unlabelled(rows_of(kind_for(name))), model="minilmm", run=Run())


@pytest.mark.parametrize("name", LEARNERS)
def test_without_labelled_rows_it_says_so(name, tiny_encoder, fit):
    rows = rows_of(kind_for(name))
    for train in (None, rows.take([]), replace(rows, targets=None)):
        with pytest.raises(DataError, match="Received"):
            get_method(name).fit(rows.task, train, model=tiny_encoder, run=Run())


@pytest.mark.parametrize("name", [name for name in LEARNERS if "classify" in METHODS[name].KINDS])
def test_a_label_that_no_row_has_is_learned_around(name, fit):
    rows = rows_of("one label")
    outputs = fit(name, "one label", rows=rows.take(np.flatnonzero(rows.targets == 0))).outputs(rows.inputs)
    assert np.isfinite(outputs).all()
