"""A head from sums: after many sessions it is the one that all rows at once would give."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hanshuku.errors import ConfigError  # noqa: E402
from hanshuku.inference.continual import ContinualPredictor  # noqa: E402
from hanshuku.methods import get_method  # noqa: E402
from hanshuku.methods.analytic import last_layer  # noqa: E402
from hanshuku.methods.sums import ALPHAS, Sums  # noqa: E402
from hanshuku.tasks import Task  # noqa: E402
from hanshuku.training.run import Run  # noqa: E402
from tests.children import TASKS, rows_of, share_right  # noqa: E402
from tests.tiny import tiny_bert  # noqa: E402

ANALYTIC = get_method("continual", strategy="analytic", precision="fp32")
KINDS = ("one label", "several labels", "a number", "a pair")


def parts(kind, count=3):
    """The rows in `count` parts, each with every answer."""
    rows = rows_of(kind)
    return [rows.take(np.arange(len(rows))[k::count]) for k in range(count)] if kind != "one label" else [rows.take(np.arange(20 * k, 20 * k + 20)) for k in range(count)]


def sessions(model, some):
    predictor = ANALYTIC.fit(some[0].task, some[0], model=model, run=Run(seed=0))
    for part in some[1:]:
        predictor = ANALYTIC.go_on(part.task, part, start=predictor, run=Run(seed=0))
    return predictor


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKindOfAnswer:
    def test_it_learns_what_a_child_could_learn(self, kind, tiny_encoder):
        rows = rows_of(kind)
        predictor = sessions(tiny_encoder, parts(kind))
        if kind != "a pair":  # that two texts are of one mood is no linear matter
            assert share_right(rows, predictor.outputs(rows.inputs), predictor.threshold) > 0.7

    def test_what_was_learned_does_not_hang_on_the_order(self, kind, tiny_encoder):
        sums = [sessions(tiny_encoder, list(order)).past.sums for order in permutations(parts(kind))]
        assert all(torch.allclose(found["gram"], sums[0]["gram"]) and torch.allclose(found["moments"], sums[0]["moments"]) for found in sums)

    def test_no_row_is_kept(self, kind, tiny_encoder, tmp_path):
        predictor = sessions(tiny_encoder, parts(kind))
        predictor.save(tmp_path)
        assert predictor.past.stored == 0
        assert [file.name for file in (tmp_path / "memory").iterdir()] == ["sums.safetensors"]

    def test_saved_and_loaded_it_goes_on_to_the_same(self, kind, tiny_encoder, tmp_path):
        *before, last = parts(kind)
        predictor = sessions(tiny_encoder, before)
        loaded = ContinualPredictor.load(tmp_path, json.loads(json.dumps(predictor.save(tmp_path))), predictor.task)
        one, other = (ANALYTIC.go_on(last.task, last, start=start, run=Run(seed=0)).outputs(last.inputs) for start in (predictor, loaded))
        assert np.array_equal(one, other)


def test_many_sessions_give_the_head_of_one():
    rng = np.random.default_rng(0)
    features, task = rng.normal(size=(90, 5)), TASKS["one label"]
    targets = np.eye(2)[(features[:, 0] + 0.3 * rng.normal(size=90) > 0).astype(int)]
    whole = Sums.of(features, targets)
    split = Sums.of(features[:30], targets[:30]).plus(Sums.of(features[30:50], targets[30:50])).plus(Sums.of(features[50:], targets[50:]))
    one, other = (sums.judged(task, features, targets).head(task) for sums in (whole, split))
    assert np.allclose(one.weight, other.weight, atol=1e-4)
    assert np.allclose(one.bias, other.bias, atol=1e-4)


@pytest.mark.parametrize("alpha", [ALPHAS[0], ALPHAS[3], ALPHAS[-1]])
def test_the_head_is_that_of_ridge_regression(alpha, monkeypatch):
    ridge = pytest.importorskip("sklearn.linear_model").Ridge
    monkeypatch.setattr("hanshuku.methods.sums.ALPHAS", (alpha,))
    rng = np.random.default_rng(1)
    features, task = 3 + rng.normal(size=(60, 4)) * [1, 2, 5, 0.1], TASKS["a number"]
    targets = (features @ [0.1, -0.05, 0.02, 1.0])[:, None] / 10
    found = Sums.of(features, targets).judged(task, features, targets).head(task)
    scaled = (features - features.mean(0)) / features.std(0)
    theirs = ridge(alpha=alpha * 4).fit(scaled, targets[:, 0])
    assert np.allclose(found.logits(features.astype(np.float32))[:, 0], theirs.predict(scaled), atol=1e-4)


def test_rows_are_answered_as_if_they_had_not_been_learned_when_the_penalty_is_chosen():
    """Noise alone: the rows themselves would ask for no penalty, rows left out ask for the greatest one."""
    rng = np.random.default_rng(2)
    features, targets = rng.normal(size=(40, 30)), rng.normal(size=(40, 1)) / 10 + 0.5
    task = TASKS["a number"]
    head = Sums.of(features, targets).judged(task, features, targets).head(task)
    assert np.linalg.norm(head.weight) < 0.1 * np.linalg.norm(np.linalg.lstsq(features, targets - targets.mean(), rcond=None)[0])


def test_the_last_session_does_not_choose_for_all():
    """A first session that asks for a small penalty and a second one, of a few rows of noise, that asks for the greatest."""
    rng, task = np.random.default_rng(5), TASKS["a number"]
    features, noise = rng.normal(size=(200, 20)), rng.normal(size=(8, 20))
    targets = features.sum(axis=1, keepdims=True) / 10 + 0.5 + 0.05 * rng.normal(size=(200, 1))
    first = Sums.of(features, targets).judged(task, features, targets)
    wild = rng.normal(size=(8, 1)) / 100 + 0.5
    both, alone = first.plus(Sums.of(noise, wild)).judged(task, noise, wild), Sums.of(noise, wild).judged(task, noise, wild)
    assert alone.errors.argmin() == len(ALPHAS) - 1
    assert first.errors[both.errors.argmin()] < 1.1 * first.errors.min() < first.errors[alone.errors.argmin()] / 10


def test_very_many_rows_are_added_part_by_part_and_every_second_one_judges(monkeypatch):
    rng, task = np.random.default_rng(5), TASKS["one label"]
    features = rng.normal(size=(60, 3))
    targets = np.eye(2)[(features[:, 0] > 0).astype(int)]
    whole = Sums.of(features, targets).judged(task, features, targets)
    monkeypatch.setattr("hanshuku.methods.sums.PART", 30)
    parted = Sums.of(features, targets).judged(task, features, targets)
    assert np.allclose(parted.gram, whole.gram)
    assert np.allclose(parted.moments, whole.moments)
    assert parted.losses == pytest.approx(whole.losses, rel=0.3)
    assert not np.array_equal(parted.losses, whole.losses)


def test_left_out_rows_are_answered_as_a_fit_without_them_answers():
    ridge = pytest.importorskip("sklearn.linear_model").Ridge
    rng, task = np.random.default_rng(4), TASKS["a number"]
    features, targets = rng.normal(size=(25, 6)), rng.normal(size=(25, 1))
    found, scaled = Sums.of(features, targets).judged(task, features, targets), (features - features.mean(0)) / features.std(0)
    for alpha, error in zip(ALPHAS, found.errors, strict=True):
        theirs = 0.0
        for i in range(25):
            kept = np.delete(np.arange(25), i)
            theirs += float(ridge(alpha=alpha * 6).fit(scaled[kept], targets[kept, 0]).predict(scaled[i : i + 1])[0] - targets[i, 0]) ** 2
        assert error == pytest.approx(theirs, rel=1e-6)


def gathered(features, labels):
    targets = np.eye(labels.max() + 1)[labels]
    task = Task("classify", labels=tuple("abcdefgh"[: targets.shape[1]]))
    return Sums.of(features, targets).judged(task, features, targets), task


def test_of_one_label_the_head_is_that_of_the_linear_discriminant(monkeypatch):
    theirs = pytest.importorskip("sklearn.discriminant_analysis").LinearDiscriminantAnalysis
    monkeypatch.setattr("hanshuku.methods.sums.ALPHAS", (1e-12,))
    monkeypatch.setattr("hanshuku.methods.sums.FACTORS", (1.0,))
    rng = np.random.default_rng(6)
    labels = rng.choice(3, size=90, p=[0.6, 0.3, 0.1])
    features = 3 + rng.normal(size=(90, 4)) * [1, 2, 5, 0.1] + np.eye(3, 4)[labels]
    sums, task = gathered(features, labels)
    found = sums.head(task).outputs(task, features.astype(np.float32))
    assert np.allclose(found, theirs(solver="lsqr").fit(features, labels).predict_proba(features), atol=1e-3)


def test_a_row_left_out_of_a_discriminant_is_answered_as_if_it_had_not_been_there():
    rng = np.random.default_rng(7)
    labels = np.array([0] * 12 + [1] * 6 + [2] * 2)
    features = rng.normal(size=(20, 6)) + np.eye(3, 6)[labels]
    targets, scaled = np.eye(3)[labels], (features - features.mean(0)) / features.std(0)
    solved = Sums.of(features, targets)._solved(Task("classify", labels=("a", "b", "c")))
    for alpha, found in zip(ALPHAS, solved.left_out(features, targets, ALPHAS), strict=True):
        for i in range(20):
            kept = np.arange(20) != i
            means = np.stack([scaled[kept & (labels == label)].mean(0) for label in range(3)])
            apart = (scaled - means[labels])[kept]
            held_back = np.linalg.inv(apart.T @ apart / 20 + alpha * 6 / 20 * np.eye(6))
            far = scaled[i] - means
            theirs = np.log([(kept & (labels == label)).sum() for label in range(3)]) - 0.5 * np.einsum("kf,fg,kg->k", far, held_back, far)
            assert np.allclose(found[i] - found[i, 0], theirs - theirs[0], atol=1e-6)


def test_a_label_between_two_others_is_not_passed_over():
    """Three on a line: regression on 0 and 1 never answers the one in the middle where it has few rows."""
    rng = np.random.default_rng(8)
    labels = np.array([0] * 100 + [1] * 20 + [2] * 100)
    features = np.concatenate([labels[:, None] + 0.2 * rng.normal(size=(220, 1)), rng.normal(size=(220, 3))], axis=1)
    sums, task = gathered(features, labels)
    found = sums.head(task).logits(features.astype(np.float32)).argmax(axis=1)
    assert (found == labels).mean() > 0.95


def test_a_label_without_a_row_is_never_the_likeliest():
    rng = np.random.default_rng(9)
    labels = np.array([0, 2] * 20)
    features = rng.normal(size=(40, 3)) + np.eye(3)[labels]
    sums, task = gathered(features, labels)
    logits = sums.head(task).logits((10 * rng.normal(size=(500, 3))).astype(np.float32))
    assert (logits.argmax(axis=1) != 1).all()
    assert np.isfinite(logits).all()


def test_one_row_a_label_is_enough():
    features = np.eye(3)
    sums, task = gathered(features, np.arange(3))
    assert not sums.losses.any()
    assert (sums.head(task).logits(features.astype(np.float32)).argmax(axis=1) == np.arange(3)).all()


def test_the_sums_of_the_first_features_are_those_of_these_alone():
    rng = np.random.default_rng(11)
    labels, features = rng.choice(2, size=30), rng.normal(size=(30, 6))
    both, one = gathered(features, labels)[0].first(3), gathered(features[:, :3], labels)[0]
    assert np.allclose(both.gram, one.gram)
    assert np.allclose(both.moments, one.moments)


def test_of_a_declared_label_without_a_row_the_others_are_judged_all_the_same():
    rng = np.random.default_rng(12)
    features, targets = rng.normal(size=(30, 3)), np.eye(3)[[0, 1] * 15]
    task = Task("classify", labels=("a", "b", "never"))
    assert Sums.of(features, targets).judged(task, features, targets).losses.min() > 1


def test_a_label_that_is_new_leaves_the_others_their_rows():
    features = np.eye(4)[[0, 0, 1, 1, 2, 2, 3, 3]] + 0.01 * np.random.default_rng(0).normal(size=(8, 4))
    old, new = Sums.of(features[:4], np.eye(2)[[0, 0, 1, 1]]), Sums.of(features[4:], np.eye(4)[[2, 2, 3, 3]])
    assert np.allclose(old.plus(new).moments, Sums.of(features, np.eye(4)[[0, 0, 1, 1, 2, 2, 3, 3]]).moments)


def test_two_rows_are_enough(tiny_encoder):
    rows = rows_of("one label")
    assert np.isfinite(ANALYTIC.fit(rows.task, rows.take(np.arange(2)), model=tiny_encoder, run=Run(seed=0)).outputs(rows.inputs)).all()


def test_a_feature_that_never_changes_counts_for_nothing():
    features = np.concatenate([np.random.default_rng(0).normal(size=(20, 2)), np.full((20, 1), 7.0)], axis=1)
    targets = np.eye(2)[(features[:, 0] > 0).astype(int)]
    task = TASKS["one label"]
    head = Sums.of(features, targets).judged(task, features, targets).head(task)
    assert np.isfinite(head.weight).all()
    assert np.abs(head.weight[:, 2]).max() < 1e-3


def test_auto_goes_on_as_it_began(tiny_encoder):
    first, second, _ = parts("one label")
    start = ANALYTIC.fit(first.task, first, model=tiny_encoder, run=Run(seed=0))
    one, other = (get_method("continual", strategy=strategy, precision="fp32").go_on(second.task, second, start=start, run=Run(seed=0)) for strategy in ("auto", "analytic"))
    assert np.array_equal(one.outputs(second.inputs), other.outputs(second.inputs))


def test_earlier_rows_stand_in_for_sums_that_were_not_kept(tiny_encoder):
    first, second, _ = parts("one label")
    probe = get_method("probe", precision="fp32").fit(first.task, first, model=tiny_encoder, run=Run(seed=0))
    shown = ANALYTIC.go_on(second.task, second, start=probe, earlier=first, run=Run(seed=0))
    assert torch.allclose(shown.past.sums["gram"], sessions(tiny_encoder, [first, second]).past.sums["gram"], rtol=1e-4)
    assert [session.rows for session in shown.past.sessions] == [20, 20]


def test_earlier_rows_that_are_in_the_sums_already_are_not_counted_twice_and_that_is_said(tiny_encoder):
    first, second, _ = parts("one label")
    start = ANALYTIC.fit(first.task, first, model=tiny_encoder, run=Run(seed=0))
    gone = ANALYTIC.go_on(second.task, second, start=start, earlier=first, run=Run(seed=0))
    assert torch.equal(gone.past.sums["gram"], sessions(tiny_encoder, [first, second]).past.sums["gram"])
    assert "the earlier rows were not read" in " ".join(gone.fit_notes)


def test_a_function_that_keeps_no_sums_says_what_to_do(tiny_encoder):
    first, second, _ = parts("one label")
    probe = get_method("probe").fit(first.task, first, model=tiny_encoder, run=Run(seed=0))
    with pytest.raises(ConfigError, match=r"keeps none.*earlier=.*lwf"):
        ANALYTIC.go_on(second.task, second, start=probe, run=Run(seed=0))


def test_two_layers_are_read_and_of_pairs_and_of_a_model_with_one_the_last(tiny_encoder, tmp_path):
    one, pair = rows_of("one label"), rows_of("a pair")
    shallow = str(tiny_bert(tmp_path / "shallow", layers=1))
    read = [ANALYTIC.fit(rows.task, rows, model=model, run=Run(seed=0)).layers for rows, model in ((one, tiny_encoder), (pair, tiny_encoder), (one, shallow))]
    assert read == [(2, 1), (), ()]


def test_another_strategy_goes_on_from_the_head_for_the_last_layer(tiny_encoder):
    rows, _, _ = parts("one label")
    start = ANALYTIC.fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))
    plain = last_layer(start, start.past, rows.inputs)
    assert plain.layers == ()
    assert np.array_equal(plain.features(rows.inputs), start.features(rows.inputs)[:, :32])
    assert share_right(rows, plain.outputs(rows.inputs), 0.5) > 0.7


def test_another_strategy_that_goes_on_says_that_the_sums_are_left_out(tiny_encoder):
    first, second, _ = parts("one label")
    plain = get_method("continual", strategy="plain", epochs=0.5, precision="fp32")
    gone = plain.go_on(second.task, second, start=ANALYTIC.fit(first.task, first, model=tiny_encoder, run=Run(seed=0)), run=Run(seed=0))
    assert not gone.past.sums
    assert "sums that analytic kept are left out" in " ".join(gone.fit_notes)


@pytest.mark.parametrize("setting", [{"epochs": 2.0}, {"learning_rate": 1e-3}, {"strength": 2.0}, {"tuning": "all"}, {"memory": 20}, {"batch_size": 8}])
def test_a_setting_that_would_do_nothing_is_refused(setting):
    with pytest.raises(ConfigError, match=f"so {next(iter(setting))} would do nothing"):
        get_method("continual", strategy="analytic", **setting)


def test_a_switch_that_would_do_nothing_is_refused(tiny_encoder):
    rows = rows_of("one label")
    with pytest.raises(ConfigError, match="adversarial"):
        get_method("continual", strategy="analytic", adversarial="fgm").fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))


@pytest.mark.parametrize(("setting", "message"), [({"epochs": 2.0}, "epochs would do nothing"), ({"adversarial": "fgm"}, "adversarial")])
def test_auto_refuses_them_too_where_it_goes_on_by_sums(setting, message, tiny_encoder):
    first, second, _ = parts("one label")
    start = ANALYTIC.fit(first.task, first, model=tiny_encoder, run=Run(seed=0))
    with pytest.raises(ConfigError, match=message):
        get_method("continual", **setting).go_on(second.task, second, start=start, run=Run(seed=0))


def test_it_is_not_joined_with_others():
    with pytest.raises(ConfigError, match="different ones among"):
        get_method("continual", strategy="analytic+ewc")


def test_rows_made_by_augmentation_count_too(tiny_encoder):
    rows = rows_of("one label")
    grown = get_method("continual", strategy="analytic", precision="fp32", augment="typos").fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0))
    assert grown.past.sums["gram"][-1, -1] > len(rows)
    assert grown.past.sessions[0].rows == len(rows)


def test_what_is_made_of_a_row_does_not_help_to_answer_it_when_it_is_left_out(tiny_encoder):
    rows = rows_of("one label")
    plain, grown = (
        get_method("continual", strategy="analytic", precision="fp32", **settings).fit(rows.task, rows, model=tiny_encoder, run=Run(seed=0)).past.sums["losses"]
        for settings in ({}, {"augment": "typos", "augment_times": 3})
    )
    assert torch.allclose(plain, grown)


def test_a_probe_on_pairs_goes_on_though_it_reads_its_texts_apart(tiny_encoder):
    first, second, _ = parts("a pair")
    probe = get_method("probe", precision="fp32").fit(first.task, first, model=tiny_encoder, run=Run(seed=0))
    gone = ANALYTIC.go_on(second.task, second, start=probe, earlier=first, run=Run(seed=0))
    assert gone.pair == "bi"
    assert gone.outputs(second.inputs).shape == (len(second), 2)
